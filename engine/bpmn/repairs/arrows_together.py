"""Which arrows of a scope can hold a token at the same time, whatever its decisions say.

A. Kovalyov, J. Esparza: A Polynomial Algorithm to Compute the Concurrency Relation of Free-Choice Signal Transition
Graphs (1996). A split's arrows stand together. What a token goes on to stands together with all that its arrow stood
together with; behind a parallel join only what stood together with each of its arrows. Joins that fire on fewer
tokens, and decisions that depend on each other, may make it find too much, never too little.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import reduce
from operator import and_, or_

from engine.bpmn.map_model import Flow, Node, NodeType, Scope
from engine.bpmn.repairs.dominators import DominatorTree
from engine.bpmn.token_ways import FORKS, is_join, leaving, repeats, taken_arrows

_MOST_PAIRS = 150_000  # about half a second


class ArrowsTogether:
    """Rows of bits: that of an arrow has a bit for each arrow that it can hold a token together with.

    An arrow that can hold two tokens at once stands together with itself. An alarm that happens once, and interrupts
    nothing, has a row for each arrow into its host: while it may still happen for a token that came by that.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._flows = list(scope.flows())
        self._number = {flow: number for number, flow in enumerate(self._flows)}
        self._armed: dict[Flow, list[int]] = {}  # by arrow into a host: the rows of its alarms
        self._alarms: dict[int, tuple[Flow, Node]] = {}  # and what these rows are
        self._arm()
        self._rows = [0] * (len(self._flows) + len(self._alarms))
        self._fresh: dict[int, int] = {}
        self._pairs = 0
        # By inclusive join, for each of its arrows: where a token can come to it from, and where without being a reason
        # not to wait for that token at other arrows.
        self._before: dict[Node, list[tuple[int, int]]] = {}
        # By complex join: what only follows it.
        self._behind: dict[Node, int] = {}
        # And where a token can come from, by itself, to what takes away all that waits there: such a one it waits for.
        self._withdrawing: dict[Node, int] = {}
        self._coming: dict[Node, int] = {}  # the same by withdrawal
        self._takes = {node: frozenset(taken_arrows(node.withdraws)) for node in scope.nodes if node.withdraws}
        self._taken: dict[Node, int] = {}
        self._begin()
        self._spread()
        if self.are_unknown:
            self._rows = [(1 << len(self._rows)) - 1] * len(self._rows)

    @property
    def are_unknown(self) -> bool:
        """Whether there is too much to look at; any two arrows are taken to stand together then."""
        return self._pairs > _MOST_PAIRS

    def mask(self, flows: Iterable[Flow]) -> int:
        """A bit for each of ``flows``."""
        bits = 0
        for flow in flows:
            bits |= 1 << self._number[flow]
        return bits

    def with_any(self, flows: Iterable[Flow]) -> int:
        """A bit for each arrow that can hold a token while one of ``flows`` does."""
        bits = 0
        for flow in flows:
            bits |= self._rows[self._number[flow]]
        return bits

    def _arm(self) -> None:
        for node in self._scope.nodes:
            for alarm in node.boundaries:
                if alarm.interrupting or repeats(alarm):
                    continue
                for flow in node.incoming:
                    number = len(self._flows) + len(self._alarms)
                    self._alarms[number] = flow, alarm
                    self._armed.setdefault(flow, []).append(number)

    def _with_alarms(self, flows: Iterable[Flow]) -> int:
        bits = 0
        for flow in flows:
            for number in (self._number[flow], *self._armed.get(flow, ())):
                bits |= 1 << number
        return bits

    def _begin(self) -> None:
        for node in self._scope.nodes:
            if node.type in FORKS and len(node.outgoing) > 1:
                every = self._with_alarms(node.outgoing)
                for flow in node.outgoing:
                    self._arrive(flow, every & ~self._with_alarms([flow]))
            for alarm in node.boundaries:
                if not alarm.interrupting:
                    for flow in alarm.outgoing:
                        self._arrive(flow, self.mask([*node.incoming, *([flow] if repeats(alarm) else [])]))

    def _spread(self) -> None:
        while self._fresh and not self.are_unknown:
            number, bits = self._fresh.popitem()
            if number in self._alarms:
                self._ring(*self._alarms[number], number)
                continue
            flow = self._flows[number]
            node = flow.target
            if is_join(node):
                bits = self._through(node)
            elif node.withdraws:
                bits &= ~self._taken_by(node)
            for after in leaving(node, once=False):
                self._arrive(after, bits)
            for armed in self._armed.get(flow, ()):
                self._ring(*self._alarms[armed], armed)

    def _taken_by(self, withdrawal: Node) -> int:
        if withdrawal not in self._taken:
            self._taken[withdrawal] = self._with_alarms(self._takes[withdrawal])
        return self._taken[withdrawal]

    def _ring(self, flow: Flow, alarm: Node, number: int) -> None:
        """The alarm happens for a token at the host that came by ``flow``, with what stands beside both."""
        bits = self._rows[self._number[flow]] & self._rows[number]
        for after in alarm.outgoing:
            self._arrive(after, bits)

    def _arrive(self, flow: Flow, bits: int) -> None:
        """A token comes to ``flow`` while the arrows of ``bits`` hold theirs."""
        for number in (self._number[flow], *self._armed.get(flow, ())):
            self._add(number, bits)

    def _add(self, number: int, bits: int) -> None:
        new = bits & ~self._rows[number]
        if not new:
            return
        self._rows[number] |= new
        self._fresh[number] = self._fresh.get(number, 0) | new
        mark = 1 << number
        while new:
            lowest = new & -new
            new ^= lowest
            other = lowest.bit_length() - 1
            if not self._rows[other] & mark:
                self._pairs += 1
                self._rows[other] |= mark
                self._fresh[other] = self._fresh.get(other, 0) | mark

    def _through(self, join: Node) -> int:
        rows = [self._rows[self._number[flow]] for flow in join.incoming]
        if join.type is NodeType.PARALLEL:
            return reduce(and_, rows)
        bits = reduce(or_, rows)
        if any(row >> self._number[flow] & 1 for row, flow in zip(rows, join.incoming, strict=True)):
            return bits
        if join.type is NodeType.COMPLEX:
            return bits & ~self._of_earlier_firing(join)
        if join not in self._before:
            self._before[join] = [self._leading_to(flow) for flow in join.incoming]
            self._withdrawing[join] = self._coming_to_withdraw(join)
        # What can bring a token to an arrow that has none for sure is waited for.
        missing = [may_come & ~row for row, (may_come, _) in zip(rows, self._before[join], strict=True)]
        waits = reduce(or_, missing)
        fired = reduce(or_, (row & ~(waits & ~kept) for row, (_, kept) in zip(rows, self._before[join], strict=True)))
        return fired & ~self._withdrawing[join]

    def _of_earlier_firing(self, join: Node) -> int:
        """Where nothing of an earlier firing of a complex join can be when it fires, if each arrow has one token.

        What comes later ends there. So it fires again only for what follows it itself, or when that was taken away.
        """
        if join not in self._behind:
            around = [node for node in self._takes if join in node.withdraws]
            taking = [node for node, taken in self._takes.items() if not taken.isdisjoint(join.incoming)]
            flows: set[Flow] = set()
            if len(taking) > len(around):  # some take what has come there, and leave that it has fired
                pass
            elif _comes_again(join, around):
                flows.update(join.outgoing if len(join.outgoing) == 1 else ())
            else:
                tree = DominatorTree(self._scope)
                flows.update(flow for flow in self._flows if tree.lead_through(join, flow.source.host or flow.source))
            flows.intersection_update(*(self._takes[node] for node in around))
            self._behind[join] = self._with_alarms(flows)
        return self._behind[join]

    def _coming_to_withdraw(self, join: Node) -> int:
        bits = 0
        for node in self._takes:
            if join in node.withdraws:
                if node not in self._coming:
                    joins = set(filter(is_join, self._scope.nodes))
                    self._coming[node] = self.mask(_arrows_before(node.incoming, joins))
                bits |= self._coming[node]
        return bits

    def _leading_to(self, entry: Flow) -> tuple[int, int]:
        join = entry.target
        around = [node for node in self._takes if join in node.withdraws]
        taking = [node for node, taken in self._takes.items() if entry in taken]
        may_come = self.mask(_arrows_before([entry], {join, *around}))
        return may_come, self.mask(_arrows_before([entry], {join, *taking}, beside=False))


def _arrows_before(entries: Iterable[Flow], stops: Collection[Node], *, beside: bool = True) -> set[Flow]:
    """``entries`` and all arrows from which a token can come to one of them without passing one of ``stops``.

    ``beside``: also by alarms that send one beside their host's own.
    """
    found: set[Flow] = set()
    waiting = list(entries)
    while waiting:
        flow = waiting.pop()
        if flow in found:
            continue
        found.add(flow)
        source = flow.source.host or flow.source
        if source not in stops and (beside or flow.source.interrupting):
            waiting += source.incoming
    return found


def _comes_again(join: Node, stops: Collection[Node]) -> bool:
    """Whether a token that has left ``join`` can come to it again without passing one of ``stops``."""
    seen: set[Node] = set(stops)
    waiting = [flow.target for flow in join.outgoing]
    while waiting:
        node = waiting.pop()
        if node is join:
            return True
        if node not in seen:
            seen.add(node)
            waiting += [flow.target for flow in leaving(node)]
    return False
