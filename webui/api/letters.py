"""Letters with the client of a deal over HTTP."""

from __future__ import annotations

from flask import Response
from sqlalchemy.orm import Session

from engine.commands.client_letters import LetterDraft, note_client_letter, send_client_letter_again, write_to_client
from engine.queries.client_letters import (
    ClientLetterRow,
    all_letters_of_deal,
    letter_desk,
    letter_of_deal,
    letters_of_deal,
)
from webui.api.answers import answer, listed
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller, in_readers_language
from webui.api.models.deals import DealPath
from webui.api.models.letters import AttachedFile, Correspondent, LetterItem, LetterList, LetterPath, NewLetter, NotKept
from webui.api.models.values import ZIP, Paging, PersonName
from webui.api.performing import carry_out, carry_out_once, command_id
from webui.api.tags import DEALS
from webui.letter_exports import letters_zip
from webui.letter_quotes import quotation
from webui.request_context import reading, services


@api.get("/deals/<int:deal_id>/letters", tags=[DEALS], responses={200: LetterList})
def list_deal_letters(path: DealPath, query: Paging) -> Response:
    """What was written to the client in a deal, and what came back, the latest first."""
    with reading() as session:
        page = letters_of_deal(session, caller(), path.deal_id, limit=query.limit, cursor=query.cursor)
    return listed(page, _item, LetterList)


@api.post(
    "/deals/<int:deal_id>/letters",
    tags=[DEALS],
    responses={201: LetterItem, **conflicts("idempotency_key_reused")},
)
def send_deal_letter(path: DealPath, body: NewLetter) -> Response:
    """Write to the client. The letter leaves soon after; its state says so. By the deal's owner or a head."""
    key = command_id()
    quoted = ""
    if body.quote:
        with reading() as session, in_readers_language():
            quoted = quotation(session, caller(), path.deal_id, body.answers_id)
    draft = LetterDraft(tuple(body.to), body.subject, body.text, tuple(body.file_ids), body.answers_id, quoted)
    letter_id = carry_out(
        lambda session: write_to_client(
            session, path.deal_id, draft, actor=caller(), clock=services().clock, command_id=key
        )
    )
    with reading() as session:
        return answer(_item(letter_of_deal(session, caller(), path.deal_id, letter_id)), 201)


@api.get("/deals/<int:deal_id>/letters.zip", tags=[DEALS], responses={200: ZIP})
def export_deal_letters(path: DealPath) -> Response:
    """The whole correspondence of a deal: `letters.json`, the same as a spreadsheet, and the files."""
    with reading() as session:
        desk = letter_desk(session, caller(), path.deal_id)
        letters = all_letters_of_deal(session, caller(), path.deal_id)
    with in_readers_language():
        return letters_zip(desk.number, letters)


@api.get("/deals/<int:deal_id>/letters/<int:letter_id>", tags=[DEALS], responses={200: LetterItem})
def read_deal_letter(path: LetterPath) -> Response:
    """One letter of a deal. Its files are fetched as files of the deal."""
    with reading() as session:
        return answer(_item(letter_of_deal(session, caller(), path.deal_id, path.letter_id)))


@api.post(
    "/deals/<int:deal_id>/letters/<int:letter_id>/send-again",
    tags=[DEALS],
    responses={200: LetterItem, **conflicts("idempotency_key_reused")},
)
def send_deal_letter_again(path: LetterPath) -> Response:
    """Try a letter again that has not left, or came back; any other stays as it is. By whoever may write to the client.

    One that is `incomplete` leaves without the files that were erased.
    """

    def command(session: Session) -> int:
        send_client_letter_again(session, path.deal_id, path.letter_id, actor=caller(), clock=services().clock)
        return path.letter_id

    carry_out_once("send_client_letter_again", {"deal": path.deal_id, "letter": path.letter_id}, command)
    with reading() as session:
        return answer(_item(letter_of_deal(session, caller(), path.deal_id, path.letter_id)))


@api.post(
    "/deals/<int:deal_id>/letters/<int:letter_id>/read",
    tags=[DEALS],
    responses={200: LetterItem, **conflicts("idempotency_key_reused")},
)
def read_client_letter(path: LetterPath) -> Response:
    """Say that a letter of the client is read, and those that came before it. By whoever may write to the client."""

    def command(session: Session) -> int:
        note_client_letter(session, path.deal_id, path.letter_id, actor=caller())
        return path.letter_id

    carry_out_once("note_client_letter", {"deal": path.deal_id, "letter": path.letter_id}, command)
    with reading() as session:
        return answer(_item(letter_of_deal(session, caller(), path.deal_id, path.letter_id)))


def _item(row: ClientLetterRow) -> LetterItem:
    return LetterItem(
        id=row.id,
        state=row.state,
        by=PersonName(id=row.writer_id, name=row.writer) if row.writer_id is not None else None,
        sender=Correspondent(address=row.sender, name=row.sender_name) if row.is_received else None,
        is_known=row.is_known,
        is_automatic=row.is_automatic,
        is_unread=row.is_unread,
        to=tuple(Correspondent(address=one.address, name=one.name) for one in row.receivers),
        subject=row.subject,
        text=row.text,
        quoted=row.quoted,
        files=tuple(
            AttachedFile(id=one.id, name=one.name, size=one.size, is_erased=one.is_erased) for one in row.files
        ),
        left_out=tuple(NotKept(name=one.name, problem=one.problem) for one in row.left_out),
        answers_id=row.answers_id,
        at=row.written_at,
        sent_at=row.sent_at,
        error=row.error,
    )
