"""The company's texts for letters: all of them, and one filled in from a deal."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.errors import NotFound
from engine.model.letter_template import LetterTemplate
from engine.policy.letter_places import Place, filled
from engine.policy.permissions import Ability, Actor
from engine.queries.client_letters import LetterDesk
from engine.queries.scopes import ensure_sees


@dataclass(frozen=True, slots=True)
class TemplateRow:
    id: int
    name: str
    subject: str
    text: str


def template_names(session: Session) -> tuple[tuple[int, str], ...]:
    """The ids and names, by name, for whoever writes."""
    rows = session.execute(select(LetterTemplate.id, LetterTemplate.name).order_by(LetterTemplate.name_key))
    return tuple((template_id, name) for template_id, name in rows)


def managed_templates(session: Session, actor: Actor) -> tuple[TemplateRow, ...]:
    """For whoever keeps the list. Raises NotFound."""
    ensure_sees(actor, Ability.MANAGE_LETTER_TEMPLATES)
    rows = session.scalars(select(LetterTemplate).order_by(LetterTemplate.name_key))
    return tuple(TemplateRow(row.id, row.name, row.subject, row.text) for row in rows)


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
