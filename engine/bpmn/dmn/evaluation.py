"""A decision compiled to closures, and its answer for the variables of a deal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.bpmn.dmn.failures import OutputOfAnotherKind
from engine.bpmn.dmn.limits import MAX_TICKS
from engine.bpmn.dmn.model import Decision, DecisionTable, LiteralDecision
from engine.bpmn.dmn.names import with_required
from engine.bpmn.dmn.results import DecisionResult
from engine.bpmn.dmn.table_evaluation import EvaluableTable
from engine.bpmn.dmn.value_kinds import NotOfKind, of_kind
from engine.bpmn.expressions import compile_expression
from engine.bpmn.expressions.budget import SharedBudget


class EvaluableDecision:
    """One decision with those that it needs, ready to be evaluated: immutable, safe to share between threads."""

    def __init__(self, decision: Decision, decisions: Mapping[str, Decision]) -> None:
        self.decision = decision
        self._parts = [_part(one) for one in with_required(decision, decisions).values()]
        self._loops = max(part.loops for part in self._parts)

    def evaluate(self, variables: Mapping[str, Any]) -> tuple[DecisionResult, ...]:
        """The results of all decisions that had to be made, in this order; the last one is the one asked for.

        Raises DecisionFailed and ExpressionFailed.
        """
        budget = SharedBudget(MAX_TICKS, self._loops)
        results: dict[str, DecisionResult] = {}
        for part in self._parts:
            scope = dict(variables)
            for key in part.decision.required:
                scope |= results[key].readable()
            results[part.decision.key] = part.evaluate(scope, budget)
        return tuple(results.values())


class _EvaluableExpression:
    def __init__(self, decision: Decision, logic: LiteralDecision) -> None:
        self.decision = decision
        self._kind = logic.kind
        self._expression = compile_expression(logic.expression)
        self.loops = self._expression.loops

    def evaluate(self, scope: Mapping[str, Any], budget: SharedBudget) -> DecisionResult:
        value = self._expression.run_within(scope.get, budget)
        try:
            value = of_kind(value, self._kind)
        except NotOfKind:
            title = self.decision.title
            raise OutputOfAnotherKind(table=title, column=title, rule="–", value=str(value)) from None
        return DecisionResult(self.decision, (), (), ({self.decision.result_name: value},), value)


def _part(decision: Decision) -> EvaluableTable | _EvaluableExpression:
    if isinstance(decision.logic, DecisionTable):
        return EvaluableTable(decision, decision.logic)
    return _EvaluableExpression(decision, decision.logic)
