"""Asking somebody about a step without giving it away: ask, answer, withdraw, take note of the answer."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.commands.locks import lock_work_item
from engine.commands.notifications import notify
from engine.commands.work_items import StepNotYours, holder_of
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldRequired, InvalidInput, NotFound
from engine.events import QuestionAnswered, QuestionAsked, QuestionWithdrawn
from engine.model.consultation import Consultation
from engine.model.notice import NoticeKind
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor
from engine.queries.behalf import behalf_name
from engine.queries.consultations import own_consultation
from engine.queries.directories import directory
from engine.queries.work_items import may_direct


class AskedOneself(DomainError):
    code: ClassVar[str] = "asked_oneself"
    template: ClassVar[str] = N_("You cannot ask yourself.")


def ask_about_work_item(
    session: Session, work_item_id: int, to_person_id: int, question: str, *, actor: Actor, clock: Clock
) -> Consultation:
    """Ask somebody about a live step. They may read the deal from now on, and get nothing to do but to answer.

    By who may do the step or hand it on. Raises NotFound, AlreadyCompleted, AlreadyCancelled, NotAllowed, InvalidInput.
    """
    work_item, instance = lock_work_item(session, work_item_id, actor)
    work_item.ensure_live()
    if not may_direct(session, work_item, actor):
        raise StepNotYours(with_whom=holder_of(work_item))
    person = directory(session).person(to_person_id)
    errors: dict[str, DomainError] = {}
    if not to_person_id:
        errors["asked"] = FieldRequired(label=N_("Whom"))
    elif person is None:
        errors["asked"] = FieldNotUnderstood(value=to_person_id, expected=N_("a person"))
    elif person.id == actor.person_id:
        errors["asked"] = AskedOneself()
    if not question.strip():
        errors["question"] = FieldRequired(label=N_("Question"))
    if person is None or errors:
        raise InvalidInput(errors)
    consultation = Consultation(
        work_item_id=work_item.id,
        deal_id=instance.deal_id,
        asked_by_id=actor.person_id,
        asked_id=person.id,
        question=question.strip(),
        asked_at=clock.now(),
    )
    session.add(consultation)
    session.flush()
    asked = NoticeKind.CONSULTATION_ASKED
    notify(session, asked, to=[person.id], at=clock.now(), by=actor, work_item=work_item, text=question)
    event = QuestionAsked(
        name=work_item.name,
        to=person.full_name,
        question=consultation.question,
        on_behalf_of=behalf_name(session, work_item, actor),
    )
    record(session, event, actor=actor, at=clock.now(), deal=instance.deal, work_item_id=work_item.id)
    return consultation


def answer_consultation(
    session: Session, consultation_id: int, answer: str, *, actor: Actor, clock: Clock
) -> Consultation:
    """Answer a question that was put to the actor, or to somebody whom the actor substitutes.

    Raises NotFound, AlreadyAnswered, QuestionWithdrawnAlready, AlreadyCompleted, AlreadyCancelled, InvalidInput.
    """
    found = own_consultation(session, consultation_id, asked=actor.people_acted_for)
    consultation, work_item, instance = _locked(session, found, actor)
    work_item.ensure_live()
    if not answer.strip():
        raise InvalidInput({"answer": FieldRequired(label=N_("Your answer"))})
    people = directory(session)
    asker, asked = people.known_person(consultation.asked_by_id), people.known_person(consultation.asked_id)
    consultation.answer = answer.strip()
    consultation.answered_by_id, consultation.answered_at = actor.person_id, clock.now()
    answered, to = NoticeKind.CONSULTATION_ANSWERED, [consultation.asked_by_id]
    notify(session, answered, to=to, at=clock.now(), by=actor, work_item=work_item, text=answer)
    event = QuestionAnswered(
        name=work_item.name,
        to=asker.full_name if asker is not None else "",
        question=consultation.question,
        answer=consultation.answer,
        on_behalf_of=asked.full_name if asked is not None and asked.id != actor.person_id else "",
    )
    record(session, event, actor=actor, at=clock.now(), deal=instance.deal, work_item_id=work_item.id)
    return consultation


def withdraw_consultation(session: Session, consultation_id: int, *, actor: Actor, clock: Clock) -> Consultation:
    """Take one's own question back before it is answered: who was asked only through it sees the deal no longer.

    Raises NotFound, AlreadyAnswered, QuestionWithdrawnAlready.
    """
    found = own_consultation(session, consultation_id, asked_by=actor.person_id)
    consultation, work_item, instance = _locked(session, found, actor)
    consultation.withdrawn_at = clock.now()
    asked = directory(session).known_person(consultation.asked_id)
    event = QuestionWithdrawn(name=work_item.name, to=asked.full_name if asked is not None else "")
    record(session, event, actor=actor, at=clock.now(), deal=instance.deal, work_item_id=work_item.id)
    return consultation


def note_answer(session: Session, consultation_id: int, *, actor: Actor, clock: Clock) -> Consultation:
    """The asker has read the answer: it leaves their list. Raises NotFound."""
    consultation = own_consultation(session, consultation_id, asked_by=actor.person_id)
    if consultation.answered_at is None:
        raise NotFound
    consultation.read_at = consultation.read_at or clock.now()
    return consultation


def _locked(session: Session, found: Consultation, actor: Actor) -> tuple[Consultation, WorkItem, ProcessInstance]:
    """The deal first, as everywhere, then the question as it is now. Raises what ``ensure_open`` raises."""
    work_item, instance = lock_work_item(session, found.work_item_id, actor)
    consultation = session.scalars(
        select(Consultation)
        .where(Consultation.id == found.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    consultation.ensure_open()
    return consultation, work_item, instance
