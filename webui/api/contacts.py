"""Contacts over HTTP."""

from __future__ import annotations

from flask import Response, url_for
from sqlalchemy.orm import Session

from engine.commands.clients import ContactDraft, add_contact, update_contact
from engine.errors import NotFound
from engine.queries.client_merges import standing_contact_id
from engine.queries.client_rows import ContactRow
from engine.queries.contacts import contact_view, contacts
from webui.api.answers import answer, listed
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.models.clients import (
    ContactChanges,
    ContactItem,
    ContactList,
    ContactPath,
    ContactsQuery,
    NewContact,
)
from webui.api.performing import carry_out, carry_out_once
from webui.api.tags import CLIENTS
from webui.request_context import reading, services

_CHANGED = conflicts("conflict", "person_erased")


@api.post("/contacts", tags=[CLIENTS], responses={201: ContactItem, **conflicts("idempotency_key_reused")})
def create_contact(body: NewContact) -> Response:
    """Add a person at a client that the caller sees."""

    def command(session: Session) -> int:
        draft = ContactDraft(**body.model_dump(exclude={"client_id"}))
        return add_contact(session, body.client_id, draft, actor=caller(), clock=services().clock).id

    contact_id = carry_out_once("add_contact", body.model_dump(), command)
    with reading() as session:
        row = contact_view(session, caller(), contact_id)
    return answer(contact_item(row), 201)


@api.get("/contacts", tags=[CLIENTS], responses={200: ContactList})
def list_contacts(query: ContactsQuery) -> Response:
    """The people at the clients that the caller sees."""
    with reading() as session:
        page = contacts(session, caller(), q=query.q, client_id=query.client_id, limit=query.limit, cursor=query.cursor)
    return listed(page, contact_item, ContactList)


@api.get("/contacts/<int:contact_id>", tags=[CLIENTS], responses={200: ContactItem})
def show_contact(path: ContactPath) -> Response:
    """One person at a client. The id of a removed double leads to the one who stayed, by a redirect."""
    try:
        with reading() as session:
            row = contact_view(session, caller(), path.contact_id)
    except NotFound:
        with reading() as session:
            standing = standing_contact_id(session, caller(), path.contact_id)
        if standing is None:
            raise
        headers = {"Location": url_for("api.show_contact", contact_id=standing)}
        return Response(status=307, headers=headers)  # not for ever: a merge can be undone
    return answer(contact_item(row))


@api.patch(
    "/contacts/<int:contact_id>", tags=[CLIENTS], responses={200: ContactItem, **conflicts("conflict", "person_erased")}
)
def change_contact(path: ContactPath, body: ContactChanges) -> Response:
    """Change what is named, and nothing else."""
    changes = body.model_dump(exclude_unset=True)
    carry_out(lambda session: update_contact(session, path.contact_id, changes, actor=caller(), clock=services().clock))
    with reading() as session:
        row = contact_view(session, caller(), path.contact_id)
    return answer(contact_item(row))


def contact_item(row: ContactRow) -> ContactItem:
    return ContactItem(
        id=row.id,
        client_id=row.client_id,
        client_name=row.client_name,
        full_name=row.full_name,
        position=row.position,
        phone=row.phone,
        email=row.email,
        fields=dict(row.fields),
    )
