"""Which arrows can hold a token together: never fewer than are found by playing every order of small random maps."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, combinations, pairwise
from random import Random

from hypothesis import given, note, settings
from hypothesis import strategies as st

from engine.bpmn.compiled import TimerKind, TimerRule
from engine.bpmn.map_model import Flow, Node, NodeType, Process, SalesMap, Scope
from engine.bpmn.map_surgery import redirect_target
from engine.bpmn.repairs.arrows_together import ArrowsTogether

MOST_TOKENS = 5
MOST_MARKINGS = 800
PLAIN = (NodeType.TASK, NodeType.EXCLUSIVE, NodeType.SUB_PROCESS)
GATEWAYS = (NodeType.PARALLEL, NodeType.INCLUSIVE, NodeType.COMPLEX)
TIMED = {
    "once": TimerRule(kind=TimerKind.DURATION, expression="PT5M"),
    "again": TimerRule(kind=TimerKind.CYCLE, expression="R/PT5M"),
}


@dataclass(frozen=True, slots=True)
class Token:
    """At ``arrow``; ``rung`` are the alarms of its host that happen once and have happened for it."""

    arrow: Flow
    rung: frozenset[Node] = frozenset()


@dataclass(frozen=True, slots=True)
class Marking:
    """``late``: by complex join that has fired, the arrows whose tokens are still to end there."""

    tokens: frozenset[tuple[Token, int]]
    late: frozenset[tuple[Node, frozenset[Flow]]] = frozenset()

    def counted(self) -> Counter[Token]:
        return Counter(dict(self.tokens))


class Maps:
    """Random scopes: nodes in a row, connected at will, forwards more than back, with alarms and withdrawals."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.map = SalesMap()
        process = Process("p", "p", "", None, "")
        self.map.processes.append(process)
        self.scope = process.scope

    def draw(self) -> Scope:
        start = self.map.add_node(self.scope, NodeType.START, suffix="start")
        nodes = [self.node() for _ in range(self.random.randint(3, 7))]
        end = self.map.add_node(self.scope, NodeType.END, suffix="end")
        row = [start, *nodes, end]
        for one, after in pairwise(row):
            self.map.connect(one, after)
        for place, node in enumerate(nodes):
            if node.type not in (NodeType.TASK, NodeType.SUB_PROCESS):
                for _ in range(self.random.randint(0, 2)):
                    earlier = nodes[:place] if self.coin(0.3) else []
                    self.map.connect(node, self.random.choice(earlier or row[place + 2 :]))
            elif self.coin(0.3):
                self.alarm(node, self.random.choice([*nodes, end]))
        for _ in range(self.random.choice((0, 0, 1, 2))):
            flows = [flow for flow in self.scope.flows() if flow.source is not start]
            self.withdrawal(self.random.choice(flows), nodes)
        return self.scope

    def coin(self, chance: float) -> bool:
        return self.random.random() < chance

    def node(self) -> Node:
        return self.map.add_node(self.scope, self.random.choice((*PLAIN, *GATEWAYS)), suffix="n")

    def alarm(self, host: Node, after: Node) -> None:
        alarm = self.map.add_node(self.scope, NodeType.BOUNDARY, suffix="alarm")
        alarm.interrupting = self.coin(0.3)
        alarm.timer = TIMED[self.random.choice(("once", "again"))]
        alarm.host = host
        host.boundaries.append(alarm)
        self.map.connect(alarm, after)

    def withdrawal(self, flow: Flow, nodes: list[Node]) -> None:
        place = flow.target
        taking = self.map.add_node(self.scope, NodeType.SCRIPT_TASK, suffix="withdrawal")
        taking.withdraws = (*(node for node in nodes if self.coin(0.6)), taking)
        redirect_target(flow, taking)
        self.map.connect(taking, place)


