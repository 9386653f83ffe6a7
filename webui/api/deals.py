"""Deals over HTTP: open, list, read, change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.commands.clients import ClientDraft
from engine.commands.deals import DealDraft, open_deal, update_deal
from engine.errors import N_, FieldNotUnderstood, FieldRequired, InvalidInput, NotFound
from engine.model.deal import Deal
from engine.model.person import Person
from engine.queries.deal_rows import DealRow, deal_rows, deals_of
from engine.queries.deals import deal_view, deals
from webui.api.answers import answer, listed
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.contacts import contact_item
from webui.api.models.deals import (
    DealChanges,
    DealDetail,
    DealDetailQuery,
    DealItem,
    DealList,
    DealPath,
    DealsQuery,
    FollowedDefinition,
    NewDeal,
    OpenStep,
    StagePassageItem,
)
from webui.api.models.values import ClientName, PersonName
from webui.api.performing import carry_out, command_id
from webui.api.tags import DEALS
from webui.request_context import now, reading, services


@api.post("/deals", tags=[DEALS], responses={201: DealItem, **conflicts("idempotency_key_reused")})
def create_deal(body: NewDeal) -> Response:
    """Open a deal and start its map: its first steps stand in their inboxes when this answers."""
    key = command_id()

    def command(session: Session) -> int:
        draft = DealDraft(
            title=body.title,
            definition_key=body.definition_key,
            client_id=body.client_id,
            client=_new_client(body),
            amount=body.amount,
            currency=body.currency,
            owner_id=_owner_id(session, body.owner),
            close_date=body.close_date,
            fields=body.fields,
        )
        return open_deal(session, draft, actor=caller(), clock=services().clock, command_id=key).id

    with _owner_named():
        deal_id = carry_out(command)
    return answer(written(deal_id), 201, location=url_for("api.show_deal", deal_id=deal_id))


@api.get("/deals", tags=[DEALS], responses={200: DealList})
def list_deals(query: DealsQuery) -> Response:
    """The deals that the caller sees."""
    with reading() as session:
        page = deals(session, caller(), **query.model_dump(), now=now())
    return listed(page, deal_item, DealList)


@api.get("/deals/<int:deal_id>", tags=[DEALS], responses={200: DealDetail})
def show_deal(path: DealPath, query: DealDetailQuery) -> Response:
    """One deal with its fields, stages and open steps."""
    with reading() as session:
        view = deal_view(session, caller(), path.deal_id, now(), most_contacts=query.contacts_limit)
    definition = None
    if view.definition_id is not None and view.definition_version is not None:
        definition = FollowedDefinition(
            id=view.definition_id,
            key=view.row.definition_key,
            name=view.definition_name,
            version=view.definition_version,
        )
    return answer(
        DealDetail(
            **deal_item(view.row).model_dump(),
            fields={field.name: field.value for field in view.fields},
            contacts=tuple(contact_item(row) for row in view.contacts),
            contacts_total=view.contact_count,
            stages=tuple(
                StagePassageItem(
                    name=stage.name,
                    state=stage.state,
                    spent_s=int(stage.spent.total_seconds()),
                    visits=stage.visits,
                    since=stage.since,
                )
                for stage in view.stages
            ),
            steps=tuple(
                OpenStep(
                    id=step.id,
                    name=step.name,
                    stage=step.stage,
                    who=step.who,
                    due_at=step.due_at,
                    overdue=step.overdue,
                )
                for step in view.open_steps
            ),
            definition=definition,
            may_edit=view.may_edit,
        )
    )


_CHANGED = conflicts("deal_closed", "edited_meanwhile", "content_approved", "approval_spared", "conflict")


@api.patch("/deals/<int:deal_id>", tags=[DEALS], responses={200: DealItem, **_CHANGED})
def change_deal(path: DealPath, body: DealChanges) -> Response:
    """Change what is named, and nothing else. Conditions of the map that wait for data are looked at again."""
    changes = body.model_dump(exclude_unset=True, exclude={"read_version", "ask_again"})

    def command(session: Session) -> int:
        if "owner" in changes:
            owner_id = _owner_id(session, changes.pop("owner"))
            if owner_id is None:
                raise InvalidInput({"owner": FieldRequired(label="owner")})
            changes["owner_id"] = owner_id
        return update_deal(
            session,
            path.deal_id,
            changes,
            actor=caller(),
            clock=services().clock,
            read_version=body.read_version,
            ask_again=body.ask_again,
        ).id

    with _owner_named():
        carry_out(command)
    return answer(written(path.deal_id))


def deal_item(row: DealRow) -> DealItem:
    return DealItem(
        id=row.id,
        number=row.number,
        title=row.title,
        client=ClientName(id=row.client_id, name=row.client_name),
        amount=row.amount,
        currency=row.currency,
        owner=PersonName(id=row.owner_id, name=row.owner_name),
        definition_key=row.definition_key,
        stage=row.stage,
        stage_since=row.stage_since,
        result=row.result,
        loss_reason=row.loss_reason,
        loss_reason_id=row.loss_reason_id,
        close_date=row.close_date,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        open_steps=row.open_steps,
        overdue_steps=row.overdue_steps,
        next_due_at=row.next_due_at,
        version=row.version,
    )


def _new_client(body: NewDeal) -> ClientDraft | None:
    """The client to be added. Raises InvalidInput when a known one is named as well: neither is guessed at."""
    if body.client is None:
        return None
    if body.client_id is not None:
        raise InvalidInput(
            {"client": FieldNotUnderstood(value=body.client.name, expected=N_("either this or client_id"))}
        )
    return ClientDraft(**body.client.model_dump())


def _owner_id(session: Session, owner: int | str | None) -> int | None:
    """The id of who is named by id or login. Raises InvalidInput."""
    if not isinstance(owner, str):
        return owner
    person_id = session.scalar(select(Person.id).where(Person.login == owner))
    if person_id is None:
        raise InvalidInput({"owner": FieldNotUnderstood(value=owner, expected=N_("a sales manager"))})
    return person_id


@contextmanager
def _owner_named() -> Iterator[None]:
    """Errors of the field that the command calls ``owner_id`` stand at the field that the caller has sent."""
    try:
        yield
    except InvalidInput as invalid:
        renamed = {"owner" if name == "owner_id" else name: error for name, error in invalid.errors.items()}
        raise InvalidInput(renamed) from invalid


def written(deal_id: int) -> DealItem:
    """The deal that the caller has just written, also where it has become somebody else's by that."""
    with reading() as session:
        rows = deals_of(session, session.execute(deal_rows(Deal.id == deal_id)).all(), now())
    if not rows:
        raise NotFound
    return deal_item(rows[0])
