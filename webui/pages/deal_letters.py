"""Letters with the client, in the deal: written, listed, tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.client_letters import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    MOST_ATTACHED,
    LetterDraft,
    ensure_may_write,
    note_client_letter,
    send_client_letter_again,
    write_to_client,
)
from engine.commands.idempotency import KeyReused
from engine.commands.incidents import perform
from engine.errors import DomainError, NotFound
from engine.policy.file_limits import MEGABYTE
from engine.policy.letter_addresses import typed_addresses
from engine.policy.permissions import may_edit_deal
from engine.queries.client_letters import (
    ClientLetterRow,
    LetterDesk,
    all_letters_of_deal,
    letter_desk,
    letter_of_deal,
    letters_of_deal,
    letters_with_one,
)
from engine.queries.deal_files import documents_of_deal
from engine.queries.letter_templates import filled_template, letter_templates
from engine.queries.pages import Page
from webui.command_keys import sent_command_id
from webui.error_pages import status_of
from webui.file_uploads import brought, limits
from webui.forms.typed_values import chosen_id, read_id
from webui.i18n import _
from webui.letter_exports import letters_csv, letters_xlsx, letters_zip
from webui.letter_quotes import quotation
from webui.letter_words import left_out_words
from webui.messages import error_text, field_errors
from webui.request_context import actor, reading, services, writing

blueprint = Blueprint("deal_letters", __name__, url_prefix="/deals/<int:deal_id>/letters")

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form: ``chosen`` addresses of the client's card, ``others`` typed.

    ``quotes``: the answered letter is quoted below the text.
    """

    chosen: tuple[str, ...] = ()
    others: str = ""
    subject: str = ""
    text: str = ""
    file_ids: tuple[int, ...] = ()
    answers_id: int | None = None
    quotes: bool = False

    def draft(self, quoted: str) -> LetterDraft:
        to = (*self.chosen, *typed_addresses(self.others))
        return LetterDraft(to, self.subject, self.text, self.file_ids, self.answers_id, quoted)


@blueprint.get("")
def show(deal_id: int) -> ResponseReturnValue:
    """The letters, and the form of a new one: an answer to the letter ``answer``, or one to the address ``to``."""
    answered = chosen_id(request.args, "answer")
    with reading() as session:
        desk = letter_desk(session, actor(), deal_id)
        if answered:
            typed = _answer(desk, letter_of_deal(session, actor(), deal_id, answered))
        else:
            typed = _first(desk, request.args.get("to", ""))
        return _page(session, desk, typed)


@blueprint.get("/export.<any(csv, xlsx, zip):kind>")
def export(deal_id: int, kind: str) -> ResponseReturnValue:
    """The whole correspondence, the earliest letter first; as a zip with its files."""
    with reading() as session:
        desk = letter_desk(session, actor(), deal_id)
        letters = all_letters_of_deal(session, actor(), deal_id)
    return {"csv": letters_csv, "xlsx": letters_xlsx, "zip": letters_zip}[kind](desk.number, letters)


@blueprint.post("")
def send(deal_id: int) -> ResponseReturnValue:
    with reading() as session:  # nobody stores files where they may not write
        desk = letter_desk(session, actor(), deal_id)
    ensure_may_write(actor(), desk.owner_id)
    typed = _typed()
    if "insert" in request.form:
        flash(_draft(deal_id, typed.answers_id), "draft")  # what the browser keeps does not hold the text yet
        with reading() as session:
            return _page(session, desk, _with_template(session, desk, typed))
    with reading() as session:
        quoted = quotation(session, actor(), deal_id, typed.answers_id) if typed.quotes else ""
    try:
        files = brought(request.files.getlist("files"), "files", required=False)

        def command(session: Session) -> int:
            return write_to_client(
                session,
                deal_id,
                typed.draft(quoted),
                actor=actor(),
                clock=services().clock,
                files=files,
                limits=limits(),
                command_id=sent_command_id(),
            )

        perform(services().database, command, actor=actor(), clock=services().clock)
    except NotFound:
        raise
    except DomainError as error:
        with reading() as session:
            return _page(session, desk, typed, error)
    flash(_("The letter is on its way."), "success")
    flash(_draft(deal_id, typed.answers_id), "draft")
    return redirect(url_for("deal_letters.show", deal_id=deal_id), code=303)


@blueprint.post("/<int:letter_id>/again")
def send_again(deal_id: int, letter_id: int) -> ResponseReturnValue:
    def command(session: Session) -> None:
        send_client_letter_again(session, deal_id, letter_id, actor=actor(), clock=services().clock)

    perform(services().database, command, actor=actor(), clock=services().clock)
    flash(_("The letter is tried again."), "success")
    return redirect(url_for("deal_letters.show", deal_id=deal_id), code=303)


