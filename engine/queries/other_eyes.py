"""Four eyes: who may not do a step, because they asked for it or prepared what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import StepDefinition, StepKind
from engine.events import (
    CallCompleted,
    ClientChanged,
    DealChanged,
    DealClientReplaced,
    DealOpened,
    DecisionMade,
    FileAdded,
    FileHidden,
    FileShown,
    MessageReceived,
    StepCompleted,
    VariablesSet,
    kind_of,
)
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent, tells_of_clients
from engine.model.work_item import WorkItem
from engine.policy.approved_content import bound_names
from engine.policy.approvers import other_eyes_needed
from engine.policy.own_fields import CLIENT_ROOT
from engine.policy.prepared_content import Writing, preparers
from engine.queries.client_merges import one_client

_OPENED, _CHANGED, _REPAIRED = kind_of(DealOpened), kind_of(DealChanged), kind_of(VariablesSet)
_CLIENT_CHANGED, _CLIENT_REPLACED = kind_of(ClientChanged), kind_of(DealClientReplaced)
_COMPLETED, _FILE = kind_of(StepCompleted), kind_of(FileAdded)
_VALUES_OF = {_COMPLETED: "values", kind_of(MessageReceived): "values"}
_VALUES_OF_MACHINES = {kind_of(CallCompleted): "values", kind_of(DecisionMade): "outputs"}
_TAKEN_OR_BACK = (kind_of(FileHidden), kind_of(FileShown))
_KINDS = (_OPENED, _CHANGED, _REPAIRED, _FILE, _CLIENT_REPLACED, *_TAKEN_OR_BACK, *_VALUES_OF, *_VALUES_OF_MACHINES)
_COLUMNS_OF_DEAL = ("amount", "currency", "close_date", "title")


def barred_of(session: Session, step: StepDefinition | None, work_item: WorkItem, deal: Deal) -> frozenset[int]:
    """Whom four eyes bar from a work item; nobody where the map does not ask for them. See ``barred_from``."""
    if step is None or not step.four_eyes:
        return frozenset()
    return barred_from(session, step, deal, asked_by_id=work_item.asked_by_id, opened_at=work_item.opened_at)


def barred_from(
    session: Session, step: StepDefinition, deal: Deal, *, asked_by_id: int | None, opened_at: datetime
) -> frozenset[int]:
    """Whom four eyes bar from a step that opened, or opens, at ``opened_at``; in one statement, or two after a merge.

    The deal's owner, who asked and in whose name they did, and of an approval whoever prepared what it is bound to.
    """
    if not step.four_eyes:
        return frozenset()
    barred = other_eyes_needed(asked_by_id, deal.owner_id)
    told = _told(session, _tells(step, deal, changed=deal.client.version > 1))
    if deal.client.version == 1 and any(row.kind == _CLIENT_REPLACED for row in told):
        told = _told(session, _tells(step, deal, changed=True))
    barred |= _askers(told, asked_by_id, opened_at)
    return barred | preparers(step, _writings(told, deal)) if step.kind is StepKind.APPROVAL else barred


def _told(session: Session, tells: ColumnElement[bool]) -> Sequence[Any]:
    return session.execute(
        select(
            HistoryEvent.kind,
            HistoryEvent.at,
            HistoryEvent.actor_id,
            HistoryEvent.data,
            WorkItem.on_behalf_of_id,
            WorkItem.element_id,
            WorkItem.kind.label("step_kind"),
        )
        .outerjoin(WorkItem, WorkItem.id == HistoryEvent.work_item_id)
        .where(tells)
        .order_by(HistoryEvent.id)
    ).all()


def _tells(step: StepDefinition, deal: Deal, *, changed: bool) -> ColumnElement[bool]:
    """The entries of the deal, and what was changed beside it in its client since it was opened.

    A client that was never ``changed`` is not asked about: neither itself, nor who had the deal until a merge.
    """
    of_deal = and_(HistoryEvent.deal_id == deal.id, HistoryEvent.kind.in_(_KINDS))
    binds_client = any(name.startswith(CLIENT_ROOT) for name in bound_names(step)[0])
    if step.kind is not StepKind.APPROVAL or not binds_client or not changed:
        return of_deal
    of_client = and_(
        HistoryEvent.kind == _CLIENT_CHANGED,
        HistoryEvent.at >= deal.opened_at,
        HistoryEvent.deal_id.is_distinct_from(deal.id),  # what a step of the deal wrote is told by the step
        tells_of_clients(one_client(deal.client_id)),
    )
    return or_(of_deal, of_client)


def _askers(told: Sequence[Any], asked_by_id: int | None, opened_at: datetime) -> frozenset[int]:
    """Who did the last step of whoever asked, and for whom: a substitute asks in another's name."""
    for row in reversed(told):
        is_step = row.kind == _COMPLETED and row.step_kind is not StepKind.APPROVAL and row.at <= opened_at
        if is_step and asked_by_id in (people := _people(row)):
            return people
    return frozenset()


def _writings(told: Sequence[Any], deal: Deal) -> Iterator[Writing]:
    opened = next((row for row in told if row.kind == _OPENED), None)
    later = [_writing(row) for row in told if row is not opened]
    if opened is not None:
        known = {name.removeprefix("deal.") for one in later for name in one.values}
        from_the_start = {name: value for name, value in deal.fields.items() if name not in known}
        chosen = {"deal.amount": opened.data.get("amount"), f"{CLIENT_ROOT}name": opened.data.get("client")}
        yield Writing(_people(opened), {**chosen, **from_the_start})
    yield from later


def _writing(row: Any) -> Writing:
    data = row.data
    if row.kind == _CLIENT_CHANGED:
        changed = {name.removeprefix(CLIENT_ROOT): new for name, (_old, new) in data["changes"].items()}
        return Writing(_people(row), {f"{CLIENT_ROOT}{name}": new for name, new in changed.items()})
    if row.kind in _TAKEN_OR_BACK:
        return Writing(_people(row), file=data["name"], takes_or_gives_back=True)
    if row.kind == _FILE:
        # Of a document that the map makes, the fields were prepared: nobody chose its text.
        people = frozenset() if data.get("step") else _people(row)
        return Writing(people, file=data["name"], replaces=data["version"] > 1, element_id=row.element_id or "")
    if row.kind in (_CHANGED, _REPAIRED, _CLIENT_REPLACED):
        changes = {name: new for name, (_old, new) in data["changes"].items()}
        if row.kind == _CHANGED:
            changes = {f"deal.{name}" if name in _COLUMNS_OF_DEAL else name: new for name, new in changes.items()}
        return Writing(_people(row), changes, element_id=row.element_id or "")
    if row.kind in _VALUES_OF_MACHINES:
        return Writing(values=data[_VALUES_OF_MACHINES[row.kind]])
    return Writing(_people(row), data[_VALUES_OF[row.kind]], element_id=row.element_id or "")


def _people(row: Any) -> frozenset[int]:
    people = {row.actor_id, row.on_behalf_of_id if row.kind == _COMPLETED else None}
    return frozenset(one for one in people if one is not None)
