"""What a person typed into a step's field, as a value, and the value as it is stored.

Numbers become Decimal, dates date, moments aware UTC datetime, yes/no bool, several choices a list, a person or
client its id (or a login); everything else text. A value that is not understood is an error with the field's name,
never a guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from zoneinfo import ZoneInfo

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.bpmn.field_patterns import LONGEST_PATTERNED, is_usable_pattern
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldOutOfRange, FieldRequired, InvalidInput
from engine.policy.field_errors import (
    FieldDoesNotFit,
    FieldTooLarge,
    FieldTooLong,
    FieldTooShort,
    FieldTooSmall,
    LinesNeedAttention,
    TooFewEntries,
    TooManyEntries,
    not_a_choice,
)
from engine.policy.personal_texts import ERASED
from engine.policy.phone_numbers import normalise_phone
from engine.policy.search_keys import fold

Locale = Literal["uk", "en"]

_LONGEST_NUMBER = 15  # digits before the decimal point
_MOST_DECIMALS = 6
_MONEY_DECIMALS = 2
_LONGEST = {FieldType.TEXT: 2_000, FieldType.LONG_TEXT: 50_000}
_LONGEST_OTHER = 500
MOST_LINES = 500
"""Of one table, and of several choices."""
_LARGEST_ID = 2**63
_YEARS = range(1900, 2200)

_YES = frozenset({"так", "т", "yes", "y", "true", "on", "1", "+", "да"})
_NO = frozenset({"ні", "н", "no", "n", "false", "off", "0", "-", "нет"})
_MONEY_SIGNS = re.compile(r"(?:₴|грн\.?|гривень|гривні|гривня|uah|\$|usd|€|eur|£|gbp|zł|pln)", re.IGNORECASE)
_GROUPS = re.compile(r"(?<=\d)[\s'’ʼ_](?=\d{3}(?!\d))")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_LOCAL_DATE = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
_LOCAL_MOMENT = re.compile(r"(?P<date>\d{1,2}[./]\d{1,2}[./]\d{4}),?\s+(?:о\s+)?(?P<time>\d{1,2}:\d{2})")
_EMAIL = re.compile(r"[^\s@<>(),;:\"]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,63}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_LIST_SEPARATOR = re.compile(r"[,;\n]")
_EXPECTED = {
    FieldType.TEXT: N_("a text"),
    FieldType.LONG_TEXT: N_("a text"),
    FieldType.NUMBER: N_("a number"),
    FieldType.MONEY: N_("an amount with at most two decimals"),
    FieldType.PERCENT: N_("a percentage"),
    FieldType.DATE: N_("a date, for example 31.12.2026"),
    FieldType.MOMENT: N_("a date and time, for example 31.12.2026 17:30"),
    FieldType.YES_NO: N_("yes or no"),
    FieldType.CHOICE: N_("one of the choices"),
    FieldType.MANY: N_("some of the choices"),
    FieldType.PERSON: N_("a person"),
    FieldType.CLIENT: N_("a client"),
    FieldType.PHONE: N_("a phone number"),
    FieldType.EMAIL: N_("an e-mail address"),
    FieldType.LINES: N_("a list of lines"),
    FieldType.READ_ONLY: N_("a text"),
    FieldType.FILE: N_("a file"),
    FieldType.CALCULATED: N_("a calculated value"),
}
_SHORTER_NUMBER = N_("a number with at most 15 digits before the decimal mark")
_DECIMALS = frozenset({FieldType.NUMBER, FieldType.MONEY, FieldType.PERCENT})
_TEXTS = frozenset({FieldType.TEXT, FieldType.LONG_TEXT})
_LISTS = frozenset({FieldType.MANY, FieldType.LINES, FieldType.FILE})


class _NotRead(ValueError):
    """The raw value does not say what the field's type needs. Becomes FieldNotUnderstood."""


class _TooManyDigits(_NotRead):
    """A number as such, but a longer one than is kept."""


