"""Which nodes of a scope every way to another one passes."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.bpmn.map_model import Flow, Node, NodeType, Scope


def immediate_dominators(scope: Scope, without: Collection[Flow] = ()) -> Mapping[Node, Node]:
    """By node of ``scope``, the last other one that every way to it passes. Arrows ``without`` are on no way.

    K. Cooper, T. Harvey, K. Kennedy: A Simple, Fast Dominance Algorithm (2001).
    """
    order = _reverse_postorder(scope.of_type(NodeType.START), without)
    number = {node: index for index, node in enumerate(order)}
    dominator: dict[Node, Node] = {}
    changed = True
    while changed:
        changed = False
        for node in order:
            before = [source for source in _before(node, without) if source in dominator or number.get(source) == 0]
            if number[node] == 0 or not before:
                continue
            found = before[0]
            for other in before[1:]:
                found = _common(found, other, dominator, number)
            if dominator.get(node) is not found:
                dominator[node] = found
                changed = True
    return dominator


class DominatorTree:
    """Which nodes of a scope are come to only through another one. Arrows ``without`` are on no way."""

    def __init__(self, scope: Scope, without: Collection[Flow] = ()) -> None:
        self._without = without
        above = immediate_dominators(scope, without)
        self._below: dict[Node, list[Node]] = {}
        for node, place in above.items():
            self._below.setdefault(place, []).append(node)
        self._entered: dict[Node, int] = {}
        self._left: dict[Node, int] = {}
        for root in self._below.keys() - above.keys():
            self._number(root)

    def _number(self, root: Node) -> None:
        work = [(root, iter(self._below[root]))]
        self._entered[root] = 0
        while work:
            node, below = work[-1]
            after = next(below, None)
            if after is None:
                self._left[node] = len(self._entered)
                work.pop()
            else:
                self._entered[after] = len(self._entered)
                work.append((after, iter(self._below.get(after, ()))))

    def lead_through(self, place: Node, node: Node) -> bool:
        """Whether every way to ``node`` passes ``place``; each node's passes itself."""
        if node not in self._entered or place not in self._entered:
            return False
        return self._entered[place] <= self._entered[node] < self._left[place]

    def take(self, arrow: Flow, node: Node) -> bool:
        """Whether every way to ``node`` takes ``arrow``."""
        place = arrow.target
        return self.lead_through(place, node) and all(
            other is arrow or other in self._without or self._comes_from(place, other.source)
            for other in place.incoming
        )

    def _comes_from(self, place: Node, source: Node) -> bool:
        """Whether an arrow from ``source`` back to ``place`` is no other way to it; nor is one that nobody takes."""
        return source not in self._entered or self.lead_through(place, source)

    def behind(self, place: Node) -> list[Node]:
        """All nodes but ``place`` that are come to only through it."""
        found = list(self._below.get(place, ()))
        for node in found:
            found += self._below.get(node, ())
        return found


def _before(node: Node, without: Collection[Flow]) -> list[Node]:
    sources = [flow.source for flow in node.incoming if flow not in without]
    return sources + ([node.host] if node.host is not None else [])


def _after(node: Node, without: Collection[Flow]) -> list[Node]:
    return [flow.target for flow in node.outgoing if flow not in without] + node.boundaries


def _common(one: Node, other: Node, dominator: Mapping[Node, Node], number: Mapping[Node, int]) -> Node:
    while one is not other:
        if number[one] > number[other]:
            one = dominator[one]
        else:
            other = dominator[other]
    return one


def _reverse_postorder(starts: list[Node], without: Collection[Flow]) -> list[Node]:
    """All nodes behind the first start; a second start (by message) leads into the same paths."""
    done: list[Node] = []
    seen: set[Node] = set(starts[:1])
    work = [(node, iter(_after(node, without))) for node in starts[:1]]
    while work:
        node, following = work[-1]
        after = next(following, None)
        if after is None:
            done.append(node)
            work.pop()
        elif after not in seen:
            seen.add(after)
            work.append((after, iter(_after(after, without))))
    return done[::-1]
