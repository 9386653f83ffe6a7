"""A deal that exists nowhere: the values that a map would read of it, for walking a map without a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, FieldType, StepDefinition
from engine.bpmn.expressions import compile_expression
from engine.bpmn.runtime import StepContext
from engine.bpmn.values_read import fields_by_name, values_read
from engine.errors import FieldNotUnderstood
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.due_dates import CalendarDueTimes
from engine.policy.field_values import from_json

_SOMEBODY = {"login": "owner", "name": ""}


@dataclass(frozen=True, slots=True)
class Shape:
    """The fields of a map: ``asked`` by its steps, ``known`` those and what else it reads, both by name."""

    asked: Mapping[str, FieldDefinition]
    known: Mapping[str, FieldDefinition]

    @classmethod
    def of(cls, process: CompiledProcess) -> Shape:
        asked = fields_by_name(process)
        return cls(asked, asked | {one.name: one.field for one in values_read(process)})

    def typed(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Stored JSON as typed values. What does not fit its type stays as it was stored."""
        values: dict[str, Any] = {}
        for name, value in stored.items():
            try:
                values[name] = from_json(self.known[name], value) if name in self.known else value
            except FieldNotUnderstood:
                values[name] = value
        return values


class ImaginedDeal:
    """``given``: stored JSON values by the names that maps use: ``deal.amount``, ``client.segment``, ``discount``."""

    def __init__(
        self,
        process: CompiledProcess,
        given: Mapping[str, Any],
        *,
        written: Collection[str] = (),
        shape: Shape | None = None,
    ) -> None:
        """``written`` names those that steps have asked for already; ``shape`` spares looking at the map again."""
        shape = shape or Shape.of(process)
        self._process, self._asked = process, shape.asked
        self.given = shape.typed(given)
        self._written: dict[str, Any] = {name: self.given[name] for name in written if name in self.given}

    def opening(self) -> dict[str, Any]:
        """The variables that the deal begins with: what no step asks for."""
        return {name: value for name, value in self.given.items() if "." not in name and name not in self._asked}

    def values_for(self, step: StepDefinition) -> dict[str, Any]:
        """What is typed into the step's form, as far as it is given; it belongs to the deal from then on."""
        names = [field.name for field in step.fields if field.type is not FieldType.READ_ONLY]
        typed_in = {name: self.given[name] for name in names if name in self.given}
        self._written |= typed_in
        return {name: value for name, value in typed_in.items() if not name.startswith("deal.")}

    def context(self, calendar: BusinessCalendar, at: datetime) -> StepContext:
        """What a step at the aware instant ``at`` reads of the deal."""
        facts = self._facts(calendar, at)

        def value(expression: str) -> Any:
            return compile_expression(expression).evaluate({**self._fields(), **facts})

        wanted = {name: fact for name, fact in facts.items() if name in self._process.variables}
        return StepContext(at=at, due_times=CalendarDueTimes(calendar, value), facts=wanted)

    def _fields(self) -> dict[str, Any]:
        known = self.opening() | self._written
        return {name.removeprefix("deal."): value for name, value in known.items() if not name.startswith("client.")}

    def _facts(self, calendar: BusinessCalendar, at: datetime) -> dict[str, Any]:
        of_deal = {
            name.removeprefix("deal."): value
            for name, value in self.given.items()
            if name.startswith("deal.") and name not in self._asked
        }
        of_client = {
            name.removeprefix("client."): value for name, value in self.given.items() if name.startswith("client.")
        }
        deal = {"number": "", "title": "", "amount": None, "currency": "UAH", "close_date": None, "stage": ""}
        client = dict.fromkeys(("name", "edrpou", "segment", "source", "email", "phone"), "")
        return {
            "deal": {**deal, **of_deal, **self._fields()},
            "client": {**client, **of_client},
            "owner": _SOMEBODY,
            "today": calendar.local(at).date(),
            "now": at,
        }