def read_value(field: FieldDefinition, raw: Any, locale: Locale, *, zone: str = "Europe/Kyiv") -> Any:
    """The value of ``raw``, a text from a form or a JSON value from the API; None for an empty optional field.

    ``locale`` settles what ``1,250`` means; ``zone`` is the zone of moments written without one. An empty optional
    yes/no field is a plain no, as an unticked box is. Raises FieldRequired, FieldNotUnderstood, FieldOutOfRange.
    """
    if isinstance(raw, str):
        raw = _CONTROL.sub("", unicodedata.normalize("NFC", raw)).strip()
    if raw is None or raw in ("", [], ()):
        return _empty(field)
    longest = _LONGEST.get(field.type, _LONGEST_OTHER)
    if isinstance(raw, str) and len(raw) > longest:
        raise FieldTooLong(field.name, label=field.label, minimum="", maximum=longest)
    try:
        value = _READERS[field.type](field, raw, locale, zone)
    except (ValueError, InvalidOperation, OverflowError, RecursionError) as error:
        expected = _SHORTER_NUMBER if isinstance(error, _TooManyDigits) else _EXPECTED[field.type]
        raise FieldNotUnderstood(field.name, value=_shown(raw), expected=expected, label=field.label) from error
    if value == [] and field.required:
        raise FieldRequired(field.name, label=field.label)
    _ensure_within(field, value, locale, zone)
    _ensure_fits(field, value)
    return value


def read_values(
    fields: Iterable[FieldDefinition], form: Mapping[str, Any], locale: Locale, *, zone: str = "Europe/Kyiv"
) -> dict[str, Any]:
    """The values of all ``fields`` that people fill in, by name. Names that are no field are not looked at.

    A field that ``form`` does not mention takes its default. Raises InvalidInput with the error of every field. What
    depends on other fields, and what is calculated, is for ``form_values.read_form``.
    """
    values, errors = read_each(fields, form, locale, zone=zone)
    if errors:
        raise InvalidInput(errors)
    return values


def read_each(
    fields: Iterable[FieldDefinition], form: Mapping[str, Any], locale: Locale, *, zone: str = "Europe/Kyiv"
) -> tuple[dict[str, Any], dict[str, DomainError]]:
    """The values that could be read, and what is wrong with the others, by the field's name. Of a table both are given.

    A cell of a table has the name ``<field>.<place of its line from 0>.<column>``.
    """
    values: dict[str, Any] = {}
    errors: dict[str, DomainError] = {}
    for field in fields:
        if not field.is_typed:
            continue
        fallback = None if field.type is FieldType.YES_NO else field.default  # an unticked box is not mentioned either
        try:
            values[field.name] = read_value(field, form.get(field.name, fallback), locale, zone=zone)
        except LinesNeedAttention as error:
            values[field.name] = error.lines
            errors |= {f"{field.name}.{cell}": wrong for cell, wrong in error.errors.items()}
        except DomainError as error:
            errors[field.name] = error
    return values, errors


def is_as_shown(field: FieldDefinition, typed: Any, shown: Any, locale: Locale, *, zone: str = "Europe/Kyiv") -> bool:
    """Whether what came back from an input means what it showed: ``shown``, a stored value or the map's default.

    What cannot be read, and does not stand there letter for letter, is something else.
    """
    if typed == shown:
        return True
    try:
        came, went = (_meaning(field, one, locale, zone) for one in (typed, "" if shown == ERASED else shown))
    except DomainError:
        return False
    return bool(came == went)


def _meaning(field: FieldDefinition, raw: Any, locale: Locale, zone: str) -> Any:
    """The value as far as an input shows it, whatever limits it has. That nothing is chosen yet is no "no"."""
    must_be_said = field.required and field.type is FieldType.YES_NO
    free = field.model_copy(update={"required": must_be_said, "minimum": None, "maximum": None, "pattern": None})
    value = read_value(free, raw, locale, zone=zone)
    match value:
        case datetime():
            return value.replace(second=0, microsecond=0)
        case str():
            return value.replace("\r\n", "\n")
        case list() if field.type is FieldType.MANY:
            return frozenset(value)
        case _:
            return value


def says_something(table: FieldDefinition, line: Mapping[str, Any]) -> bool:
    """Whether anything is typed into a line of a table, beside what stands there at first. Empty lines are no lines."""
    typed = ((line.get(column.name), column.default) for column in table.columns if column.is_typed)
    return any(
        one.strip() not in ("", default) if isinstance(one, str) else one not in (None, False, [], ())
        for one, default in typed
    )


