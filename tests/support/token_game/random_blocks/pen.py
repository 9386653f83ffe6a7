"""What every block is drawn with: choices, nodes and arrows, and bodies to draw the next blocks in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from support.token_game.chance import Chance
from support.token_game.maps import Event, Flow, Graph, Kind, Node, Question, Repeat, What

_T = TypeVar("_T")

SIGNALS = ("signal_1", "signal_2")
_FLAGS = ("flag_1", "flag_2")


@dataclass
class Pen(ABC):
    """``drawn``: for the whole importer, which reads more than the canonical form has, and some things less.

    A block is a method with a leading underscore; it gives the block's entry and its exit.
    """

    chance: Chance
    drawn: bool
    graph: Graph = field(default_factory=Graph)
    signals: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    ids: int = 0

    def between(self, least: int, most: int) -> int:
        return self.chance.between(least, most)

    def one_of(self, options: Sequence[_T]) -> _T:
        return options[self.between(0, len(options) - 1)]

    def perhaps(self, percent: int = 50) -> bool:
        return self.between(0, 99) >= 100 - percent

    def new(self, stem: str) -> str:
        self.ids += 1
        return f"{stem}_{self.ids}"

    def node(
        self,
        stem: str,
        kind: Kind,
        *,
        event: Event | None = None,
        inner: Graph | None = None,
        repeat: Repeat | None = None,
        host: str | None = None,
        interrupting: bool = True,
        answers: tuple[str, ...] = (),
        decides: bool = False,
        writes: tuple[str, bool] | None = None,
        linked: bool = False,
        **more: Any,
    ) -> str:
        """``more``: what only one kind of node has."""
        node_id = self.new(stem)
        self.graph.nodes[node_id] = Node(
            node_id, kind, event, host, interrupting, inner, repeat, answers, decides, writes, linked, **more
        )
        return node_id

    def just(self, kind: Kind, *, event: Event) -> tuple[str, str]:
        node = self.node(f"{kind}_{event.what}", kind, event=event)
        return node, node

    def flow(
        self, source: str, target: str, question: Question | None = None, *, default: bool = False, flow_id: str = ""
    ) -> None:
        self.graph.flows.append(Flow(flow_id or self.new("flow"), source, target, question, default))

    def after(self, source: str, block: tuple[str, str]) -> str:
        self.flow(source, block[0])
        return block[1]

    def asked(self, gateway: str, *variables: str) -> str:
        """A step before ``gateway`` that answers what it asks; the step."""
        step = self.node("step", Kind.STEP, answers=variables)
        self.flow(step, gateway)
        return step

    def repeat_of_loop(self) -> tuple[Repeat, str]:
        """A multi-instance, with the variable that completes it early, if one does."""
        variable = self.new("enough") if self.perhaps(60) else ""
        return Repeat(self.between(0, 3), self.perhaps(), variable=variable), variable

    @contextmanager
    def inside(self, inner: Graph | None = None) -> Iterator[Graph]:
        outer, self.graph = self.graph, Graph() if inner is None else inner
        yield self.graph
        self.graph = outer

    def body(self, depth: int, *, answers: str = "", start: Event | None = None, interrupting: bool = True) -> Graph:
        """A scope with one block in it; ``answers``: a last step writes that variable."""
        with self.inside() as inner:
            begin = self.node("start", Kind.START, event=start, interrupting=interrupting)
            leave = self.after(begin, self.block(max(depth, 0)))
            if answers:
                step = self.node("step", Kind.STEP, answers=(answers,))
                self.flow(leave, step)
                leave = step
            if not self.drawn or self.perhaps(80):
                self.flow(leave, self.node("end", Kind.END))
        return inner

    def _draw(self, kind: str, depth: int) -> tuple[str, str]:
        draw: Callable[[int], tuple[str, str]] = getattr(self, f"_{kind}")
        return draw(depth - 1)

    @abstractmethod
    def block(self, depth: int) -> tuple[str, str]:
        """Draw something with one entry and one exit, at most ``depth`` deep."""

    def unjudged(self, depth: int) -> tuple[str, str]:
        """A block; as people draw, without approvals, since these would decide with the others.

        And without values: an approval whose content changes before the join is asked again, beyond the standard.
        """
        return self.block(depth) if not self.drawn else self._draw(self.one_of(("step", "timer", "message")), 0)

    def part(self, inner: Graph, repeat: Repeat | None = None, *, leads: bool = False) -> str:
        """A sub-process, or a call of another map. ``leads``: its approvals decide behind it.

        Labels behind a call do not look into the called map: somebody is asked there.
        """
        kind = Kind.CALL if self.perhaps(40) and not (self.drawn and leads) else Kind.SCOPE
        return self.node("part", kind, inner=inner, repeat=repeat)

    def flag(self) -> str:
        flag = self.one_of(_FLAGS)
        self.flags.add(flag)  # somebody writes it
        return flag

    def _signal(self) -> Event:
        name = self.one_of(SIGNALS)
        self.signals.add(name)  # somebody throws it
        return Event(What.SIGNAL, name)
