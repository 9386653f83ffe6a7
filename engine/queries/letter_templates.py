"""The company's texts for letters: all of them, and one filled in from a deal."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model.letter_template import LetterTemplate
from engine.policy.letter_places import Place, filled
from engine.policy.permissions import Ability, Actor
from engine.queries.client_letters import LetterDesk
from engine.queries.scopes import ensure_sees


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A text in the list, without what it says."""

    id: int
    name: str
    subject: str


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """``fingerprint`` differs whenever any of it does."""

    id: int
    name: str
    subject: str
    text: str
    fingerprint: str


def template_names(session: Session) -> tuple[tuple[int, str], ...]:
    """The ids and names, by name, for whoever writes."""
    rows = session.execute(select(LetterTemplate.id, LetterTemplate.name).order_by(LetterTemplate.name_key))
    return tuple((template_id, name) for template_id, name in rows)


def managed_templates(session: Session, actor: Actor) -> tuple[TemplateLine, ...]:
    """By name, for whoever keeps the list. Raises NotFound."""
    ensure_sees(actor, Ability.MANAGE_LETTER_TEMPLATES)
    columns = select(LetterTemplate.id, LetterTemplate.name, LetterTemplate.subject)
    return tuple(TemplateLine(*row) for row in session.execute(columns.order_by(LetterTemplate.name_key)))


def managed_template(session: Session, actor: Actor, template_id: int) -> TemplateRow:
    """One of them, whole. Raises NotFound."""
    ensure_sees(actor, Ability.MANAGE_LETTER_TEMPLATES)
    row = session.get(LetterTemplate, template_id)
    if row is None:
        raise NotFound
    return TemplateRow(row.id, row.name, row.subject, row.text, fingerprint_of(row))


def fingerprint_of(template: LetterTemplate) -> str:
    """Of what the text says and is called, to notice that somebody has changed it."""
    return sha256(repr((template.name, template.subject, template.text)).encode()).hexdigest()


def filled_template(
    session: Session, template_id: int, desk: LetterDesk, actor: Actor, *, contact: str
) -> tuple[str, str]:
    """Subject and text as they stand in a letter of this deal; ``contact`` is who it goes to. Raises NotFound."""
    template = session.get(LetterTemplate, template_id)
    if template is None:
        raise NotFound
    values = {
        Place.DEAL_NUMBER: desk.number,
        Place.DEAL: desk.title,
        Place.CLIENT: desk.client,
        Place.CONTACT: contact,
        Place.MANAGER: actor.full_name,
    }
    return filled(template.subject, values), filled(template.text, values)
