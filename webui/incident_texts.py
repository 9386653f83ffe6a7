"""A recorded failure in words: what happened, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.commands.approved_changes import ContentApproved
from engine.commands.incident_retries import RETRIED_HERE
from engine.errors import N_, DomainError, MapFailed
from engine.queries.incidents import IncidentRow
from webui.i18n import _
from webui.messages import error_text

_REMEDIES = {
    "NULL_CONDITION": N_("Fill in what is missing, then try again."),
    "CONDITION_WITHOUT_ANSWER": N_("Look at the values below, set those that are wrong, then try again."),
    "KINDS_DO_NOT_COMPARE": N_(
        "Set a value that the condition can compare, then try again. If the values are right, the condition in the map "
        "is wrong: mend it and publish; move this deal past the place meanwhile."
    ),
    "DIVIDES_BY_ZERO": N_(
        "Set the number that is zero to another one, then try again. If zero is right, the condition in the map has to "
        "ask for it first."
    ),
    "NOT_CALCULABLE": N_("Set the value that is no number to a number, then try again."),
    "NO_SUCH_ITEM": N_("Complete the list, then try again, or let the condition in the map ask how long it is."),
    "VALUE_NOT_READABLE": N_("Set the value as it can be read (a date as 2026-12-31), then try again."),
    "VALUE_NOT_ALLOWED": N_("Set the value to a text, a number or a date, then try again."),
    "VALUE_TOO_LARGE": N_("Set the value to a shorter one, then try again."),
    "EXPRESSION_TOO_MANY_STEPS": N_("Shorten the list or the text, then try again."),
    "DATA_NESTED_TOO_DEEPLY": N_("Set the value to a plain list, then try again."),
    "CONDITION_NOT_YES_OR_NO": N_(
        "Mend the condition in the map and publish it; move this deal past the place meanwhile."
    ),
    "YES_OR_NO_EXPECTED": N_("Mend the condition in the map and publish it; move this deal past the place meanwhile."),
    "EXPRESSION_FAILED": N_("Look at the values below, set those that are wrong, then try again."),
    "NO_WAY_OPEN": N_(
        "No way out of the decision is open for these values: set them, then try again, or move the deal to the right "
        "step. A default way in the map would prevent it."
    ),
    "STALLED": N_("A branch waits for something that cannot come: move the deal to a step from which it can go on."),
    "TOO_MANY_AUTOMATIC_STEPS": N_(
        "The map runs in circles for these values: set them, or move the deal out of the circle."
    ),
    "TOO_MANY_RUNS": N_("The list or the number of repetitions is too long: set it to a smaller one, then try again."),
    "RUNS_NOT_COUNTABLE": N_("Set the variable to a list or a whole number, then try again."),
    "TIMER_NOT_UNDERSTOOD": N_("Set the variable to a date or a duration that can be read, then try again."),
    "TIME_MISSING": N_("Fill in the date or the duration, then try again."),
    "TIMER_TOO_FAR": N_("Set the date to one within five years, then try again."),
    "UNCAUGHT_ERROR": N_("The map handles this error nowhere: move the deal to the step that a person should do now."),
    "VALUES_TOO_LARGE": N_("The values of this deal have become too large: set the largest to a shorter one."),
    "call_failed": N_(
        "Look whether the other system works and takes our requests, then try again: the call is made anew."
    ),
    "content_approved": N_(
        "Have whoever asked for the approval take the request back, or have the deal returned for rework; then try "
        "again: the call is made anew, and the approval is asked for with its answer. To prevent it, let the map make "
        "the call before the approval."
    ),
    "approver_missing": N_("Make a department or a person of the name that the map gives, then try again."),
    "approval_out_of_reach": N_("Add people to the department, or mend the approval's number in the map."),
    "deadline_date_not_a_date": N_("Fill in the date in the deal, then try again."),
}

_APPROVED_EARLIER = N_(
    "The deal is being approved or was approved as it is. Return it for rework to change its sum or its terms."
)
EARLIER = (
    N_("The condition “%(text)s” cannot be decided: %(names)s has no value."),
    N_("The condition “%(text)s” compares values of different kinds."),
    N_("The condition “%(text)s” must give yes or no and gave something else."),
    N_("A yes or no was expected on each side of “and”, “or” and “not”."),
    N_("A value is larger than expressions may use."),
    N_("the call to %(target)s failed %(attempts)s times, the last time with: %(reason)s"),
    _APPROVED_EARLIER,
)
"""How earlier versions told failures: those that they recorded are still told in the reader's language."""

_MEND = N_("Mend the cause (a field of the deal, a person, the map), then try again.")


@dataclass(frozen=True, slots=True)
class ToldIncident:
    """``may_retry``: it can be tried again here; else a person tries again, and ``advice`` says who."""

    row: IncidentRow
    problem: str
    advice: str
    may_retry: bool


def told(row: IncidentRow) -> ToldIncident:
    may_retry = row.stimulus in RETRIED_HERE or row.completes_again
    problem = _problem(row.params)
    return ToldIncident(row, problem[:1].upper() + problem[1:], _advice(row, may_retry=may_retry), may_retry)


def _problem(params: Mapping[str, Any]) -> str:
    template = params.get("problem_template")
    if not template:
        return _("The map could not go on here.")
    return error_text(_Stored(template, params.get("problem_params") or {}))


def _advice(row: IncidentRow, *, may_retry: bool) -> str:
    if row.deal_id is None:
        return _(
            "The deal was not opened. Mend the cause (what was filled in, a person, the map) and have it opened again: "
            "under the same title, for the same client, that closes this failure."
        )
    reason = (row.params.get("problem_params") or {}).get("reason")
    remedy = _REMEDIES.get(ContentApproved.code if reason == _APPROVED_EARLIER else row.problem_code)
    if row.completes_again and row.typed is not None:
        again = _("Trying again completes the step with what was typed, in the name of: %(name)s.", name=row.typed.by)
        return f"{_(remedy or _MEND)} {again}"
    if may_retry:
        return _(remedy or _MEND)
    again = _("The person presses the button of the step again, once its cause is mended; that closes this failure.")
    return f"{_(remedy)} {again}" if remedy else again


class _Stored(DomainError):
    """A problem as it was kept with the incident: its template and what fills it."""

    code = MapFailed.code

    def __init__(self, template: str, params: Mapping[str, Any]) -> None:
        super().__init__(**params)
        self.template = template  # type: ignore[misc]  # each stored problem has a text of its own
