"""Reads what a sales map says about time: deadlines and timer values, as people and as standards write them.

What cannot be read is said at upload, never guessed at run time. Amounts of time are in ``duration_text``, escalation
ladders in ``escalation_text``; both are offered here too, so that a reader of maps needs one import.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from engine.bpmn.compiled import TimerKind, TimerRule
from engine.bpmn.deadline_rules import (
    DeadlineRule,
    ElapsedTime,
    FixedInstant,
    MomentOfDay,
    RelativeToField,
    WorkingTime,
)
from engine.bpmn.duration_text import (
    LONGEST_TEXT,
    QUOTES,
    DeadlineNotUnderstood,
    amounts_in,
    is_nothing,
    parse_amount,
    plain,
)
from engine.bpmn.escalation_text import ladder_from_bag, parse_ladder

__all__ = [
    "DeadlineNotUnderstood",
    "amounts_in",
    "ladder_from_bag",
    "parse_deadline",
    "parse_ladder",
    "parse_timer_value",
]

END_OF_DAY = time(23, 59)  # "by the end of the day", "24:00", and a date without a time


def parse_deadline(text: str) -> DeadlineRule:
    """The rule that ``text`` names; raises DeadlineNotUnderstood.

    Working time: ``3 р.д.``, ``4 business hours``. Elapsed: ``P2D``, ``36 hours``. A moment: ``до 18:00``,
    ``щоп'ятниці 12:00``, ``31.12.2026``. From the deal's data: ``=deal.close_date - 3 р.д.``.
    """
    words = _with_hour_as_clock(plain(text))
    if _HOUR_OR_HOURS.match(words):
        raise DeadlineNotUnderstood(text)
    words = _without_frame(words)
    if (field := _relative_to_field(text)) is not None:
        return field
    for read in (_fixed_instant, _amount, _moment_of_day):
        rule = read(words)
        if rule is not None and not (isinstance(rule, WorkingTime | ElapsedTime) and is_nothing(rule)):
            return rule
    raise DeadlineNotUnderstood(text)


def parse_timer_value(kind: TimerKind, text: str) -> TimerRule:
    """The rule of a timer event's value, or of its label when it has no value; raises DeadlineNotUnderstood.

    ``kind`` is the kind that the map declares. The kind of the answer is the one that the text turned out to be
    (a "duration" of ``every Friday 12:00`` is a cycle), because tools file values under the wrong kind.
    Text beginning with ``=`` or ``${`` is kept as an expression, unless it is a date with a plain offset.
    """
    if _is_expression(text):
        field = _relative_to_field(text)
        if field is not None and field.offset is not None and kind is TimerKind.DATE:
            return TimerRule(kind=kind, rule=field)
        if field is None:
            raise DeadlineNotUnderstood(text)
        return TimerRule(kind=kind, expression=text.strip())
    words = plain(text)
    if (cycle := _cycle(words, declared=kind is TimerKind.CYCLE)) is not None:
        return cycle
    words = _with_hour_as_clock(words)
    if _HOUR_OR_HOURS.match(words):
        raise DeadlineNotUnderstood(text)
    words = _without_frame(words)
    if (instant := _fixed_instant(words)) is not None:
        begins = instant.text if "T" in instant.text else f"{instant.text}T00:00"
        return TimerRule(kind=TimerKind.DATE, rule=FixedInstant(text=begins))
    if (amount := _amount(words)) is not None:
        return TimerRule(kind=TimerKind.DURATION, rule=amount)
    moment = _moment_of_day(words, needs_time=True)
    if moment is None:
        raise DeadlineNotUnderstood(text)
    return TimerRule(kind=TimerKind.DATE, rule=moment)


# "до 18 години" and "о 18-й годині" name an hour by their endings. "до 18 год" may be that or eighteen hours:
# by its hour it looks like the first, by its words like the second, and so it is not read at all.
_HOUR_OF_DAY = re.compile(
    r"(?P<before>(?:не пізніше(?: ніж)? )?(?:до|о|об)|не пізніше(?: ніж)?) (?P<h>[7-9]|1\d|2[0-3])"
    r"(?:(?:-?(?:ї|ої|а))? години|(?:-?(?:й|ій))? годині)(?: (?P<m>[0-5]?\d) ?хв\w*\.?)?(?![^\W\d_])"
)
_HOUR_OR_HOURS = re.compile(r"(?:не пізніше(?: ніж)? )?(?:до|не пізніше(?: ніж)?) (?:[7-9]|1\d|2[0-3]) ?год\b")


def _with_hour_as_clock(words: str) -> str:
    return _HOUR_OF_DAY.sub(lambda said: f"{said['before']} {said['h']}:{int(said['m'] or 0):02}", words)


# Words around an amount that change nothing: the period runs from the opening of the step anyway.
_BEFORE_AMOUNT = re.compile(
    r"(?:протягом|упродовж|впродовж|в течение|не пізніше ніж|не пізніше|не більше ніж|не більше|максимум|макс|"
    r"max|maximum|через|за|до|минуло|пройшло|чекати|зачекати|очікувати|пауза|термін|строк|"
    r"within|in|after|up to|at most|"
    r"no later than|not later than|for|wait|pause|delay|deadline|due|timer|timeout|sla|innerhalb|von|nach)\b[.:]? *"
)
_AFTER_AMOUNT = re.compile(
    r" +(?:maximum|max|максимум|макс|passed|elapsed|later|have passed|timeout|минуло|пройшло|спливло|"
    r"(?:після|з моменту|від моменту|з|від|from|after|since|from the|after the) "
    r"(?:отримання|початку|призначення|надходження|відкриття|start|receipt|assignment|opening)(?: кроку)?)"
)


def _without_frame(words: str) -> str:
    """``words`` without "within", "протягом", "after", "from start"… unless they say a moment of the day."""
    if ":" in words.replace("термін:", "").replace("deadline:", ""):
        return words
    while (match := _BEFORE_AMOUNT.match(words)) and match.end() < len(words) and not _says_moment(words):
        words = words[match.end() :]
    match = _AFTER_AMOUNT.search(words)
    return words[: match.start()] if match and match.end() == len(words) else words


def _says_moment(words: str) -> bool:
    return _moment_of_day(words) is not None


def _amount(words: str) -> WorkingTime | ElapsedTime | None:
    try:
        return parse_amount(words)
    except DeadlineNotUnderstood:
        return None


# A date

_ISO_INSTANT = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[t ](?P<time>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?) ?(?P<offset>z|[+-]\d{2}:?\d{2})?)?"
    r"(?:\[(?P<zone>[a-z_+\-/0-9]{2,40})\])?"
)
_LOCAL_DATE = re.compile(
    r"(?:до |by |on )?(?P<d>\d{1,2})[./](?P<m>\d{1,2})[./](?P<y>\d{4})(?: ?р\.?| року)?"
    r"(?:,? (?:о |об |до |at |by )?(?P<time>\d{1,2}:\d{2}))?"
)


def _fixed_instant(words: str) -> FixedInstant | None:
    """ISO 8601, with the zone in brackets that FEEL and Java add, or a date as it is written in Ukraine."""
    try:
        if match := _ISO_INSTANT.fullmatch(words.removeprefix("до ").removeprefix("by ")):
            return _iso_instant(match)
        if match := _LOCAL_DATE.fullmatch(words):
            day = date(int(match["y"]), int(match["m"]), int(match["d"])).isoformat()
            return FixedInstant(
                text=f"{day}T{_clock_time(match['time']).isoformat('minutes')}" if match["time"] else day
            )
    except (ValueError, KeyError):  # the 31st of February, the 25th hour, a zone that does not exist
        return None
    return None


def _iso_instant(match: re.Match[str]) -> FixedInstant:
    if match["time"] is None:
        return FixedInstant(text=date.fromisoformat(match["day"]).isoformat())
    moment = datetime.fromisoformat(f"{match['day']}T{match['time']}{(match['offset'] or '').upper()}")
    if match["zone"] and moment.tzinfo is None:
        area = (
            "/".join(part.title() for part in match["zone"].split("/"))
            if "/" in match["zone"]
            else match["zone"].upper()
        )
        moment = moment.replace(tzinfo=ZoneInfo(area))
    return FixedInstant(text=moment.isoformat())


def _clock_time(text: str) -> time:
    hour, minute = (int(part) for part in text.split(":"))
    return END_OF_DAY if (hour, minute) == (24, 0) else time(hour, minute)


# A moment of the day

_WEEKDAYS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(rf"(?:що)?(?:{words})")
    for words in (
        r"пн|понеділ\w*|понедельник\w*|mon|mondays?|montags?",
        r"вт|вівтор\w*|вторник\w*|tue|tuesdays?|dienstags?",
        r"ср|серед[аиуіою]{1,2}|сред[ауы]|wed|wednesdays?|mittwochs?",
        r"чт|четвер\w*|thu|thursdays?|donnerstags?",
        r"пт|п'?ятниц\w*|fri|fridays?|freitags?",
        r"сб|субот\w*|суббот\w*|sat|saturdays?|samstags?",
        r"нд|неділ[яіюею]{1,2}|воскресень\w*|sun|sundays?|sonntags?",
    )
)
_CLOCK = re.compile(
    r"(?<![\d.:])(?P<h>\d{1,2}):(?P<m>\d{2})(?::00)?(?![\d:])(?: ?(?P<half>[ap]m)\b| ?(?:год\w*|uhr|h)\b\.?)?"
    r"|(?<![\d.:])(?P<h12>\d{1,2}) ?(?P<half12>[ap]m)\b"
    r"|(?P<before>\b(?:до|о|об|at|by|until|till|um|bis) )(?P<hd>\d{1,2})\.(?P<md>\d{2})(?![\d.])"
    r"|\b(?P<noon>опівдні|noon|midday)\b"
)
_END_OF_DAY = re.compile(
    r"(?:до |by |till |until )?(?:кінця|кінець|the end of|end of) (?:the )?(?:дня|доби|day)|eod|by eod"
)
_EVERY_DAY = frozenset({"щодня", "щоденно", "daily", "täglich"})
_EVERY = frozenset(["кожен", "кожний", "кожного", "кожної", "кожну", "кожні", "every", "each", "jeden"])
_AROUND_MOMENT = frozenset(
    [
        "до",
        "о",
        "об",
        "в",
        "у",
        "по",
        "не",
        "пізніше",
        "at",
        "by",
        "on",
        "until",
        "till",
        "before",
        "no",
        "not",
        "later",
        "than",
        "um",
        "bis",
        "am",
        "день",
        "дня",
        "day",
        "сьогодні",
        "today",
    ]
)


def _moment_of_day(words: str, needs_time: bool = False) -> MomentOfDay | None:
    """``до 18:00``, ``п'ятниця 12:00``, ``every Friday at 6 pm``; a weekday alone lasts until the end of that day."""
    if _END_OF_DAY.fullmatch(words):
        return MomentOfDay(hour=END_OF_DAY.hour, minute=END_OF_DAY.minute)
    clock = _CLOCK.search(words)
    rest = words if clock is None else f"{words[: clock.start()]} {words[clock.end() :]}"
    weekday: int | None = None
    for word in re.split(r"[\s,.]+", rest):
        named = next((index for index, pattern in enumerate(_WEEKDAYS) if pattern.fullmatch(word)), None)
        if named is not None and weekday is None:
            weekday = named
        elif word and word not in _AROUND_MOMENT and word not in _EVERY and word not in _EVERY_DAY:
            return None
    if clock is None:
        unclear = needs_time or weekday is None
        return None if unclear else MomentOfDay(hour=END_OF_DAY.hour, minute=END_OF_DAY.minute, weekday=weekday)
    at = _time_of(clock)
    return None if at is None else MomentOfDay(hour=at.hour, minute=at.minute, weekday=weekday)


def _time_of(clock: re.Match[str]) -> time | None:
    if clock["noon"]:
        return time(12)
    hour = int(clock["h"] or clock["h12"] or clock["hd"])
    half = clock["half"] or clock["half12"]
    if half:
        if not 1 <= hour <= 12:  # noqa: PLR2004  # the twelve-hour clock
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return _clock_time(f"{hour}:{clock['m'] or clock['md'] or '0'}")
    except ValueError:
        return None


# A date from the deal's data

_OFFSET_SIGN = re.compile(r"\s*[-+−–]\s*(?=[\w\"'])")
_BESIDE_FIELD = re.compile(
    r"(?:за )?(?P<amount>.+?) (?P<side>до|перед|before|prior to|після|after) (?P<field>[^\W\d]\w*(?:\.[^\W\d]\w*)+)",
    re.IGNORECASE,
)


def _is_expression(text: str) -> bool:
    return text.strip().startswith(("=", "${", "#{"))


def _relative_to_field(text: str) -> RelativeToField | None:
    """``=EXPRESSION``, ``${EXPRESSION}``, either with ``± amount``; or ``3 р.д. до deal.close_date``.

    Whether the expression itself can be evaluated is for the expression language to say.
    """
    bare = text.strip()
    if not _is_expression(bare):
        beside = _BESIDE_FIELD.fullmatch(bare.strip(QUOTES))
        offset = beside and _amount(beside["amount"])
        if beside is None or offset is None:
            return None
        before = beside["side"].lower() not in {"після", "after"}
        return RelativeToField(expression=beside["field"], offset=offset, before=before)
    if bare[0] == "=":
        bare = bare[1:]
    elif bare.endswith("}"):
        bare = bare[2:-1]
    else:  # "${deal.close_date} - 3 р.д."
        bare = bare[2:].replace("}", "", 1)
    for sign in _OFFSET_SIGN.finditer(bare) if len(bare) <= LONGEST_TEXT else ():
        offset = _amount(bare[sign.end() :])
        if offset is not None and sign.start():
            before = sign.group().strip() != "+"
            return RelativeToField(expression=bare[: sign.start()].strip(), offset=offset, before=before)
    return RelativeToField(expression=bare.strip()) if bare.strip() else None


# Cycles

_REPEATING = re.compile(r"r(?P<times>-1|\d{0,6})/(?P<interval>[^/]+)")
_TIMES = re.compile(r",? *(?P<times>\d{1,6}) ?(?:раз|рази|разів|times|mal)\b")
_EVERY_AMOUNT = re.compile(
    r"(?:кожен|кожний|кожного|кожної|кожну|кожні|кожних|every|each|alle|jeden|jede) (?P<amount>.+)"
)
_ADVERBS = {
    "щохвилини": ElapsedTime(seconds=60),
    "щогодини": ElapsedTime(seconds=3600),
    "щодня": ElapsedTime(days=1),
    "щотижня": ElapsedTime(days=7),
    "щомісяця": ElapsedTime(months=1),
    "щокварталу": ElapsedTime(months=3),
    "щороку": ElapsedTime(months=12),
    "hourly": ElapsedTime(seconds=3600),
    "daily": ElapsedTime(days=1),
    "weekly": ElapsedTime(days=7),
    "monthly": ElapsedTime(months=1),
    "quarterly": ElapsedTime(months=3),
    "yearly": ElapsedTime(months=12),
    "stündlich": ElapsedTime(seconds=3600),
    "täglich": ElapsedTime(days=1),
    "wöchentlich": ElapsedTime(days=7),
    "monatlich": ElapsedTime(months=1),
}
_CRON_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CRON = re.compile(r"0 (?P<m>\d{1,2}) (?P<h>\d{1,2}) [*?] \* (?P<day>[*?]|" + "|".join(_CRON_WEEKDAYS) + r")(?: \*)?")


def _cycle(words: str, declared: bool) -> TimerRule | None:
    """A repeating timer, if ``words`` say so, or if the map declares one and ``words`` give its interval.

    A repetition with a fixed start (``R3/2026-01-01/P1D``) and cron expressions beyond "at a time, every day or every
    such weekday" have no rule here and are not read, rather than read wrongly.
    """
    if match := _REPEATING.fullmatch(words):
        times = match["times"] or "-1"
        return _repeating(_interval(match["interval"]), None if times == "-1" else int(times))
    if match := _CRON.fullmatch(words):
        at = f"{match['h']}:{match['m']:0>2}"
        weekday = "" if match["day"] in "*?" else match["day"]
        return _repeating(_moment_of_day(f"{weekday} {at}".strip(), needs_time=True), None)
    times_match = _TIMES.search(words)
    spoken = _TIMES.sub("", words, count=1).strip(" ,")
    interval = _spoken_interval(spoken)
    if interval is None and (declared or times_match):
        interval = _interval(_without_frame(spoken))
    return _repeating(interval, int(times_match["times"]) if times_match else None)


def _interval(words: str) -> WorkingTime | ElapsedTime | MomentOfDay | None:
    readers: tuple[Callable[[str], WorkingTime | ElapsedTime | MomentOfDay | None], ...] = (
        _amount,
        lambda text: _moment_of_day(text, needs_time=True),
    )
    return next((rule for read in readers if (rule := read(words)) is not None), None)


def _spoken_interval(words: str) -> WorkingTime | ElapsedTime | MomentOfDay | None:
    if words in _ADVERBS:
        return _ADVERBS[words]
    if (every := _EVERY_AMOUNT.fullmatch(words)) and (amount := _amount(every["amount"])):
        return amount
    says_every = any(word in _EVERY or word in _EVERY_DAY or word.startswith("що") for word in words.split())
    return _moment_of_day(words, needs_time=True) if says_every else None


def _repeating(interval: WorkingTime | ElapsedTime | MomentOfDay | None, times: int | None) -> TimerRule | None:
    endless_now = interval is None or (not isinstance(interval, MomentOfDay) and is_nothing(interval))
    return None if endless_now or times == 0 else TimerRule(kind=TimerKind.CYCLE, rule=interval, repetitions=times)
