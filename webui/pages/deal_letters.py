"""Letters with the client, in the deal: written, listed, tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

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
from engine.queries.letter_receivers import likely_receivers, named_receivers
from engine.queries.letter_templates import filled_template, template_names
from engine.queries.pages import Page
from webui.command_keys import sent_command_id
from webui.error_pages import status_of
from webui.file_uploads import brought, limits
from webui.forms.typed_values import chosen_id, read_id
from webui.i18n import _
from webui.letter_choices import LONGEST_SEARCH, file_choices, receiver_choices
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

    ``quotes``: the answered letter is quoted below the text. ``receiver_q`` and ``file_q`` are what is looked for among
    the addresses and the files.
    """

    chosen: tuple[str, ...] = ()
    others: str = ""
    subject: str = ""
    text: str = ""
    file_ids: tuple[int, ...] = ()
    answers_id: int | None = None
    quotes: bool = False
    receiver_q: str = ""
    file_q: str = ""

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
            typed = _answer(session, desk, letter_of_deal(session, actor(), deal_id, answered))
        else:
            typed = _first(session, desk, request.args.get("to", ""))
        return _page(session, desk, typed)


@blueprint.get("/receivers")
def find_receivers(deal_id: int) -> ResponseReturnValue:
    """The addresses that are looked for, and those that are ticked, as a part of the form of a letter."""
    typed = _typed(request.args)
    with reading() as session:
        desk = letter_desk(session, actor(), deal_id)
        ensure_may_write(actor(), desk.owner_id)
        found = receiver_choices(session, desk, typed.chosen, typed.receiver_q)
    return render_template("deals/letter_receivers.html", receivers=found, chosen=typed.chosen)


@blueprint.get("/files")
def find_files(deal_id: int) -> ResponseReturnValue:
    """The same of the deal's files."""
    typed = _typed(request.args)
    with reading() as session:
        ensure_may_write(actor(), letter_desk(session, actor(), deal_id).owner_id)
        found = file_choices(session, deal_id, typed.file_ids, typed.file_q)
    return render_template("deals/letter_files.html", files=found, chosen=typed.file_ids)


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
    typed = _typed(request.form)
    if {"insert", "find"} & request.form.keys():
        flash(_draft(deal_id, typed.answers_id), "draft")  # what the browser keeps does not hold the text yet
        with reading() as session:
            return _page(session, desk, _with_template(session, desk, typed) if "insert" in request.form else typed)
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


def _typed(form: MultiDict[str, str]) -> Typed:
    return Typed(
        chosen=tuple(one for one in form.getlist("receiver") if one.strip()),
        others=form.get("other_receivers", ""),
        subject=form.get("subject", ""),
        text=form.get("text", ""),
        file_ids=tuple(found for one in form.getlist("file_id") if (found := read_id(one)) is not None),
        answers_id=chosen_id(form, "answers_id"),
        quotes=bool(form.get("quotes")),
        receiver_q=form.get("receiver_q", ""),
        file_q=form.get("file_q", ""),
    )


def _with_template(session: Session, desk: LetterDesk, typed: Typed) -> Typed:
    """One of the company's texts behind what is typed already; nothing is sent."""
    template_id = chosen_id(request.form, "template")
    if template_id is None:
        return typed
    contact = next((one.name for one in named_receivers(session, desk, typed.chosen) if one.name), "")
    subject, text = filled_template(session, template_id, desk, actor(), contact=contact)
    return replace(
        typed,
        subject=typed.subject if typed.subject.strip() else subject,
        text="\n\n".join(part for part in (typed.text.strip(), text) if part),
    )


def _first(session: Session, desk: LetterDesk, wanted: str) -> Typed:
    """Who was pressed, or is the only one to be written to, is chosen already."""
    known = named_receivers(session, desk, [wanted]) if wanted else ()
    if not known:
        likely = likely_receivers(session, desk, limit=1)
        known = () if likely.is_cut else likely.receivers
    return Typed(chosen=tuple(one.address for one in known))


def _answer(session: Session, desk: LetterDesk, letter: ClientLetterRow) -> Typed:
    """An answer goes to whoever wrote, one to a letter of ours to whom that went."""
    to = (letter.sender,) if letter.is_received else tuple(one.address for one in letter.receivers)
    known = {one.address.casefold(): one.address for one in named_receivers(session, desk, to)}
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


def _choices(session: Session, desk: LetterDesk, typed: Typed) -> dict[str, Any]:
    """What the form of a letter offers."""
    return {
        "receivers": receiver_choices(session, desk, typed.chosen, typed.receiver_q),
        "files": file_choices(session, desk.deal_id, typed.file_ids, typed.file_q),
        "templates": template_names(session),
    }


def _page(session: Session, desk: LetterDesk, typed: Typed, error: DomainError | None = None) -> ResponseReturnValue:
    errors: Mapping[str, str] = field_errors(error) if error else {}
    settings = services().settings
    letters, lacks_later = _letters(session, desk.deal_id)
    may_write = may_edit_deal(actor(), owner_id=desk.owner_id)
    choices = _choices(session, desk, typed) if may_write else {}
    page = render_template(
        "deals/letters.html",
        desk=desk,
        deal_id=desk.deal_id,
        typed=typed,
        letters=letters,
        lacks_later=lacks_later,
        **choices,
        may_write=may_write,
        longest_search=LONGEST_SEARCH,
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
