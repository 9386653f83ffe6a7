"""Answering what a map leaves open: the answers go into the map's own file, and are remembered for its next version.

A file is compiled behind limits and outside of any transaction: ``prepare_answers`` does that, the commands keep it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.answers import KEYS, Edits, edits_for, understood
from engine.bpmn.compiled import StepDefinition
from engine.bpmn.questions import Question, QuestionKind
from engine.bpmn.writing import ElementNotInFile, apply_to_files
from engine.clock import Clock
from engine.commands.amending import amend_definition, ensure_as_read
from engine.commands.definitions import CheckedMap, check_map, deploy_definition, locked_definition
from engine.db.session import Database
from engine.errors import N_, DomainError, InvalidInput, NotFound
from engine.model.map_answer import MapAnswer
from engine.model.process_definition import ProcessDefinition
from engine.policy.assignment import Directory, resolve_name
from engine.policy.map_questions import renamed
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.directories import directory
from engine.queries.map_questions import MapQuestions, questions_of, steps_of

_LONGEST = 300
NOT_TAKEN_BACK = frozenset({QuestionKind.WHO, QuestionKind.DISTRIBUTION})
"""They are asked about no element: what they wrote is changed on the steps themselves."""


class QuestionNotAsked(DomainError):
    """Somebody has answered it, or the map has changed."""

    code: ClassVar[str] = "question_not_asked"
    template: ClassVar[str] = N_("This is not asked any more.")


class NobodyOfThatName(DomainError):
    code: ClassVar[str] = "nobody_of_that_name"
    template: ClassVar[str] = N_("There is no department and no person “%(name)s”. Choose one of the proposals.")


@dataclass(frozen=True, slots=True)
class Answer:
    """An understood answer. ``element_ids`` are the elements that it is about."""

    question: Question
    text: str
    element_ids: tuple[str, ...]

    @property
    def label(self) -> str:
        proposal = self.question.proposal(self.text)
        return proposal.label if proposal is not None else ""


@dataclass(frozen=True, slots=True)
class PreparedAnswers:
    """Answers with the files that hold them. ``checked`` is None where nothing is written into a file.

    ``is_late`` says that somebody changed the version since it was read: then nothing was prepared.
    """

    definition_id: int
    read_revision: int
    key: str
    answers: tuple[Answer, ...] = ()
    checked: CheckedMap | None = None
    is_late: bool = False


def prepare_answers(
    database: Database,
    definition_id: int,
    given: Mapping[str, str],
    *,
    read_revision: int,
    actor: Actor,
    library: Mapping[str, bytes],
) -> PreparedAnswers:
    """Understand the answers, by the ids of their questions, and compile the files with them; writes nothing.

    Raises NotFound, NotAllowed, and InvalidInput with every answer that is none, by its question's id.
    """
    ensure_may(actor, Ability.DEPLOY_MAP)
    with database.read() as session:
        definition = session.get(ProcessDefinition, definition_id)
        if definition is None:
            raise NotFound
        key = definition.key
        if definition.revision != read_revision:
            return PreparedAnswers(definition_id, read_revision, key, is_late=True)
        answers = _understood(questions_of(session, definition), given, directory(session))
        edits = _edits(answers, steps_of(session, definition))
        files = {file.name: file.content for file in definition.files}
    pool = next((one.text for one in answers if one.question.kind is QuestionKind.POOL), key)
    checked = check_map(apply_to_files(files, edits), library=library, process_key=pool) if edits else None
    return PreparedAnswers(definition_id, read_revision, key, answers, checked)


def answer_questions(session: Session, prepared: PreparedAnswers, *, actor: Actor, clock: Clock) -> ProcessDefinition:
    """Keep the answers. The draft that holds them: another one than asked for, where that is or was published.

    Another pool is another map: its draft is a new one. Raises NotFound, NotAllowed, AmendedMeanwhile.
    """
    ensure_may(actor, Ability.DEPLOY_MAP)
    definition = locked_definition(session, prepared.definition_id)
    ensure_as_read(session, definition, prepared.read_revision)
    if prepared.checked is not None and _is_another_map(prepared):
        definition = deploy_definition(session, prepared.checked, actor=actor, clock=clock)
    elif prepared.checked is not None:
        read = prepared.read_revision
        definition = amend_definition(
            session, definition.id, prepared.checked, read_revision=read, actor=actor, clock=clock
        )
    for answer in prepared.answers:
        row = _remembered(session, prepared.key, answer)
        row.definition_id, row.answered_by_id, row.answered_at = definition.id, actor.recorded_id, clock.now()
    return definition


def prepare_reopening(
    database: Database,
    definition_id: int,
    kind: QuestionKind,
    element_id: str,
    *,
    read_revision: int,
    actor: Actor,
    library: Mapping[str, bytes],
) -> PreparedAnswers:
    """The files without an answer that was given. Raises NotFound, NotAllowed."""
    ensure_may(actor, Ability.DEPLOY_MAP)
    with database.read() as session:
        definition = session.get(ProcessDefinition, definition_id)
        row = _row(session, definition.key, kind, element_id) if definition is not None else None
        if definition is None or row is None or kind in NOT_TAKEN_BACK:
            raise NotFound
        holder = row.answer if kind is QuestionKind.POOL else element_id
        files, key = {file.name: file.content for file in definition.files}, definition.key
    try:
        edited = apply_to_files(files, {holder: {KEYS[kind].value: None}})
    except ElementNotInFile:
        return PreparedAnswers(definition_id, read_revision, key)
    return PreparedAnswers(
        definition_id, read_revision, key, checked=check_map(edited, library=library, process_key=key)
    )


def reopen_question(
    session: Session, prepared: PreparedAnswers, kind: QuestionKind, element_id: str, *, actor: Actor, clock: Clock
) -> ProcessDefinition:
    """Ask again: the answer leaves the file and the memory. Raises NotFound, NotAllowed, AmendedMeanwhile."""
    definition = answer_questions(session, prepared, actor=actor, clock=clock)
    row = _row(session, prepared.key, kind, element_id)
    if row is not None:
        session.delete(row)
    return definition


def _understood(questions: MapQuestions, given: Mapping[str, str], known: Directory) -> tuple[Answer, ...]:
    asked = {one.question.id: one for one in questions.asked}
    answers, errors = [], {}
    for question_id, text in given.items():
        one = asked.get(question_id)
        try:
            if one is None:
                raise QuestionNotAsked
            answer = Answer(one.question, understood(one.question, text), one.element_ids)
            _ensure_somebody(answer, known)
            answers.append(answer)
        except DomainError as error:
            errors[question_id] = error
    if errors:
        raise InvalidInput(errors)
    return tuple(answers)


def _ensure_somebody(answer: Answer, known: Directory) -> None:
    """A name that nobody bears is no answer to the question who is meant."""
    if answer.question.kind is not QuestionKind.WHO or answer.text.startswith("="):
        return
    if resolve_name(answer.text, known).unknown:
        raise NobodyOfThatName(name=answer.text)


def _edits(answers: tuple[Answer, ...], steps: tuple[StepDefinition, ...]) -> Edits:
    edits: dict[str, dict[str, str | None]] = {}
    for answer in answers:
        if answer.question.kind is QuestionKind.DISTRIBUTION:
            for element_id in answer.element_ids:
                edits.setdefault(element_id, {})[KEYS[QuestionKind.DISTRIBUTION].value] = answer.text
        elif answer.question.kind is not QuestionKind.WHO:
            for element_id, values in edits_for(answer.question, answer.text).items():
                edits.setdefault(element_id, {}).update(values)
    meant = {one.question.element_id: one.text for one in answers if one.question.kind is QuestionKind.WHO}
    for step in steps:
        if meant.keys() & set(step.responsible):
            key = KEYS[QuestionKind.WHO].value
            edits.setdefault(step.source_id, {})[key] = renamed(step.responsible, meant)
    return edits


def _is_another_map(prepared: PreparedAnswers) -> bool:
    chosen = [one.key for one in prepared.checked.outcome.processes if one.chosen] if prepared.checked else []
    return bool(chosen) and chosen[0][:200] != prepared.key


def _row(session: Session, key: str, kind: QuestionKind, element_id: str) -> MapAnswer | None:
    return session.scalar(
        select(MapAnswer).where(MapAnswer.map_key == key, MapAnswer.kind == kind, MapAnswer.element_id == element_id)
    )


def _remembered(session: Session, key: str, answer: Answer) -> MapAnswer:
    """The row of the question, with the answer in it; whose it is and when it was given is the caller's."""
    question = answer.question
    element_id = question.element_id[:_LONGEST]
    row = _row(session, key, question.kind, element_id)
    if row is None:
        row = MapAnswer(map_key=key, kind=question.kind, element_id=element_id)
        session.add(row)
    row.element_name, row.answer, row.label = question.element_name[:_LONGEST], answer.text, answer.label[:_LONGEST]
    return row
