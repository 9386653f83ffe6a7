"""The left pane of the inbox: steps in groups by how soon they are due."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from flask import Request
from sqlalchemy.orm import Session

from engine.bpmn.compiled import StepKind
from engine.errors import N_
from engine.policy.permissions import Actor
from engine.policy.urgency import Urgency, UrgencyBounds
from engine.queries.attention import AttentionCounts, attention_counts
from engine.queries.inbox import inbox
from engine.queries.inbox_columns import InboxColumn, InboxColumns
from engine.queries.inbox_counts import MOST_COUNTED, InboxCounts, inbox_counts, urgency_counts
from engine.queries.inbox_filters import InboxFilter, InboxSort, kept_filter, map_name
from engine.queries.inbox_tabs import Tab
from engine.queries.own_columns import OwnColumn
from engine.queries.work_item_rows import WorkItemRow
from webui.deadlines import Said, company_calendar, said
from webui.formats import local
from webui.i18n import _
from webui.own_columns import Cells, deal_cells, own_headings
from webui.request_context import now

TABS = (
    (Tab.MINE, N_("Mine")),
    (Tab.GROUPS, N_("My departments")),
    (Tab.SUBSTITUTING, N_("Substituting")),
    (Tab.WAITING, N_("Waiting")),
    (Tab.DONE, N_("Done")),
)
COLUMNS = {
    InboxColumn.CLIENT: N_("Client"),
    InboxColumn.DEAL: N_("Deal"),
    InboxColumn.AMOUNT: N_("Amount"),
    InboxColumn.DEADLINE: N_("Deadline"),
    InboxColumn.STAGE: N_("Stage"),
    InboxColumn.RESPONSIBLE: N_("With whom"),
    InboxColumn.NUMBER: N_("Number of the deal"),
    InboxColumn.OWNER: N_("Owner of the deal"),
    InboxColumn.OPENED: N_("Opened"),
}
PAGE_SIZE = 50

_GROUPS = {
    Urgency.OVERDUE: N_("Overdue"),
    Urgency.TODAY: N_("Today"),
    Urgency.WEEK: N_("This week"),
    Urgency.LATER: N_("Later"),
    Urgency.NONE: N_("Without a deadline"),
}
_SORTED = {InboxSort.LARGEST: N_("Largest amount first"), InboxSort.NEWEST: N_("Newest first")}
_OF_DEAL = frozenset({InboxColumn.CLIENT, InboxColumn.DEAL, InboxColumn.AMOUNT, InboxColumn.NUMBER, InboxColumn.OWNER})
_TODAY, _YESTERDAY, _EARLIER = N_("Today"), N_("Yesterday"), N_("Earlier")


@dataclass(frozen=True, slots=True)
class ListedStep:
    """``together``: what can be done with it without opening it, of "approve", "complete" and "take"."""

    row: WorkItemRow
    said: Said | None
    together: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepGroup:
    """``count`` is that of the whole list; None where a part of it stands on this page and nobody counted the rest."""

    title: str
    steps: tuple[ListedStep, ...]
    count: int | None
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class RowLine:
    """A line of a row. ``pieces`` stand apart; what is in one piece runs on, and is cut short where space is narrow."""

    is_of_deal: bool
    pieces: tuple[tuple[InboxColumn | OwnColumn, ...], ...]


@dataclass(frozen=True, slots=True)
class InboxList:
    """``is_cut``: another order than by deadline was that of the steps due soonest, and there are more.

    ``own_labels`` are those of the own fields among the columns, by word, ``own_cells`` their values by deal and word.
    """

    tab: Tab
    q: str
    cursor: str
    chosen: InboxFilter
    groups: tuple[StepGroup, ...]
    counts: InboxCounts
    attention: AttentionCounts
    lines: tuple[RowLine, ...]
    own_labels: Mapping[str, str]
    own_cells: Cells
    next_cursor: str | None = None
    is_cut: bool = False
    map_name: str = ""

    def count_of(self, tab: Tab) -> int:
        """How many steps stand behind a tab."""
        return self.counts.of(tab)


def tab_of(name: str) -> Tab:
    """The tab of that name; the first one for a name that no tab has."""
    return Tab(name) if name in {each for each, _ in TABS} else Tab.MINE


def words_in(arguments: Mapping[str, str]) -> str:
    """What was typed into the list's own box."""
    return arguments.get("q", "").strip()[:200]


