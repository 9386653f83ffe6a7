"""Clients over HTTP."""

from __future__ import annotations

from flask import Response, url_for
from sqlalchemy.orm import Session

from engine.commands.client_data import note_client_data_taken
from engine.commands.clients import ClientDraft, add_client, update_client
from engine.errors import FieldNotUnderstood, InvalidInput, NotFound
from engine.model.client import Client
from engine.model.person import Person
from engine.queries.client_data import client_data
from engine.queries.client_merges import merges_into, standing_client_id
from engine.queries.client_notes import NoteRow, client_notes
from engine.queries.client_rows import ClientRow, client_rows, clients_of
from engine.queries.clients import client_view, clients
from webui.api.answers import answer, listed
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller, in_readers_language
from webui.api.contacts import contact_item
from webui.api.models.clients import (
    ClientChanges,
    ClientDetail,
    ClientItem,
    ClientList,
    ClientNoteItem,
    ClientNoteList,
    ClientPath,
    ClientsQuery,
    MergedClientItem,
    NewClient,
)
from webui.api.models.values import ZIP, Paging, PersonName
from webui.api.performing import carry_out, carry_out_once
from webui.api.tags import CLIENTS
from webui.letter_exports import client_data_zip
from webui.request_context import now, reading, services


@api.post("/clients", tags=[CLIENTS], responses={201: ClientItem, **conflicts("idempotency_key_reused")})
def create_client(body: NewClient) -> Response:
    """Add a client."""

    def command(session: Session) -> int:
        _ensure_person(session, body.owner_id)
        draft = ClientDraft(**body.model_dump())
        return add_client(session, draft, actor=caller(), clock=services().clock, whole=True).id

    client_id = carry_out_once("add_client", body.model_dump(), command)
    return answer(written_client(client_id), 201, location=url_for("api.show_client", client_id=client_id))


@api.get("/clients", tags=[CLIENTS], responses={200: ClientList})
def list_clients(query: ClientsQuery) -> Response:
    """The clients that the caller sees."""
    with reading() as session:
        page = clients(session, caller(), q=query.q, owner_id=query.owner_id, limit=query.limit, cursor=query.cursor)
    return listed(page, client_item, ClientList)


@api.get("/clients/<int:client_id>", tags=[CLIENTS], responses={200: ClientDetail})
def show_client(path: ClientPath) -> Response:
    """One client with its contacts. The id of one who was merged leads to the client who stayed, by a redirect."""
    try:
        with reading() as session:
            view = client_view(session, caller(), path.client_id, now())
            merges = merges_into(session, path.client_id, now())
    except NotFound:
        with reading() as session:
            standing = standing_client_id(session, caller(), path.client_id)
        if standing in (None, path.client_id):
            raise
        headers = {"Location": url_for("api.show_client", client_id=standing)}
        return Response(status=307, headers=headers)  # not for ever: a merge can be undone
    return answer(
        ClientDetail(
            **client_item(view.row).model_dump(),
            contacts=tuple(contact_item(row) for row in view.contacts.items),
            may_edit=view.may_edit,
            merged=tuple(
                MergedClientItem(
                    merge_id=one.id,
                    client_id=one.merged_id,
                    name=one.name,
                    merged_at=one.at,
                    merged_by=one.by,
                    can_be_undone=one.can_be_undone,
                )
                for one in merges
            ),
        )
    )


@api.post(
    "/clients/<int:client_id>/data.zip",
    tags=[CLIENTS],
    responses={200: ZIP, **conflicts("idempotency_key_reused")},
)
def take_client_data(path: ClientPath) -> Response:
    """All that is held about a client: `client.json`, the letters of all deals and their files. By an administrator.

    The journal says who took it.
    """

    def command(session: Session) -> int:
        return note_client_data_taken(session, path.client_id, actor=caller(), clock=services().clock)

    carry_out_once("take_client_data", {"id": path.client_id}, command)
    with reading() as session:
        data = client_data(session, caller(), path.client_id)
    with in_readers_language():
        return client_data_zip(data)


@api.get("/clients/<int:client_id>/notes", tags=[CLIENTS], responses={200: ClientNoteList})
def list_client_notes(path: ClientPath, query: Paging) -> Response:
    """Notes on a client that were brought from another system."""
    with reading() as session:
        page = client_notes(session, caller(), path.client_id, limit=query.limit, cursor=query.cursor)
    return listed(page, _note, ClientNoteList)


def _note(row: NoteRow) -> ClientNoteItem:
    return ClientNoteItem(
        id=row.id,
        written_at=row.written_at,
        author=row.author,
        text=row.text,
        source=row.source,
        brought_at=row.brought_at,
        brought_by=row.brought_by,
    )


_CHANGED = conflicts("edited_meanwhile", "conflict", "person_erased")


@api.patch("/clients/<int:client_id>", tags=[CLIENTS], responses={200: ClientItem, **_CHANGED})
def change_client(path: ClientPath, body: ClientChanges) -> Response:
    """Change what is named, and nothing else."""
    changes = body.model_dump(exclude_unset=True, exclude={"read_version"})
    carry_out(
        lambda session: update_client(
            session, path.client_id, changes, actor=caller(), clock=services().clock, read_version=body.read_version
        )
    )
    return answer(written_client(path.client_id))


def client_item(row: ClientRow) -> ClientItem:
    return ClientItem(
        id=row.id,
        name=row.name,
        edrpou=row.edrpou,
        segment=row.segment,
        source=row.source,
        phone=row.phone,
        email=row.email,
        owner=PersonName(id=row.owner_id, name=row.owner_name) if row.owner_id is not None else None,
        created_at=row.created_at,
        open_deals=row.open_deals,
        next_due_at=row.next_due_at,
        version=row.version,
        fields=dict(row.fields),
    )


def _ensure_person(session: Session, person_id: int | None) -> None:
    """Raises InvalidInput for an owner who does not exist."""
    if person_id is not None and session.get(Person, person_id) is None:
        raise InvalidInput({"owner_id": FieldNotUnderstood(value=person_id, expected="a person")})


def written_client(client_id: int) -> ClientItem:
    """The client that the caller has just written, also where it has become somebody else's by that."""
    with reading() as session:
        rows = clients_of(session, caller(), session.execute(client_rows(Client.id == client_id)).all())
    if not rows:
        raise NotFound
    return client_item(rows[0])
