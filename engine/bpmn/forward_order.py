"""What lies ahead of a place in a map, going forward: loops are walked back only where there is no other way on.

"Forward" is along the sequence flows without those that close a loop; through a sub-process or a called map the way
leads from its start events to its ends and on. Boundary events lie ahead of what they are attached to.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from engine.bpmn.spec import ExecutableSpec

_EXIT = "(exit) "
_RUN = " (run)"


class ForwardOrder:
    """The ways of one map, with and without those that close its loops."""

    def __init__(self, spec: ExecutableSpec) -> None:
        self._ways = _ways(spec)
        self._ways_back = _reversed(self._ways)
        self._forward = _without_loops(self._ways, [start.name for start in spec.main.bpmn_start_events])
        self._end = _EXIT + spec.key
        self._backward: dict[str, list[str]] | None = None
        self._positions: dict[str, int] | None = None

    def ahead_of(self, names: Iterable[str]) -> frozenset[str]:
        """The ids of the elements at and after each of ``names`` (spec names), going forward.

        From a step on the way back of a loop everything in the loop lies ahead: it can go on only through it.
        """
        ahead: set[str] = set()
        for name in names:
            ahead |= self._ahead_of(name)
        return _ids(ahead)

    def after(self, names: Iterable[str]) -> frozenset[str]:
        """The same without going back in any loop, also where a step on a way back has no other way on."""
        return _ids(_closure(self._forward, names))

    def in_order(self, names: Iterable[str]) -> list[str]:
        """``names`` as a deal comes by them when it goes back in no loop: none before one that leads to it."""
        positions = self._positions
        if positions is None:  # as with ``reaching``
            positions = self._positions = _positions(self._forward)
        return sorted(names, key=lambda name: positions.get(name, -1))

    def among(self, elements: Collection[str]) -> AheadAmong:
        """What lies ahead of every place of the map, as far as it is one of ``elements`` (ids)."""
        return AheadAmong(self._ways, self._forward, self._end, elements)

    def ways_from(self, name: str) -> tuple[str, ...]:
        """The names to which it goes on from ``name``, without going back in a loop."""
        return tuple(self._forward.get(name, ()))

    @staticmethod
    def exit_of(scope: str) -> str:
        """A name for what follows the end of ``scope``."""
        return _EXIT + scope

    def is_ahead(self, target: str, name: str) -> bool:
        """Whether ``target`` lies after ``name`` without going back in any loop."""
        return target in _closure(self._forward, [name])

    def reached_from(self, name: str, *, without: str) -> frozenset[str]:
        """The ids of all elements that a token can reach from ``name``, loops too, unless by way of ``without``."""
        return _ids(_closure(self._ways, [name], barrier={without}))

    def on_the_way(self, name: str, target: str) -> frozenset[str]:
        """The ids of the elements by which a token can come from ``name`` to ``target``, loops too, each at once.

        Where no way leads there, all that it can reach.
        """
        reached = _closure(self._ways, [name], barrier={target})
        if not any(target in self._ways.get(one, ()) for one in reached):
            return _ids(reached)
        return _ids(reached & ({name} | _closure(self._ways_back, [target], barrier={name})))

    def reaching(self, names: Iterable[str], *, without: str) -> frozenset[str]:
        """The ids of all elements from which a token can reach one of ``names``, unless by way of ``without``."""
        backward = self._backward
        if backward is None:  # two threads may turn the ways round at once, and either result will do
            backward = defaultdict(list)
            for name, following in self._ways.items():
                for successor in following:
                    backward[successor].append(name)
            self._backward = backward
        return _ids(_closure(backward, names, barrier={without}))

    def _ahead_of(self, name: str) -> set[str]:
        seen = _closure(self._forward, [name])
        while self._end not in seen:
            further = _closure(self._forward, [after for one in seen for after in self._ways.get(one, ())])
            if further <= seen:
                break
            seen |= further
        return seen


class WaysThrough:
    """The ways of one map on which a token gets behind a part of it only through that, or to its next run."""

    def __init__(self, spec: ExecutableSpec) -> None:
        self._ways = _ways(spec, past_parts=False)
        self._ways_back = _reversed(self._ways)
        self._names: dict[str, list[str]] = defaultdict(list)  # by id
        for name in self._ways:
            self._names[self.id_of(name)].append(name)

    def reached_from(
        self, names: Iterable[str], *, without: str, before: frozenset[str] = frozenset()
    ) -> frozenset[str]:
        """The ids of all elements that a token can reach from ``names``, loops too, unless by way of ``without``.

        Nor by way of ``before``, whose elements are not among them.
        """
        return _ids(_closure(self._ways, names, barrier={without, *self._names_of(before)}))

    def leading_to(self, name: str) -> frozenset[str]:
        """The ids of all elements from which a token can reach ``name``, loops too."""
        return _ids(_closure(self._ways_back, [name]))

    def leading_to_any(self, elements: Collection[str], *, without: str) -> frozenset[str]:
        """The same for any of ``elements`` (ids), unless by way of ``without``."""
        return _ids(_closure(self._ways_back, self._names_of(elements), barrier={without}))

    def _names_of(self, elements: Iterable[str]) -> Iterator[str]:
        return (name for element in elements for name in self._names.get(element, ()))

    @staticmethod
    def id_of(name: str) -> str:
        """The id of the element that a spec of that name is of."""
        return name.removesuffix(_RUN)

    def ways_to(self, names: Iterable[str]) -> Mapping[str, str | None]:
        """By each name that a token can reach from ``names``, the one before it on one of the ways there."""
        before: dict[str, str | None] = dict.fromkeys(names)
        waiting = list(before)
        for name in waiting:
            for following in self._ways.get(name, ()):
                if following not in before:
                    before[following] = name
                    waiting.append(following)
        return before


class AheadAmong:
    """Answers as ``ForwardOrder`` does, about a few elements only; but for all places of a large map at once."""

    def __init__(
        self, ways: Mapping[str, list[str]], forward: Mapping[str, list[str]], end: str, elements: Collection[str]
    ) -> None:
        self._ways, self._forward = ways, forward
        self._elements = tuple(elements)
        self._end = 1 << len(self._elements)
        bits = {element: 1 << place for place, element in enumerate(self._elements)}
        self._reached: dict[str, int] = {}
        for name in reversed(_positions(forward)):
            reached = self._end if name == end else bits.get(name.removesuffix(_RUN), 0)
            for following in forward[name]:
                reached |= self._reached[following]
            self._reached[name] = reached

    def ahead_of(self, names: Iterable[str]) -> frozenset[str]:
        """See ``ForwardOrder.ahead_of``."""
        return self._named(_all(self._ahead_of(name) for name in names))

    def after(self, names: Iterable[str]) -> frozenset[str]:
        """See ``ForwardOrder.after``."""
        return self._named(_all(self._reached.get(name, 0) for name in names))

    def _ahead_of(self, name: str) -> int:
        reached = self._reached.get(name, 0)
        seen: set[str] = set()
        while not reached & self._end:
            on = _closure(self._forward, (after for one in seen or [name] for after in self._ways.get(one, ())))
            if on <= seen:
                break
            seen |= on
            reached |= _all(self._reached.get(one, 0) for one in on)
        return reached

    def _named(self, reached: int) -> frozenset[str]:
        return frozenset(one for place, one in enumerate(self._elements) if reached >> place & 1)


def _all(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)


def _closure(
    ways: Mapping[str, list[str]], names: Iterable[str], *, barrier: Collection[str] = frozenset()
) -> set[str]:
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in seen and name not in barrier:
            seen.add(name)
            waiting += ways.get(name, ())
    return seen


def _positions(forward: Mapping[str, list[str]]) -> dict[str, int]:
    """The places of names in an order in which each stands behind all that lead to it."""
    awaited = Counter(after for following in forward.values() for after in following)
    names = [name for name in forward if not awaited[name]]
    for name in names:
        for after in forward[name]:
            awaited[after] -= 1
            if not awaited[after]:
                names.append(after)
    return {name: position for position, name in enumerate(names)}


def _reversed(ways: Mapping[str, list[str]]) -> dict[str, list[str]]:
    back: dict[str, list[str]] = defaultdict(list)
    for name, following in ways.items():
        for successor in following:
            back[successor].append(name)
    return back


def _ids(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.removesuffix(_RUN) for name in names)


def forward_order(spec: ExecutableSpec) -> ForwardOrder:
    """The order of a map, found once per process."""
    known: ForwardOrder | None = spec.main.forward_order
    if known is None:  # two threads may find it at once, and either result will do
        known = spec.main.forward_order = ForwardOrder(spec)
    return known


def _ways(spec: ExecutableSpec, *, past_parts: bool = True) -> dict[str, list[str]]:
    """By name, what may come next. ``past_parts``: behind a sub-process or a called map also without going through.

    Without that, the next run of a repeated one is a way, too.
    """
    ways: dict[str, list[str]] = defaultdict(list)
    for scope in spec.scopes.values():
        for name, one in scope.task_specs.items():
            inner = inner_scope(one)
            if inner is not None:
                ways[name] += [start.name for start in spec.scopes[inner].bpmn_start_events]
                ways[_EXIT + inner] += one._outputs or [_EXIT + scope.name]  # noqa: SLF001  # names of successors
            ways[name] += getattr(one, "boundary", ())
            run = getattr(one, "task_spec", None)  # of a loop: the element that it repeats
            if isinstance(run, str):
                ways[name].append(run)
                repeated = inner_scope(scope.task_specs[run])
                if repeated is None or past_parts:
                    ways[run] += one._outputs or [_EXIT + scope.name]  # noqa: SLF001  # as above
                if repeated is not None:
                    ways[_EXIT + repeated] += one._outputs or [_EXIT + scope.name]  # noqa: SLF001  # as above
                    if not past_parts:
                        ways[_EXIT + repeated].append(run)
            if inner is None or past_parts:
                ways[name] += one._outputs or [_EXIT + scope.name]  # noqa: SLF001  # as above
    return ways


def inner_scope(spec: Any) -> str | None:
    """The key of the scope in which a sub-process or a called map runs; None for any other element."""
    inner = getattr(spec, "spec", None)
    return inner if isinstance(inner, str) else None


def _without_loops(ways: Mapping[str, list[str]], starts: Iterable[str]) -> dict[str, list[str]]:
    """``ways`` without those that lead back to where a walk from the start is still on its way from."""
    kept: dict[str, list[str]] = {}
    on_the_way: set[str] = set()
    for start in (*starts, *ways):  # what no start reaches has an order, too
        if start in kept:
            continue
        kept[start] = []
        on_the_way.add(start)
        path = [(start, iter(ways.get(start, ())))]
        while path:
            name, following = path[-1]
            for successor in following:
                if successor in on_the_way:
                    continue
                kept[name].append(successor)
                if successor not in kept:
                    kept[successor] = []
                    on_the_way.add(successor)
                    path.append((successor, iter(ways.get(successor, ()))))
                    break
            else:
                on_the_way.discard(name)
                path.pop()
    return kept
