"""Working hours as people write them: ``09:00–13:00, 14:00–18:00``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from engine.commands.calendars import HoursNotUnderstood
from engine.errors import N_, DomainError, InvalidInput

WEEKDAYS = range(7)
DAY_NAMES = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)

_SPAN = re.compile(r"(\d{1,2})[:.](\d{2})\s*[-–—]\s*(\d{1,2})[:.](\d{2})")
_BETWEEN = re.compile(r"[\s,;]*")

Spans = list[tuple[str, str]]


def read_spans(text: str) -> Spans:
    """The spans in ``text``, none in an empty one. Raises HoursNotUnderstood where anything else is written."""
    spans = [(f"{start:0>2}:{after}", f"{end:0>2}:{past}") for start, after, end, past in _SPAN.findall(text)]
    if _BETWEEN.fullmatch(_SPAN.sub("", text)) is None:
        raise HoursNotUnderstood(value=text.strip())
    return spans


def read_week(form: Mapping[str, str]) -> dict[str, Spans]:
    """The fields ``day-0`` (Monday) to ``day-6``. Raises InvalidInput with an error per day."""
    week: dict[str, Spans] = {}
    errors: dict[str, DomainError] = {}
    for weekday in WEEKDAYS:
        try:
            week[str(weekday)] = read_spans(form.get(f"day-{weekday}", ""))
        except HoursNotUnderstood as error:
            errors[f"day-{weekday}"] = error
    if errors:
        raise InvalidInput(errors)
    return week


def written(spans: Iterable[Iterable[str]]) -> str:
    """Spans as ``read_spans`` reads them."""
    return ", ".join("–".join(span) for span in spans)
