"""What becomes of the answer to a call: the fields that the map takes from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.bpmn.compiled import CallRule, ConnectorKind
from engine.bpmn.expressions import compile_expression
from engine.errors import N_, DomainError

FACTS = frozenset({"client", "owner", "today", "now"})
ANSWER, STATUS = "answer", "status"


class AnswerNotUsable(DomainError):
    """An expression over the answer failed, or gave what no field can hold."""

    code: ClassVar[str] = "answer_not_usable"
    template: ClassVar[str] = N_("the answer does not give “%(name)s”: %(problem)s")


class ValueNotTaken(DomainError):
    code: ClassVar[str] = "value_not_taken"
    template: ClassVar[str] = N_("“%(name)s” cannot be written by an answer.")


def values_from(rule: CallRule, answer: Any, *, status: int | None = None) -> dict[str, Any]:
    """The fields by name. An answer that is a set of values is also read by their own names.

    Of a job without expressions, the values as they are. Raises AnswerNotUsable, ValueNotTaken.
    """
    own = dict(answer) if isinstance(answer, Mapping) else {}
    if not rule.results:
        values = own if rule.connector in (ConnectorKind.EXTERNAL, ConnectorKind.FIELDS) else {}
    else:
        readable = {**own, ANSWER: answer, STATUS: status}
        values = {name: _value(name, text, readable) for name, text in rule.results.items()}
    for name in values:
        if name.partition(".")[0] in FACTS or not name:
            raise ValueNotTaken(name=name)
    return values


def _value(name: str, text: str, readable: Mapping[str, Any]) -> Any:
    try:
        return compile_expression(text).evaluate(readable)
    except DomainError as problem:
        raise AnswerNotUsable(name=name, problem=problem) from problem
