"""The questions of a version with everything that helps to answer them, and what was answered already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import StepDefinition
from engine.bpmn.questions import Because, Question, QuestionKind
from engine.errors import NotFound
from engine.model.department import Membership
from engine.model.map_answer import MapAnswer
from engine.model.person import OWNERS, Person
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.policy.assignment import Directory
from engine.policy.map_questions import (
    EarlierAnswer,
    earlier_answer,
    steps_to_give_out,
    undistributed,
    unknown_names,
    with_company_proposals,
    with_earlier_first,
)
from engine.policy.permissions import Ability, Actor
from engine.queries.directories import directory
from engine.queries.organisation import organisation
from engine.queries.processes import process_of
from engine.queries.scopes import ensure_sees


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """``element_ids`` are the elements to show: of a name or a department, all steps that it stands on."""

    question: Question
    element_ids: tuple[str, ...]

    @property
    def is_answered_before(self) -> bool:
        return self.question.proposals[0].because is Because.ANSWERED_BEFORE

    @property
    def preselected(self) -> str:
        """What was answered before, else what the importer went on with, else the best proposal."""
        if self.is_answered_before:
            return self.question.proposals[0].value
        return self.question.preselected


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer that stands in the version's file. ``label`` is what people call it where the answer is an id."""

    kind: QuestionKind
    element_id: str
    element_name: str
    answer: str
    label: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MapQuestions:
    """``asked`` are open, in the order of the map; ``given`` were answered for this version.
    ``can_run``: it was compiled, whatever is still asked.
    """

    definition_id: int
    key: str
    name: str
    version: int
    state: DefinitionState
    revision: int
    can_run: bool
    asked: tuple[AskedQuestion, ...]
    given: tuple[GivenAnswer, ...] = field(default=())

    @property
    def total(self) -> int:
        return len(self.asked) + len(self.given)

    @property
    def required(self) -> int:
        return sum(one.question.is_required for one in self.asked)


def map_questions(session: Session, actor: Actor, definition_id: int) -> MapQuestions:
    """Raises NotFound, also for those to whom maps are not open."""
    ensure_sees(actor, Ability.SEE_MAPS)
    definition = session.get(ProcessDefinition, definition_id)
    if definition is None:
        raise NotFound
    return questions_of(session, definition)


def questions_of(session: Session, definition: ProcessDefinition) -> MapQuestions:
    """The same for a version that is at hand."""
    known = directory(session)
    own_steps = steps_of(session, definition)
    asked = [Question.model_validate(one) for one in definition.questions]
    names = unknown_names(own_steps, known)
    given_out = _to_give_out(session, definition, own_steps, known)
    published = _published_steps(session, definition) if asked else ()
    answers = _answers(session, definition)
    questions = []
    for question in (*asked, *names, *undistributed(given_out, known)):
        full = with_company_proposals(question, steps=published, known=known)
        before = earlier_answer(full, answers.before)
        questions.append(with_earlier_first(full, before) if before is not None else full)
    of_department = {
        department.name: tuple(step.source_id for step in steps)
        for department_id, steps in given_out.items()
        if (department := known.department(department_id)) is not None
    }
    open_ids = {(one.kind, one.element_id) for one in questions}
    return MapQuestions(
        definition_id=definition.id,
        key=definition.key,
        name=definition.name,
        version=definition.version,
        state=definition.state,
        revision=definition.revision,
        can_run=definition.compiled is not None,
        asked=tuple(AskedQuestion(one, _elements(one, own_steps, of_department)) for one in questions),
        given=tuple(one for one in answers.given if (one.kind, one.element_id) not in open_ids),
    )


def open_questions(session: Session, definition_id: int) -> int:
    """How many questions are open, without what helps to answer them. 0 for a version that is not there."""
    definition = session.get(ProcessDefinition, definition_id)
    if definition is None:
        return 0
    steps, known = steps_of(session, definition), directory(session)
    given_out = _to_give_out(session, definition, steps, known)
    return len(definition.questions) + len(unknown_names(steps, known)) + len(given_out)


def _to_give_out(
    session: Session, definition: ProcessDefinition, steps: Iterable[StepDefinition], known: Directory
) -> Mapping[int, Sequence[StepDefinition]]:
    """The steps of a draft that go to a department of several which has not said either to whom.

    Where a deal's owner is a member, the step is the owner's by itself: such departments are not asked about.
    """
    if definition.state is not DefinitionState.DRAFT:
        return {}
    said = organisation(session).distributions
    several = {one.id for one in known.in_use if len(known.members_of(one.id)) > 1 and one.id not in said}
    if not several:
        return {}
    of_owners = session.scalars(
        select(Membership.department_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.department_id.in_(several), Person.is_active, Person.role.in_(OWNERS))
    )
    return steps_to_give_out(steps, known, several - set(of_owners))


def steps_of(session: Session, definition: ProcessDefinition) -> tuple[StepDefinition, ...]:
    """The steps that stand in the version's own files: those of published maps that it calls are theirs."""
    if definition.compiled is None:
        return ()
    steps = process_of(session, definition.id).steps.values()
    return tuple(step for step in steps if step.process_key not in definition.called)


def _elements(
    question: Question, steps: Iterable[StepDefinition], of_department: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    if question.kind is QuestionKind.DISTRIBUTION:
        return of_department[question.element_id]
    if question.kind is not QuestionKind.WHO:
        return (question.element_id,)
    return tuple(step.source_id for step in steps if question.element_id in step.responsible)


def _published_steps(session: Session, definition: ProcessDefinition) -> tuple[StepDefinition, ...]:
    """The steps of all published maps, this map's own first."""
    ids = session.scalars(
        select(ProcessDefinition.id)
        .where(ProcessDefinition.state == DefinitionState.PUBLISHED, ProcessDefinition.id != definition.id)
        .order_by(ProcessDefinition.key != definition.key, ProcessDefinition.id)
    )
    return tuple(step for one in ids for step in process_of(session, one).steps.values())


@dataclass(frozen=True, slots=True)
class _Answers:
    before: tuple[EarlierAnswer, ...]
    given: tuple[GivenAnswer, ...]


def _answers(session: Session, definition: ProcessDefinition) -> _Answers:
    rows = session.execute(
        select(
            MapAnswer.kind,
            MapAnswer.element_id,
            MapAnswer.element_name,
            MapAnswer.answer,
            MapAnswer.label,
            func.coalesce(Person.full_name, "").label("by"),
            MapAnswer.answered_at,
            MapAnswer.definition_id,
        )
        .outerjoin(Person, Person.id == MapAnswer.answered_by_id)
        .where(MapAnswer.map_key == definition.key)
        .order_by(MapAnswer.answered_at, MapAnswer.id)
    ).all()
    return _Answers(
        before=tuple(EarlierAnswer(*row[:-1]) for row in rows),
        given=tuple(GivenAnswer(*row[:-1]) for row in rows if row.definition_id == definition.id),
    )
