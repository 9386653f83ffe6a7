"""The kinds of failures in words, for lists that are narrowed by them."""

from __future__ import annotations

from engine.errors import N_
from webui.i18n import _

_KINDS = {
    "ASSIGNS_FACT": N_("A script writes what only the deal knows"),
    "CELL_FAILED": N_("A decision table cannot be calculated"),
    "CONDITION_NOT_YES_OR_NO": N_("A condition is neither yes nor no"),
    "CONDITION_WITHOUT_ANSWER": N_("A condition has no answer"),
    "DATA_NESTED_TOO_DEEPLY": N_("A value is too large"),
    "DECISION_FAILED": N_("A decision fails"),
    "DECISION_INPUT_FAILED": N_("A decision lacks a value"),
    "DIVIDES_BY_ZERO": N_("A condition divides by zero"),
    "EXPRESSION_FAILED": N_("A formula fails"),
    "EXPRESSION_TOO_MANY_STEPS": N_("A formula takes too long"),
    "INPUT_NOT_ALLOWED": N_("A value that the decision table does not know"),
    "INPUT_OF_ANOTHER_KIND": N_("A value of the wrong kind for the decision table"),
    "KINDS_DO_NOT_COMPARE": N_("A condition compares what cannot be compared"),
    "NOT_CALCULABLE": N_("A condition calculates with what is no number"),
    "NO_SUCH_ITEM": N_("A list has fewer entries than a condition asks for"),
    "NO_WAY_OPEN": N_("No way out of a decision"),
    "NULL_CONDITION": N_("A value is missing in a condition"),
    "OUTPUT_NOT_ALLOWED": N_("The decision table gives what it does not allow"),
    "OUTPUT_OF_ANOTHER_KIND": N_("The decision table gives a value of the wrong kind"),
    "RULES_CONTRADICT": N_("Rules of a decision table contradict each other"),
    "RULES_DISAGREE": N_("Rules of a decision table disagree"),
    "RUNS_NOT_COUNTABLE": N_("A number of repetitions cannot be read"),
    "STALLED": N_("Something waits for what cannot come"),
    "TIME_MISSING": N_("The time to wait for is missing"),
    "TIMER_NOT_UNDERSTOOD": N_("A time cannot be read"),
    "TIMER_TOO_FAR": N_("A time lies too far ahead"),
    "TOO_MANY_AUTOMATIC_STEPS": N_("The map runs in circles"),
    "TOO_MANY_LIVE_TASKS": N_("Too much is open at once"),
    "TOO_MANY_RUNS": N_("Too many repetitions"),
    "TOO_MANY_TIMERS": N_("Too many times to wait for"),
    "TOO_DEEP": N_("Maps call each other too deeply"),
    "UNCAUGHT_ERROR": N_("An error that the map handles nowhere"),
    "VALUES_TOO_LARGE": N_("The values of the deal are too large"),
    "VALUE_NOT_ALLOWED": N_("A value of a kind that cannot be used"),
    "VALUE_NOT_READABLE": N_("A value in a condition cannot be read"),
    "VALUE_TOO_LARGE": N_("A value is too large"),
    "YES_OR_NO_EXPECTED": N_("A condition is neither yes nor no"),
    "approval_out_of_reach": N_("Fewer approvers than the map asks for"),
    "approver_missing": N_("Nobody can be asked for an approval"),
    "call_failed": N_("A call to another system fails"),
    "calendar_exhausted": N_("The calendar has no working time"),
    "content_approved": N_("An answer would change what is approved"),
    "deadline_date_missing": N_("The date for a deadline is missing"),
    "deadline_date_not_a_date": N_("The date for a deadline cannot be read"),
    "deadline_not_understood": N_("A deadline cannot be read"),
    "map_failed": N_("The map could not go on"),
}


def kind_in_words(code: str) -> str:
    """What a ``problem_code`` says; the code itself, marked as such, where it is a rare one."""
    words = _KINDS.get(code)
    return _(words) if words else _("Another kind: %(code)s", code=code)
