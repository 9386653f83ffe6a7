"""A recorded failure in words: what happened, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.commands.incident_retries import RETRIED_HERE
from engine.errors import DomainError, MapFailed
from engine.queries.machinery import IncidentRow
from webui.i18n import _
from webui.messages import error_text


@dataclass(frozen=True, slots=True)
class ToldIncident:
    """``may_retry``: it can be tried again here; else a person tries again, and ``advice`` says who."""

    row: IncidentRow
    problem: str
    advice: str
    may_retry: bool


def told(row: IncidentRow) -> ToldIncident:
    may_retry = row.stimulus in RETRIED_HERE
    return ToldIncident(row, _problem(row.params), _advice(row, may_retry=may_retry), may_retry)


def _problem(params: Mapping[str, Any]) -> str:
    template = params.get("problem_template")
    if not template:
        return _("The map could not go on here.")
    return error_text(_Stored(template, params.get("problem_params") or {}))


def _advice(row: IncidentRow, *, may_retry: bool) -> str:
    if may_retry:
        return _("Mend the cause (a field of the deal, a person, the map), then try again.")
    if row.deal_id is None:
        return _("The deal was not opened. Mend the map, publish it, open the deal again, and close this here.")
    return _("The person presses the button of the step again, once its cause is mended; that closes this failure.")


class _Stored(DomainError):
    """A problem as it was kept with the incident: its template and what fills it."""

    code = MapFailed.code

    def __init__(self, template: str, params: Mapping[str, Any]) -> None:
        super().__init__(**params)
        self.template = template  # type: ignore[misc]  # each stored problem has a text of its own
