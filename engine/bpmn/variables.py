"""The instance-wide store that conditions read: written in the order in which steps complete, never per branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

from engine.bpmn.compiled import OutcomeKind, StepDefinition
from engine.bpmn.guards import AssignsFact, ValueNotStorable

FACTS = frozenset({"deal", "client", "owner", "today", "now"})

# A rejection wins over a return, a return over approvals (SALES-MAPS: label-only gateways after approvals).
_DECISIONS = (OutcomeKind.REJECTED, OutcomeKind.RETURNED, OutcomeKind.APPROVED)
_LONGEST_INTEGER = 2**63
_DEEPEST_VALUE = 32


def outcome_variable(element_id: str) -> str:
    return f"{element_id}_outcome"


def root_of(name: str) -> str:
    """The variable that a dotted name is a part of; any other name stands for itself."""
    return name.partition(".")[0]


class VariableStore:
    """The values of one instance during one step, beside the facts that the caller knows.

    ``kept`` are the root names that matter to the map; everything else is dropped when written. ``outcomes`` are the
    names under which the outcomes of steps stand.
    """

    __slots__ = ("_kept", "outcomes", "scope", "values")

    def __init__(
        self, kept: frozenset[str], outcomes: frozenset[str], values: dict[str, Any], facts: Mapping[str, Any]
    ) -> None:
        self._kept = kept
        self.outcomes = outcomes
        self.values = values
        self.scope: dict[str, Any] = {**values, **facts}

    def write(self, name: str, value: Any) -> None:
        """Keep ``value`` under ``name``; a dotted name writes into a mapping. Names of facts are not written.

        Raises ValueNotStorable.
        """
        root, _, path = name.partition(".")
        if not self.keeps(root):
            return
        kept = storable(name, value)
        if path:
            kept = _with_path(self.values.get(root), path.split("."), kept)
        self.values[root] = self.scope[root] = kept

    def keeps(self, root: str) -> bool:
        """Whether what is written under the name is kept: it is no fact, and something in the map reads it."""
        return root in self._kept and root not in FACTS

    def write_given(self, values: Mapping[str, Any]) -> None:
        """Keep values that came from outside. The outcome of a step is never among them: only completing it decides."""
        for name, value in values.items():
            if root_of(name) not in self.outcomes:
                self.write(name, value)

    def assign(self, name: str, value: Any) -> None:
        """What a script task does; raises AssignsFact where ``write`` would quietly leave a fact alone."""
        if root_of(name) in FACTS:
            raise AssignsFact(variable=name)
        self.write(name, value)

    def clear_outcome(self, element_id: str) -> None:
        """A step that opens again has no outcome: round 2 must not see what was decided in round 1."""
        self.clear(outcome_variable(element_id))

    def clear(self, name: str) -> None:
        """Nothing stands under ``name`` any more."""
        self.values.pop(name, None)
        self.scope.pop(name, None)


def decided_together(step: StepDefinition | None, outcomes: Sequence[str]) -> str:
    """What several runs of a step amount to: a rejection wins over a return, a return over approvals, else the last."""
    decisive = decision((outcome_kind(step, outcome), outcome) for outcome in outcomes)
    return outcomes[-1] if decisive is None else decisive[1]


def _with_path(container: Any, path: list[str], value: Any) -> dict[str, Any]:
    copy = dict(container) if isinstance(container, Mapping) else {}
    head, *rest = path
    copy[head] = _with_path(copy.get(head), rest, value) if rest else value
    return copy


def keep_part(kept: dict[str, Any], name: str, values: Mapping[str, Any]) -> None:
    """Take over from ``values`` what stands under the dotted ``name``, and no other part of its root that is kept."""
    root, *path = name.split(".")
    if not path or root not in kept:
        kept[root] = values[root]
        return
    value: Any = values[root]
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    kept[root] = _with_path(kept[root], path, value)


def storable(name: str, value: Any, depth: int = 0) -> Any:
    """A private copy of ``value``; raises ValueNotStorable for what no state can hold."""
    if value is None or isinstance(value, str | bool | Decimal | date):
        return value
    if isinstance(value, int):
        return value if -_LONGEST_INTEGER <= value < _LONGEST_INTEGER else Decimal(value)
    if isinstance(value, float) and isfinite(value):
        return value
    if depth < _DEEPEST_VALUE:
        if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
            return {key: storable(name, item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [storable(name, item, depth + 1) for item in value]
    raise ValueNotStorable(variable=name)


def outcome_kind(step: StepDefinition | None, outcome: str) -> str:
    """The kind of the button ``outcome``; an outcome that the step does not list stands for itself."""
    if step is not None:
        for button in step.outcomes:
            if button.id == outcome:
                return button.kind.value
    return outcome


def decision(outcomes: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """The (kind, id) that decides for several steps or runs; None when none of them decided anything.

    What is no decision, a way chosen for example, never counts among several.
    """
    given = list(outcomes)
    for kind in _DECISIONS:
        for outcome in given:
            if outcome[0] == kind:
                return outcome
    return None
