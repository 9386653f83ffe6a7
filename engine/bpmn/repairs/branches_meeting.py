"""Whether tokens of one scope may come to one place without being joined: a quick look before more is worked out."""

from __future__ import annotations

from functools import reduce
from operator import or_

from engine.bpmn.map_model import Flow, Node, NodeType, Scope
from engine.bpmn.token_ways import FORKS, is_join, leaving, repeats


def branches_may_meet(scope: Scope) -> bool:
    """Whether tokens of one split, or of an alarm and what it interrupts not, may come to one place by themselves.

    Of most maps the answer is no, and costs little.
    """
    forks = [node for node in scope.nodes if node.type in FORKS and len(node.outgoing) > 1]
    alarms = [alarm for node in scope.nodes for alarm in node.boundaries if not alarm.interrupting]
    return any(repeats(alarm) or _comes_back(alarm) for alarm in alarms) or any(_meet(fork) for fork in forks)


def _comes_back(alarm: Node) -> bool:
    """Whether what follows ``alarm`` comes to a place, other than an end, that is reached without it too."""
    seen: set[Flow] = set()
    waiting = list(alarm.outgoing)
    while waiting:
        flow = waiting.pop()
        if flow not in seen:
            seen.add(flow)
            waiting += leaving(flow.target)
    reached = {flow.target for flow in seen if flow.target.type is not NodeType.END}
    return any(entry not in seen for node in reached for entry in node.incoming)


def _meet(fork: Node) -> bool:
    """Whether two branches of ``fork`` come to one place that joins them not, or one of them back to ``fork``."""
    branches = _Branches(fork)
    while branches.waiting or branches.joins:
        if not branches.waiting:
            branches.pass_join()
            continue
        flow = branches.waiting.pop()
        node = flow.target
        if node is fork:
            return True
        if is_join(node):
            branches.joins[node] = None
        elif not node.withdraws:
            arrived = branches.arrived(node)
            if any(one & ~branches.of[flow] and branches.of[flow] & ~one for one in arrived):
                return True
            branches.go_on(node, reduce(or_, arrived))
    return False


class _Branches:
    """How far the branches of a split have come: ``of`` has a bit for each branch that an arrow is reached by."""

    def __init__(self, fork: Node) -> None:
        self.of = {flow: 1 << number for number, flow in enumerate(fork.outgoing)}
        self.waiting = list(fork.outgoing)
        self.joins: dict[Node, None] = {}
        self._every = (1 << len(fork.outgoing)) - 1

    def arrived(self, node: Node) -> list[int]:
        return [self.of[entry] for entry in node.incoming if entry in self.of]

    def go_on(self, node: Node, reached: int) -> None:
        for after in leaving(node):
            before = self.of.get(after, 0)
            if before | reached != before:
                self.of[after] = before | reached
                self.waiting.append(after)

    def pass_join(self) -> None:
        """Go on behind a join, when everything has come that comes by itself: first behind those that have all."""
        full = (one for one in self.joins if all(entry in self.of for entry in one.incoming))
        join = next(full, next(iter(self.joins)))
        del self.joins[join]
        reached = reduce(or_, self.arrived(join))
        if reached != self._every or join.type is NodeType.COMPLEX:
            self.go_on(join, reached)
