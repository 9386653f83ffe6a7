"""The tabs of the inbox: why a step stands in one."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import ColumnElement, select, union

from engine.model.deal import Deal, DealResult
from engine.model.work_item import LIVE, WorkItem
from engine.policy.permissions import Actor
from engine.queries.scopes import visible_work_items

_MOST_LOOKED_INTO = 12  # departments


class Tab(StrEnum):
    MINE = "mine"  # held by the actor
    GROUPS = "groups"  # held by nobody, in the actor's departments
    SUBSTITUTING = "substituting"  # of the people whom the actor substitutes, and of their departments
    WAITING = "waiting"  # held by others, in the actor's deals or asked for by the actor
    DONE = "done"  # done by the actor, latest first
    ALL = "all"  # everything visible


def reasons(actor: Actor, tab: Tab) -> Sequence[ColumnElement[bool]]:
    """Why a step stands in a tab: conditions that exclude each other, each served by one index."""
    match tab:
        case Tab.MINE:
            return [WorkItem.assignee_id == actor.person_id]
        case Tab.GROUPS:
            own = actor.department_ids | actor.headed_department_ids
            return [_unheld(group_id) for group_id in sorted(own)]
        case Tab.SUBSTITUTING:
            others = actor.substituted_department_ids - actor.department_ids - actor.headed_department_ids
            held = [WorkItem.assignee_id == person_id for person_id in sorted(actor.substitutes_for)]
            return held + [_unheld(group_id) for group_id in sorted(others)]
        case Tab.WAITING:
            return [_waiting_for_others(actor)]
        case Tab.DONE:
            return [WorkItem.completed_by_id == actor.person_id]
        case Tab.ALL:
            return [visible_work_items(actor)]


def live_reasons(actor: Actor, tab: Tab) -> Sequence[ColumnElement[bool]]:
    """Why a live step stands in a tab, per state, so that an index serves each in the order of deadlines.

    Who waits for others looks their steps up by deal: with the state beside them, SQLite would read all that is open.
    """
    if tab is Tab.WAITING:
        return [_waiting_for_others(actor)]
    return [one & (WorkItem.state == state) for one in reasons(actor, tab) for state in LIVE]


def live_steps(actor: Actor, tab: Tab) -> Sequence[ColumnElement[bool]]:
    """The same for who counts and needs no order: whoever heads very many departments looks into all of them at once.

    Into a few each is looked by itself: with a list of them, SQLite would read whatever nobody holds.
    """
    if tab is Tab.GROUPS:
        own = actor.department_ids | actor.headed_department_ids
        if len(own) > _MOST_LOOKED_INTO:
            return [WorkItem.group_id.in_(sorted(own)) & WorkItem.assignee_id.is_(None) & WorkItem.state.in_(LIVE)]
    return live_reasons(actor, tab)


def _unheld(group_id: int) -> ColumnElement[bool]:
    return (WorkItem.group_id == group_id) & WorkItem.assignee_id.is_(None)


def _waiting_for_others(actor: Actor) -> ColumnElement[bool]:
    own_deals = select(Deal.id).where(Deal.owner_id == actor.person_id, Deal.result == DealResult.OPEN)
    in_own_deals = select(WorkItem.id).where(WorkItem.deal_id.in_(own_deals), WorkItem.state.in_(LIVE))
    asked_for = select(WorkItem.id).where(WorkItem.asked_by_id == actor.person_id, WorkItem.state.in_(LIVE))
    not_mine = WorkItem.assignee_id.is_distinct_from(actor.person_id)
    return WorkItem.id.in_(union(in_own_deals.correlate(None), asked_for.correlate(None))) & not_mine
