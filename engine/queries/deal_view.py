"""One deal with everything that its page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, FieldType
from engine.errors import NotFound
from engine.events import StageChanged, kind_of
from engine.model.client import Client, Contact
from engine.model.deal import Deal, DealResult
from engine.model.history_event import HistoryEvent
from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import ProcessInstance
from engine.policy.business_calendar import LONGEST_SEARCH, BusinessCalendar
from engine.policy.freedom import may_move_somewhere
from engine.policy.permissions import Actor, may_edit_deal
from engine.queries.calendars import default_calendar
from engine.queries.client_notes import count_of_notes
from engine.queries.client_rows import ContactRow, contacts_of
from engine.queries.deal_rows import DealRow, deal_rows, deals_of
from engine.queries.deal_waiting import DealWaiting, open_steps, waiting_of
from engine.queries.decided_fields import decided_alone, decided_fields
from engine.queries.processes import process_of
from engine.queries.scopes import visible_deals
from engine.queries.work_item_rows import WorkItemRow


class PassageState(StrEnum):
    DONE = "done"
    CURRENT = "current"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class StagePassage:
    """``spent`` is working time by the company's calendar over all ``visits``; ``since`` only for the current stage."""

    name: str
    state: PassageState
    spent: timedelta
    visits: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A value that the map's steps asked for. ``label`` is the map's, or the bare name where the map forgot it."""

    name: str
    label: str
    type: FieldType
    value: Any


@dataclass(frozen=True, slots=True)
class ClientSummary:
    """``old_notes`` counts those that were brought from elsewhere."""

    id: int
    name: str
    edrpou: str
    segment: str
    phone: str
    email: str
    old_notes: int


CONTACTS_SHOWN = 20
"""Of the client, on the page of a deal; all are on the client's page."""


@dataclass(frozen=True, slots=True)
class DealView:
    """``may_move``: somewhere on the map there is freedom for the actor; what exactly is said for each step.

    ``contacts`` are the client's first ones by name, ``contact_count`` how many the client has.
    """

    row: DealRow
    client: ClientSummary
    contacts: tuple[ContactRow, ...]
    contact_count: int
    fields: tuple[FieldValue, ...]
    decided: frozenset[str]  # names of the fields that only a table of the map gives
    stages: tuple[StagePassage, ...]
    open_steps: tuple[WorkItemRow, ...]
    waiting: DealWaiting
    may_edit: bool
    may_move: bool
    definition_id: int | None
    definition_name: str
    definition_version: int | None
    version: int


def deal_view(
    session: Session, actor: Actor, deal_id: int, now: datetime, *, most_contacts: int | None = CONTACTS_SHOWN
) -> DealView:
    """A large client has thousands of contacts: ``most_contacts`` of them are read, None is all.

    Raises NotFound for a deal that does not exist or that the actor may not see.
    """
    found = session.execute(deal_rows(Deal.id == deal_id, visible_deals(actor, only=deal_id))).all()
    if not found:
        raise NotFound
    (row,) = deals_of(session, found, now)
    deal, client, old_notes = session.execute(
        select(Deal, Client, count_of_notes(Client.id))
        .join(Client, Client.id == Deal.client_id)
        .where(Deal.id == deal_id)
    ).one()
    definition = session.execute(
        select(ProcessDefinition.id, ProcessDefinition.name, ProcessDefinition.version)
        .join(ProcessInstance, ProcessInstance.definition_id == ProcessDefinition.id)
        .where(ProcessInstance.deal_id == deal_id)
        .order_by(ProcessInstance.id.desc())
        .limit(1)
    ).one_or_none()
    process = process_of(session, definition.id) if definition else None
    steps = open_steps(session, actor, deal_id, now)
    contacts = contacts_of(session, Contact.client_id == client.id, limit=most_contacts)
    return DealView(
        row=row,
        client=ClientSummary(
            client.id, client.name, client.edrpou, client.segment, client.phone, client.email, old_notes
        ),
        contacts=contacts,
        contact_count=_count_of_contacts(session, client.id) if len(contacts) == most_contacts else len(contacts),
        fields=_field_values(deal.fields, process),
        decided=frozenset(decided_alone(process) if process else ()),
        stages=_passages(session, row, process, now),
        open_steps=steps,
        waiting=waiting_of(session, actor, deal_id, steps),
        may_edit=row.result is DealResult.OPEN and may_edit_deal(actor, owner_id=row.owner_id),
        may_move=row.result is DealResult.OPEN
        and process is not None
        and may_move_somewhere(actor, process, row.owner_id, works_on_it=any(step.may_act for step in steps)),
        definition_id=definition.id if definition else None,
        definition_name=definition.name if definition else "",
        definition_version=definition.version if definition else None,
        version=deal.history_length,
    )


def _count_of_contacts(session: Session, client_id: int) -> int:
    return session.scalar(select(func.count()).where(Contact.client_id == client_id)) or 0


def _field_values(fields: Mapping[str, Any], process: CompiledProcess | None) -> tuple[FieldValue, ...]:
    known: dict[str, FieldDefinition] = {}
    for step in process.steps.values() if process else ():
        for field in step.fields:
            known.setdefault(field.name.removeprefix("deal."), field)
    known = (decided_fields(process) if process else {}) | known
    return tuple(
        FieldValue(name, known[name].label or name, known[name].type, value)
        if name in known
        else FieldValue(name, name, FieldType.TEXT, value)
        for name, value in fields.items()
    )


def _passages(
    session: Session, deal: DealRow, process: CompiledProcess | None, now: datetime
) -> tuple[StagePassage, ...]:
    """The map's stages in order, then stages that the deal was in although this version does not know them."""
    changes = session.execute(
        select(HistoryEvent.at, HistoryEvent.data)
        .where(HistoryEvent.deal_id == deal.id, HistoryEvent.kind == kind_of(StageChanged))
        .order_by(HistoryEvent.number)
    ).all()
    entered = [(str(change.data["stage"]), change.at) for change in changes]
    spent, visits = _time_in_stages(entered, deal.closed_at or now, default_calendar(session))
    planned = [stage.name for stage in sorted(process.stages, key=lambda stage: stage.position)] if process else []
    names = list(dict.fromkeys([*planned, *visits]))
    here = names.index(deal.stage) if deal.stage in names else None
    passages = []
    for position, name in enumerate(names):
        current = deal.result is DealResult.OPEN and position == here
        skipped = deal.result is DealResult.OPEN and here is not None and position > here
        done = name in visits and not skipped
        state = PassageState.CURRENT if current else PassageState.DONE if done else PassageState.AHEAD
        passages.append(
            StagePassage(
                name=name,
                state=state,
                spent=spent.get(name, timedelta()),
                visits=visits.get(name, 0),
                since=deal.stage_since if current else None,
            )
        )
    return tuple(passages)


def _time_in_stages(
    entered: Sequence[tuple[str, datetime]], until: datetime, calendar: BusinessCalendar
) -> tuple[dict[str, timedelta], dict[str, int]]:
    """Working time and visits per stage. A stay of more than ten years counts ten: no calendar looks further."""
    spent: dict[str, timedelta] = {}
    visits: dict[str, int] = {}
    ends = [at for _, at in entered[1:]] + [until]
    for (stage, start), end in zip(entered, ends, strict=False):
        if not stage:
            continue
        stay = calendar.working_time_between(max(start, end - LONGEST_SEARCH), end)
        spent[stage] = spent.get(stage, timedelta()) + max(stay, timedelta())
        visits[stage] = visits.get(stage, 0) + 1
    return spent, visits
