"""An approval whose rejection nobody looks at would be no approval: that is an error.

A table or a script that reads it looks at it where some decision behind reads what that gives.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from engine.bpmn.compiled import OutcomeCondition, OutcomeKind
from engine.bpmn.dmn.names import names_read
from engine.bpmn.executed_tables import expressions_of
from engine.bpmn.expressions import compile_condition, compile_expression
from engine.bpmn.map_model import Node, NodeType, Process
from engine.bpmn.repairs.approval_routes import approval_buttons, is_approval
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.variables import outcome_variable

_NEGATIVE = (OutcomeKind.RETURNED, OutcomeKind.REJECTED)

Computing = tuple[Node, frozenset[str]]
"""A table or a script, and the variables that it writes by what it reads."""


def check_approvals(workbench: Workbench, process: Process) -> None:
    approvals = [node for node in process.scope.all_nodes() if is_approval(node)]
    listeners = listeners_of(workbench, process) if approvals else Listeners()
    listeners.find_computing_heard(outcome_variable(node.id) for node in approvals)
    heard_at: dict[Node, frozenset[Node]] = {}
    for node in approvals:
        plan = node.step
        if plan is None:
            continue
        ways = [outcome for outcome in plan.outcomes if outcome.kind is OutcomeKind.WAY]
        by_outcome = [outcome for outcome in plan.outcomes if outcome.kind in _NEGATIVE]
        repeats = _repeats_by_its_outcome(node)
        if not by_outcome:
            plan.outcomes = [*approval_buttons(), *ways]
        if not repeats:
            heard_at[node] = listeners.first(node, by_outcome=bool(by_outcome))
    heard: set[Node] = set()
    passed_by: set[Node] = set()
    for hearing, steps in _alike(heard_at).items():
        heard |= _heard(steps, hearing).intersection(steps)
        passed_by |= _passed_by(steps, hearing).intersection(steps)
    passed_by |= {node for node in heard_at if listeners.comes_to_partly_heard(node, [outcome_variable(node.id)])}
    for node in heard_at:
        if node not in heard:
            workbench.noticed.error("APPROVAL_IGNORED", node)
        elif node in passed_by:
            workbench.noticed.warning("APPROVAL_PARTLY_IGNORED", node)


@dataclass(slots=True)
class Listeners:
    """The decisions that look at a step, by its id: those that hear the button pressed, and those that read it.

    ``by_name`` are the decisions that read a variable, ``computing`` what makes others of it. Of that, ``heard`` is
    what some decision behind looks at, and ``partly_heard`` what on some of the ways to an end none does.
    """

    of_outcome: dict[str, set[Node]] = field(default_factory=dict)
    by_name: dict[str, set[Node]] = field(default_factory=dict)
    computing: dict[str, list[Computing]] = field(default_factory=dict)
    heard: set[Computing] = field(default_factory=set)
    partly_heard: set[Computing] = field(default_factory=set)

    def of(self, step: Node, *, by_outcome: bool) -> frozenset[Node]:
        """The decisions, those among them that read only what was made of the step's outcome."""
        hearing = set(self.of_outcome.get(step.id, ())) if by_outcome else set()
        for name in self._made_of(outcome_variable(step.id)):
            hearing |= self.by_name.get(name, set())
        return frozenset(hearing)

    def first(self, step: Node, *, by_outcome: bool) -> frozenset[Node]:
        """What looks at the step itself: decisions, and what computes something for one of them."""
        hearing = self.of_outcome.get(step.id, set()) if by_outcome else set()
        return frozenset(hearing | self._looking_at([outcome_variable(step.id)]))

    def find_computing_heard(self, outcomes: Iterable[str]) -> None:
        """Find which tables and scripts that something of ``outcomes`` comes to are looked at behind them."""
        names = dict.fromkeys(name for outcome in outcomes for name in self._made_of(outcome))
        all_of_them = list(dict.fromkeys(one for name in names for one in self.computing.get(name, ())))
        _add_while_any(all_of_them, self.heard, self._is_heard)
        _add_while_any(all_of_them, self.partly_heard, self._is_partly_heard)

    def comes_to_partly_heard(self, node: Node, names: Collection[str]) -> bool:
        """Whether a token comes from ``node`` to what makes something of ``names`` that is heard only on some ways."""
        partly = {one for name in names for one, _ in self.partly_heard.intersection(self.computing.get(name, ()))}
        return bool(partly) and node in _heard([node], self._looking_at(names), partly)

    def _is_heard(self, one: Computing) -> bool:
        node, written = one
        return node in _heard([node], self._looking_at(written))

    def _is_partly_heard(self, one: Computing) -> bool:
        node, written = one
        if one not in self.heard:
            return False
        return node in _passed_by([node], self._looking_at(written)) or self.comes_to_partly_heard(node, written)

    def _looking_at(self, names: Iterable[str]) -> frozenset[Node]:
        found: set[Node] = set()
        for name in names:
            found |= self.by_name.get(name, set())
            found.update(node for node, _ in self.heard.intersection(self.computing.get(name, ())))
        return frozenset(found)

    def _made_of(self, name: str) -> list[str]:
        """``name`` and the names of all that is computed from it."""
        found = {name: None}
        for one in (waiting := [name]):
            for _, written in self.computing.get(one, ()):
                waiting += [other for other in written if other not in found]
                found |= dict.fromkeys(written)
        return list(found)


