from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from types import UnionType
from typing import Any, get_type_hints

import pytest
from flask import Flask
from flask_babel import force_locale

from engine import events
from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.events import Event
from engine.queries.deal_history import HistoryRow
from webui.timeline import entry, told_kinds

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def every_event() -> list[type[Event]]:
    return [
        one for one in vars(events).values() if isinstance(one, type) and issubclass(one, Event) and one is not Event
    ]


def sample(kind: Any) -> Any:
    """Any value of the type that a field of an event has."""
    if isinstance(kind, UnionType):
        kind = kind.__args__[0]
    samples: dict[Any, Any] = {str: "Слово", int: 3, Decimal: Decimal("1.5"), datetime: AT, date: AT.date(), bool: True}
    return samples.get(kind, {"amount": ["1.5", None]})


def row_of(event: type[Event]) -> HistoryRow:
    made = event(**{name: sample(kind) for name, kind in get_type_hints(event).items()})
    return HistoryRow(1, 1, 1, made.kind, AT, None, "", None, "", made.data)


def test_every_kind_of_event_has_a_sentence() -> None:
    assert {events.kind_of(event) for event in every_event()} <= told_kinds()


@pytest.mark.parametrize("event", every_event(), ids=lambda event: event.__name__)
@pytest.mark.parametrize("locale", ["uk", "en"])
def test_event_is_told_in_both_languages(speaking_app: Flask, event: type[Event], locale: str) -> None:
    with speaking_app.test_request_context(), force_locale(locale):
        told = entry(row_of(event))
    assert told.text
    assert "%(" not in told.text
    assert "_" not in told.text
    assert told.who == "Reglament"


def test_event_of_a_newer_version_is_told_by_its_name(speaking_app: Flask) -> None:
    with speaking_app.test_request_context():
        assert entry(HistoryRow(1, 1, 1, "deal_merged", AT, None, "", None, "", {})).text == "deal merged"


def test_the_file_that_a_step_was_given_is_told_by_its_name(app: Flask) -> None:
    asked = FieldDefinition(name="spec", label="Специфікація", type=FieldType.FILE)
    given = [{"id": 7, "name": "насоси.pdf", "version": 1, "sha256": "ab", "size": 12}]
    data = {"step": "Підготувати", "outcome": "completed", "values": {"spec": given}}
    row = HistoryRow(1, 1, 1, "step_completed", AT, None, "", None, "", {**row_of(events.StepCompleted).data, **data})
    with app.test_request_context(), force_locale("uk"):
        told = entry(row, {"spec": asked})
    assert told.details == (("Специфікація", "насоси.pdf"),)
    assert told.files == ((7, "насоси.pdf, версія 1"),)


def test_money_that_a_step_was_given_has_its_currency_and_a_table_has_it_at_its_sum(app: Flask) -> None:
    paid = FieldDefinition(name="paid", label="Отримано", type=FieldType.MONEY)
    price = FieldDefinition(name="sum", label="Сума", type=FieldType.MONEY, total=True)
    goods = FieldDefinition(name="goods", label="Товари", type=FieldType.LINES, columns=(price,))
    values = {"paid": "268770.00", "goods": [{"sum": "100"}, {"sum": "200"}]}
    row = HistoryRow(
        1, 1, 1, "step_completed", AT, None, "", None, "", {**row_of(events.StepCompleted).data, "values": values}
    )
    with app.test_request_context(), force_locale("uk"):
        told = dict(entry(row, {"paid": paid, "goods": goods}, lambda _row: "EUR").details)
        bare = dict(entry(row, {"paid": paid, "goods": goods}).details)
    assert told == {"Отримано": "268\xa0770\xa0EUR", "Товари": "100,00; 200,00 · Сума: 300\xa0EUR"}
    assert bare == {"Отримано": "268\xa0770,00", "Товари": "100,00; 200,00 · Сума: 300,00"}
