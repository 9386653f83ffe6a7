"""The company's texts for letters to clients: added, changed, removed. A letter that was written is not touched."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import BigInteger, literal, select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.client_letters import LONGEST_SUBJECT, LONGEST_TEXT, LetterTooLong
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.locks import lock_company_lists
from engine.errors import N_, Conflict, DomainError, FieldRequired, InvalidInput, NotFound
from engine.events import LetterTemplateAdded, LetterTemplateChanged, LetterTemplateRemoved, kind_of
from engine.model.history_event import HistoryEvent
from engine.model.letter_template import LetterTemplate
from engine.policy.letter_places import unknown_place
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.search_keys import fold
from engine.policy.visible_names import is_invisible
from engine.queries.letter_templates import fingerprint_of

LONGEST_NAME = 100
MOST_TEMPLATES = 50
_LONGEST_KEY = 200


class PlaceUnknown(DomainError):
    code: ClassVar[str] = "letter_place_unknown"
    template: ClassVar[str] = N_(
        "Nothing is filled in for “%(place)s”. Use the places that are listed beside the form, or write without braces."
    )


class TemplateKnown(DomainError):
    code: ClassVar[str] = "letter_template_known"
    template: ClassVar[str] = N_("There is a text named “%(name)s” already.")


class TooManyTemplates(DomainError):
    code: ClassVar[str] = "too_many_letter_templates"
    template: ClassVar[str] = N_("The list has %(most)s texts already, and no more fit: change or remove one.")


class TemplateEditedMeanwhile(Conflict):
    code: ClassVar[str] = "letter_template_edited_meanwhile"
    template: ClassVar[str] = N_(
        "Somebody has changed this text since you opened it. What it says now stands below: saving again puts yours in "
        "its place."
    )


class TemplateIsGone(Conflict):
    code: ClassVar[str] = "letter_template_gone"
    template: ClassVar[str] = N_(
        "Somebody has removed this text. What you typed stands under “New text”: add it if it is still needed."
    )


def add_letter_template(
    session: Session, name: str, subject: str, text: str, *, actor: Actor, clock: Clock, command_id: str | None = None
) -> int:
    """The id of the text. Raises NotAllowed, InvalidInput, KeyReused."""
    at = clock.now()
    ensure_may(actor, Ability.MANAGE_LETTER_TEMPLATES)
    told = {"name": name, "subject": subject, "text": text}
    done = already_performed(session, command_id, "add_letter_template", told, actor=actor, at=at)
    if done is not None:
        return int(done["id"])
    others = _all(session)
    made = LetterTemplate(**_sound(name, subject, text, others))
    if len(others) >= MOST_TEMPLATES:
        raise InvalidInput({"name": TooManyTemplates(most=MOST_TEMPLATES)})
    session.add(made)
    session.flush()
    record(session, LetterTemplateAdded(template_id=made.id, name=made.name), actor=actor, at=at)
    remember(session, command_id, {"id": made.id}, actor=actor)
    return made.id


def change_letter_template(
    session: Session,
    template_id: int,
    name: str,
    subject: str,
    text: str,
    *,
    actor: Actor,
    clock: Clock,
    read_as: str = "",
) -> LetterTemplate:
    """``read_as`` is the fingerprint of what the change was made to; empty asks for no comparison.

    Raises NotFound, NotAllowed, InvalidInput, TemplateEditedMeanwhile, TemplateIsGone.
    """
    try:
        template, others = _locked(session, template_id, actor)
    except NotFound:
        if _was_removed(session, template_id):
            raise TemplateIsGone from None
        raise
    wanted = _sound(name, subject, text, others)
    if any(getattr(template, field) != value for field, value in wanted.items()):
        if read_as and read_as != fingerprint_of(template):
            raise TemplateEditedMeanwhile
        event = LetterTemplateChanged(template_id=template.id, name=wanted["name"], previous=template.name)
        for field, value in wanted.items():
            setattr(template, field, value)
        record(session, event, actor=actor, at=clock.now())
    return template


def remove_letter_template(session: Session, template_id: int, *, actor: Actor, clock: Clock) -> bool:
    """Whether it was there, and had not been removed before. Raises NotFound, NotAllowed."""
    try:
        template, _ = _locked(session, template_id, actor)
    except NotFound:
        if _was_removed(session, template_id):
            return False
        raise
    session.delete(template)
    record(session, LetterTemplateRemoved(template_id=template.id, name=template.name), actor=actor, at=clock.now())
    return True


def _was_removed(session: Session, template_id: int) -> bool:
    removed = select(HistoryEvent.id).where(
        HistoryEvent.kind == kind_of(LetterTemplateRemoved),
        HistoryEvent.data["template_id"].as_integer() == literal(template_id, BigInteger),
    )
    return session.scalar(removed.limit(1)) is not None


def _all(session: Session) -> list[LetterTemplate]:
    """Two who change the list at once come one after the other."""
    lock_company_lists(session)
    return list(session.scalars(select(LetterTemplate).order_by(LetterTemplate.id)))


def _locked(session: Session, template_id: int, actor: Actor) -> tuple[LetterTemplate, list[LetterTemplate]]:
    """The text, and the others."""
    ensure_may(actor, Ability.MANAGE_LETTER_TEMPLATES)
    known = _all(session)
    template = next((one for one in known if one.id == template_id), None)
    if template is None:
        raise NotFound
    return template, [one for one in known if one is not template]


def _sound(name: str, subject: str, text: str, others: list[LetterTemplate]) -> dict[str, str]:
    """The values of the row. Raises InvalidInput."""
    said = {"name": " ".join(name.split()), "subject": " ".join(subject.split()), "text": text.strip()}
    errors: dict[str, DomainError] = {}
    for field, label, most in (
        ("name", N_("Name"), LONGEST_NAME),
        ("subject", N_("Subject"), LONGEST_SUBJECT),
        ("text", N_("Text of the letter"), LONGEST_TEXT),
    ):
        place = unknown_place(said[field]) if field != "name" else None
        if is_invisible(said[field]):
            errors[field] = FieldRequired(label=label)
        elif len(said[field]) > most:
            errors[field] = LetterTooLong(most=most, length=len(said[field]))
        elif place is not None:
            errors[field] = PlaceUnknown(place=f"{{{place}}}")
    key = fold(said["name"])[:_LONGEST_KEY]
    if "name" not in errors and key in {one.name_key for one in others}:
        errors["name"] = TemplateKnown(name=said["name"])
    if errors:
        raise InvalidInput(errors)
    return {**said, "name_key": key, "text": said["text"].replace("\r\n", "\n")}
