"""The questions of a map as their page shows them: by element, with what was chosen and typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.bpmn.answers import understood
from engine.bpmn.questions import Because, Question, QuestionKind
from engine.commands.map_answers import NOT_TAKEN_BACK
from engine.errors import DomainError
from engine.queries.map_questions import AskedQuestion, GivenAnswer, MapQuestions
from webui.i18n import _
from webui.messages import error_text
from webui.question_words import KINDS, answer_words, own_hint, own_label, question_text, reason_words

_READ_WHILE_TYPED = frozenset({QuestionKind.DEADLINE, QuestionKind.TIMER, QuestionKind.REPEAT, QuestionKind.DECISION})


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """``is_marked`` stands out: it was answered before."""

    value: str
    label: str
    reason: str
    is_chosen: bool
    is_marked: bool


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """``own`` is what was typed as another answer, ``own_hint`` an example of one; empty: only proposals count."""

    id: str
    kind: QuestionKind
    text: str
    is_required: bool
    proposals: tuple[ProposalLine, ...]
    own: str
    own_label: str
    own_hint: str
    is_own_chosen: bool
    error: str

    @property
    def is_read_while_typed(self) -> bool:
        """Whether the page says at once what is understood of another answer, or why it is none."""
        return self.kind in _READ_WHILE_TYPED


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """All that is asked about one element. ``element_ids`` are shown on the drawing."""

    key: str
    title: str
    element_ids: tuple[str, ...]
    questions: tuple[QuestionLine, ...]


@dataclass(frozen=True, slots=True)
class AnswerLine:
    kind: QuestionKind
    element_id: str
    element_name: str
    what: str
    answer: str
    by: str
    at: datetime
    can_be_taken_back: bool


@dataclass(frozen=True, slots=True)
class Typed:
    """What came with the form: by question id the answer chosen, and what was typed as another one."""

    chosen: Mapping[str, str]
    own: Mapping[str, str]
    errors: Mapping[str, str]


NOTHING_TYPED = Typed({}, {}, {})


def question_groups(questions: MapQuestions, typed: Typed = NOTHING_TYPED) -> tuple[QuestionGroup, ...]:
    """The open questions by element, in the order of the map."""
    by_element: dict[str, list[AskedQuestion]] = {}
    for one in questions.asked:
        by_element.setdefault(one.question.element_id, []).append(one)
    return tuple(
        QuestionGroup(
            key=element_id,
            title=_title(asked[0].question),
            element_ids=asked[0].element_ids,
            questions=tuple(_line(one, typed) for one in asked),
        )
        for element_id, asked in by_element.items()
    )


def answer_lines(given: Iterable[GivenAnswer]) -> tuple[AnswerLine, ...]:
    return tuple(
        AnswerLine(
            kind=one.kind,
            element_id=one.element_id,
            element_name=one.element_name or one.element_id,
            what=_(KINDS[one.kind]),
            answer=answer_words(one.kind, one.answer, one.label),
            by=one.by,
            at=one.at,
            can_be_taken_back=one.kind not in NOT_TAKEN_BACK,
        )
        for one in given
    )


def badges(questions: MapQuestions) -> list[dict[str, str]]:
    """What the viewer marks on the drawing's elements."""
    return [
        {
            "element": element_id,
            "severity": "warning" if one.question.is_required else "info",
            "text": question_text(one.question),
        }
        for one in questions.asked
        for element_id in one.element_ids
    ]


def _title(question: Question) -> str:
    if question.element_name:
        return question.element_name
    if question.kind in (QuestionKind.DECISION, QuestionKind.DEFAULT_WAY):
        return _("Decision without a name")
    return question.element_id


def _line(asked: AskedQuestion, typed: Typed) -> QuestionLine:
    question = asked.question
    own = typed.own.get(question.id, "")
    is_own = question.id in typed.own
    chosen = typed.chosen.get(question.id, asked.preselected)
    return QuestionLine(
        id=question.id,
        kind=question.kind,
        text=question_text(question),
        is_required=question.is_required,
        proposals=tuple(
            ProposalLine(
                value=one.value,
                label=answer_words(question.kind, one.value, one.label),
                reason=reason_words(one, question.kind),
                is_chosen=not is_own and one.value == chosen,
                is_marked=one.because is Because.ANSWERED_BEFORE,
            )
            for one in question.proposals
        ),
        own=own,
        own_label=own_label(question) if question.own else "",
        own_hint=own_hint(question) if question.own else "",
        is_own_chosen=is_own,
        error=typed.errors.get(question.id, ""),
    )


def problem_of(question: Question, text: str) -> str:
    """Why ``text`` is no answer; empty when it is one."""
    try:
        understood(question, text)
    except DomainError as error:
        return error_text(error)
    return ""
