"""What the expressions of a map may read beside the instance's own variables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.expressions import compile_expression
from engine.errors import FieldNotUnderstood
from engine.model.deal import Deal
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.field_values import from_json
from engine.policy.own_fields import CLIENT_ROOT, typed_values
from engine.queries.map_fields import kept_fields

_CLIENT_COLUMNS = ("name", "edrpou", "segment", "source", "email", "phone")


class DealFacts:
    """The deal, its client and its owner as the expressions of one map see them, at one moment.

    ``at`` is an aware UTC instant; ``today`` is the local date of ``calendar`` then.
    """

    def __init__(self, deal: Deal, process: CompiledProcess, *, calendar: BusinessCalendar, at: datetime) -> None:
        self._deal, self._process, self._calendar, self._at = deal, process, calendar, at

    def of(self, roots: Iterable[str]) -> dict[str, Any]:
        """The values of ``deal``, ``client``, ``owner``, ``today`` and ``now``, as far as they are among ``roots``."""
        makers: Mapping[str, Callable[[], Any]] = {
            "deal": self._deal_facts,
            "client": self._client_facts,
            "owner": lambda: {"login": self._deal.owner.login, "name": self._deal.owner.full_name},
            "today": lambda: self._calendar.local(self._at).date(),
            "now": lambda: self._at,
        }
        wanted = set(roots)
        return {name: make() for name, make in makers.items() if name in wanted}

    def value(self, expression: str) -> Any:
        """The value of an expression over these facts and the fields of the steps done so far.

        Raises ExpressionRefused, ExpressionFailed.
        """
        compiled = compile_expression(expression)
        return compiled.evaluate(self.known(compiled.names))

    def known(self, names: Iterable[str]) -> dict[str, Any]:
        """All that an expression may read which names these roots: the deal's own fields beside the facts."""
        return {**self.fields(), **self.of(names)}

    def fields(self) -> dict[str, Any]:
        """The deal's own fields by name, with the types that the map's forms give them."""
        return typed_fields(self._process, self._deal.fields)

    def client_as(self, former: Mapping[str, Any]) -> dict[str, Any]:
        """The client with the values of ``former``, which go by names like ``client.segment``."""
        bare = {name.removeprefix(CLIENT_ROOT): value for name, value in former.items()}
        columns = {name: value for name, value in bare.items() if name in _CLIENT_COLUMNS}
        own = {name: value for name, value in bare.items() if name not in _CLIENT_COLUMNS}
        return {**self._client_facts(), **typed_values(own, self._process.client_fields), **columns}

    def _deal_facts(self) -> dict[str, Any]:
        deal = self._deal
        return {
            **self.fields(),
            "number": deal.number,
            "title": deal.title,
            "amount": deal.amount,
            "currency": deal.currency,
            "close_date": deal.close_date,
            "stage": deal.stage,
        }

    def _client_facts(self) -> dict[str, Any]:
        client = self._deal.client
        own = typed_values(client.fields, self._process.client_fields)
        return {**own, **{name: getattr(client, name) for name in _CLIENT_COLUMNS}}


def typed_fields(process: CompiledProcess, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Stored JSON as typed values: a number kept as text is a number again, a date is a date.

    Fields of steps have their form's type, outputs of decision tables their column's. What does not fit its type (the
    map was changed since) stays as it was stored.
    """
    if not stored:
        return {}
    definitions = kept_fields(process)
    typed: dict[str, Any] = {}
    for name, value in stored.items():
        definition = definitions.get(name)
        try:
            typed[name] = value if definition is None else from_json(definition, value)
        except FieldNotUnderstood:
            typed[name] = value
    return typed
