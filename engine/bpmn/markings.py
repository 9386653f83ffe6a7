"""Where tokens can stand together: the markings that a map reaches by itself, scope by scope.

A jump is safe exactly when it leads to one of them. Then no join can fire that could not have fired without the jump,
and what could come to an end still can. Every decision is taken both ways here, because conditions are not known.

A marking holds positions at rest: the activity or event that a token waits at, the event gateway whose events race,
or the flow on which a token waits in a join. What runs beside a step from a non-interrupting boundary event is a track
of its own: it can begin at any time, any number of times, and so it is explored from that event alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.event_definitions.item_aware_event import ErrorEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.simple import CancelEventDefinition, TerminateEventDefinition

from engine.bpmn.activities import Activity, Assignments, Withdrawal
from engine.bpmn.catching_events import BoundaryEvent, CatchEvent, EventGateway
from engine.bpmn.elements import ExclusiveGateway, Passage, StartEvent
from engine.bpmn.joins import ComplexGateway, InclusiveGateway, ParallelGateway
from engine.bpmn.throwing_events import EndEvent, ThrowEvent

if TYPE_CHECKING:
    from engine.bpmn.spec import ScopeSpec

Position = str
Marking = tuple[Position, ...]  # sorted; a position stands in it as often as tokens wait there

MAX_EFFORT = 60_000  # tokens looked at, per track: about half a second
MAX_TOKENS = 2  # at one position; more tell nothing new
_BRANCHES = 2
_ENDING_ALL = (TerminateEventDefinition, ErrorEventDefinition, CancelEventDefinition)
_MOST_SUBSETS = 5  # an inclusive split with more ways is tried with each way alone and with all


class NotProvable(Exception):
    """The track holds an element whose tokens are not followed here, or has more markings than can be looked at."""


def in_join(join: str, came_from: str) -> Position:
    """The position of a token that waits in ``join`` on the flow from ``came_from``."""
    return f"{join} < {came_from}"


def node_of(position: Position) -> str:
    """The spec at which a token of this position stands."""
    return position.partition(" < ")[0]


def marking(positions: Iterable[Position]) -> Marking:
    return tuple(sorted(positions))


@dataclass(frozen=True, slots=True)
class Track:
    """What is reachable from one beginning: the nodes, and the markings at rest."""

    nodes: frozenset[str]
    reached: frozenset[Marking]
    complete: bool

    def may_hold(self, positions: Iterable[Position]) -> bool:
        """Whether those of ``positions`` that belong to the track can stand like this. Raises NotProvable."""
        if marking(one for one in positions if node_of(one) in self.nodes) in self.reached:
            return True
        if not self.complete:
            raise NotProvable
        return False


def main_track(scope: ScopeSpec) -> Track:
    """What begins at the start events; explored once per map and process. Raises NotProvable."""
    return _track(scope, "", [start.name for start in scope.bpmn_start_events])


def tracks_beside(scope: ScopeSpec, node: str) -> Iterator[Track]:
    """The tracks of the non-interrupting boundary events from which ``node`` can be reached. Raises NotProvable."""
    for spec in scope.task_specs.values():
        if isinstance(spec, BoundaryEvent) and not spec.cancel_activity:
            track = _track(scope, spec.name, [spec.name])
            if node in track.nodes:
                yield track


def _track(scope: ScopeSpec, key: str, entries: list[str]) -> Track:
    track: Track | None = scope.tracks.get(key)
    if track is None:  # two threads may explore the same track, and either result will do
        track = scope.tracks[key] = _explore(scope, entries)
    return track


def _explore(scope: ScopeSpec, entries: list[str]) -> Track:
    explorer = _Explorer(scope)
    waiting = [one for entry in entries for one in explorer.run((), [(entry, "")])]
    reached: set[Marking] = set()
    complete = True
    while waiting:
        one = waiting.pop()
        if one in reached:
            continue
        reached.add(one)
        if explorer.effort > MAX_EFFORT:
            complete = False
            break
        if one and max(Counter(one).values()) > MAX_TOKENS:
            complete = False
            continue
        waiting += explorer.after(one)
    return Track(frozenset(_nodes_from(scope, entries)), frozenset(reached), complete)


def _nodes_from(scope: ScopeSpec, names: list[str]) -> set[str]:
    """Everything that a token can reach without a non-interrupting boundary event happening."""
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        spec = scope.task_specs[name]
        waiting += spec._outputs  # noqa: SLF001  # names, where ``outputs`` would look each spec up
        waiting += _interrupting(scope, spec)
    return seen


def _interrupting(scope: ScopeSpec, spec: Any) -> list[str]:
    return [name for name in getattr(spec, "boundary", ()) if scope.task_specs[name].cancel_activity]


class _Explorer:
    """Plays tokens through one scope; every way that a decision can go is followed."""

    def __init__(self, scope: ScopeSpec) -> None:
        self.scope = scope
        self.specs = scope.task_specs
        self.effort = 0

    def after(self, held: Marking) -> Iterator[Marking]:
        """The markings at rest after one waiting token has gone on."""
        for position in dict.fromkeys(held):
            if node_of(position) != position:
                continue  # a token in a join goes on when the others have come
            rest = list(held)
            rest.remove(position)
            for leaves in self._leaving(self.specs[position]):
                yield from self.run(tuple(rest), leaves)

    def _leaving(self, spec: Any) -> Iterator[list[tuple[str, str]]]:
        """The ways in which a token can leave where it waits: (spec, spec that it comes from)."""
        if isinstance(spec, EventGateway):
            for name in spec._outputs:  # noqa: SLF001  # as above
                yield from self._leaving(self.specs[name])
            return
        yield self._outgoing(spec)
        for name in _interrupting(self.scope, spec):
            yield self._outgoing(self.specs[name])

    def _outgoing(self, spec: Any) -> list[tuple[str, str]]:
        return [(name, spec.name) for name in spec._outputs]  # noqa: SLF001  # as above

    def run(self, held: Marking, arriving: list[tuple[str, str]]) -> Iterator[Marking]:
        """Let the tokens in ``arriving`` run until everything rests."""
        waiting = [(held, tuple(arriving))]
        seen: set[tuple[Marking, tuple[tuple[str, str], ...]]] = set()
        while waiting:
            now, coming = waiting.pop()
            self.effort += 1 + len(now)
            if self.effort > MAX_EFFORT or (now, coming) in seen:
                continue
            seen.add((now, coming))
            if coming:
                waiting += self._arrive(now, coming[0], coming[1:])
                continue
            fired = self._fire_inclusive(now)
            if fired is None:
                yield now
            else:
                waiting += fired

    def _arrive(  # noqa: PLR0911  # one answer per kind of element
        self, held: Marking, token: tuple[str, str], others: tuple[tuple[str, str], ...]
    ) -> list[tuple[Marking, tuple[tuple[str, str], ...]]]:
        name, came_from = token
        spec = self.specs[name]
        match spec:
            case ComplexGateway():  # which tokens it takes depends on values
                raise NotProvable
            case ParallelGateway() | InclusiveGateway() if len(spec._inputs) >= _BRANCHES:  # noqa: SLF001  # as above
                return [self._wait_in_join(held, spec, came_from, others)]
            case InclusiveGateway():
                return [(held, (*others, *way)) for way in self._inclusive_ways(spec)]
            case ExclusiveGateway():
                return [(held, (*others, way)) for way in self._outgoing(spec)]
            case EndEvent():
                ends_all = isinstance(spec.event_definition, _ENDING_ALL)
                return [((), ())] if ends_all else [(held, others)]
            case EventGateway() | CatchEvent():
                return [(marking((*held, name)), others)]
            case BoundaryEvent():
                return [(held, (*others, *self._outgoing(spec)))]
            case Activity() if not isinstance(spec, Assignments | Withdrawal):
                return [(marking((*held, name)), others)]
            case StartEvent() | ThrowEvent() | Passage() | Assignments() | Withdrawal() | ParallelGateway():
                return [self._pass(held, spec, others)]
            case _:
                raise NotProvable

    def _pass(
        self, held: Marking, spec: Any, others: tuple[tuple[str, str], ...]
    ) -> tuple[Marking, tuple[tuple[str, str], ...]]:
        if isinstance(spec, Withdrawal):
            held = marking(one for one in held if not spec.takes(node_of(one), one.partition(" < ")[2] or None))
            others = tuple(token for token in others if token[0] not in spec.withdrawn)
        return held, (*others, *self._outgoing(spec))

    def _wait_in_join(
        self, held: Marking, join: Any, came_from: str, others: tuple[tuple[str, str], ...]
    ) -> tuple[Marking, tuple[tuple[str, str], ...]]:
        now = [*held, in_join(join.name, came_from)]
        flows = [in_join(join.name, name) for name in join._inputs]  # noqa: SLF001  # as above
        if isinstance(join, ParallelGateway) and all(flow in now for flow in flows):
            for flow in flows:
                now.remove(flow)
            return marking(now), (*others, *self._outgoing(join))
        return marking(now), others

    def _fire_inclusive(self, held: Marking) -> list[tuple[Marking, tuple[tuple[str, str], ...]]] | None:
        """What follows when an inclusive join fires, as all else rests; None when none can."""
        for join in self.scope.inclusive:
            mine = {one for one in held if one != join.name and node_of(one) == join.name}
            if not mine:
                continue
            arrived = frozenset(one.partition(" < ")[2] for one in mine)
            missing = frozenset(join._inputs) - arrived  # noqa: SLF001  # as above
            others = {node_of(one) for one in held} - {join.name}
            if others & join.withdrawing:
                continue
            nowhere: frozenset[str] = frozenset()
            ways = [(join.reachable.get(one, nowhere), join.beside.get(one, nowhere)) for one in others]
            if any(way & missing and not beside & arrived for way, beside in ways):
                continue
            left = list(held)
            for one in mine:
                left.remove(one)
            return [(marking(left), way) for way in self._inclusive_ways(join)]
        return None

    def _inclusive_ways(self, spec: Any) -> Iterator[tuple[tuple[str, str], ...]]:
        always = tuple((name, spec.name) for name in spec.unconditional)
        conditional = [(name, spec.name) for condition, name in spec.cond_task_specs if condition is not None]
        default = [
            (name, spec.name)
            for condition, name in spec.cond_task_specs
            if condition is None and name not in spec.unconditional
        ]
        if not spec.cond_task_specs:
            yield tuple(self._outgoing(spec))
            return
        if always or default:
            yield always or tuple(default)
        sizes = range(1, len(conditional) + 1) if len(conditional) <= _MOST_SUBSETS else (1, len(conditional))
        for size in sizes:
            for chosen in combinations(conditional, size):
                yield (*chosen, *always)
