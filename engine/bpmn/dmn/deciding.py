"""What a business rule task keeps of the decision that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from engine.bpmn.dmn.evaluation import EvaluableDecision
from engine.bpmn.dmn.failures import SeveralResults
from engine.bpmn.dmn.model import Decision, DecisionTask, ResultShape
from engine.bpmn.dmn.results import DecisionResult
from engine.bpmn.expressions import compile_expression
from engine.bpmn.expressions.values import Months


@dataclass(frozen=True, slots=True)
class Decided:
    """``results`` are those of all decisions that were made, the one asked for last; ``kept`` is what to write."""

    results: tuple[DecisionResult, ...]
    kept: Mapping[str, Any]


class TaskDecision:
    """The decision of one business rule task, compiled."""

    def __init__(self, task: DecisionTask, decisions: Mapping[str, Decision]) -> None:
        self._task = task
        self._decision = EvaluableDecision(decisions[task.decision], decisions)
        self._inputs = {name: compile_expression(text) for name, text in task.inputs.items()}
        self._outputs = {name: compile_expression(text) for name, text in task.outputs.items()}

    def decide(self, variables: Mapping[str, Any]) -> Decided:
        """Raises DecisionFailed and ExpressionFailed."""
        seen = {**variables, **{name: one.evaluate(variables) for name, one in self._inputs.items()}}
        results = self._decision.evaluate(seen)
        kept = self._shaped(results[-1])
        if self._outputs:
            after = {**seen, **kept}
            mapped = {name: one.evaluate(after) for name, one in self._outputs.items()}
            kept = mapped if self._task.only_outputs else {**kept, **mapped}
        return Decided(results, {name: _storable(value) for name, value in kept.items()})

    def _shaped(self, result: DecisionResult) -> dict[str, Any]:
        task = self._task
        if task.shape is ResultShape.OUTPUTS:
            return result.by_output()
        return {task.result_variable: _in_shape(result, task.shape)}


def _in_shape(result: DecisionResult, shape: ResultShape) -> Any:
    entries = result.entries
    match shape:
        case ResultShape.SINGLE_ENTRY | ResultShape.SINGLE_RESULT:
            if len(entries) > 1:
                rules = ", ".join(map(str, result.rules))
                raise SeveralResults(table=result.decision.title, rules=rules)
            entry = dict(entries[0]) if entries else None
            if entry is None or shape is ResultShape.SINGLE_RESULT:
                return entry
            return next(iter(entry.values()))
        case ResultShape.COLLECT_ENTRIES:
            return [value for entry in entries for value in entry.values()]
        case ResultShape.RESULT_LIST:
            return [dict(entry) for entry in entries]
        case ResultShape.STANDARD | ResultShape.OUTPUTS:
            return result.value


def _storable(value: Any) -> Any:
    """Times and durations are kept as ISO 8601 texts: ``duration(text)`` makes one of it again."""
    if isinstance(value, Mapping):
        return {key: _storable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, Months):
        return f"{'-' if value.count < 0 else ''}P{abs(value.count)}M"
    if isinstance(value, timedelta):
        return _iso(value)
    return value.isoformat() if isinstance(value, time) else value


def _iso(duration: timedelta) -> str:
    sign, duration = ("-", -duration) if duration < timedelta() else ("", duration)
    return f"{sign}P{duration.days}DT{duration.seconds}S"
