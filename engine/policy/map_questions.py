"""Which answers a company proposes to what a map leaves open, and which of its earlier answers still fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.bpmn.compiled import Distribution, StepDefinition
from engine.bpmn.questions import Because, Proposal, Question, QuestionKind, distinct
from engine.policy.assignment import Directory, resolve_name
from engine.policy.search_keys import fold

_MOST_DEPARTMENTS = 8
_MOST_USUAL = 3
_MOST_TIMES = 4


@dataclass(frozen=True, slots=True)
class EarlierAnswer:
    """An answer to an earlier version's question. ``by`` is a name, or empty."""

    kind: QuestionKind
    element_id: str
    element_name: str
    answer: str
    label: str
    by: str
    at: datetime


def with_company_proposals(question: Question, *, steps: Sequence[StepDefinition], known: Directory) -> Question:
    """``question`` with what the company's departments and published ``steps`` propose beside the map itself."""
    first: list[Proposal] = []
    last: list[Proposal] = []
    match question.kind:
        case QuestionKind.STAGE:
            first = _stages(question, steps)
        case QuestionKind.DEADLINE:
            first = _deadlines(question, steps)
        case QuestionKind.RESPONSIBLE:
            first, last = [*_responsibles(question, steps), *_alike(question.element_name, known)], _departments(known)
            # The next question would be who that is: a name is proposed where somebody bears it.
            first, question = _borne(first, known), _without_unknown(question, known)
        case QuestionKind.WHO:
            first, last = _alike(question.element_name, known), _departments(known)
        case _:
            return question
    most = _MOST_TIMES if question.kind is QuestionKind.DEADLINE else None
    return question.model_copy(update={"proposals": distinct([*first, *question.proposals, *last])[:most]})


def unknown_names(steps: Iterable[StepDefinition], known: Directory) -> tuple[Question, ...]:
    """A question for each name that nobody bears, whatever number of steps it stands on. Its id is the name."""
    named: dict[str, list[StepDefinition]] = {}
    for step in steps:
        for name in step.responsible:
            if step.source_id and not name.startswith("=") and resolve_name(name, known).unknown:
                named.setdefault(name, []).append(step)
    return tuple(
        Question(
            kind=QuestionKind.WHO,
            element_id=name,
            element_name=name,
            line=on[0].line,
            params={"steps": ", ".join(dict.fromkeys(step.name or step.source_id for step in on))},
            proposals=(Proposal(value="=owner", because=Because.DEAL_OWNER),),
            own=True,
        )
        for name, on in named.items()
    )


def steps_to_give_out(
    steps: Iterable[StepDefinition], known: Directory, departments: Collection[int]
) -> Mapping[int, Sequence[StepDefinition]]:
    """By department, those of ``departments`` whose steps the map gives to nobody in particular.

    An approval by all or by a number asks the members themselves: there is nothing to give out.
    """
    found: dict[int, list[StepDefinition]] = {}
    for step in steps:
        is_for_one = step.approval is None or step.approval.mode == "any"
        if step.distribution is not None or not step.source_id or not is_for_one or len(step.responsible) != 1:
            continue
        (name,) = step.responsible
        meant = resolve_name(name, known).department_ids if not name.startswith("=") else ()
        if meant and meant[0] in departments:
            found.setdefault(meant[0], []).append(step)
    return found


def undistributed(given_out: Mapping[int, Sequence[StepDefinition]], known: Directory) -> tuple[Question, ...]:
    """A question for each department, whatever number of steps it has. Its id is the department's name."""
    return tuple(
        Question(
            kind=QuestionKind.DISTRIBUTION,
            element_id=department.name,
            element_name=department.name,
            line=on[0].line,
            params={"steps": ", ".join(dict.fromkeys(step.name or step.source_id for step in on))},
            proposals=tuple(Proposal(value=way.value, because=because) for way, because in _WAYS_TO_GIVE_OUT),
            assumed=Distribution.CLAIM.value,
        )
        for department_id, on in given_out.items()
        if (department := known.department(department_id)) is not None
    )


