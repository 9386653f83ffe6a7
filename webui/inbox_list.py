"""The left pane of the inbox: steps in groups by how soon they are due."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from flask import Request
from sqlalchemy.orm import Session

from engine.bpmn.compiled import StepKind
from engine.errors import N_
from engine.policy.deadline_words import DeadlineKind
from engine.policy.permissions import Actor
from engine.queries.attention import AttentionCounts, attention_counts
from engine.queries.inbox import InboxCounts, Tab, inbox, inbox_counts
from engine.queries.work_item_rows import WorkItemRow
from webui.deadlines import Said, said
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
    DeadlineKind.OVERDUE: N_("Overdue"),
    DeadlineKind.TODAY: N_("Today"),
    DeadlineKind.TOMORROW: N_("This week"),
    DeadlineKind.THIS_WEEK: N_("This week"),
    DeadlineKind.LATER: N_("Later"),
}


@dataclass(frozen=True, slots=True)
class ListedStep:
    row: WorkItemRow
    said: Said | None
    may_approve_together: bool


@dataclass(frozen=True, slots=True)
class StepGroup:
    title: str
    steps: tuple[ListedStep, ...]


@dataclass(frozen=True, slots=True)
class InboxList:
    tab: Tab
    q: str
    cursor: str
    groups: tuple[StepGroup, ...]
    counts: InboxCounts
    attention: AttentionCounts
    next_cursor: str | None

    def count_of(self, tab: Tab) -> int:
        """How many steps stand behind a tab; 0 for the tabs that are not counted."""
        counted = {
            Tab.MINE: self.counts.mine,
            Tab.GROUPS: self.counts.groups,
            Tab.SUBSTITUTING: self.counts.substituting,
        }
        return counted.get(tab, 0)


def inbox_list(session: Session, actor: Actor, request: Request) -> InboxList:
    """The list that the request's tab, filter and place ask for. Raises CursorNotUnderstood."""
    name = request.args.get("tab", "")
    tab = Tab(name) if name in {each for each, _ in TABS} else Tab.MINE
    q, cursor = request.args.get("q", "").strip()[:200], request.args.get("cursor", "")
    page = inbox(session, actor, tab=tab, q=q, limit=PAGE_SIZE, cursor=cursor or None, now=now())
    listed = (_listed(row, tab) for row in page.items)
    groups = tuple(StepGroup(title, tuple(steps)) for title, steps in groupby(listed, key=lambda one: _title(one, tab)))
    counts, told = inbox_counts(session, actor, now()), attention_counts(session, actor)
    return InboxList(tab, q, cursor, groups, counts, told, page.next_cursor)


def _listed(row: WorkItemRow, tab: Tab) -> ListedStep:
    is_open = tab is not Tab.DONE
    return ListedStep(
        row=row,
        said=said(row.due_at) if is_open else None,
        may_approve_together=is_open and row.kind is StepKind.APPROVAL and row.may_act,
    )


def _title(step: ListedStep, tab: Tab) -> str:
    if tab is Tab.DONE:
        return ""
    return _GROUPS[step.said.kind] if step.said else N_("Without a deadline")
