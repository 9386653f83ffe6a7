"""Whether tokens of one scope may come to one place without being joined: a quick look before more is worked out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from itertools import pairwise
from operator import or_

from engine.bpmn.map_model import Flow, Node, NodeType, Scope
from engine.bpmn.repairs.approval_routes import approvals_in
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
    branches = BranchesOfSplit(fork)
    return any(place is fork or (not is_join(place) and branches.meet_at(place)) for place in branches.walk())


class BranchesOfSplit:
    """How far the branches of a split have come: ``of`` has a bit for each branch that an arrow is reached by."""

    def __init__(self, fork: Node) -> None:
        self.of = {flow: 1 << number for number, flow in enumerate(fork.outgoing)}
        self._fork = fork
        self._waiting = list(fork.outgoing)
        self._joins: dict[Node, None] = {}
        self._every = (1 << len(fork.outgoing)) - 1

    def walk(self) -> Iterator[Node]:
        """Go on with all branches until they are joined; the places that they come to, maybe several times."""
        while self._waiting or self._joins:
            if not self._waiting:
                self._pass_join()
                continue
            node = self._waiting.pop().target
            yield node
            if node is self._fork or node.withdraws:
                continue
            if is_join(node):
                self._joins[node] = None
            else:
                self._go_on(node, self._reached(node))

    def meet_at(self, place: Node) -> bool:
        """Whether two branches have come there by arrows of their own. What takes tokens away lets one go on."""
        if place.withdraws:
            return False
        ordered = sorted(set(self.arrived(place)), key=int.bit_count)
        return any(one & ~other for one, other in pairwise(ordered))  # if each is part of the next, all are

    def approvals_passed_by(self, place: Node) -> list[str]:
        """The names of the approvals before ``place`` past which another branch comes there."""
        before: dict[Node, None] = {}
        waiting = [place]
        while waiting:
            for flow in waiting.pop().incoming:
                source = flow.source.host or flow.source
                if flow in self.of and source is not self._fork and source not in before:
                    before[source] = None
                    waiting.append(source)
        passing = [node for node in before if any(one & ~self._reached(node) for one in self.arrived(place))]
        asked = (one for node in passing for one in approvals_in(node))
        return list(dict.fromkeys(one.title for one in sorted(asked, key=lambda one: one.line or 0)))

    def _reached(self, node: Node) -> int:
        return reduce(or_, self.arrived(node), 0)

    def arrived(self, node: Node) -> list[int]:
        return [self.of[entry] for entry in node.incoming if entry in self.of]

    def _go_on(self, node: Node, reached: int) -> None:
        for after in leaving(node):
            before = self.of.get(after, 0)
            if before | reached != before:
                self.of[after] = before | reached
                self._waiting.append(after)

    def _pass_join(self) -> None:
        """Go on behind a join, when everything has come that comes by itself: first behind those that have all."""
        full = (one for one in self._joins if all(entry in self.of for entry in one.incoming))
        join = next(full, next(iter(self._joins)))
        del self._joins[join]
        reached = self._reached(join)
        if reached != self._every or join.type is NodeType.COMPLEX:
            self._go_on(join, reached)
