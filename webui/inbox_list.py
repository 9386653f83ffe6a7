"""The left pane of the inbox: steps in groups by how soon they are due."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby

from flask import Request
from sqlalchemy.orm import Session

from engine.bpmn.compiled import StepKind
from engine.errors import N_
from engine.policy.permissions import Actor
from engine.policy.urgency import Urgency, UrgencyBounds
from engine.queries.attention import AttentionCounts, attention_counts
from engine.queries.inbox import inbox, inbox_conditions
from engine.queries.inbox_counts import InboxCounts, inbox_counts, urgency_counts
from engine.queries.inbox_filters import MOST_SORTED, InboxFilter, InboxSort, kept_filter, map_name
from engine.queries.inbox_tabs import Tab
from engine.queries.work_item_rows import WorkItemRow
from webui.deadlines import Said, company_calendar, said
from webui.formats import local
from webui.request_context import now

TABS = (
    (Tab.MINE, N_("Mine")),
    (Tab.GROUPS, N_("My departments")),
    (Tab.SUBSTITUTING, N_("Substituting")),
    (Tab.WAITING, N_("Waiting")),
    (Tab.DONE, N_("Done")),
)
PAGE_SIZE = 50

_GROUPS = {
    Urgency.OVERDUE: N_("Overdue"),
    Urgency.TODAY: N_("Today"),
    Urgency.WEEK: N_("This week"),
    Urgency.LATER: N_("Later"),
    Urgency.NONE: N_("Without a deadline"),
}
_SORTED = {InboxSort.LARGEST: N_("Largest amount first"), InboxSort.NEWEST: N_("Newest first")}
_TODAY, _YESTERDAY, _EARLIER = N_("Today"), N_("Yesterday"), N_("Earlier")


@dataclass(frozen=True, slots=True)
class ListedStep:
    """``together``: what can be done with it without opening it, of "approve", "complete" and "take"."""

    row: WorkItemRow
    said: Said | None
    together: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepGroup:
    """``count`` is that of the whole list, however many of its steps stand on this page; None where nobody counted."""

    title: str
    steps: tuple[ListedStep, ...]
    count: int | None
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class InboxList:
    """``is_cut``: another order than by deadline was that of the steps due soonest, and there are more."""

    tab: Tab
    q: str
    cursor: str
    chosen: InboxFilter
    groups: tuple[StepGroup, ...]
    counts: InboxCounts
    attention: AttentionCounts
    next_cursor: str | None = None
    is_cut: bool = False
    map_name: str = ""
    command_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def count_of(self, tab: Tab) -> int:
        """How many steps stand behind a tab."""
        return int(getattr(self.counts, tab.value))


def tab_of(name: str) -> Tab:
    """The tab of that name; the first one for a name that no tab has."""
    return Tab(name) if name in {each for each, _ in TABS} else Tab.MINE


def inbox_list(session: Session, actor: Actor, request: Request) -> InboxList:
    """The list that the request's tab, words and place ask for, as the actor wants to see it.

    Raises CursorNotUnderstood.
    """
    tab = tab_of(request.values.get("tab", ""))
    q, cursor = request.values.get("q", "").strip()[:200], request.args.get("cursor", "")
    chosen = kept_filter(session, actor, tab)
    if request.args.get("sort", chosen.sort) != chosen.sort:
        cursor = ""  # the place in another order: the person has chosen one since, perhaps on another device
    page = inbox(session, actor, tab=tab, q=q, chosen=chosen, limit=PAGE_SIZE, cursor=cursor or None, now=now())
    total = 0
    if tab is Tab.DONE:
        groups = _by_day(page.items)
    else:
        bounds = UrgencyBounds.at(now(), company_calendar())
        of_group = urgency_counts(session, actor, tab, bounds, inbox_conditions(session, q, chosen, now()))
        total = sum(of_group.values())
        groups = _grouped(page.items, chosen.sort, bounds, of_group)
    return InboxList(
        tab,
        q,
        cursor,
        chosen,
        groups,
        inbox_counts(session, actor, now()),
        attention_counts(session, actor),
        page.next_cursor,
        is_cut=chosen.sort is not InboxSort.DEADLINE and total >= MOST_SORTED,
        map_name=map_name(session, chosen.definition_key) if chosen.definition_key else "",
    )


def _grouped(
    rows: Sequence[WorkItemRow], sort: InboxSort, bounds: UrgencyBounds, counts: Mapping[Urgency, int]
) -> tuple[StepGroup, ...]:
    """By urgency; in another order than by deadline, all in one group."""
    if sort is not InboxSort.DEADLINE:
        return (StepGroup(_SORTED[sort], tuple(map(_listed, rows)), sum(counts.values())),) if rows else ()
    grouped = groupby(rows, key=lambda row: bounds.of(row.due_at))
    return tuple(
        StepGroup(_GROUPS[urgency], tuple(map(_listed, steps)), counts[urgency], urgency is Urgency.OVERDUE)
        for urgency, steps in grouped
    )


def _by_day(rows: Iterable[WorkItemRow]) -> tuple[StepGroup, ...]:
    today = local(now()).date()
    titles = {today: _TODAY, today - timedelta(days=1): _YESTERDAY}

    def day_of(row: WorkItemRow) -> str:
        return titles.get(local(row.completed_at or row.opened_at).date(), _EARLIER)

    return tuple(StepGroup(title, tuple(map(_listed, steps)), None) for title, steps in groupby(rows, key=day_of))


def _listed(row: WorkItemRow) -> ListedStep:
    if row.completed_at is not None:
        return ListedStep(row, None)
    doing = ("approve" if row.kind is StepKind.APPROVAL else "complete",) if row.may_act else ()
    return ListedStep(row, said(row.due_at), (*doing, "take") if row.may_claim else doing)
