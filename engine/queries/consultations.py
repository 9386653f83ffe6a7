"""Questions about steps: those put to the actor, those that the actor put to others, those of one step."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from engine.errors import NotFound
from engine.model.client import Client
from engine.model.consultation import Consultation
from engine.model.deal import Deal
from engine.model.person import Person
from engine.model.work_item import LIVE, WorkItem
from engine.policy.permissions import Actor

_MOST_SHOWN = 100
_Asker, _Asked, _Answerer = aliased(Person), aliased(Person), aliased(Person)


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """``answered_at`` is None while it waits; ``answered_by`` differs from ``asked`` where a substitute answered.

    ``step_is_live``: a question about a step that is done meanwhile needs no answer any more.
    """

    id: int
    work_item_id: int
    step: str
    step_state: Any
    deal_id: int
    deal_number: str
    deal_title: str
    client: str
    asked_by_id: int
    asked_by: str
    asked_id: int
    asked: str
    question: str
    asked_at: datetime
    answer: str
    answered_by: str
    answered_at: datetime | None
    withdrawn_at: datetime | None
    read_at: datetime | None

    @property
    def step_is_live(self) -> bool:
        return self.step_state in LIVE

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.withdrawn_at is None and self.step_is_live


def own_consultation(
    session: Session, consultation_id: int, *, asked: Collection[int] = (), asked_by: int | None = None
) -> Consultation:
    """The question, if it was put to one of ``asked``, or by ``asked_by``. Raises NotFound."""
    consultation = session.get(Consultation, consultation_id)
    if consultation is None or not (consultation.asked_id in asked or consultation.asked_by_id == asked_by):
        raise NotFound
    return consultation


def questions_to(session: Session, actor: Actor) -> tuple[QuestionRow, ...]:
    """What the actor, or a person whom the actor substitutes, has to answer, the longest waiting first."""
    return _rows(session, _questions(_open_to(actor)).order_by(Consultation.asked_at, Consultation.id))


def questions_by(session: Session, actor: Actor) -> tuple[QuestionRow, ...]:
    """The actor's own questions: answered ones that they have not taken note of first, then those that wait."""
    mine = (
        (Consultation.asked_by_id == actor.person_id)
        & Consultation.withdrawn_at.is_(None)
        & Consultation.read_at.is_(None)
        & (Consultation.answered_at.is_not(None) | WorkItem.state.in_(LIVE))
    )
    order = (Consultation.answered_at.is_(None), Consultation.answered_at, Consultation.asked_at, Consultation.id)
    return _rows(session, _questions(mine).order_by(*order))


def questions_on_step(session: Session, work_item_id: int) -> tuple[QuestionRow, ...]:
    """Everything that was asked about a visible step and not withdrawn, oldest first."""
    about = (Consultation.work_item_id == work_item_id) & Consultation.withdrawn_at.is_(None)
    return _rows(session, _questions(about).order_by(Consultation.id))


def question_row(session: Session, consultation_id: int) -> QuestionRow:
    """The question that a command has just touched."""
    return _rows(session, _questions(Consultation.id == consultation_id))[0]


def open_questions(actor: Actor) -> Select[int]:
    """How many questions wait for the actor's answer, as a statement for others to take along."""
    about_live = Consultation.work_item_id == WorkItem.id
    return select(func.count()).select_from(Consultation).join(WorkItem, about_live).where(_open_to(actor))


def unread_answers(actor: Actor) -> Select[int]:
    """How many answers to the actor's questions wait to be read."""
    return (
        select(func.count())
        .select_from(Consultation)
        .where(
            Consultation.asked_by_id == actor.person_id,
            Consultation.read_at.is_(None),
            Consultation.answered_at.is_not(None),
        )
    )


def _open_to(actor: Actor) -> ColumnElement[bool]:
    return (
        Consultation.asked_id.in_(actor.people_acted_for)
        & Consultation.answered_at.is_(None)
        & Consultation.withdrawn_at.is_(None)
        & WorkItem.state.in_(LIVE)
    )


def _questions(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Consultation.id,
            Consultation.work_item_id,
            WorkItem.name,
            WorkItem.state,
            Consultation.deal_id,
            Deal.number,
            Deal.title,
            Client.name,
            Consultation.asked_by_id,
            _Asker.full_name,
            Consultation.asked_id,
            _Asked.full_name,
            Consultation.question,
            Consultation.asked_at,
            Consultation.answer,
            func.coalesce(_Answerer.full_name, ""),
            Consultation.answered_at,
            Consultation.withdrawn_at,
            Consultation.read_at,
        )
        .join(WorkItem, WorkItem.id == Consultation.work_item_id)
        .join(Deal, Deal.id == Consultation.deal_id)
        .join(Client, Client.id == Deal.client_id)
        .join(_Asker, _Asker.id == Consultation.asked_by_id)
        .join(_Asked, _Asked.id == Consultation.asked_id)
        .outerjoin(_Answerer, _Answerer.id == Consultation.answered_by_id)
        .where(condition)
        .limit(_MOST_SHOWN)
    )


def _rows(session: Session, statement: Select[*tuple[Any, ...]]) -> tuple[QuestionRow, ...]:
    return tuple(QuestionRow(*row) for row in session.execute(statement))