@blueprint.post("/<int:letter_id>/read")
def read(deal_id: int, letter_id: int) -> ResponseReturnValue:
    with writing() as session:
        note_client_letter(session, deal_id, letter_id, actor=actor())
    if request.form.get("from") == "questions":
        return redirect(url_for("questions.show"), code=303)
    return redirect(url_for("deal_letters.show", deal_id=deal_id, _anchor=f"letter-{letter_id}"), code=303)


def _typed() -> Typed:
    form = request.form
    return Typed(
        chosen=tuple(form.getlist("receiver")),
        others=form.get("other_receivers", ""),
        subject=form.get("subject", ""),
        text=form.get("text", ""),
        file_ids=tuple(found for one in form.getlist("file_id") if (found := read_id(one)) is not None),
        answers_id=chosen_id(form, "answers_id"),
        quotes=bool(form.get("quotes")),
    )


def _with_template(session: Session, desk: LetterDesk, typed: Typed) -> Typed:
    """One of the company's texts behind what is typed already; nothing is sent."""
    template_id = chosen_id(request.form, "template")
    if template_id is None:
        return typed
    names = {one.address: one.name for one in desk.known}
    contact = next((names[one] for one in typed.chosen if names.get(one)), "")
    subject, text = filled_template(session, template_id, desk, actor(), contact=contact)
    return replace(
        typed,
        subject=typed.subject if typed.subject.strip() else subject,
        text="\n\n".join(part for part in (typed.text.strip(), text) if part),
    )


def _first(desk: LetterDesk, wanted: str) -> Typed:
    """Who was pressed, or is the only one to be written to, is chosen already."""
    known = [one.address for one in desk.known]
    return Typed(chosen=(wanted,) if wanted in known else tuple(known) if len(known) == 1 else ())


def _answer(desk: LetterDesk, letter: ClientLetterRow) -> Typed:
    """An answer goes to whoever wrote, one to a letter of ours to whom that went."""
    to = (letter.sender,) if letter.is_received else tuple(one.address for one in letter.receivers)
    known = {one.address.casefold(): one.address for one in desk.known}
    subject = letter.subject if letter.subject.casefold().startswith("re:") else f"Re: {letter.subject}"
    return Typed(
        chosen=tuple(known[one.casefold()] for one in to if one.casefold() in known),
        others=", ".join(one for one in to if one.casefold() not in known),
        subject=subject[:LONGEST_SUBJECT],
        answers_id=letter.id,
        quotes=True,
    )


def _problem(error: DomainError) -> str:
    if isinstance(error, KeyReused):  # whoever went back to the form of a letter that has left, and wrote another
        return _("A letter has left from this page already. Press the button again to send this one, too.")
    return error_text(error)


def _draft(deal_id: int, answers_id: int | None) -> str:
    return f"letter-{deal_id}-{answers_id or 0}"


def _letters(session: Session, deal_id: int) -> tuple[Page[ClientLetterRow], bool]:
    """The latest, those behind the cursor, or those with the letter to which somebody is led; and whether later are."""
    letter = chosen_id(request.args, "letter")
    if letter is not None:
        return letters_with_one(session, actor(), deal_id, letter, limit=_SHOWN)
    cursor = request.args.get("cursor") or None
    return letters_of_deal(session, actor(), deal_id, limit=_SHOWN, cursor=cursor), cursor is not None


def _page(session: Session, desk: LetterDesk, typed: Typed, error: DomainError | None = None) -> ResponseReturnValue:
    errors: Mapping[str, str] = field_errors(error) if error else {}
    settings = services().settings
    letters, lacks_later = _letters(session, desk.deal_id)
    page = render_template(
        "deals/letters.html",
        desk=desk,
        deal_id=desk.deal_id,
        typed=typed,
        letters=letters,
        lacks_later=lacks_later,
        documents=[
            one.latest
            for one in documents_of_deal(session, actor(), desk.deal_id)
            if not one.is_hidden and one.latest.erased_at is None
        ],
        may_write=may_edit_deal(actor(), owner_id=desk.owner_id),
        templates=[(one.id, one.name) for one in letter_templates(session)],
        is_open=request.method == "POST" or typed.answers_id is not None or bool({"to", "write"} & request.args.keys()),
        quoted=quotation(session, actor(), desk.deal_id, typed.answers_id),
        left_out_words=left_out_words(),
        errors=errors,
        problem_text=_problem(error) if error else "",
        draft=_draft(desk.deal_id, typed.answers_id),
        sends_mail=settings.smtp_url is not None,
        receives_mail=settings.imap_url is not None,
        longest_subject=LONGEST_SUBJECT,
        longest_text=LONGEST_TEXT,
        most_attached=MOST_ATTACHED // MEGABYTE,
    )
    return page, status_of(error) if error else 200
