"""Erasing what is known of a person, over HTTP."""

from __future__ import annotations

from flask import Response

from engine.commands.erasure import Erased, ErasureRequest, erase_client, erase_contact, erase_written
from engine.commands.staff_erasure import erase_employee
from engine.queries.people import person_view
from webui.api.answers import answer
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.models.clients import ClientPath
from webui.api.models.erasure import (
    ContactPath,
    EmployeePath,
    EntryErasure,
    EntryPath,
    ErasedEmployee,
    ErasureResult,
    PersonErasure,
)
from webui.api.performing import carry_out, command_id
from webui.api.tags import CLIENTS, HISTORY, PEOPLE
from webui.request_context import reading, services

_ONCE = conflicts("idempotency_key_reused")


@api.post("/contacts/<int:contact_id>/erase", tags=[CLIENTS], responses={200: ErasureResult, **_ONCE})
def erase_known_contact(path: ContactPath, body: PersonErasure) -> Response:
    """Erase a person at a client: the card, and wherever the client's deals and their history name them.

    Entries of the history keep their hashes and signatures: what was erased can no longer be read, and everything else
    is still proven.
    """
    key, wanted = command_id(), ErasureRequest(body.basis, body.words, body.files)
    return _told(
        carry_out(
            lambda session: erase_contact(
                session, path.contact_id, wanted, actor=caller(), clock=services().clock, command_id=key
            )
        )
    )


@api.post("/clients/<int:client_id>/erase", tags=[CLIENTS], responses={200: ErasureResult, **_ONCE})
def erase_known_client(path: ClientPath, body: PersonErasure) -> Response:
    """Erase a client who is a person, with all contacts."""
    key, wanted = command_id(), ErasureRequest(body.basis, body.words, body.files)
    return _told(
        carry_out(
            lambda session: erase_client(
                session, path.client_id, wanted, actor=caller(), clock=services().clock, command_id=key
            )
        )
    )


@api.post(
    "/people/<int:person_id>/erase",
    tags=[PEOPLE],
    responses={200: ErasedEmployee, **conflicts("person_has_access", "idempotency_key_reused")},
)
def erase_person_who_left(path: EmployeePath, body: EntryErasure) -> Response:
    """Erase phone, address and position of somebody whose access was taken away, and what was theirs alone.

    The name stays where they decided: an approval without its giver is none. Done again, it erases what has come since.
    """
    key = command_id()
    carry_out(
        lambda session: erase_employee(
            session, path.person_id, body.basis, actor=caller(), clock=services().clock, command_id=key
        )
    )
    with reading() as session:
        view = person_view(session, caller(), path.person_id)
    return answer(
        ErasedEmployee(id=view.row.id, name=view.row.full_name, erased_at=view.erased_at, erased_by=view.erased_by)
    )


@api.post("/deals/<int:deal_id>/history/<int:number>/erase", tags=[HISTORY], responses={200: ErasureResult, **_ONCE})
def erase_entry_text(path: EntryPath, body: EntryErasure) -> Response:
    """Erase what somebody wrote in one entry of a deal: a comment, a reason, a question, an answer."""
    key = command_id()
    return _told(
        carry_out(
            lambda session: erase_written(
                session,
                path.deal_id,
                path.number,
                body.basis,
                actor=caller(),
                clock=services().clock,
                command_id=key,
            )
        )
    )


def _told(done: Erased) -> Response:
    return answer(ErasureResult(entries=done.entries, kept=done.kept, papers=done.papers, files=done.files))
