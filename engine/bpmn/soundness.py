"""Can every deal finish? Follows tokens through a repaired map, every decision both ways, within bounds.

The exploration fires one node at a time and branches only where that node itself decides: tokens elsewhere do not
influence it, so no deadlock is missed (joins, which tokens elsewhere do influence, fire last). Where the same nodes
could fire for ever, others fire too.
Conditions are taken for independent; what is found on only some of the paths is therefore a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import TypeVar

from engine.bpmn.compiled import ExpressionCondition
from engine.bpmn.counters import ACTIVATION_COUNT
from engine.bpmn.expressions import compile_condition
from engine.bpmn.map_model import EventKind, Flow, Node, NodeType, Process, Scope
from engine.bpmn.noticed import Noticed
from engine.bpmn.repairs.branches_meeting import BranchesOfSplit
from engine.bpmn.repairs.merges import say_runs_twice
from engine.bpmn.token_ways import is_join, is_taken
from engine.errors import DomainError

MAX_EFFORT = 40_000  # tokens looked at, over all markings of a scope: about half a second
MAX_TOKENS = 3  # on one flow; a fourth tells nothing new
_BRANCHES = 2
_MOST_SUBSETS = 4  # inclusive splits with more ways are tried with each way alone and with all
# A complex gateway fires earlier, but what comes later ends there: the same tokens go on.
_WAIT_FOR_WHAT_COMES = (NodeType.INCLUSIVE, NodeType.COMPLEX)

_T = TypeVar("_T")

Marking = frozenset[tuple[Flow, int]]
_NOTHING: Marking = frozenset()


@dataclass(slots=True)
class _Explored:
    ends: bool = False
    complete: bool = True
    deadlocks: dict[Node, set[Flow]] = field(default_factory=dict)  # join -> flows that never get a token
    next_of: dict[Marking, list[Marking]] = field(default_factory=dict)


def check_soundness(process: Process, noticed: Noticed) -> None:
    """Say what cannot finish, what may wait for ever, what runs in circles without anybody, what runs twice."""
    scopes = list(process.scope.scopes())
    never_completed = _never_completed(scopes)
    for scope in scopes:
        start = _start_of(scope)
        if start is not None:
            _check_scope(scope, start, never_completed, noticed)
        _check_cycles(scope, noticed)
        _check_meetings(scope, noticed)


def _start_of(scope: Scope) -> Node | None:
    starts = scope.starts
    if scope.owner is None or not scope.owner.triggered_by_event:
        starts = [node for node in starts if not node.events]
    return next(iter(starts), None)


def _never_completed(scopes: list[Scope]) -> set[Node]:
    """The sub-processes that are left only by the events on their border: each run of them ends in an error."""
    found: set[Node] = set()
    for scope in reversed(scopes):  # what is inside is known before what is around it
        start, owner = _start_of(scope), scope.owner
        if start is None or owner is None or not owner.boundaries or any(one.triggered_by_event for one in scope.nodes):
            continue
        if any(_is_abnormal(node) for node in scope.nodes):
            explored = _explore(scope, start, found, through_errors=False)
            if explored.complete and not explored.ends:
                found.add(owner)
    return found


def _check_scope(scope: Scope, start: Node, never_completed: set[Node], noticed: Noticed) -> None:
    explored = _explore(scope, start, never_completed)
    place = scope.owner or scope.process
    for join, missing in explored.deadlocks.items():
        branches = ", ".join(sorted(flow.name or flow.source.title for flow in missing))
        if explored.ends or not explored.complete:
            noticed.warning("MAY_DEADLOCK", join, branches=branches)
        else:
            noticed.refuse("DEADLOCK", join, branches=branches)
    if not explored.ends and explored.complete and not explored.deadlocks:
        noticed.refuse("NEVER_ENDS", place, steps=_closed_steps(scope) or place.title)
    elif explored.ends and explored.complete and _stuck(explored):
        noticed.warning("MAY_NEVER_END", place, steps=_closed_steps(scope) or place.title)


def _closed_steps(scope: Scope) -> str:
    """The named elements of circles that no arrow leaves."""
    closed = [
        circle
        for circle in _circles(scope.nodes, _next)
        if all(after in circle for node in circle for after in _next(node) if after.type is not NodeType.BOUNDARY)
    ]
    named = {node.name: node.line or 0 for circle in closed for node in circle if node.name}
    return ", ".join(sorted(named, key=lambda name: named[name]))


def _explore(scope: Scope, start: Node, never_completed: set[Node], *, through_errors: bool = True) -> _Explored:
    """``through_errors``: an end that throws an error is an end like any other; else it never completes."""
    exploration = _Exploration(_upstream(scope), _turns(scope), never_completed, through_errors)
    waiting = [_add(_NOTHING, start.outgoing)]
    while waiting:
        exploration.follow(waiting)
        waiting = exploration.beside_circles()
    return exploration.explored


@dataclass(slots=True)
class _Exploration:
    upstream: dict[Node, set[Flow]]
    turns: dict[Node, tuple[int, int]]  # which fires first
    never_completed: set[Node]
    through_errors: bool
    explored: _Explored = field(default_factory=_Explored)
    fired: dict[Marking, list[Node]] = field(default_factory=dict)
    effort: int = 0

    def follow(self, waiting: list[Marking]) -> None:
        """Fire one node after the other, until nothing new comes. A termination may come before whatever can go on."""
        explored = self.explored
        while waiting and explored.complete:
            marking = waiting.pop()
            if marking in explored.next_of:
                continue
            self._work(1 + len(marking))
            if not self.through_errors and any(_is_abnormal(flow.target) for flow, _ in marking):
                explored.next_of[marking] = [marking]
                continue
            fired, following = next(self._firings(marking), (None, []))
            over = [_NOTHING] if any(_terminates(flow.target) for flow, _ in marking) else []
            explored.next_of[marking] = over + following
            self.fired[marking] = [] if fired is None else [fired]
            waiting += explored.next_of[marking]
            if not marking:
                explored.ends = True
            elif not explored.next_of[marking]:
                _note_deadlock(marking, explored)

    def beside_circles(self) -> list[Marking]:
        """What comes where a node fires that was passed over for ever: those that went on hinder nobody."""
        found: list[Marking] = []
        stuck = _stuck(self.explored)
        position = {marking: number for number, marking in enumerate(stuck)}
        self._work(len(stuck))
        for circle in _circles(stuck, self.explored.next_of.__getitem__) if self.explored.complete else ():
            if all(circle.issuperset(self.explored.next_of[marking]) for marking in circle):
                found += self._passed_over(sorted(circle, key=lambda marking: (-len(marking), position[marking])))
        return found

    def _passed_over(self, circle: list[Marking]) -> list[Marking]:
        went_on = {node for marking in circle for node in self.fired.get(marking, ())}
        for marking in circle:
            if marking not in self.fired:  # an error has left the scope
                continue
            for node, following in self._firings(marking):
                if node not in went_on:
                    self.fired[marking].append(node)
                    self.explored.next_of[marking] += following
                    return following
        return []

    def _firings(self, marking: Marking) -> Iterator[tuple[Node, list[Marking]]]:
        """Each node that can fire, joins last, with the markings after it."""
        held = dict(marking)
        for node in sorted({flow.target for flow in held}, key=lambda node: (self.turns[node], node.id)):
            following = [] if _terminates(node) else [_bounded(after) for after in self._fire(node, marking, held)]
            if following:
                yield node, following

    def _fire(self, node: Node, marking: Marking, held: dict[Flow, int]) -> list[Marking]:
        """The markings after ``node`` has fired; none if it waits for more tokens."""
        arrived = [flow for flow in node.incoming if flow in held]
        if not is_join(node):
            left = _without(_take(marking, arrived[:1]), node.withdraws)
            return [_add(left, ways) for ways in _ways(node, self.never_completed)]
        if node.type is NodeType.PARALLEL:
            return [_add(_take(marking, arrived), node.outgoing)] if len(arrived) == len(node.incoming) else []
        if not _inclusive_is_ready(node, held, self.upstream) or not _is_enough(node, len(arrived)):
            return []
        return [_add(_take(marking, arrived), ways) for ways in _ways(node, self.never_completed)]

    def _work(self, effort: int) -> None:
        self.effort += effort
        self.explored.complete = self.effort <= MAX_EFFORT


def _bounded(marking: Marking) -> Marking:
    return frozenset((flow, min(count, MAX_TOKENS)) for flow, count in marking)


def _note_deadlock(marking: Marking, explored: _Explored) -> None:
    held = {flow for flow, _ in marking}
    for join in sorted({flow.target for flow in held}, key=lambda node: node.id):
        explored.deadlocks.setdefault(join, set()).update(flow for flow in join.incoming if flow not in held)


def _turns(scope: Scope) -> dict[Node, tuple[int, int]]:
    """When each node fires: what needs nobody first, and of that and of the rest what is furthest on."""
    parts = enumerate(_connected(scope.nodes, _next))
    return {node: (_rank(node), number) for number, part in parts for node in part}


def _rank(node: Node) -> int:
    """Joins, and what takes tokens away, fire behind what moves the tokens that have a say in them."""
    if is_join(node):
        return 3 if node.type is NodeType.PARALLEL else 4
    if _waits(node):
        return 2
    return 1 if node.withdraws else 0


def _is_abnormal(node: Node) -> bool:
    """An end that leaves the sub-process by its border."""
    return node.type is NodeType.END and any(event.kind in (EventKind.ERROR, EventKind.CANCEL) for event in node.events)


def _terminates(node: Node) -> bool:
    return node.type is NodeType.END and any(
        event.kind in (EventKind.TERMINATE, EventKind.ERROR, EventKind.CANCEL) for event in node.events
    )


def _inclusive_is_ready(node: Node, held: dict[Flow, int], upstream: dict[Node, set[Flow]]) -> bool:
    """Whether no token elsewhere can still come to an arrow into the join that has none yet."""
    empty = [flow for flow in node.incoming if flow not in held]
    elsewhere = [flow for flow in held if flow.target is not node]
    return not any(flow in upstream[missing.source] for missing in empty for flow in elsewhere)


def _is_enough(node: Node, arrived: int) -> bool:
    """Whether so many tokens let the join go on; a rule that reads anything else is taken to hold."""
    if node.type is not NodeType.COMPLEX or not isinstance(node.condition, ExpressionCondition):
        return True
    rule = compile_condition(node.condition.text)
    if rule.names - {ACTIVATION_COUNT}:
        return True
    try:
        return rule.holds({ACTIVATION_COUNT: arrived})
    except DomainError:
        return True


def _ways(node: Node, never_completed: set[Node]) -> Iterator[list[Flow]]:
    """The sets of flows that get a token when ``node`` fires."""
    if node.type in (NodeType.EXCLUSIVE, NodeType.EVENT_BASED):
        yield from ([flow] for flow in node.outgoing)
    elif node.type is NodeType.INCLUSIVE and len(node.outgoing) > 1:
        yield from _subsets(node.outgoing)
    else:
        if node not in never_completed:
            yield node.outgoing
        for boundary in node.boundaries:
            yield boundary.outgoing if boundary.interrupting else [*node.outgoing, *boundary.outgoing]


def _subsets(flows: list[Flow]) -> Iterator[list[Flow]]:
    if len(flows) > _MOST_SUBSETS:
        yield from ([flow] for flow in flows)
        yield list(flows)
        return
    for size in range(1, len(flows) + 1):
        yield from (list(subset) for subset in combinations(flows, size))


def _add(marking: Marking, flows: list[Flow]) -> Marking:
    counts = dict(marking)
    for flow in flows:
        counts[flow] = counts.get(flow, 0) + 1
    return frozenset(counts.items())


def _take(marking: Marking, flows: list[Flow]) -> Marking:
    counts = dict(marking)
    for flow in flows:
        counts[flow] -= 1
        if not counts[flow]:
            del counts[flow]
    return frozenset(counts.items())


def _without(marking: Marking, withdrawn: Collection[Node]) -> Marking:
    return frozenset(held for held in marking if not is_taken(held[0], withdrawn)) if withdrawn else marking


def _upstream(scope: Scope) -> dict[Node, set[Flow]]:
    """For the sources of arrows into inclusive joins: every flow from which a token can come there."""
    found: dict[Node, set[Flow]] = {}
    for join in scope.nodes:
        if join.type not in _WAIT_FOR_WHAT_COMES or not is_join(join):
            continue
        around = [node for node in scope.nodes if join in node.withdraws]
        for entry in join.incoming:
            found[entry.source] = found.get(entry.source) or _flows_before(entry.source, {join, *around})
    return found


def _flows_before(node: Node, stops: Collection[Node]) -> set[Flow]:
    flows: set[Flow] = set()
    waiting, seen = [node], set(stops)
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        flows.update(current.incoming)
        waiting += [flow.source for flow in current.incoming]
        if current.host is not None:
            waiting.append(current.host)
    return flows


def _stuck(explored: _Explored) -> list[Marking]:
    """The markings from which no end can be reached although something can always go on."""
    before: dict[Marking, list[Marking]] = {}
    dead = []
    for marking, following in explored.next_of.items():
        for after in following:
            before.setdefault(after, []).append(marking)
        if marking and not following:
            dead.append(marking)
    good: set[Marking] = set()
    waiting = [_NOTHING, *dead]
    while waiting:
        marking = waiting.pop()
        if marking not in good:
            good.add(marking)
            waiting += before.get(marking, ())
    return [marking for marking in explored.next_of if marking not in good]


def _check_cycles(scope: Scope, noticed: Noticed) -> None:
    """A circle in which nobody acts and no timer waits spins for ever, or as long as its condition holds."""
    for circle in _circles(scope.nodes, _next):
        if any(_waits(node) for node in circle):
            continue
        place = min(circle, key=lambda node: (node.line or 0, node.id))
        leaves = any(flow.target not in circle for node in circle for flow in node.outgoing)
        names = ", ".join(sorted(node.title for node in circle if node.name))
        if leaves:
            noticed.warning("LOOP_WITHOUT_WAIT", place, steps=names or place.title)
        else:
            noticed.refuse("LOOP_ENDLESS", place, steps=names or place.title)


def _waits(node: Node) -> bool:
    """Whether time passes at ``node``: a person, a timer, a message, a service, or anything of these inside."""
    if node.is_human or node.call is not None or node.type is NodeType.CATCH or node.calls is not None:
        return True
    return node.inside is not None and any(_waits(inner) for inner in node.inside.nodes)


def _circles(nodes: Iterable[_T], next_of: Callable[[_T], list[_T]]) -> list[set[_T]]:
    parts = _connected(nodes, next_of)
    return [part for part in parts if len(part) > 1 or any(node in next_of(node) for node in part)]


def _connected(nodes: Iterable[_T], next_of: Callable[[_T], list[_T]]) -> list[set[_T]]:
    """The strongly connected parts, each behind all that it leads to (Tarjan, without recursion)."""
    index: dict[_T, int] = {}
    low: dict[_T, int] = {}
    stack: list[_T] = []
    on_stack: set[_T] = set()
    parts: list[set[_T]] = []
    for root in nodes:
        if root in index:
            continue
        work = [(root, iter(next_of(root)))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, following = work[-1]
            after = next(following, None)
            if after is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    parts.append(_part_of(node, stack, on_stack))
            elif after not in index:
                index[after] = low[after] = len(index)
                stack.append(after)
                on_stack.add(after)
                work.append((after, iter(next_of(after))))
            elif after in on_stack:
                low[node] = min(low[node], index[after])
    return parts


def _next(node: Node) -> list[Node]:
    return [flow.target for flow in node.outgoing] + node.boundaries


def _part_of(node: _T, stack: list[_T], on_stack: set[_T]) -> set[_T]:
    part: set[_T] = set()
    while node not in part:
        member = stack.pop()
        on_stack.discard(member)
        part.add(member)
    return part


def _check_meetings(scope: Scope, noticed: Noticed) -> None:
    """Branches of a split that meet without a gateway that waits for them: what follows runs once for each.

    Also behind a gateway that joins others of them, or what a branch has split into itself.
    """
    effort = 0
    position = {node: number for number, node in enumerate(scope.nodes)}
    met: set[Node] = set()
    for fork in scope.nodes:
        if fork.type not in (NodeType.PARALLEL, NodeType.INCLUSIVE) or len(fork.outgoing) < _BRANCHES:
            continue
        branches = BranchesOfSplit(fork)
        reached = set()
        for place in branches.walk():
            reached.add(place)
            effort += 1
        for node in sorted(reached - met, key=position.__getitem__):
            if node.type is not NodeType.END and not is_join(node) and branches.meet_at(node):
                met.add(node)
                say_runs_twice(node, noticed, branches.approvals_passed_by(node))
        if effort > MAX_EFFORT:
            return
