"""What a decision gave, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.bpmn.dmn.drawn import identifier
from engine.bpmn.dmn.model import Decision, DecisionTable


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """``rules`` are the numbers, from 1, of the rules that count, in the order in which they do.

    ``inputs`` are the values of the input columns by label. ``entries`` hold one mapping by output name per result;
    ``value`` is the result as DMN defines it: a value, a mapping, a list of either, or null when no rule matched.
    """

    decision: Decision
    rules: tuple[int, ...]
    inputs: tuple[tuple[str, Any], ...]
    entries: tuple[Mapping[str, Any], ...]
    value: Any

    def by_output(self) -> dict[str, Any]:
        """Each output under its own name: a list where the table gives several results, null where it gave none."""
        logic = self.decision.logic
        if not isinstance(logic, DecisionTable):
            return {self.decision.result_name: self.value}
        names = [output.name for output in logic.outputs]
        if logic.gives_one:
            entry = self.entries[0] if self.entries else {}
            return {name: entry.get(name) for name in names}
        return {name: [entry[name] for entry in self.entries] for name in names}

    def readable(self) -> dict[str, Any]:
        """The names by which a decision that needs this one reads it; the standard's own name wins over Camunda's."""
        decision = self.decision
        return {**self.by_output(), identifier(decision.source_id): self.value, decision.result_name: self.value}
