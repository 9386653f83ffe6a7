"""A condition of a sequence flow: true or false, or an incident. Never "probably not"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine.bpmn.expressions.diagnosis import why_undecided
from engine.bpmn.expressions.expression import CACHED_EXPRESSIONS, CompiledExpression, compile_expression
from engine.bpmn.expressions.failures import ConditionNotYesOrNo, ExpressionFailed, NullCondition
from engine.bpmn.expressions.values import kind_of


@dataclass(frozen=True, slots=True, eq=False)
class CompiledCondition:
    expression: CompiledExpression

    @property
    def text(self) -> str:
        return self.expression.text

    @property
    def names(self) -> frozenset[str]:
        return self.expression.names

    @property
    def paths(self) -> frozenset[str]:
        return self.expression.paths

    def holds(self, variables: Mapping[str, Any]) -> bool:
        """Whether the condition is true for these variables.

        Raises NullCondition when a missing value leaves it open, and ExpressionFailed whenever it is neither
        true nor false: the caller must not take the default flow then.
        """
        answer = self.expression.run(variables.get)
        if answer is True:
            return True
        if answer is False:
            return False
        raise self._failure(answer, variables)

    def _failure(self, answer: Any, variables: Mapping[str, Any]) -> ExpressionFailed:
        if answer is not None:
            return ConditionNotYesOrNo(text=self.text, kind=kind_of(answer))
        missing = sorted(path for path in self.paths if _is_missing(path, variables))
        if missing:
            return NullCondition(text=self.text, names=", ".join(missing))
        return why_undecided(self.text, self.expression.tree, self.expression.loops, variables.get)


def _is_missing(path: str, variables: Mapping[str, Any]) -> bool:
    root, *fields = path.split(".")
    value = variables.get(root)
    for name in fields:
        if type(value) is not dict:
            break
        value = value.get(name)
    return value is None


@lru_cache(maxsize=CACHED_EXPRESSIONS)
def compile_condition(text: str) -> CompiledCondition:
    """Raises ExpressionRefused for a text that is no expression. Bare words are accepted: see ``is_expression``."""
    return CompiledCondition(compile_expression(text))
