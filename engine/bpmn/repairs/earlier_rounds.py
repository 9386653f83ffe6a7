"""An approval that a later round leaves out decides nothing there: what it said in an earlier round is forgotten.

A step that opens again forgets its outcome by itself. One that stands on a way not taken this time does not open, and
its return of round 1 would send the deal back for ever.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from engine.bpmn.compiled import OutcomeCondition
from engine.bpmn.dmn.names import names_read
from engine.bpmn.executed_tables import expressions_of
from engine.bpmn.map_model import SUB_PROCESSES, EventKind, Node, NodeType, Process, Scope
from engine.bpmn.repairs.approval_routes import JOINS, is_approval, origin_of, split_of
from engine.bpmn.repairs.editing import insert_before
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.variables import outcome_variable

_WORD = re.compile(r"\w+")
_SPLITS = frozenset({NodeType.EXCLUSIVE, NodeType.PARALLEL, NodeType.INCLUSIVE})
_FAILS = frozenset({EventKind.ERROR, EventKind.CANCEL})


def forget_earlier_rounds(workbench: Workbench, process: Process) -> None:
    """Put the forgetting before the part of the map in which the approvals of a decision stand, where it is repeated.

    Outcomes that an expression of the map reads stay: "ask again only who returned it" needs those of the last round.
    """
    left_out: dict[Node, dict[Node, None]] = {}  # by where a round begins: decisions in a row look at the same
    told: set[tuple[Node, ...]] = set()
    rounds = _Rounds()
    every_approval = [node for node in workbench.nodes() if is_approval(node)]
    number_of = {node.id: number for number, node in enumerate(every_approval)}
    for gateway in process.scope.all_nodes():
        ids = {
            step
            for flow in gateway.outgoing
            if isinstance(flow.condition, OutcomeCondition)
            for step in flow.condition.steps
        }
        begin, end = (_begin(workbench, gateway), origin_of(gateway)) if ids else (None, None)
        if begin is None or end is None:
            continue
        asked = sorted(number_of[one] for one in ids & number_of.keys())
        approvals = tuple(every_approval[number] for number in asked)
        if not approvals:
            continue
        if approvals not in told and rounds.pass_by(approvals, begin, end):
            told.add(approvals)
            workbench.noticed.warning(
                "APPROVALS_MAY_BE_SKIPPED", gateway, steps=", ".join(one.title for one in approvals)
            )
        if _comes_again(workbench, gateway, begin):
            may_miss = (node for node in approvals if rounds.pass_by((node,), begin, end))
            left_out.setdefault(begin, {}).update(dict.fromkeys(may_miss))
    read = "\n".join(_texts(workbench)) if any(left_out.values()) else ""
    words = frozenset(_WORD.findall(read))
    for begin, nodes in left_out.items():
        names = [name for node in nodes if not _is_read(name := outcome_variable(node.id), read, words)]
        if names:
            forgetting = insert_before(workbench.sales_map, begin, NodeType.SCRIPT_TASK, "forget")
            forgetting.assignments = tuple((name, "null") for name in names)
            for withdrawal in begin.scope.nodes:
                if begin in withdrawal.withdraws:
                    withdrawal.withdraws += (forgetting,)


def _begin(workbench: Workbench, gateway: Node) -> Node | None:
    """Where a round of approvals begins: the split that all of them follow, or the sub-process that holds them."""
    source = origin_of(gateway)
    if source is None or (source.type in SUB_PROCESSES and source.inside is not None):
        return source
    split = split_of(workbench, source) if source.type in JOINS and len(source.incoming) > 1 else None
    joins_too = split is not None and split.type is not NodeType.EXCLUSIVE and len(split.incoming) > 1
    return None if split is None or split.type not in _SPLITS or joins_too else split


def _comes_again(workbench: Workbench, gateway: Node, begin: Node) -> bool:
    """Whether a round may follow another: a path leads back, or back to a part of the map in which all of it stands.

    The runs of a part each know what was said in them alone, so that forgetting in one takes nothing from another.
    """
    return _leads_to(gateway, begin) or any(_is_repeated(one) for one in _around(workbench, begin.scope))


def _is_repeated(part: Node) -> bool:
    """What undoes something does so as often as that was done."""
    done = part.undoes or part
    return any(one.loop_rule is not None for one in (part, done)) or any(
        _leads_to(after, done) for after in _following(done)
    )


def _around(workbench: Workbench, scope: Scope) -> Iterator[Node]:
    """The parts of the map that hold ``scope``, and the calls of the process that it stands in."""
    waiting, seen = [scope], {scope}
    while waiting:
        inner = waiting.pop()
        calls = (node for node in workbench.nodes() if node.calls is inner.process)
        for node in calls if inner.owner is None else (inner.owner,):
            yield node
            if node.scope not in seen:
                seen.add(node.scope)
                waiting.append(node.scope)


class _Rounds:
    """What is asked of the ways through a map that nothing changes meanwhile; each answer is worked out once."""

    def __init__(self) -> None:
        self._ways: dict[tuple[Node, Node | None], WaysOn] = {}

    def pass_by(self, steps: Iterable[Node], begin: Node, end: Node) -> bool:
        """Whether a deal may come from ``begin`` to ``end`` without any of ``steps`` having been asked for."""
        certain = frozenset(node for node in (self._standing_in(one, begin) for one in steps) if node is not None)
        return self._passed_by(begin.inside, certain) if begin.inside is not None else self._past(begin, end, certain)

    def _standing_in(self, step: Node, begin: Node) -> Node | None:
        """What stands for ``step`` where ``begin`` stands, or in it: itself or a part; None where that passes it by."""
        node = step
        while node.scope is not (begin.inside or begin.scope):
            if node.scope.owner is None or self._passed_by(node.scope, frozenset({node})):
                return None
            node = node.scope.owner
        return node

    def _passed_by(self, scope: Scope, steps: frozenset[Node]) -> bool:
        """Whether a way through ``scope`` goes without all of ``steps``."""
        return any(self._past(start, None, steps) for start in scope.starts)

    def _past(self, begin: Node, end: Node | None, past: frozenset[Node]) -> bool:
        """Whether a token at ``begin`` may come to ``end``, or to an end of its scope, and no token to ``past``."""
        ways = self._ways.get((begin, end))
        if ways is None:
            ways = self._ways[begin, end] = WaysOn(begin, end)
        return ways.lead_past(past)


class WaysOn:
    """The ways from ``begin`` to ``end``, or to the ends of its scope, looked at once for whatever they may pass by.

    The ways of a parallel split are all taken: none of them may lead only to what is to be passed by.
    """

    def __init__(self, begin: Node, end: Node | None) -> None:
        self._begin, self._end = begin, end
        self._nodes = _reached(begin, {end} if end is not None else set())
        self._free = self._freed(frozenset())  # by how near to an end: each node is freed by earlier ones
        self._walked = self._way()
        self._needed: set[Node] = set()  # found out so far: no way goes on without it

    def lead_past(self, past: frozenset[Node]) -> bool:
        """Whether some way passes by all of ``past``."""
        if self._walked is None:
            return False
        lost = self._lost(past)
        if lost is None:
            free = self._freed(past)
            return self._begin in free and self._leads(free.keys())
        if self._begin in lost:
            self._needed |= past if len(past) == 1 else frozenset()
            return False
        return lost.isdisjoint(self._walked) or self._leads(self._free.keys() - lost)

    def _freed(self, past: frozenset[Node]) -> dict[Node, int]:
        """The nodes whose tokens may all come to an end without ``past``, in the order in which that is found."""
        before = _entries(self._nodes)
        free: dict[Node, int] = {}
        waiting = deque(node for node in reversed(self._nodes) if self._is_end(node))
        while waiting:
            node = waiting.popleft()
            if node in free or node in past:
                continue
            free[node] = len(free)
            waiting.extend(
                one
                for one in before.get(node, ())
                if one.type is not NodeType.PARALLEL or all(flow.target in free for flow in one.outgoing)
            )
        return free

    def _lost(self, past: frozenset[Node]) -> set[Node] | None:
        """The nodes that are free no more without ``past``, if ``begin`` is not among them.

        None where a circle hides whether one of them still is.
        """
        lost: set[Node] = set()
        waiting = [node for node in past if node in self._free]
        while waiting:
            node = waiting.pop()
            if node in lost:
                continue
            lost.add(node)
            if node in self._needed:
                lost.add(self._begin)
                return lost
            for one in _preceding(node):
                if one not in self._free or one in lost or self._is_end(one):
                    continue
                leads_on = self._leads_on(one, lost)
                if leads_on is None:
                    return None
                if not leads_on:
                    waiting.append(one)
        return lost

    def _leads_on(self, node: Node, lost: AbstractSet[Node]) -> bool | None:
        """Whether ``node`` is free still without ``lost``, one of what follows it; None where a circle hides that."""
        if node.type is NodeType.PARALLEL:
            return False
        leads_on: bool | None = False
        for after in _following(node):  # mostly the first will do: of a split into a thousand ways, too
            if after in self._free and after not in lost and after is not node:
                if self._free[after] < self._free[node]:
                    return True
                leads_on = None
        return leads_on

    def _is_end(self, node: Node) -> bool:
        return node is self._end or (node.type is NodeType.END and not _fails(node))

    def _way(self) -> set[Node] | None:
        """The nodes of one way, None where there is none."""
        if self._begin not in self._free:
            return None
        came_from: dict[Node, Node] = {}
        waiting = deque([self._begin])
        while waiting:
            node = waiting.popleft()
            if self._is_over(node):
                way = {node}
                while node is not self._begin:
                    node = came_from[node]
                    way.add(node)
                return way
            for after in _following(node):
                if after in self._free and after not in came_from and after is not self._begin:
                    came_from[after] = node
                    waiting.append(after)
        return None

    def _leads(self, free: AbstractSet[Node]) -> bool:
        """Whether a way among ``free`` nodes comes to where it has to."""
        return self._end is None or any(node is self._end for node in _reached(self._begin, {self._end}, within=free))

    def _is_over(self, node: Node) -> bool:
        return node is self._end if self._end is not None else node is self._begin


def _entries(nodes: Iterable[Node]) -> dict[Node, list[Node]]:
    """By node, those of ``nodes`` that a token comes from."""
    before: dict[Node, list[Node]] = {}
    for node in nodes:
        for after in _following(node):
            before.setdefault(after, []).append(node)
    return before


def _preceding(node: Node) -> list[Node]:
    return [*(flow.source for flow in node.incoming), *([node.host] if node.host is not None else [])]


def _fails(end: Node) -> bool:
    """Whether what the end leads to is not what follows the part that it ends."""
    return any(event.kind in _FAILS for event in end.events)


def _reached(begin: Node, stops: set[Node], *, within: AbstractSet[Node] | None = None) -> list[Node]:
    """``begin`` and all that a path leads to from there that goes on behind none of ``stops``."""
    seen: dict[Node, None] = {}
    waiting = [begin]
    while waiting:
        node = waiting.pop()
        if node not in seen and (within is None or node in within):
            seen[node] = None
            waiting += _following(node) if node not in stops else ()
    return list(seen)


def _leads_to(node: Node, target: Node) -> bool:
    """Whether a path leads from ``node`` to ``target``."""
    return target in _reached(node, set())


def _following(node: Node) -> Iterator[Node]:
    yield from (flow.target for flow in node.outgoing)
    yield from node.boundaries


def _is_read(name: str, read: str, words: AbstractSet[str]) -> bool:
    """Whether an expression names it, in whatever notation: then the map itself looks at earlier rounds.

    ``words`` are those of ``read``; a name of several words is looked for in the text itself.
    """
    if _WORD.fullmatch(name):
        return name in words
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", read) is not None


def _texts(workbench: Workbench) -> Iterator[str]:
    """Every expression of the map, and every name that its decisions read."""
    for process in workbench.processes:
        for scope in process.scope.scopes():
            yield from (flow.condition_text for flow in scope.flows())
    for node in workbench.nodes():
        yield from (text for _, text in node.assignments)
        yield from (event.text for event in node.events)
        if node.condition is not None and not isinstance(node.condition, OutcomeCondition):
            yield node.condition.text
        if node.loop_rule is not None:
            yield from expressions_of(node.loop_rule)
        if node.decision is not None:
            decisions = workbench.tables.decisions
            yield from node.decision.inputs.values()
            yield from names_read(decisions[node.decision.decision], decisions)
        if node.call is not None:
            yield from node.call.parameters.values()