def inbox_list(session: Session, actor: Actor, request: Request) -> InboxList:
    """The list that the request's tab, words and place ask for, as the actor wants to see it.

    Raises CursorNotUnderstood.
    """
    tab = tab_of(request.values.get("tab", ""))
    q, cursor = words_in(request.values), request.args.get("cursor", "")
    chosen = kept_filter(session, actor, tab)
    if request.args.get("sort", chosen.sort) != chosen.sort:
        cursor = ""  # the place in another order: the person has chosen one since, perhaps on another device
    page = inbox(session, actor, tab=tab, q=q, chosen=chosen, limit=PAGE_SIZE, cursor=cursor or None, now=now())
    is_whole = page.next_cursor is None and not cursor
    bounds = UrgencyBounds.at(now(), company_calendar())
    of_group: Mapping[Urgency, int] | None = None
    if tab is not Tab.DONE and not q and not chosen.narrows:
        of_group = urgency_counts(session, actor, tab, bounds)
    if tab is Tab.DONE:
        groups = _by_day(page.items, is_whole=is_whole)
    elif chosen.sort is InboxSort.DEADLINE:
        groups = _by_urgency(page.items, bounds, of_group, is_whole=is_whole)
    else:
        groups = _in_one(page.items, chosen.sort, of_group, is_whole=is_whole)
    counts = inbox_counts(session, actor, now())
    columns = InboxColumns.kept(session, actor)
    return InboxList(
        tab,
        q,
        cursor,
        chosen,
        groups,
        counts,
        attention_counts(session, actor),
        lines_of(columns.shown),
        {one.value: label for one, label in own_headings(columns.own_shown, beside=map(_, COLUMNS.values())).items()},
        deal_cells(session, columns.own_shown, [row.deal_id for row in page.items]),
        page.next_cursor,
        is_cut=chosen.sort is not InboxSort.DEADLINE and not is_whole and counts.of(tab) >= MOST_COUNTED,
        map_name=map_name(session, chosen.definition_key) if chosen.definition_key else "",
    )


def lines_of(columns: Iterable[InboxColumn | OwnColumn]) -> tuple[RowLine, ...]:
    """The columns in their order, a new line wherever what is said of the deal and what is said of the step meet.

    Own fields stand among what is said of the step: there a line that is too long goes on below and is not cut.
    """
    lines = []
    for is_of_deal, line in groupby(columns, key=_OF_DEAL.__contains__):
        together = groupby(line, key=lambda one: is_of_deal and one is not InboxColumn.AMOUNT)
        pieces = [
            piece for runs_on, run in together for piece in ([tuple(run)] if runs_on else [(one,) for one in run])
        ]
        lines.append(RowLine(is_of_deal, tuple(pieces)))
    return tuple(lines)


def _by_urgency(
    rows: Iterable[WorkItemRow], bounds: UrgencyBounds, counts: Mapping[Urgency, int] | None, *, is_whole: bool
) -> tuple[StepGroup, ...]:
    groups = []
    for urgency, steps in groupby(rows, key=lambda row: bounds.of(row.due_at)):
        listed = tuple(map(_listed, steps))
        count = counts[urgency] if counts is not None else len(listed) if is_whole else None
        groups.append(StepGroup(_GROUPS[urgency], listed, count, urgency is Urgency.OVERDUE))
    return tuple(groups)


def _in_one(
    rows: Sequence[WorkItemRow], sort: InboxSort, counts: Mapping[Urgency, int] | None, *, is_whole: bool
) -> tuple[StepGroup, ...]:
    """In another order than by deadline, all steps are one group."""
    total = sum(counts.values()) if counts is not None else len(rows) if is_whole else None
    return (StepGroup(_SORTED[sort], tuple(map(_listed, rows)), total),) if rows else ()


def _by_day(rows: Iterable[WorkItemRow], *, is_whole: bool) -> tuple[StepGroup, ...]:
    today = local(now()).date()
    titles = {today: _TODAY, today - timedelta(days=1): _YESTERDAY}
    groups = []
    for title, steps in groupby(
        rows, key=lambda row: titles.get(local(row.completed_at or row.opened_at).date(), _EARLIER)
    ):
        listed = tuple(map(_listed, steps))
        groups.append(StepGroup(title, listed, len(listed) if is_whole else None))
    return tuple(groups)


def _listed(row: WorkItemRow) -> ListedStep:
    if row.completed_at is not None:
        return ListedStep(row, None)
    doing = ("approve" if row.kind is StepKind.APPROVAL else "complete",) if row.may_act else ()
    return ListedStep(row, said(row.due_at), (*doing, "take") if row.may_claim else doing)
