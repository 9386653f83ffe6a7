"""A small interpreter of the token game, written against the BPMN standard and sharing nothing with the engine.

Tokens lie on sequence flows (the engine keeps them as tasks at elements); inclusive joins search forward at run time
(the engine looks up what was computed backwards). What both agree on over random maps and schedules is tested.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Variables = dict[str, Any]


@dataclass(frozen=True)
class Flow:
    flow_id: str
    source: str
    target: str
    condition: Callable[[Variables], bool] | None = None
    default: bool = False


@dataclass
class Node:
    """``kind``: start, end, terminate, step, script, exclusive, parallel, inclusive, race, timer, message, scope."""

    node_id: str
    kind: str
    inner: Graph | None = None
    runs: int | None = None  # of a multi-instance
    sequential: bool = False
    most_runs: int | None = None  # of a standard loop
    host: str | None = None  # of a boundary event
    interrupting: bool = True
    patience: timedelta | None = None  # of a timer
    cycle: bool = False
    ticks: int | None = None
    writes: tuple[str, Any] | None = None  # by a script


@dataclass
class Graph:
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)

    def leaving(self, node_id: str) -> list[Flow]:
        return [flow for flow in self.flows if flow.source == node_id]

    def entering(self, node_id: str) -> list[Flow]:
        return [flow for flow in self.flows if flow.target == node_id]

    def boundary_of(self, node_id: str) -> list[Node]:
        return [node for node in self.nodes.values() if node.host == node_id]


@dataclass
class Wait:
    """Something that stands at a node: a step, a timer, a message, a sub-process, a loop."""

    node: Node
    number: int
    index: int | None = None
    host: Wait | None = None
    race: int | None = None
    due: datetime | None = None
    ticks: int | None = None
    loop: Wait | None = None
    area: Area | None = None
    opened: int = 0
    done: int = 0
    outcomes: list[str] = field(default_factory=list)


@dataclass
class Area:
    """One run of a graph."""

    graph: Graph
    owner: Wait | None = None
    tokens: list[Flow] = field(default_factory=list)  # only those that wait at a join
    waits: list[Wait] = field(default_factory=list)


class Nowhere(Exception):
    """A decision without a true condition and without a default."""


class TokenGame:
    def __init__(self, graph: Graph, kept: set[str], now: datetime) -> None:
        self.kept = kept
        self.now = now
        self.store: Variables = {}
        self.numbers = 0
        self.root = Area(graph)
        self.agenda: deque[tuple[Area, Flow | None, Node]] = deque()
        start = next(node for node in graph.nodes.values() if node.kind == "start")
        self.agenda.append((self.root, None, start))
        self.settle()

    # what can be observed ----------------------------------------------------------------------------------------
    def areas(self, area: Area | None = None) -> Iterator[Area]:
        area = area or self.root
        yield area
        for wait in area.waits:
            if wait.area is not None:
                yield from self.areas(wait.area)

    def waits(self, *kinds: str) -> list[tuple[Area, Wait]]:
        found = [
            (area, wait)
            for area in self.areas()
            for wait in area.waits
            if wait.node.kind in kinds and not self._is_frame(wait)
        ]
        return sorted(found, key=lambda pair: pair[1].number)

    @staticmethod
    def _is_frame(wait: Wait) -> bool:
        return wait.loop is None and (wait.node.runs is not None or wait.node.most_runs is not None)

    @property
    def finished(self) -> bool:
        return not self.root.waits and not self.root.tokens

    @property
    def stalled(self) -> bool:
        return not self.finished and not self.waits("step", "timer", "message")

    # stimuli -----------------------------------------------------------------------------------------------------
    def complete(self, element_id: str, nth: int, outcome: str, values: Variables) -> None:
        area, wait = [pair for pair in self.waits("step") if pair[1].node.node_id == element_id][nth]
        self.write(values)
        if wait.loop is not None and wait.node.runs is not None:
            wait.loop.outcomes.append(outcome)
            for decisive in ("rejected", "returned", "approved"):
                if decisive in wait.loop.outcomes:
                    outcome = decisive
                    break
        self.write({f"{element_id}_outcome": outcome})
        self.leave(area, wait)
        self.settle()

    def happen(self, node_id: str, nth: int, kind: str, now: datetime) -> None:
        self.now = now
        area, wait = [pair for pair in self.waits(kind) if pair[1].node.node_id == node_id][nth]
        if wait.race is not None:
            area.waits = [other for other in area.waits if other is wait or other.race != wait.race]
        if wait.host is not None:
            if wait.node.interrupting:
                self.withdraw(area, wait.host)
            elif not self._is_last(wait):
                self.emit(area, wait.node)
                self.settle()
                return
        area.waits = [other for other in area.waits if other is not wait]
        self.emit(area, wait.node)
        self.settle()

    def _is_last(self, wait: Wait) -> bool:
        if wait.node.kind == "message":
            return False
        if not wait.node.cycle:
            return True
        if wait.ticks is not None:
            wait.ticks -= 1
            if wait.ticks <= 0:
                return True
        assert wait.due is not None
        assert wait.node.patience is not None
        wait.due += wait.node.patience
        while wait.due <= self.now:
            wait.due += wait.node.patience
        return False

    # the game ----------------------------------------------------------------------------------------------------
    def write(self, values: Variables) -> None:
        self.store.update({name: value for name, value in values.items() if name in self.kept})

    def emit(self, area: Area, node: Node, flows: list[Flow] | None = None) -> None:
        for flow in area.graph.leaving(node.node_id) if flows is None else flows:
            self.agenda.append((area, flow, area.graph.nodes[flow.target]))

    def settle(self) -> None:
        while self.agenda or self._open_inclusive():
            while self.agenda:
                area, flow, node = self.agenda.popleft()
                if any(area is alive for alive in self.areas()):
                    self.arrive(area, flow, node)
                self._close_areas()

    def _close_areas(self) -> None:
        for area in list(self.areas()):
            empty = not area.waits and not area.tokens and all(queued[0] is not area for queued in self.agenda)
            if area.owner is not None and empty:
                holder = next(outer for outer in self.areas() if area.owner in outer.waits)
                self.leave(holder, area.owner)

    def arrive(  # noqa: C901, PLR0912  # one case for each kind of element
        self, area: Area, flow: Flow | None, node: Node
    ) -> None:
        incoming = area.graph.entering(node.node_id)
        match node.kind:
            case "start":
                self.emit(area, node)
            case "script":
                if node.writes is not None:
                    self.write({node.writes[0]: node.writes[1]})
                self.emit(area, node)
            case "exclusive":
                self.emit(area, node, [self._way(area, node)])
            case "parallel" if len(incoming) > 1:
                assert flow is not None
                area.tokens.append(flow)
                if all(way in area.tokens for way in incoming):
                    for way in incoming:
                        area.tokens.remove(way)
                    self.emit(area, node)
            case "inclusive" if len(incoming) > 1:
                assert flow is not None
                area.tokens.append(flow)
            case "inclusive":
                self.emit(area, node, self._ways(area, node))
            case "parallel":
                self.emit(area, node)
            case "race":
                race = self._number()
                for way in area.graph.leaving(node.node_id):
                    self.open(area, area.graph.nodes[way.target], race=race)
            case "terminate":
                area.waits.clear()
                area.tokens.clear()
                self.agenda = deque(queued for queued in self.agenda if queued[0] is not area)
            case "end":
                pass
            case _:
                self.open(area, node)

    def open(self, area: Area, node: Node, race: int | None = None, host: Wait | None = None) -> None:
        wait = Wait(node, self._number(), race=race, host=host)
        if node.kind == "timer":
            assert node.patience is not None
            wait.due = self.now + node.patience
            wait.ticks = node.ticks
        if node.kind == "step":
            self.store.pop(f"{node.node_id}_outcome", None)
        area.waits.append(wait)
        for event in area.graph.boundary_of(node.node_id):
            self.open(area, event, host=wait)
        if self._is_frame(wait):
            if node.runs == 0:
                self.leave(area, wait)
            else:
                for _ in range(1 if node.sequential or node.runs is None else node.runs):
                    self._open_run(area, wait)
        elif node.inner is not None:
            self._enter(wait)

    def _open_run(self, area: Area, frame: Wait) -> None:
        run = Wait(frame.node, self._number(), index=frame.opened, loop=frame)
        frame.opened += 1
        area.waits.append(run)
        if frame.node.kind == "step" and frame.node.most_runs is not None:
            self.store.pop(f"{frame.node.node_id}_outcome", None)
        if frame.node.inner is not None:
            self._enter(run)

    def _enter(self, wait: Wait) -> None:
        assert wait.node.inner is not None
        wait.area = Area(wait.node.inner, owner=wait)
        start = next(node for node in wait.node.inner.nodes.values() if node.kind == "start")
        self.agenda.append((wait.area, None, start))

    def leave(self, area: Area, wait: Wait) -> None:
        """``wait`` is done: it goes, with what hangs on it, and a token goes on."""
        area.waits = [other for other in area.waits if other is not wait and other.host is not wait]
        frame = wait.loop
        if frame is None:
            self.emit(area, wait.node)
            return
        frame.done += 1
        most = frame.node.runs if frame.node.runs is not None else frame.node.most_runs
        if frame.done == most:
            self.leave(area, frame)
        elif frame.node.sequential or frame.node.runs is None:
            self._open_run(area, frame)

    def withdraw(self, area: Area, wait: Wait) -> None:
        area.waits = [
            other for other in area.waits if other is not wait and other.host is not wait and other.loop is not wait
        ]

    def _number(self) -> int:
        self.numbers += 1
        return self.numbers

    def _way(self, area: Area, node: Node) -> Flow:
        ways = area.graph.leaving(node.node_id)
        for way in ways:
            if way.condition is not None and way.condition(self.store):
                return way
        for way in ways:
            if way.default or len(ways) == 1:
                return way
        raise Nowhere(node.node_id)

    def _ways(self, area: Area, node: Node) -> list[Flow]:
        ways = area.graph.leaving(node.node_id)
        chosen = [way for way in ways if way.condition is not None and way.condition(self.store)]
        chosen = chosen or [way for way in ways if way.default or len(ways) == 1]
        if not chosen:
            raise Nowhere(node.node_id)
        return chosen

    # inclusive joins ---------------------------------------------------------------------------------------------
    def _open_inclusive(self) -> bool:
        for area in list(self.areas()):
            for node in area.graph.nodes.values():
                if node.kind == "inclusive" and self._may_fire(area, node):
                    for way in {way for way in area.tokens if way.target == node.node_id}:
                        area.tokens.remove(way)
                    self.emit(area, node, self._ways(area, node))
                    return True
        return False

    def _may_fire(self, area: Area, gateway: Node) -> bool:
        incoming = area.graph.entering(gateway.node_id)
        arrived = {way for way in area.tokens if way.target == gateway.node_id}
        if not arrived or len(incoming) < 2:
            return False
        for places in self._places_of_tokens(area, gateway):
            reached = self._reached(area.graph, places, gateway)
            if reached - arrived and not reached & arrived:
                return False
        return True

    def _places_of_tokens(self, area: Area, gateway: Node) -> list[list[str]]:
        places: dict[Any, list[str]] = {}
        for way in area.tokens:
            if way.target != gateway.node_id:
                places.setdefault(("join", len(places)), []).append(way.target)
        for wait in area.waits:
            if wait.host is None and wait.loop is None:
                key = ("race", wait.race) if wait.race is not None else ("wait", wait.number)
                places.setdefault(key, []).append(wait.node.node_id)
        return list(places.values())

    @staticmethod
    def _reached(graph: Graph, places: list[str], gateway: Node) -> set[Flow]:
        """The flows into ``gateway`` that a token at ``places`` can come along, not passing the gateway before."""
        reached: set[Flow] = set()
        seen: set[str] = set()
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            if place in seen or place == gateway.node_id:
                continue
            seen.add(place)
            waiting += [event.node_id for event in graph.boundary_of(place)]
            for way in graph.leaving(place):
                if way.target == gateway.node_id:
                    reached.add(way)
                else:
                    waiting.append(way.target)
        return reached
