"""What an actor may see, as conditions for the database: the one place that every list, page and lock goes through.

Each condition is an IN over a UNION of ids, one member per reason for seeing. An OR over several columns would make
the database read the whole table; a UNION reads one index per reason.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, literal, or_, select, true, union
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql.selectable import CompoundSelect

from engine.errors import NotFound
from engine.model.client import Client
from engine.model.consultation import Consultation
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.model.work_item import LIVE, WorkItem
from engine.model.written_text import WrittenText
from engine.policy.permissions import Ability, Actor, may

Ids = CompoundSelect[Any]


def _ids(column: InstrumentedAttribute[Any], *conditions: ColumnElement[bool]) -> Select[Any]:
    """Ids on their own: never correlated with the statement around them, which often reads the same table."""
    return select(column).where(*conditions).correlate(None)


def ensure_sees(actor: Actor, ability: Ability) -> None:
    """Raises NotFound without the ability: a page that is not open to the actor does not exist for them."""
    if not may(actor, ability):
        raise NotFound


def visible_deals(actor: Actor, *, only: int | None = None) -> ColumnElement[bool]:
    """Own deals, and deals in which the actor or their departments have or had a step; all for those who see all.

    ``only``: the statement asks for this one deal, so that the reasons are looked up for it alone. The same in the
    conditions below, for a step and for a client.
    """
    if may(actor, Ability.SEE_ALL_DEALS):
        return true()
    return _in_visible_deals(actor, only)


def visible_work_items(actor: Actor, *, only: int | None = None) -> ColumnElement[bool]:
    """The steps, done or not, of the visible deals."""
    if may(actor, Ability.SEE_ALL_DEALS):
        return true()
    its_deal = None if only is None else _ids(WorkItem.deal_id, WorkItem.id == only).scalar_subquery()
    return WorkItem.deal_id.in_(_visible_deal_ids(actor, its_deal))


def visible_written_texts(actor: Actor) -> ColumnElement[bool]:
    """Letters and comments of the visible deals: who sees a deal sees its correspondence and its history."""
    if may(actor, Ability.SEE_ALL_DEALS):
        return true()
    return WrittenText.deal_id.in_(_visible_deal_ids(actor))


def is_plainly_visible(actor: Actor, *, owner_id: int, work_item: WorkItem) -> bool:
    """Whether the step itself and its deal's owner are reason enough to see it. If not, another step may be one."""
    return (
        may(actor, Ability.SEE_ALL_DEALS)
        or bool(actor.people_acted_for & {owner_id, work_item.assignee_id, work_item.completed_by_id})
        or work_item.group_id in actor.group_ids
    )


def visible_clients(actor: Actor, *, only: int | None = None) -> ColumnElement[bool]:
    """Own clients and the clients of visible deals; all for those who see all deals. No tombstones of merged ones."""
    stands = Client.merged_into_id.is_(None)
    if may(actor, Ability.SEE_ALL_DEALS):
        return stands
    own = _ids(Client.id, Client.owner_id.in_(actor.people_acted_for))
    of_deals = _ids(Deal.client_id, Deal.id.in_(_visible_deal_ids(actor)))
    if only is not None:
        own, of_deals = own.where(Client.id == only), of_deals.where(Deal.client_id == only)
    return stands & Client.id.in_(union(own, of_deals))


def choosable_clients(actor: Actor) -> ColumnElement[bool]:
    """Whom a deal may be opened for: a manager chooses among all, or the same client would be added twice."""
    return Client.merged_into_id.is_(None) if may(actor, Ability.OPEN_DEAL) else visible_clients(actor)


def known_as(client_id: int) -> ColumnElement[bool]:
    """A client by an id of theirs: their own, or that of one who was merged into them. Tombstones are among them."""
    tombstone = aliased(Client)
    into = select(tombstone.merged_into_id).where(tombstone.id == client_id).scalar_subquery()
    return or_(Client.id == client_id, Client.id == into)


def actable_work_items(actor: Actor) -> ColumnElement[bool]:
    """Live steps that the actor may do now: see permissions.may_act_on_step."""
    if actor.is_system:
        return WorkItem.state.in_(LIVE)
    held = _ids(WorkItem.id, WorkItem.assignee_id.in_(actor.people_acted_for), WorkItem.state.in_(LIVE))
    if not actor.group_ids:
        return WorkItem.id.in_(held)
    shared = _ids(
        WorkItem.id, WorkItem.group_id.in_(actor.group_ids), WorkItem.state.in_(LIVE), WorkItem.assignee_id.is_(None)
    )
    return WorkItem.id.in_(union(held, shared))


def visible_history(actor: Actor, deal_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Events of visible deals; events of no deal only for those who see all history."""
    if may(actor, Ability.SEE_ALL_HISTORY):
        return true()
    if may(actor, Ability.SEE_ALL_DEALS):
        return deal_id.is_not(None)
    return deal_id.in_(_visible_deal_ids(actor))


def some_visible_deals(actor: Actor, most: int) -> Select[Any]:
    """Ids of deals that the actor sees, those of the first ``most`` of each reason: a sample that costs no more.

    Only for who does not see all deals.
    """
    first = (select(reason.limit(most).subquery()) for reason in _reasons(actor, None))
    ids = union(*first).subquery("some")
    return select(next(iter(ids.c)).label("id"))


@lru_cache(maxsize=256)  # a page puts the same condition into several statements, and making it costs as much as one
def _in_visible_deals(actor: Actor, only: int | None) -> ColumnElement[bool]:
    return Deal.id.in_(_visible_deal_ids(actor, None if only is None else literal(only, BigInteger)))


def _visible_deal_ids(actor: Actor, only: ColumnElement[int] | None = None) -> Ids:
    """One member per reason; with ``only``, each asks for that deal alone."""
    return union(*_reasons(actor, only))


def _reasons(actor: Actor, only: ColumnElement[int] | None) -> list[Select[Any]]:
    def ids(column: InstrumentedAttribute[int], because: ColumnElement[bool]) -> Select[Any]:
        return _ids(column, because) if only is None else _ids(column, column == only, because)

    reasons: list[Select[Any]] = []
    people: list[Any] = [actor.people_acted_for]
    if actor.headed_department_ids:
        people.append(_ids(Membership.person_id, Membership.department_id.in_(actor.headed_department_ids)))
    for persons in people:
        reasons += [
            ids(Deal.id, Deal.owner_id.in_(persons)),
            ids(WorkItem.deal_id, WorkItem.assignee_id.in_(persons)),
            ids(WorkItem.deal_id, WorkItem.completed_by_id.in_(persons)),
        ]
    if actor.group_ids:
        reasons.append(ids(WorkItem.deal_id, WorkItem.group_id.in_(actor.group_ids)))
    asked = Consultation.asked_id.in_(actor.people_acted_for) & Consultation.withdrawn_at.is_(None)
    reasons.append(ids(Consultation.deal_id, asked))
    return reasons
