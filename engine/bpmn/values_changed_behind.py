"""Steps that change a value by which the map has decided before or decides beside them: told before any deal comes by.

A deal whose first sum passed the lawyer by gets its last one there, and nothing asks the lawyer any more. Its owner
drew it so, and the deal goes on; but nobody sees it in a drawing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from engine.bpmn.compiled import CompiledProcess, ExpressionCondition, StepKind
from engine.bpmn.deciding_ways import Fork, forks
from engine.bpmn.forward_order import forward_order
from engine.bpmn.joins import InclusiveGateway, ParallelGateway
from engine.bpmn.map_model import Located
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.spec import build_spec
from engine.bpmn.value_sources import names_read_in, writings
from engine.bpmn.values_read import fields_by_name


def say_values_changed_behind(workbench: Workbench, process: CompiledProcess) -> None:
    """A warning for each step that comes too late for decisions."""
    nodes: Mapping[str, Located] = {node.id: node for node in workbench.nodes()}
    labels = {name: field.label or name for name, field in fields_by_name(process).items()}
    for element, change in _Changes(process).found().items():
        if element in nodes:
            workbench.noticed.warning(
                "VALUE_CHANGED_BEHIND",
                nodes[element],
                values=", ".join(labels.get(name, name) for name in sorted(change.names)),
                decision=", ".join(nodes[one.element].name or "; ".join(one.texts) for one in change.decisions),
                approvals=", ".join(step.name for one, step in process.steps.items() if one in change.approvals),
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Decision:
    """``approvals`` lie on some of the ways behind ``element`` only, by ``names`` it is decided which way is taken."""

    element: str
    texts: tuple[str, ...]
    names: frozenset[str]
    approvals: frozenset[str]


@dataclass(slots=True)
class _Change:
    """``names`` get other values, by which ``decisions`` had led by ``approvals`` or not."""

    decisions: list[_Decision] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    approvals: set[str] = field(default_factory=set)


class _Changes:
    def __init__(self, process: CompiledProcess) -> None:
        self._process = process
        self._spec = build_spec(process)
        self._order = forward_order(self._spec)
        self._writings = writings(process)
        self._approvals = frozenset(name for name, one in process.steps.items() if one.kind is StepKind.APPROVAL)
        self._forks = [one for one in forks(self._spec, self._order) if self._approvals]
        writers = (writing.element for ones in self._writings.values() for writing in ones)
        self._among = self._order.among({*self._approvals, *(one.element for one in self._forks), *writers})
        self._ahead: dict[str, frozenset[str]] = {}
        self._reached: dict[tuple[str, str], frozenset[str]] = {}

    def found(self) -> Mapping[str, _Change]:
        """By the element that changes something."""
        decisions = [one for fork in self._forks if (one := self._decision(fork)) is not None]
        by_name: dict[str, set[str]] = defaultdict(set)  # where decisions read a value
        for decision in decisions:
            for name in decision.names:
                by_name[name].add(decision.element)
        changes: dict[str, _Change] = defaultdict(_Change)
        for decision in decisions:
            for name in sorted(decision.names):
                for element in self._changing(name, decision.element):
                    # A decision behind it that looks at the value, too, and may lead by an approval, is enough.
                    if by_name[name].isdisjoint(self._ahead_of(element)):
                        self._add(changes[element], decision, name, self._passed_by(decision, element))
        return {element: change for element, change in changes.items() if change.approvals}

    @staticmethod
    def _add(change: _Change, decision: _Decision, name: str, approvals: frozenset[str]) -> None:
        if approvals:
            change.names.add(name)
            change.approvals |= approvals
            if decision not in change.decisions:
                change.decisions.append(decision)

    def _decision(self, fork: Fork) -> _Decision | None:
        """What ``fork`` decides about approvals; None if nothing, or by no value that anything in the map writes."""
        texts = tuple(self._texts(fork))
        names = self._sources(fork.element, names_read_in(texts)) & self._writings.keys()
        if not names:
            return None
        led = [self._ahead_of(way) for way in fork.ways]
        approvals = self._approvals & (led[0].union(*led[1:]) - led[0].intersection(*led[1:]))
        return _Decision(fork.element, texts, names, approvals) if approvals else None

    def _texts(self, fork: Fork) -> Iterator[str]:
        for flow in fork.conditions:
            condition = self._process.conditions[flow]
            if isinstance(condition, ExpressionCondition):
                yield condition.text
        if fork.is_loop:
            loop = self._process.loops[fork.element]
            yield from (text for text in (loop.cardinality, loop.collection, loop.again_while) if text)

    def _sources(self, element: str, names: Iterable[str]) -> frozenset[str]:
        """``names``, and all that those of them are computed from that are computed on the way to ``element``."""
        found = set(names)
        waiting = list(found)
        while waiting:
            for writing in self._writings.get(waiting.pop(), ()):
                if writing.reads and element in self._ahead_of(writing.element):
                    waiting += writing.reads - found
                    found |= writing.reads
        return frozenset(found)

    def _changing(self, name: str, decided_at: str) -> Iterator[str]:
        """What may give ``name`` another value when it is decided there. Computing it once more alike is no change."""
        ones = self._writings.get(name, ())
        before = {one.computed_by for one in ones if decided_at in self._ahead_of(one.element)}
        for one in ones:
            if decided_at not in self._ahead_of(one.element) and not (one.computed_by and one.computed_by in before):
                yield one.element

    def _passed_by(self, decision: _Decision, element: str) -> frozenset[str]:
        """The approvals of ``decision`` that a deal may not have come by, nor will, when ``element`` is done."""
        missed = decision.approvals - self._ahead_of(element)
        if self._is_beside(decision.element, element):
            return missed
        return frozenset(one for one in missed if element in self._reached_without(decision.element, one))

    def _is_beside(self, one: str, other: str) -> bool:
        """Whether both may be under way at once, in parallel branches."""
        for branches in self._branches:
            first, second = branches.get(one, frozenset()), branches.get(other, frozenset())
            if first - second and second - first:
                return True
        return False

    @cached_property
    def _branches(self) -> list[Mapping[str, frozenset[int]]]:
        """For each place where tokens part, in which of its branches elements lie; several are behind a join."""
        found: list[Mapping[str, frozenset[int]]] = []
        for ways in self._parting():
            lying: dict[str, set[int]] = defaultdict(set)
            for branch, names in enumerate(ways):
                for element in self._among.after(names):
                    lying[element].add(branch)
            found.append({element: frozenset(branches) for element, branches in lying.items()})
        return found

    def _parting(self) -> Iterator[tuple[tuple[str, ...], ...]]:
        """The ways that tokens take at once, each by the names with which it begins."""
        for scope in self._spec.scopes.values():
            for spec in scope.task_specs.values():
                if isinstance(spec, ParallelGateway | InclusiveGateway) and len(spec._outputs) > 1:  # noqa: SLF001  # names
                    yield tuple((name,) for name in spec._outputs)  # noqa: SLF001  # as above
                for event in getattr(spec, "boundary", ()):
                    if not scope.task_specs[event].cancel_activity:
                        yield (event,), tuple(one for one in self._order.ways_from(spec.name) if one != event)
            starts = tuple(one.name for one in scope.bpmn_start_events)
            yield from (((one.handler,), starts) for one in scope.listeners if not one.interrupting)

    def _ahead_of(self, name: str) -> frozenset[str]:
        if name not in self._ahead:
            self._ahead[name] = self._among.ahead_of([name])
        return self._ahead[name]

    def _reached_without(self, source: str, approval: str) -> frozenset[str]:
        if (source, approval) not in self._reached:
            self._reached[source, approval] = self._order.reached_from(source, without=approval)
        return self._reached[source, approval]
