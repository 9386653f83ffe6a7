"""What stands in the token game: what waits, where, in which run of which part, and what can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from support.token_game.maps import Event, Flow, Graph, Kind, Node, What


@dataclass(eq=False)
class Done:
    """A completed activity that can be undone; ``inside``: what can be undone in it, where nothing undoes it whole.

    ``act``: the number of that in which it was completed.
    """

    node: Node
    index: int | None
    inside: list[Done]
    act: int

    @property
    def size(self) -> int:
        return 1 + sum(done.size for done in self.inside)


@dataclass(eq=False)
class Wait:
    """Something that stands at a node: a step, an event, a sub-process, a loop (``runs`` then holds its runs)."""

    node: Node
    number: int
    index: int | None = None
    host: Wait | None = None  # of a boundary event
    frame: Wait | None = None  # of a run: the loop
    race: int | None = None
    handler: Node | None = None  # the event sub-process that this start event begins
    due: datetime | None = None
    ticks: int | None = None
    held: bool = False  # a condition that was true when it was last looked at
    area: Area | None = None
    place: Area | None = None  # of what compensates: where it stands
    pending: list[Done] = field(default_factory=list)  # what is still to be undone, the next one last
    undoing: Done | None = None  # and what is being undone now
    undone_in: Wait | None = None  # where it is undone from inside: what stands for it meanwhile
    undoes_for: Wait | None = None  # of what undoes something: what waits for it
    choice: bool = False  # in an ad-hoc sub-process: somebody says what begins next
    opened: int = 0
    done: int = 0
    undoable: list[Done] = field(default_factory=list)  # of a loop: what its runs were
    outcomes: list[str] = field(default_factory=list)
    decided: dict[str, str | None] = field(default_factory=dict)  # of a run: what the steps in it said
    together: dict[str, str] = field(default_factory=dict)  # of a multi-instance: what its completed runs said
    written: dict[str, Any] = field(default_factory=dict)  # in a run beside others: its own values

    @property
    def event(self) -> Event | None:
        return self.node.event

    @property
    def is_frame(self) -> bool:
        return self.node.repeat is not None and self.frame is None and self.undoes_for is None and not self.choice

    @property
    def is_step(self) -> bool:
        return self.node.kind is Kind.STEP or self.choice

    def awaits(self, what: What) -> bool:
        return self.node.kind is not Kind.STEP and self.event is not None and self.event.what is what


@dataclass(eq=False)
class Area:
    """One run of a graph."""

    graph: Graph
    number: int
    owner: Wait | None = None
    outer: Area | None = None
    tokens: list[Flow] = field(default_factory=list)  # only those that wait at a join
    waits: list[Wait] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)  # in the order of completion
    fired: dict[str, set[Flow]] = field(default_factory=dict)  # complex gateways: the flows that had no token then

    @property
    def alive(self) -> bool:
        return self.owner is None or (self.outer is not None and self.owner in self.outer.waits and self.outer.alive)


@dataclass(eq=False)
class Ready:
    """A token that needs nobody: at ``node``, or the completion of ``wait``."""

    area: Area
    node: Node
    wait: Wait | None = None


def runs_around(area: Area) -> Iterator[Wait]:
    """The runs of parts that hold ``area``, from the inside out."""
    around: Area | None = area
    while around is not None:
        if around.owner is not None:
            yield around.owner
        around = around.outer


def is_of_multi_instance(run: Wait) -> bool:
    return run.frame is not None and run.node.repeat is not None and not run.node.repeat.loop


def _begins_beside(run: Wait) -> bool:
    """Whether it is not what an interrupting event began, which is the last that happens in a run of its part.

    What undoes a part as a whole begins once for each run of that, and each time is about other work.
    """
    inner = run.node.inner
    if run.node.kind is not Kind.HANDLER or inner is None:
        return False
    start = inner.start()
    return not start.interrupting or (start.event is not None and start.event.what is What.COMPENSATE)


def is_apart(run: Wait) -> bool:
    """Whether it is one of several that are each about something else."""
    is_called_elsewhere = bool(run.node.called)
    return is_called_elsewhere or is_of_multi_instance(run) or _begins_beside(run)


def is_beside_others(run: Wait) -> bool:
    repeat = run.node.repeat
    return _begins_beside(run) or (is_of_multi_instance(run) and repeat is not None and not repeat.in_turn)


def are_kin(one: Wait, other: Wait) -> bool:
    """Whether they are runs of one and the same part, begun in one and the same place."""
    if one.frame is not None or other.frame is not None:
        return one.frame is other.frame
    places = [each.area.outer if each.area is not None else None for each in (one, other)]
    return one.node is other.node and places[0] is places[1]


def is_ad_hoc(area: Area) -> bool:
    return area.owner is not None and area.owner.node.kind is Kind.AD_HOC


def stands_in(compensator: Wait, around: Area) -> bool:
    area = compensator.place
    while area is not None and area is not around:
        area = area.outer
    return area is around


def is_orphan(wait: Wait, standing: set[int]) -> bool:
    return any(other is not None and id(other) not in standing for other in (wait.undoes_for, wait.host))