def to_json(value: Any) -> Any:
    """The value as it is stored and sent: numbers as text (no binary rounding), dates and moments in ISO 8601."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    if isinstance(value, dict):
        return {name: to_json(one) for name, one in value.items()}
    return value


def from_json(field: FieldDefinition, stored: Any) -> Any:
    """The value that to_json stored. Raises FieldNotUnderstood when it was stored for a field of another type."""
    if stored is None:
        return None
    try:
        return _stored_value(field, stored)
    except (ValueError, TypeError, KeyError, InvalidOperation) as error:
        if field.type is FieldType.CALCULATED and field.shown_as is None:
            return stored  # a formula without a type that gave a text
        raise FieldNotUnderstood(
            field.name, value=_shown(stored), expected=_EXPECTED[field.type], label=field.label
        ) from error


def _stored_value(field: FieldDefinition, stored: Any) -> Any:
    match field.value_type:
        case FieldType.NUMBER | FieldType.MONEY | FieldType.PERCENT:
            return _finite(Decimal(str(stored)))
        case FieldType.DATE:
            return date.fromisoformat(stored)
        case FieldType.MOMENT:
            return datetime.fromisoformat(stored).astimezone(UTC)
        case FieldType.LINES:
            return [_line_from_json(field, line) for line in stored]
        case FieldType.FILE:
            return [str(one["name"]) for one in stored]
        case _:
            return stored


def _line_from_json(field: FieldDefinition, stored: Mapping[str, Any]) -> dict[str, Any]:
    columns = {column.name: column for column in field.columns}
    return {name: from_json(columns[name], value) if name in columns else value for name, value in dict(stored).items()}


def _empty(field: FieldDefinition) -> Any:
    if field.required and field.is_typed:
        raise FieldRequired(field.name, label=field.label)
    if field.type is FieldType.YES_NO:
        return False
    return [] if field.type in _LISTS else None


def _shown(raw: Any) -> str:
    return str(raw)[:LONGEST_PATTERNED]


def _ensure_within(field: FieldDefinition, value: Any, locale: Locale, zone: str) -> None:
    if field.type in _TEXTS | _LISTS:
        _ensure_long_enough(field, len(value))
        return
    if field.type not in _DECIMALS | {FieldType.DATE, FieldType.MOMENT}:
        return
    below, above = (_is_past(field, value, bound, locale, zone) for bound in (field.minimum, field.maximum))
    if below != -1 and above != 1:
        return
    params = {"label": field.label, "minimum": field.minimum, "maximum": field.maximum}
    if field.minimum and field.maximum:
        raise FieldOutOfRange(field.name, **params)
    raise (FieldTooLarge if above == 1 else FieldTooSmall)(field.name, **params)


def _ensure_long_enough(field: FieldDefinition, length: int) -> None:
    """The characters of a text, or the entries of a list, against the map's own limits."""
    too_short, too_long = (FieldTooShort, FieldTooLong) if field.type in _TEXTS else (TooFewEntries, TooManyEntries)
    if field.maximum and field.maximum.isdecimal() and length > int(field.maximum):
        raise too_long(field.name, label=field.label, minimum=field.minimum or "", maximum=field.maximum)
    if field.minimum and field.minimum.isdecimal() and length < int(field.minimum):
        raise too_short(field.name, label=field.label, minimum=field.minimum, maximum=field.maximum or "")


def _is_past(field: FieldDefinition, value: Any, bound: str | None, locale: Locale, zone: str) -> int:
    """-1, 0 or 1 as ``value`` lies below, at or above ``bound``; 0 for a bound that cannot be read."""
    if not bound:
        return 0
    try:
        limit = _READERS[field.type](field, bound, locale, zone)
    except (ValueError, InvalidOperation, OverflowError):
        return 0
    return int(value > limit) - int(value < limit)


def _ensure_fits(field: FieldDefinition, value: Any) -> None:
    if not field.pattern or not isinstance(value, str) or not is_usable_pattern(field.pattern):
        return
    if len(value) > LONGEST_PATTERNED or re.fullmatch(field.pattern, value) is None:
        raise FieldDoesNotFit(field.name, value=_shown(value), label=field.label, help=field.help)


