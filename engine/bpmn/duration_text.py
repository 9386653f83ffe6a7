"""Reads an amount of time as people and standards write it: ``3 р.д.``, ``1 день 4 години``, ``48h``, ``PT4H``.

A number is read with its unit; "working" beside the unit, or said once at the front, makes it working time.
Ukrainian in all cases, English, German and Russian units; a day is a calendar day unless it is called working.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from engine.bpmn.deadline_rules import ElapsedTime, WorkingTime
from engine.errors import N_, DomainError

APOSTROPHES = str.maketrans(dict.fromkeys("ʼ’‘`´′＇", "'"))
QUOTES = "\"'«»“”„ʼ’‘ \t\r\n"
LONGEST_TEXT = 300  # nobody writes a longer deadline, and a hostile diagram must not cost time
LONGEST_DAYS = 3660  # ten years, the same bound as the business calendar's
LONGEST_MONTHS = 120
WORKING_DAYS_A_WEEK = 5


class DeadlineNotUnderstood(DomainError):
    """The text names no deadline, timer or escalation that can be counted. ``text`` is what the owner wrote."""

    code = "deadline_not_understood"
    template = N_(
        "“%(text)s” is not understood as a deadline. Write for example “3 working days”, “4 working hours” or “P2D”."
    )

    def __init__(self, text: str) -> None:
        super().__init__(text=text)


def plain(text: str) -> str:
    """The text as it is compared: NFKC, lower case, one apostrophe, single spaces, no quotes around it."""
    if len(text) > LONGEST_TEXT:
        raise DeadlineNotUnderstood(text[:LONGEST_TEXT] + "…")
    folded = unicodedata.normalize("NFKC", text).strip(QUOTES).lower().translate(APOSTROPHES)
    return " ".join(folded.split())


def parse_amount(text: str) -> WorkingTime | ElapsedTime:
    """The amount of time that ``text`` names and nothing else; raises DeadlineNotUnderstood."""
    words = plain(text)
    amount = _iso_duration(words) or _spoken_duration(words)
    if amount is None or _too_long(amount):
        raise DeadlineNotUnderstood(text)
    return amount


def amounts_in(text: str) -> tuple[str, ...]:
    """The parts of a label that name an amount of time: of "Чекати 5 днів на відповідь" it is "5 днів"."""
    words = text[:LONGEST_TEXT].split()[:_MOST_WORDS]
    found: list[str] = []
    at = 0
    while at < len(words):
        for end in range(min(len(words), at + _LONGEST_AMOUNT), at, -1):
            part = " ".join(words[at:end]).strip(",;:!?()")
            if any(letter.isdigit() for letter in part) and _is_amount(part):
                found.append(part)
                at = end - 1
                break
        at += 1
    return tuple(found)


_MOST_WORDS = 20  # of a label: those behind them say no time
_LONGEST_AMOUNT = 5  # words: "2 робочі дні та 4 години" are six, and nobody writes so


def _is_amount(text: str) -> bool:
    try:
        return not is_nothing(parse_amount(text))
    except DeadlineNotUnderstood:
        return False


def is_nothing(amount: WorkingTime | ElapsedTime) -> bool:
    """No time at all: a timer may fire at once, but nobody meets such a deadline and no cycle may have it."""
    return amount == type(amount)()


def _too_long(amount: WorkingTime | ElapsedTime) -> bool:
    days = amount.days + amount.seconds // 86_400
    months = amount.months if isinstance(amount, ElapsedTime) else 0
    return days > LONGEST_DAYS or months > LONGEST_MONTHS


_NUMBER = r"\d{1,9}(?:[.,]\d{1,9})?"
_ISO = re.compile(
    r"p(?=[\dt])(?:(?P<years>\d{1,4})y)?(?:(?P<months>\d{1,4})m)?"
    rf"(?:(?P<weeks>{_NUMBER})w)?(?:(?P<days>{_NUMBER})d)?"
    rf"(?:t(?=\d)(?:(?P<hours>{_NUMBER})h)?(?:(?P<minutes>{_NUMBER})m)?(?:(?P<seconds>{_NUMBER})s)?)?"
)
_FEEL_DURATION = re.compile(r"duration\( ?[\"'](?P<inside>[^\"']*)[\"'] ?\)")


def _iso_duration(words: str) -> ElapsedTime | None:
    """ISO 8601-1 section 5.5.2.2; a fraction may stand with any unit but years and months, which have no length."""
    if feel := _FEEL_DURATION.fullmatch(words):
        words = feel["inside"]
    match = _ISO.fullmatch(words)
    if match is None:
        return None

    def part(name: str) -> Fraction:
        return _fraction(match[name] or "0")

    return _elapsed(
        months=part("years") * 12 + part("months"),
        days=part("weeks") * 7 + part("days"),
        seconds=part("hours") * 3600 + part("minutes") * 60 + part("seconds"),
    )


def _fraction(number: str) -> Fraction:
    return Fraction(number.replace(",", "."))


def _elapsed(months: Fraction, days: Fraction, seconds: Fraction) -> ElapsedTime | None:
    if months.denominator != 1:
        return None
    whole_days = int(days)
    seconds += (days - whole_days) * 86_400
    return ElapsedTime(months=int(months), days=whole_days, seconds=round(seconds))


@dataclass(frozen=True, slots=True)
class _Unit:
    months: int = 0
    days: int = 0
    seconds: int = 0
    working: bool = False  # the word itself says so: "р.д." written together, "Arbeitstage"


_SECOND, _MINUTE, _HOUR = _Unit(seconds=1), _Unit(seconds=60), _Unit(seconds=3600)
_DAY, _WEEK, _MONTH, _QUARTER, _YEAR = _Unit(days=1), _Unit(days=7), _Unit(months=1), _Unit(months=3), _Unit(months=12)
_WORKING_DAY, _WORKING_HOUR = _Unit(days=1, working=True), _Unit(seconds=3600, working=True)

_UNITS: tuple[tuple[re.Pattern[str], _Unit], ...] = tuple(
    (re.compile(pattern), unit)
    for pattern, unit in (
        (r"с|сек|секунд\w*|s|secs?|seconds?|sekunden?", _SECOND),
        (r"хв|хвил|хвилин\w*|мин|минут\w*|m|mins?|minutes?|minuten?", _MINUTE),
        (r"год|годин\w*|час|часа|часов|h|hrs?|hours?|std|stunden?", _HOUR),
        (r"д|дн|день|дня|дні|дню|днів|днями|дней|діб|доб\w{1,3}|суток|сутки|d|days?|tage?n?", _DAY),
        (r"тиж|тижд\w*|тижн\w*|нед|недел\w*|w|wks?|weeks?|wochen?", _WEEK),
        (r"міс|місяц\w*|мес|месяц\w*|mo|mos|months?|monate?n?", _MONTH),
        (r"кв|квартал\w*|quarters?|quartale?n?", _QUARTER),
        (r"рік|року|роки|років|y|yrs?|years?|jahre?n?", _YEAR),
        (r"кд", _DAY),
        (r"рд|bds?|wds?|workdays?|arbeitstage?n?|werktage?n?", _WORKING_DAY),
        (r"arbeitsstunden?", _WORKING_HOUR),
    )
)
_WORKING = re.compile(r"р|роб|робоч\w*|раб|рабоч\w*|business|working|work|biz|банківськ\w*|бізнес")
_CALENDAR = re.compile(r"к|кал|календарн\w*|calendar")
_AND = frozenset({"і", "й", "та", "и", "and", "und", "plus", "плюс"})
_NUMBER_ENDINGS = frozenset({"ти", "х", "ох", "ьох", "го", "ма", "й", "ий", "тих"})  # "5-ти днів", "3-х"
_ALONE = frozenset(  # a unit in the singular needs no number: "за день", "робочий день", "a week"
    [
        "день",
        "дня",
        "годину",
        "година",
        "години",
        "тиждень",
        "тижня",
        "місяць",
        "місяця",
        "добу",
        "доба",
        "доби",
        "хвилину",
        "хвилина",
        "хвилини",
        "рік",
        "року",
        "квартал",
        "кварталу",
        "day",
        "hour",
        "week",
        "month",
        "year",
    ]
)
_WORKING_THROUGHOUT = re.compile(r" ?\(?\b(?:робочого часу|рабочего времени|(?:working|business) time)\b\)?")
_HYPHEN_AFTER_MARK = re.compile(r"\b(business|working|work|calendar|бізнес)-(?=[^\W\d_])")
_HYPHEN_AFTER_NUMBER = re.compile(r"(?<=\d) ?-(?=[^\W\d_])")
_TOKEN = re.compile(rf"(?P<number>{_NUMBER})|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)|(?P<gap>[\s.,()])")

_NUMBER_WORDS: dict[str, Fraction] = {
    word: value
    for value, words in (
        (Fraction(1, 2), "пів half"),
        (Fraction(3, 2), "півтора півтори"),
        (Fraction(1), "один одна одну одне одного однієї one a an ein eine einen einem einer"),
        (Fraction(2), "два дві двох two zwei"),
        (Fraction(3), "три трьох three drei"),
        (Fraction(4), "чотири чотирьох four vier"),
        (Fraction(5), "п'ять п'яти five fünf"),
        (Fraction(6), "шість шести six sechs"),
        (Fraction(7), "сім семи seven sieben"),
        (Fraction(8), "вісім восьми eight acht"),
        (Fraction(9), "дев'ять дев'яти nine neun"),
        (Fraction(10), "десять десяти ten zehn"),
        (Fraction(11), "одинадцять одинадцяти eleven elf"),
        (Fraction(12), "дванадцять дванадцяти twelve zwölf"),
        (Fraction(13), "тринадцять тринадцяти thirteen dreizehn"),
        (Fraction(14), "чотирнадцять чотирнадцяти fourteen vierzehn"),
        (Fraction(15), "п'ятнадцять п'ятнадцяти fifteen fünfzehn"),
        (Fraction(16), "шістнадцять шістнадцяти sixteen sechzehn"),
        (Fraction(17), "сімнадцять сімнадцяти seventeen siebzehn"),
        (Fraction(18), "вісімнадцять вісімнадцяти eighteen achtzehn"),
        (Fraction(19), "дев'ятнадцять дев'ятнадцяти nineteen neunzehn"),
        (Fraction(20), "двадцять двадцяти twenty zwanzig"),
        (Fraction(30), "тридцять тридцяти thirty dreißig"),
        (Fraction(60), "шістдесят шістдесяти sixty sechzig"),
    )
    for word in words.split()
}
_ARTICLES = frozenset({"a", "an"})
_HALF_JOINED = "пів"  # "півгодини", "півроку"


def _tokens(words: str) -> list[str] | None:
    tokens: list[str] = []
    position = 0
    while position < len(words):
        match = _TOKEN.match(words, position)
        if match is None:
            return None
        position = match.end()
        word = match["number"] or match["word"]
        if word is None:
            continue
        joined_unit = word.removeprefix(_HALF_JOINED)
        if joined_unit != word and _unit(joined_unit):
            tokens += [_HALF_JOINED, joined_unit]
        else:
            tokens.append(word)
    return tokens


def _unit(word: str) -> _Unit | None:
    return next((unit for pattern, unit in _UNITS if pattern.fullmatch(word)), None)


def _number(word: str) -> Fraction | None:
    return _fraction(word) if word[0].isdigit() else _NUMBER_WORDS.get(word)


class _Reader:
    """Takes quantities off a list of words, from left to right."""

    def __init__(self, tokens: list[str], working_throughout: bool) -> None:
        self._tokens = tokens
        self._working_throughout = working_throughout
        self._working: bool | None = None  # unknown until the first quantity
        self.months = self.days = self.seconds = Fraction(0)

    def read(self) -> WorkingTime | ElapsedTime | None:
        while self._tokens:
            if not self._take_quantity():
                return None
            while len(self._tokens) > 1 and self._tokens[0] in _AND:
                self._tokens.pop(0)
        if self._working is None:
            return None
        if not self._working:
            return _elapsed(self.months, self.days, self.seconds)
        if self.months or self.days.denominator != 1:
            return None  # how long half a working day is, or a working month, nobody has agreed on
        return WorkingTime(days=int(self.days), seconds=round(self.seconds))

    def _take_quantity(self) -> bool:
        number = self._take_number()
        marked = self._take_marks()
        if not self._tokens:
            return False
        word = self._tokens.pop(0)
        unit = _unit(word)
        if unit is None or (number is None and word not in _ALONE):
            return False
        marked = self._take_marks() if marked is None else marked
        working = self._is_working(unit, marked)
        if working is None:
            return False
        self._working = working
        number = Fraction(1) if number is None else number
        self.months += number * unit.months
        self.days += number * (WORKING_DAYS_A_WEEK if working and unit is _WEEK else unit.days)
        self.seconds += number * unit.seconds
        return True

    def _take_number(self) -> Fraction | None:
        number = _number(self._tokens[0])
        if number is None:
            return None
        self._tokens.pop(0)
        # "3 (три)" in contracts repeats itself; "5-ти" bears an ending; "half an hour" has an article.
        while self._tokens and (
            _NUMBER_WORDS.get(self._tokens[0]) == number
            or self._tokens[0] in _NUMBER_ENDINGS
            or (number < 1 and self._tokens[0] in _ARTICLES)
        ):
            self._tokens.pop(0)
        return number

    def _take_marks(self) -> bool | None:
        """True after "working", False after "calendar", None when neither is said."""
        marked: bool | None = None
        while self._tokens and (_WORKING.fullmatch(self._tokens[0]) or _CALENDAR.fullmatch(self._tokens[0])):
            marked = bool(_WORKING.fullmatch(self._tokens.pop(0)))
        return marked

    def _is_working(self, unit: _Unit, marked: bool | None) -> bool | None:
        """Whether the quantity is working time; None when it contradicts the one before it.

        An unmarked quantity continues the one before: "1 р.д. 4 год" is one working day and four working hours.
        """
        if marked is None:
            before = self._working or False
            return unit.working or self._working_throughout or before if not before else True
        working = marked or unit.working
        return working if self._working in {None, working} else None


def _spoken_duration(words: str) -> WorkingTime | ElapsedTime | None:
    words, throughout = _WORKING_THROUGHOUT.subn("", words)
    tokens = _tokens(_HYPHEN_AFTER_NUMBER.sub(" ", _HYPHEN_AFTER_MARK.sub(r"\1 ", words)))
    return _Reader(tokens, working_throughout=bool(throughout)).read() if tokens else None