def _add_while_any(left: list[Computing], found: set[Computing], belongs: Callable[[Computing], bool]) -> None:
    """Add to ``found`` what ``belongs`` there, until nothing more does because of what has been added."""
    while more := [one for one in left if belongs(one)]:
        found.update(more)
        left = [one for one in left if one not in found]


def listeners_of(workbench: Workbench, process: Process) -> Listeners:
    found = Listeners()
    for scope in process.scope.scopes():
        for flow in scope.flows():
            if isinstance(flow.condition, OutcomeCondition):
                for step_id in flow.condition.steps:
                    found.of_outcome.setdefault(step_id, set()).add(flow.source)
            elif flow.condition is not None:
                for name in compile_condition(flow.condition.text).names:
                    found.by_name.setdefault(name, set()).add(flow.source)
    for node in process.scope.all_nodes():
        for read, written in computed_at(workbench, node):
            for name in read:
                found.computing.setdefault(name, []).append((node, written))
    return found


def computed_at(workbench: Workbench, node: Node) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """Which variables a table or a script at ``node`` reads, and which it writes by them."""
    for name, text in node.assignments:
        yield compile_expression(text).names, frozenset({name})
    if node.decision is not None:
        decisions = workbench.tables.decisions
        own = names_read(decisions[node.decision.decision], decisions) - node.decision.inputs.keys()
        given = (compile_expression(text).names for text in node.decision.inputs.values())
        yield own.union(*given), frozenset(node.decision.writes)


def _repeats_by_its_outcome(node: Node) -> bool:
    """Whether it is repeated, alone or with what is around it, as its own outcome says."""
    current: Node | None = node
    while current is not None:
        texts = expressions_of(current.loop_rule) if current.loop_rule is not None else ()
        if any(f"{node.id}_outcome" in compile_expression(text).names for text in texts):
            return True
        current = current.scope.owner
    return False


def _alike(heard_at: Mapping[Node, frozenset[Node]]) -> dict[frozenset[Node], list[Node]]:
    """Steps that the same decisions look at are walked from together, and no further than to these.

    So a thousand parallel approvals cost as much as one, and of a thousand in a row each only its own part of the map.
    """
    found: dict[frozenset[Node], list[Node]] = {}
    for step, hearing in heard_at.items():
        found.setdefault(hearing, []).append(step)
    return found


def _heard(steps: list[Node], hearing: frozenset[Node], by: Collection[Node] | None = None) -> set[Node]:
    """Those from which a token may come to one of ``hearing``, also outside the sub-process that they stand in.

    ``by``: to one of these of ``hearing``, and before to none of it.
    """
    before = _walked(steps, hearing, _comes_by) if hearing else {}
    return _leading(hearing if by is None else by, before, lambda _: True)


def _passed_by(steps: list[Node], hearing: frozenset[Node]) -> set[Node]:
    """Those from which some way to an end passes by every decision that looks at their outcome.

    Of parallel branches one that looks is enough. A way back to the step itself is no way to an end.
    """
    before = _walked(steps, hearing, _goes_on)
    found: set[Node] = set()
    ends = [node for node in before if node not in hearing and not _goes_on(node) and node.scope.owner is None]

    def may_pass(node: Node) -> bool:
        return node.type is not NodeType.PARALLEL or all(after in found for after in _goes_on(node))

    return _leading(ends, before, may_pass, found)


def _walked(
    steps: Iterable[Node], stops: Collection[Node], following: Callable[[Node], list[Node]]
) -> dict[Node, list[Node]]:
    """Every node that a token comes to from ``steps`` before any of ``stops``, with those that it comes from."""
    before: dict[Node, list[Node]] = {step: [] for step in steps}
    waiting = list(before)
    for node in waiting:
        for after in following(node) if node not in stops else ():
            if after not in before:
                before[after] = []
                waiting.append(after)
            before[after].append(node)
    return before


def _leading(
    targets: Iterable[Node],
    before: Mapping[Node, list[Node]],
    joins: Callable[[Node], bool],
    found: set[Node] | None = None,
) -> set[Node]:
    """``targets`` and all that leads to them, as far as ``joins`` lets a node be one of them."""
    found = set() if found is None else found
    waiting = list(targets)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += [one for one in before.get(node, ()) if joins(one)]
    return found


def _comes_by(node: Node) -> list[Node]:
    """Whatever a token may come to next, events on the border and the inside of a part among it."""
    following = [flow.target for flow in node.outgoing] + node.boundaries
    if node.scope.owner is not None and not node.outgoing:
        following.append(node.scope.owner)
    return following + (node.inside.nodes if node.inside is not None else [])


def _goes_on(node: Node) -> list[Node]:
    """Where a token goes from ``node``; from the end of a part, to that part, unless nothing follows that either."""
    if node.outgoing:
        return [flow.target for flow in node.outgoing]
    owner = node.scope.owner
    return [owner] if owner is not None and owner.outgoing else []