# Readers, one per type: they raise ValueError, InvalidOperation or OverflowError


def _read_text(_field: FieldDefinition, raw: Any, _locale: Locale, _zone: str) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise _NotRead
    return str(raw)


def _read_number(field: FieldDefinition, raw: Any, locale: Locale, _zone: str) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise _NotRead
    number = _number_from_text(raw, field.type, locale) if isinstance(raw, str) else _finite(Decimal(str(raw)))
    exponent = number.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    most = _MONEY_DECIMALS if field.type is FieldType.MONEY else _MOST_DECIMALS
    if number.adjusted() >= _LONGEST_NUMBER:
        raise _TooManyDigits
    if decimals > most:
        raise _NotRead
    return number


def _finite(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise _NotRead
    return number


def _number_from_text(raw: str, kind: FieldType, locale: Locale) -> Decimal:
    text = unicodedata.normalize("NFKC", raw).replace("−", "-").replace("–", "-")
    if kind is FieldType.MONEY:
        text = _MONEY_SIGNS.sub("", text)
    if kind is FieldType.PERCENT:
        text = text.strip().removesuffix("%")
    text = _GROUPS.sub("", text.strip())
    decimal_mark = _decimal_mark(text, locale)
    for mark in ",.":
        if mark != decimal_mark:
            _ensure_groups_of_three(text, mark, decimal_mark)
            text = text.replace(mark, "")
    text = text.replace(decimal_mark, ".")
    if not _PLAIN_NUMBER.fullmatch(text):
        raise _NotRead
    return Decimal(text)


def _decimal_mark(text: str, locale: Locale) -> str:
    """Of both marks the last is the decimal one; a repeated mark groups; a single comma is read by the locale."""
    if "," in text and "." in text:
        return "," if text.rindex(",") > text.rindex(".") else "."
    if text.count(",") > 1 or (locale == "en" and re.fullmatch(r"[+-]?\d{1,3},\d{3}", text)):
        return "."
    return "," if "," in text or text.count(".") > 1 else "."


def _ensure_groups_of_three(text: str, mark: str, decimal_mark: str) -> None:
    whole, _, decimals = text.partition(decimal_mark)
    first, *groups = whole.lstrip("+-").split(mark)
    if mark in decimals or (groups and (not 1 <= len(first) <= 3 or any(len(group) != 3 for group in groups))):  # noqa: PLR2004  # thousands
        raise _NotRead


def _read_date(_field: FieldDefinition, raw: Any, _locale: Locale, _zone: str) -> date:
    if isinstance(raw, datetime):
        raw = raw.date()
    day = raw if isinstance(raw, date) else _date_from_text(raw)
    if day.year not in _YEARS:
        raise _NotRead
    return day


def _date_from_text(raw: Any) -> date:
    if not isinstance(raw, str):
        raise _NotRead
    if match := _LOCAL_DATE.fullmatch(raw):
        day, month, year = (int(part) for part in match.groups())
        return date(year, month, day)
    return date.fromisoformat(raw)


def _read_moment(_field: FieldDefinition, raw: Any, _locale: Locale, zone: str) -> datetime:
    if isinstance(raw, datetime):
        moment = raw
    elif isinstance(raw, str) and (match := _LOCAL_MOMENT.fullmatch(raw)):
        at = datetime.strptime(match["time"], "%H:%M").time()  # noqa: DTZ007  # a time of day names no instant yet
        moment = datetime.combine(_date_from_text(match["date"]), at)
    elif isinstance(raw, str) and len(raw) > len("2026-12-31"):
        moment = datetime.fromisoformat(raw)
    else:
        raise _NotRead
    if moment.year not in _YEARS:
        raise _NotRead
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _read_yes_no(_field: FieldDefinition, raw: Any, _locale: Locale, _zone: str) -> bool:
    if isinstance(raw, bool):
        return raw
    word = fold(str(raw))
    if word not in _YES | _NO:
        raise _NotRead
    return word in _YES


def _choice(field: FieldDefinition, raw: Any) -> str:
    text = _read_text(field, raw, "en", "")
    if not field.choices or any(choice.value == text for choice in field.choices):
        return text
    labelled = [choice.value for choice in field.choices if fold(choice.label) == fold(text)]
    if len(labelled) != 1:
        raise not_a_choice(field, _shown(text))
    return labelled[0]


def _read_choice(field: FieldDefinition, raw: Any, _locale: Locale, _zone: str) -> str:
    return _choice(field, raw)


def _read_many(field: FieldDefinition, raw: Any, _locale: Locale, _zone: str) -> list[str]:
    if isinstance(raw, str):
        raw = [raw] if any(choice.value == raw for choice in field.choices) else _LIST_SEPARATOR.split(raw)
    if not isinstance(raw, list | tuple):
        raise _NotRead
    _ensure_not_endless(field, raw)
    return list(dict.fromkeys(_choice(field, one.strip() if isinstance(one, str) else one) for one in raw if one != ""))


def _ensure_not_endless(field: FieldDefinition, raw: Sequence[Any]) -> None:
    if len(raw) > MOST_LINES:
        raise TooManyEntries(field.name, label=field.label, minimum="", maximum=MOST_LINES)


def _read_lines(field: FieldDefinition, raw: Any, locale: Locale, zone: str) -> list[dict[str, Any]]:
    """The lines in which anything is typed, each by the names of its columns. What is calculated is not among it."""
    if not isinstance(raw, list | tuple):
        raise _NotRead
    _ensure_not_endless(field, raw)
    lines: list[dict[str, Any]] = []
    errors: dict[str, DomainError] = {}
    for place, line in enumerate(raw):
        if not isinstance(line, Mapping):
            raise _NotRead
        if not says_something(field, line):
            continue
        values, wrong = read_each(field.columns, line, locale, zone=zone)
        errors |= {f"{place}.{name}": error for name, error in wrong.items()}
        lines.append(values)
    if errors:
        raise LinesNeedAttention(errors, lines, field.name, field.label)
    return lines


def _read_reference(_field: FieldDefinition, raw: Any, _locale: Locale, _zone: str) -> int | str:
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise _NotRead
    return int(raw) if isinstance(raw, int) or (raw.isascii() and raw.isdigit()) else raw


def _read_files(field: FieldDefinition, raw: Any, locale: Locale, zone: str) -> list[int]:
    """The ids of files, each given as a number, its text, or the reference that is stored. Who reads looks them up."""
    given = raw if isinstance(raw, list | tuple) else _LIST_SEPARATOR.split(raw) if isinstance(raw, str) else [raw]
    _ensure_not_endless(field, given)
    named = [one.get("id") if isinstance(one, Mapping) else one for one in given]
    read = [_read_reference(field, one, locale, zone) for one in named if one not in ("", " ")]
    if any(not isinstance(one, int) or not 0 < one < _LARGEST_ID for one in read):
        raise _NotRead
    return [int(one) for one in dict.fromkeys(read)]


def _read_phone(_field: FieldDefinition, raw: Any, _locale: Locale, _zone: str) -> str:
    phone = normalise_phone(str(raw))
    if phone is None:
        raise _NotRead
    return phone


def _read_email(_field: FieldDefinition, raw: Any, _locale: Locale, _zone: str) -> str:
    text = str(raw)
    if not _EMAIL.fullmatch(text):
        raise _NotRead
    name, _, domain = text.rpartition("@")
    return f"{name}@{domain.lower()}"


_READERS: Mapping[FieldType, Callable[[FieldDefinition, Any, Locale, str], Any]] = {
    FieldType.TEXT: _read_text,
    FieldType.LONG_TEXT: _read_text,
    FieldType.NUMBER: _read_number,
    FieldType.MONEY: _read_number,
    FieldType.PERCENT: _read_number,
    FieldType.DATE: _read_date,
    FieldType.MOMENT: _read_moment,
    FieldType.YES_NO: _read_yes_no,
    FieldType.CHOICE: _read_choice,
    FieldType.MANY: _read_many,
    FieldType.PERSON: _read_reference,
    FieldType.CLIENT: _read_reference,
    FieldType.PHONE: _read_phone,
    FieldType.EMAIL: _read_email,
    FieldType.LINES: _read_lines,
    FieldType.READ_ONLY: _read_text,
    FieldType.FILE: _read_files,
    FieldType.CALCULATED: _read_text,
}