_WAYS_TO_GIVE_OUT = (
    (Distribution.CLAIM, Because.MEMBERS_CHOOSE),
    (Distribution.LEAST_LOADED, Because.SHARES_LOAD),
    (Distribution.ROUND_ROBIN, Because.TAKES_TURNS),
    (Distribution.LAST, Because.KNOWS_CLIENT),
)


def renamed(responsible: Iterable[str], meant: Mapping[str, str]) -> str:
    """The responsible of a step as it is written when it is known what its names mean."""
    return ", ".join(dict.fromkeys(meant.get(one, one) for one in responsible))


def earlier_answer(question: Question, answers: Iterable[EarlierAnswer]) -> Proposal | None:
    """What was answered before to the same question: at the same element, else at the one of the same name.

    An answer that means an element which is not there any more is found by what people called it, or dropped.
    """
    of_kind = [one for one in answers if one.kind is question.kind]
    same = [one for one in of_kind if one.element_id == question.element_id]
    name = fold(question.element_name)
    alike = same or [one for one in of_kind if name and fold(one.element_name) == name]
    if len(alike) != 1:
        return None
    (before,) = alike
    known = question.proposal(before.answer) or next(
        (one for one in question.proposals if before.label and fold(one.label) == fold(before.label)), None
    )
    if known is None and not question.own:
        return None
    value, label = (known.value, known.label) if known is not None else (before.answer, before.label)
    at = before.at.isoformat()
    return Proposal(value=value, label=label, because=Because.ANSWERED_BEFORE, params={"by": before.by, "at": at})


def with_earlier_first(question: Question, before: Proposal) -> Question:
    return question.model_copy(update={"proposals": distinct([before, *question.proposals])})


def _stages(question: Question, steps: Sequence[StepDefinition]) -> list[Proposal]:
    """The stage of published steps of the same name."""
    name = fold(question.element_name)
    same = Counter(step.stage for step in steps if step.stage and name and fold(step.name) == name)
    return [_usual(stage, count) for stage, count in same.most_common(_MOST_USUAL)]


def _responsibles(question: Question, steps: Sequence[StepDefinition]) -> list[Proposal]:
    """Who does published steps of the same name."""
    name = fold(question.element_name)
    same = Counter(", ".join(step.responsible) for step in steps if step.responsible and name == fold(step.name))
    return [_usual(text, count) for text, count in same.most_common(_MOST_USUAL)] if name else []


def _deadlines(question: Question, steps: Sequence[StepDefinition]) -> list[Proposal]:
    """How long published steps of the same name have; else what most published steps have."""
    name = fold(question.element_name)
    timed = [step for step in steps if step.deadline_text and step.deadline is not None]
    same = Counter(step.deadline_text for step in timed if name and fold(step.name) == name)
    usual = same or Counter(step.deadline_text for step in timed)
    return [_usual(text, count) for text, count in usual.most_common(_MOST_USUAL)]


def _usual(value: str, count: int) -> Proposal:
    return Proposal(value=value, because=Because.COMPANY_USUAL, params={"count": str(count)})


def _alike(name: str, known: Directory) -> list[Proposal]:
    """Whom the words of a name mean: "Передати юристу" finds the legal department by its stem."""
    found = resolve_name(name, known) if name else None
    department = known.department(found.department_ids[0]) if found is not None and found.department_ids else None
    if department is None:
        return []
    return [Proposal(value=department.name, because=Because.ALIKE, params={"name": name})]


def _without_unknown(question: Question, known: Directory) -> Question:
    return question.model_copy(update={"proposals": tuple(_borne(question.proposals, known))})


def _borne(proposals: Iterable[Proposal], known: Directory) -> list[Proposal]:
    """Those whose every name somebody in the company bears, or that are found out deal by deal."""
    return [
        one
        for one in proposals
        if all(name.startswith("=") or not resolve_name(name, known).unknown for name in one.value.split(", "))
    ]


def _departments(known: Directory) -> list[Proposal]:
    return [Proposal(value=one.name, because=Because.DEPARTMENT) for one in known.in_use[:_MOST_DEPARTMENTS]]
