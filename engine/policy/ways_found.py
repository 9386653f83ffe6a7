"""What the situations of a map tell its owner: dead branches, loops, the shortest and the longest way."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from engine.bpmn.compiled import CompiledProcess, ExpressionCondition, OutcomeCondition
from engine.bpmn.flow_ends import flow_ends
from engine.errors import DomainError
from engine.policy.all_ways import Arrow, Move, Situations

MOST_FOLLOWED = 20_000
"""Beginnings of ways that are followed on: a map with more ways has too many to count."""
MOST_KEPT = 6
"""Longest ways to one situation that are followed on."""
_BEFORE = -1  # where a deal stands before it is opened


@dataclass(frozen=True, slots=True)
class Way:
    """A way from the opening to an end. ``passed`` are elements and flows in the ids of the owner's file."""

    moves: tuple[Move, ...]
    passed: frozenset[str]
    takes: timedelta
    won: bool


@dataclass(frozen=True, slots=True)
class Loop:
    """Where a deal goes back: after any of the moves ``after`` to the steps ``back_to``."""

    after: tuple[Move, ...]
    back_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NeverReached:
    """An element that no deal comes to, by its id in the owner's file."""

    element_id: str
    name: str


@dataclass(frozen=True, slots=True)
class NeverTaken:
    """A way out of a place that deals come to, and that none takes. ``condition`` is empty where it has none.

    ``tried`` are the values for which the condition was asked, by name; empty where it reads outcomes of steps.
    """

    flow_id: str
    source: str
    target: str
    condition: str
    tried: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class WaysFound:
    """``count`` is None where there are too many ways to count. ``complete``: nothing was left out for want of time,
    so that what is never reached is never reached with any of the values tried.

    ``shortest`` and ``longest`` hold one way each per result that deals can have, won first; loops walked once.
    """

    never_reached: tuple[NeverReached, ...]
    never_taken: tuple[NeverTaken, ...]
    shortest: tuple[Way, ...]
    longest: tuple[Way, ...]
    loops: tuple[Loop, ...]
    count: int | None
    situations: int
    complete: bool
    passed: frozenset[str]
    failures: tuple[tuple[str, DomainError], ...]
    uncounted: tuple[str, ...]


def ways_found(process: CompiledProcess, found: Situations) -> WaysFound:
    """Put together what ``found`` holds."""
    graph = _Graph(found)
    source_of = {step.element_id: step.source_id for step in process.steps.values()}

    def drawn(ids: Iterable[str]) -> frozenset[str]:
        return frozenset(source_of.get(one, one) for one in ids)

    ends = sorted(found.ends.items(), key=lambda end: not end[1])
    return WaysFound(
        never_reached=tuple(_never_reached(process, found)),
        never_taken=tuple(_never_taken(process, found)),
        shortest=tuple(graph.way(end, drawn, won=won, longest=False) for end, won in ends),
        longest=tuple(graph.way(end, drawn, won=won, longest=True) for end, won in ends),
        loops=graph.loops(),
        count=graph.count(),
        situations=len(graph.order),
        complete=found.complete,
        passed=drawn(found.passed | found.opened),
        failures=tuple(found.failures.items()),
        uncounted=tuple(sorted(found.uncounted)),
    )


class _Graph:
    """The situations as a graph. No way is followed to where it stood before, with whatever values: a loop is walked
    once. Situations that stand alike are one place.
    """

    def __init__(self, found: Situations) -> None:
        self._arrows: dict[int, list[Arrow]] = {**found.arrows, _BEFORE: found.begins}
        self._ends = found.ends
        self._places: dict[int, Any] = {**found.places, _BEFORE: ()}
        self._forward, self.order, _ = _without_circles(self._arrows, _BEFORE, lambda number: number)

    def way(self, end: int, drawn: Callable[[Iterable[str]], frozenset[str]], *, won: bool, longest: bool) -> Way:
        """The shortest or the longest way to an end; of several as long the one with the fewest moves."""
        walked = (self._longest(end) if longest else None) or self._shortest(end)
        passed = [one for arrow in walked for one in arrow.passed]
        moves = tuple(arrow.move for arrow in walked if arrow.move.kind != "open")
        return Way(moves, drawn(passed), sum((one.takes for one in moves), timedelta()), won)

    def _shortest(self, end: int) -> list[Arrow]:
        best: dict[int, tuple[timedelta, int]] = {_BEFORE: (timedelta(), 0)}
        came: dict[int, tuple[int, Arrow]] = {}
        for number in self.order:
            taken, moves = best[number]
            for arrow in self._forward[number]:
                length = (taken + arrow.move.takes, moves + 1)
                if arrow.target not in best or length < best[arrow.target]:
                    best[arrow.target] = length
                    came[arrow.target] = (number, arrow)
        walked: list[Arrow] = []
        at = end
        while at != _BEFORE:
            at, arrow = came[at]
            walked.append(arrow)
        return walked[::-1]

    def _longest(self, end: int) -> list[Arrow] | None:
        """The longest way found that comes nowhere twice; None where there is none."""
        return self._long_ways[end][0].arrows() if self._long_ways[end] else None

    @cached_property
    def _long_ways(self) -> dict[int, list[_Walked]]:
        """The few longest ways to each situation: only these are followed on."""
        kept: dict[int, list[_Walked]] = defaultdict(list)
        waiting = deque([_Walked(_BEFORE, timedelta(), frozenset({()}), None, None)])
        for _ in range(MOST_FOLLOWED):
            if not waiting:
                break
            here = waiting.popleft()
            for arrow in self._arrows.get(here.number, ()):
                place = self._places[arrow.target]
                if place in here.places:
                    continue
                takes = here.takes + arrow.move.takes
                further = _Walked(arrow.target, takes, here.places | {place}, here, arrow)
                known = kept[arrow.target]
                if any(one.takes == takes and one.places == further.places for one in known):
                    continue
                if len(known) < MOST_KEPT or takes > known[-1].takes:
                    known.append(further)
                    known.sort(key=lambda one: (-one.takes, len(one.places)))
                    del known[MOST_KEPT:]
                    waiting.append(further)
        return kept

    def loops(self) -> tuple[Loop, ...]:
        """By where a deal goes back to, each with everything after which it does."""
        alike: dict[Any, list[Arrow]] = defaultdict(list)
        for number, leaving in self._arrows.items():
            alike[self._places[number]] += leaving
        back = _without_circles(alike, self._places[_BEFORE], lambda number: self._places[number])[2]
        moves: dict[tuple[str, ...], dict[tuple[str, Any], Move]] = defaultdict(dict)
        for arrow in back:
            if arrow.opens:
                moves[arrow.opens].setdefault((arrow.move.element_id, arrow.move.outcome), arrow.move)
        return tuple(Loop(tuple(after.values()), back_to) for back_to, after in moves.items())

    def count(self) -> int | None:
        """How many ways there are that differ in what happens: different values alone make no other way."""
        ways = 0
        waiting: list[tuple[frozenset[int], frozenset[Any]]] = [(frozenset({_BEFORE}), frozenset({()}))]
        for _ in range(MOST_FOLLOWED):
            if not waiting:
                return ways
            here, places = waiting.pop()
            ways += len({self._ends[one] for one in here if one in self._ends})
            for place, targets in self._following(here):
                if place not in places:
                    waiting.append((targets, places | {place}))
        return None

    def _following(self, here: frozenset[int]) -> Iterator[tuple[Any, frozenset[int]]]:
        after: dict[tuple[str, str, str, Any], set[int]] = defaultdict(set)
        for number in here:
            for arrow in self._arrows.get(number, ()):
                outcome = arrow.move.outcome.id if arrow.move.outcome is not None else ""
                place = self._places[arrow.target]
                after[arrow.move.kind, arrow.move.element_id, outcome, place].add(arrow.target)
        for label, targets in after.items():
            yield label[3], frozenset(targets)


