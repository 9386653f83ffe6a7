"""What becomes of the answer to a call: the fields that the map takes from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.bpmn.compiled import CallRule, ConnectorKind
from engine.bpmn.expressions import compile_expression
from engine.errors import N_, DomainError
from engine.events import plain
from engine.policy.history_chain import canonical_json

FACTS = frozenset({"client", "owner", "today", "now"})
ANSWER, STATUS = "answer", "status"
_LONGEST = 64 * 1024


class AnswerNotUsable(DomainError):
    """An expression over the answer failed, or gave what no field can hold."""

    code: ClassVar[str] = "answer_not_usable"
    template: ClassVar[str] = N_("the answer does not give “%(name)s”: %(problem)s")


class ValueNotTaken(DomainError):
    code: ClassVar[str] = "value_not_taken"
    template: ClassVar[str] = N_("“%(name)s” cannot be written by an answer.")


class ValuesTooLong(DomainError):
    """They would be kept with the deal and in its history."""

    code: ClassVar[str] = "values_too_long"
    template: ClassVar[str] = N_("the answer gives more than %(limit)s kB of values")


def values_from(rule: CallRule, answer: Any, *, status: int | None = None) -> dict[str, Any]:
    """The fields by name. An answer that is a set of values is also read by their own names.

    Of a job without expressions, the values as they are. Raises AnswerNotUsable, ValueNotTaken, ValuesTooLong.
    """
    own = dict(answer) if isinstance(answer, Mapping) else {}
    if not rule.results:
        values = own if rule.connector in (ConnectorKind.EXTERNAL, ConnectorKind.FIELDS) else {}
    else:
        readable = {**own, ANSWER: answer, STATUS: status}
        values = {name: _value(name, text, readable) for name, text in rule.results.items()}
    if len(canonical_json(plain(values))) > _LONGEST:
        raise ValuesTooLong(limit=_LONGEST // 1024)
    for name in values:
        if name.partition(".")[0] in FACTS or not name:
            raise ValueNotTaken(name=name)
    return values


def _value(name: str, text: str, readable: Mapping[str, Any]) -> Any:
    try:
        return compile_expression(text).evaluate(readable)
    except DomainError as problem:
        raise AnswerNotUsable(name=name, problem=problem) from problem
