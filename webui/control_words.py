"""The daily control in words: its lists, and of whose steps the reader may remind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.errors import N_
from engine.policy.assignment import Directory
from engine.policy.permissions import Actor, may_direct_step
from engine.queries.control import DealsList, StepsList
from engine.queries.work_item_rows import WorkItemRow


@dataclass(frozen=True, slots=True)
class ListWords:
    """``nothing`` is said where the list is empty."""

    title: str
    nothing: str
    icon: str
    tone: str


STEP_LISTS: Mapping[StepsList, ListWords] = {
    StepsList.OVERDUE: ListWords(N_("Overdue"), N_("No step is late."), "alert-triangle", "danger"),
    StepsList.TODAY: ListWords(N_("Due today"), N_("Nothing else is due today."), "clock", "warning"),
    StepsList.UNTAKEN: ListWords(N_("Nobody has taken"), N_("Every step is with somebody."), "hand-grab", "accent"),
    StepsList.OPEN: ListWords(N_("All open steps"), N_("No step is open."), "list-check", "neutral"),
}
DEAL_LISTS: Mapping[DealsList, ListWords] = {
    DealsList.RETURNED: ListWords(
        N_("Returned more than once"), N_("No deal was returned more than once in 30 days."), "refresh", "warning"
    ),
    DealsList.STALLED: ListWords(
        N_("Without a next step"), N_("Every open deal has a next step."), "hourglass", "warning"
    ),
    DealsList.SILENT: ListWords(N_("Nothing happens"), N_("Something happens in every deal."), "moon", "neutral"),
    DealsList.AT_RISK: ListWords(N_("At risk"), N_("No deal has a late step."), "flame", "danger"),
}


def may_remind(people: Directory, actor: Actor) -> Callable[[WorkItemRow], bool]:
    """Tells of a listed step whether ``actor`` may remind of it: as a head, and not of their own."""
    directs = may_direct(people, actor)
    return lambda row: row.assignee_id not in actor.people_acted_for and directs(row)


def may_direct(people: Directory, actor: Actor) -> Callable[[WorkItemRow], bool]:
    """Tells of a listed step whether ``actor`` may hand it on or give it more time: as a head."""

    def of(row: WorkItemRow) -> bool:
        holder = people.person(row.assignee_id)
        departments = frozenset(holder.department_ids if holder else ())
        if row.group_id is not None:
            departments |= {row.group_id}
        return may_direct_step(actor, assignee_id=None, group_id=None, assignee_department_ids=departments)

    return of