@dataclass(frozen=True, slots=True)
class _Walked:
    """A way up to a situation: what it took and where it has been; ``before`` it came by ``arrow``."""

    number: int
    takes: timedelta
    places: frozenset[Any]
    before: _Walked | None
    arrow: Arrow | None

    def arrows(self) -> list[Arrow]:
        walked: list[Arrow] = []
        here: _Walked | None = self
        while here is not None and here.arrow is not None:
            walked.append(here.arrow)
            here = here.before
        return walked[::-1]


def _without_circles(
    arrows: Mapping[Any, Sequence[Arrow]], begin: Any, target_of: Callable[[int], Any]
) -> tuple[dict[Any, list[Arrow]], list[Any], list[Arrow]]:
    """The arrows that lead on, all nodes in an order that these keep, and the arrows that lead back.

    An arrow leads back when it leads to where a walk from the beginning is still on its way from.
    """
    forward: dict[Any, list[Arrow]] = defaultdict(list)
    back: list[Arrow] = []
    done: list[Any] = []
    on_the_way, seen = {begin}, {begin}
    path: list[tuple[Any, Iterator[Arrow]]] = [(begin, iter(arrows.get(begin, ())))]
    while path:
        node, leaving = path[-1]
        arrow = next(leaving, None)
        if arrow is None:
            on_the_way.discard(node)
            done.append(node)
            path.pop()
            continue
        target = target_of(arrow.target)
        if target in on_the_way:
            back.append(arrow)
            continue
        forward[node].append(arrow)
        if target not in seen:
            seen.add(target)
            on_the_way.add(target)
            path.append((target, iter(arrows.get(target, ()))))
    return forward, done[::-1], back


def _never_reached(process: CompiledProcess, found: Situations) -> Iterator[NeverReached]:
    spare = _asked_if_unclear(process)
    for step in process.steps.values():
        if step.element_id not in found.opened and step.element_id not in spare:
            yield NeverReached(step.source_id, step.name or step.source_id)
    targets = dict.fromkeys(target for _, target in flow_ends(process).values())
    for element_id in targets:
        name = process.elements.get(element_id, "")
        if name and element_id not in process.steps and element_id not in found.passed:
            yield NeverReached(element_id, name)


def _never_taken(process: CompiledProcess, found: Situations) -> Iterator[NeverTaken]:
    spare = _asked_if_unclear(process)
    for flow_id, (source, target) in flow_ends(process).items():
        if flow_id in found.passed or source not in found.passed or target in spare:
            continue
        condition = process.conditions.get(flow_id)
        text = condition.text if isinstance(condition, ExpressionCondition) else ""
        tried = {name: values for name, values in found.tried.items() if name.rpartition(".")[2] in text}
        yield NeverTaken(flow_id, _named(process, source), _named(process, target), text, tried)


def _asked_if_unclear(process: CompiledProcess) -> frozenset[str]:
    """Questions that nobody drew, for what a called map leaves open: none of its ways may do so."""
    conditions = process.conditions.values()
    return frozenset(one.otherwise for one in conditions if isinstance(one, OutcomeCondition) and one.otherwise)


def _named(process: CompiledProcess, element_id: str) -> str:
    step = process.steps.get(element_id)
    return (step.name if step is not None else process.elements.get(element_id, "")) or element_id
