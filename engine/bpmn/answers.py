"""Answers to the questions of a map: what counts as one, and what it writes into the map's files."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.compiled import TimerKind
from engine.bpmn.deadline_text import parse_deadline, parse_timer_value
from engine.bpmn.expressions import compile_expression
from engine.bpmn.map_properties import Property
from engine.bpmn.questions import YES, Question, QuestionKind
from engine.bpmn.repairs.loops import is_count
from engine.bpmn.repairs.workbench import Workbench
from engine.errors import N_, DomainError

LONGEST_ANSWER = 300

# What is written where, by element id and key; None takes the key out.
Edits = Mapping[str, Mapping[str, str | None]]

KEYS: Mapping[QuestionKind, Property] = {
    QuestionKind.POOL: Property.EXECUTED,
    QuestionKind.START: Property.START_AT,
    QuestionKind.SPLIT: Property.SPLIT,
    QuestionKind.MERGE: Property.MERGE,
    QuestionKind.DECISION: Property.DECIDED_BY,
    QuestionKind.DEFAULT_WAY: Property.DEFAULT_WAY,
    QuestionKind.TIMER: Property.TIMER,
    QuestionKind.REPEAT: Property.REPEAT,
    QuestionKind.STAGE: Property.STAGE,
    QuestionKind.RESPONSIBLE: Property.RESPONSIBLE,
    QuestionKind.WHO: Property.RESPONSIBLE,
    QuestionKind.DEADLINE: Property.DEADLINE,
    QuestionKind.DISTRIBUTION: Property.DISTRIBUTION,
}


class AnswerNotUnderstood(DomainError):
    """``text`` answers nothing that was asked."""

    code = "answer_not_understood"
    template = N_("“%(text)s” is no answer to this question. Choose one of the proposals.")


class CountNotUnderstood(DomainError):
    code = "count_not_understood"
    template = N_("“%(text)s” is no number of times. Write a number such as “3”, or “=” and a field’s name.")


class DecisionNotUnderstood(DomainError):
    code = "decision_not_understood"
    template = N_("“%(text)s” cannot decide. Write “=” and a field’s name or a condition: “=deal.amount > 100000”.")


class AnswerTooLong(DomainError):
    code = "answer_too_long"
    template = N_("The answer is longer than %(limit)s characters.")


def understood(question: Question, text: str) -> str:
    """The answer as it goes into the file.

    Raises AnswerNotUnderstood, AnswerTooLong, DeadlineNotUnderstood, CountNotUnderstood, DecisionNotUnderstood, and
    ExpressionRefused for another expression that cannot be read.
    """
    answer = " ".join(text.split())
    if len(answer) > LONGEST_ANSWER:
        raise AnswerTooLong(limit=str(LONGEST_ANSWER))
    if question.proposal(answer) is not None:
        return answer
    if not question.own or not answer:
        raise AnswerNotUnderstood(text=answer)
    match question.kind:
        case QuestionKind.DEADLINE:
            parse_deadline(answer)
        case QuestionKind.TIMER:
            rule = parse_timer_value(TimerKind.DURATION, answer)
            if rule.expression is not None:
                compile_expression(rule.expression)
        case QuestionKind.REPEAT if not is_count(answer):
            raise CountNotUnderstood(text=answer)
        case QuestionKind.DECISION if not (answer.startswith("=") and Workbench.is_readable(answer[1:].strip())):
            raise DecisionNotUnderstood(text=answer)
        case QuestionKind.RESPONSIBLE | QuestionKind.WHO if answer.startswith("="):
            compile_expression(answer.removeprefix("=").strip())
        case _:
            pass
    return answer


def edits_for(question: Question, answer: str) -> Edits:
    """What an understood answer writes; of a chosen pool also what it takes from the others."""
    key = KEYS[question.kind].value
    if question.kind is QuestionKind.POOL:
        return {one.value: {key: YES if one.value == answer else None} for one in question.proposals}
    return {question.element_id: {key: answer}}