class Play:
    """Every order in which the tokens of a scope can go on, as far as the bounds allow."""

    def __init__(self, scope: Scope, random: Random) -> None:
        self.scope = scope
        self.joins = {node for node in scope.nodes if node.type in GATEWAYS and len(node.incoming) > 1}
        self.enough = {node: random.randint(1, len(node.incoming)) for node in self.joins}
        self.takes = {node: set(_taken(node, self.joins)) for node in scope.nodes if node.withdraws}
        self._from: dict[tuple[Flow, frozenset[Node]], set[Flow]] = {}

    def pairs(self) -> set[tuple[Flow, Flow]]:
        (start,) = self.scope.starts
        begin = Marking(frozenset(Counter(Token(flow) for flow in start.outgoing).items()))
        seen, waiting = {begin}, deque([begin])
        found: set[tuple[Flow, Flow]] = set()
        while waiting and len(seen) < MOST_MARKINGS:
            marking = waiting.popleft()
            held = Counter(token.arrow for token in marking.counted().elements())
            found |= {(one, other) for one in held for other in held if one is not other or held[one] > 1}
            for after in self.following(marking):
                if after not in seen and after.counted().total() <= MOST_TOKENS:
                    seen.add(after)
                    waiting.append(after)
        return found

    def following(self, marking: Marking) -> Iterator[Marking]:
        for token, _ in marking.tokens:
            if token.arrow.target not in self.joins:
                yield from self.moved(marking, token)
        for join in self.joins:
            yield from self.joined(marking, join)

    def moved(self, marking: Marking, token: Token) -> Iterator[Marking]:
        node = token.arrow.target
        rest = marking.counted()
        rest[token] -= 1
        late = marking.late
        if node.withdraws:
            rest = Counter({one: count for one, count in rest.items() if one.arrow not in self.takes[node]})
            late = frozenset(one for one in late if one[0] not in node.withdraws)
        for ways in _ways(node):
            yield _marking(rest, ways, late)
        for alarm in node.boundaries:
            if alarm.interrupting:
                yield _marking(rest, alarm.outgoing, late)
            elif alarm not in token.rung:
                once = alarm.timer is not None and alarm.timer.kind is TimerKind.DURATION
                stays = Token(token.arrow, token.rung | {alarm}) if once else token
                yield _marking(rest + Counter([stays]), alarm.outgoing, late)

    def joined(self, marking: Marking, join: Node) -> Iterator[Marking]:
        held = {token.arrow: token for token, _ in marking.tokens if token.arrow.target is join}
        missing = set(join.incoming) - held.keys()
        if not held or (join.type is NodeType.PARALLEL and missing):
            return
        late = dict(marking.late)
        if join.type is NodeType.COMPLEX:
            yield from self.complex(marking, join, held, late)
        elif join.type is NodeType.PARALLEL or not self.waits(marking, join, set(held)):
            for ways in _ways(join):
                yield _marking(marking.counted() - Counter(held.values()), ways, marking.late)

    def complex(
        self, marking: Marking, join: Node, held: dict[Flow, Token], late: dict[Node, frozenset[Flow]]
    ) -> Iterator[Marking]:
        if join not in late:
            if len(held) < self.enough[join]:
                return
            missing = frozenset(set(join.incoming) - held.keys())
            fired = frozenset({**late, join: missing}.items()) if missing else marking.late
            for ways in _ways(join):
                yield _marking(marking.counted() - Counter(held.values()), ways, fired)
            return
        came = {flow: token for flow, token in held.items() if flow in late[join]}
        open_still = set(late[join]) - came.keys()
        if any(ways & open_still and beside <= open_still for ways, beside in self.ways_of_others(marking, join)):
            return
        over = frozenset((one, flows) for one, flows in marking.late if one is not join)
        yield _marking(marking.counted() - Counter(came.values()), (), over)

    def waits(self, marking: Marking, join: Node, arrived: set[Flow]) -> bool:
        around = self.around(join)
        elsewhere = self.elsewhere(marking, join)
        if any(self.comes_by_itself(arrow, node) for arrow in elsewhere for node in around):
            return True
        return any(ways - arrived and not beside & arrived for ways, beside in self.ways_of_others(marking, join))

    def ways_of_others(self, marking: Marking, join: Node) -> Iterator[tuple[set[Flow], set[Flow]]]:
        """Per token elsewhere, the arrows into ``join`` that it can come to, and those beside a token there."""
        around = self.around(join)
        for arrow in self.elsewhere(marking, join):
            ways = {entry for entry in join.incoming if self.leads(arrow, entry, around)}
            yield ways, {entry for entry in ways if self.leads(arrow, entry, self.taking(entry))}

    def around(self, join: Node) -> set[Node]:
        return {node for node in self.takes if join in node.withdraws}

    def elsewhere(self, marking: Marking, join: Node) -> set[Flow]:
        return {token.arrow for token, _ in marking.tokens if token.arrow.target is not join}

    def taking(self, entry: Flow) -> set[Node]:
        return {node for node, taken in self.takes.items() if entry in taken}

    def leads(self, arrow: Flow, entry: Flow, stops: set[Node]) -> bool:
        return entry in self.arrows_from(arrow, frozenset({entry.target, *stops}))

    def comes_by_itself(self, arrow: Flow, target: Node) -> bool:
        return any(flow.target is target for flow in self.arrows_from(arrow, frozenset(self.joins)))

    def arrows_from(self, arrow: Flow, stops: frozenset[Node]) -> set[Flow]:
        if (arrow, stops) not in self._from:
            self._from[arrow, stops] = _arrows_from(arrow, stops)
        return self._from[arrow, stops]


def _taken(node: Node, joins: set[Node]) -> Iterator[Flow]:
    for gone in node.withdraws:
        yield from gone.incoming
        yield from (flow for flow in gone.outgoing if flow.target in joins)


def _arrows_from(arrow: Flow, stops: frozenset[Node]) -> set[Flow]:
    """``arrow`` and all that a token on it can come to without passing one of ``stops``."""
    found: set[Flow] = set()
    waiting = [arrow]
    while waiting:
        flow = waiting.pop()
        if flow not in found:
            found.add(flow)
            if flow.target not in stops:
                waiting += chain(flow.target.outgoing, *(alarm.outgoing for alarm in flow.target.boundaries))
    return found


def _ways(node: Node) -> Iterable[tuple[Flow, ...]]:
    if node.type in (NodeType.INCLUSIVE, NodeType.COMPLEX):
        return chain.from_iterable(combinations(node.outgoing, size) for size in range(1, len(node.outgoing) + 1))
    if node.type is NodeType.EXCLUSIVE:
        return [(flow,) for flow in node.outgoing]
    return [tuple(node.outgoing)]


def _marking(rest: Counter[Token], ways: Iterable[Flow], late: frozenset[tuple[Node, frozenset[Flow]]]) -> Marking:
    tokens = rest + Counter(Token(flow) for flow in ways)
    return Marking(frozenset(tokens.items()), late)


@settings(max_examples=50, deadline=None)
@given(st.randoms(use_true_random=False))
def test_it_finds_all_that_can_stand_together(random: Random) -> None:
    scope = Maps(random).draw()
    note(_told(scope))
    found = ArrowsTogether(scope)
    missed = [
        (one.id, other.id)
        for one, other in Play(scope, random).pairs()
        if not found.with_any([one]) & found.mask([other])
    ]
    assert not missed


def _told(scope: Scope) -> str:
    return "; ".join(
        f"{flow.source.id}({flow.source.type}) > {flow.target.id}({flow.target.type})"
        + (f" takes {[node.id for node in flow.target.withdraws]}" if flow.target.withdraws else "")
        for flow in scope.flows()
    )
