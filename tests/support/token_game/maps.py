"""A map as the standard describes it: nodes, flows, scopes. Drawn from here twice, and read by the token game.

Nothing here knows the engine. Every class writes itself as the Python that makes it again, so that a failing map can
be pasted into a test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

Store = Mapping[str, Any]


class Failed(Exception):
    """The map leads nowhere here: a decision without a way, a value that nobody gave, a standstill."""


class Kind(StrEnum):
    START = "start"
    END = "end"
    STEP = "step"
    SERVICE = "service"
    SCRIPT = "script"
    RULE = "rule"  # a business rule task with a table
    EXCLUSIVE = "exclusive"
    PARALLEL = "parallel"
    INCLUSIVE = "inclusive"
    COMPLEX = "complex"  # a split as an inclusive one; a join by its own rule
    RACE = "race"  # an event gateway
    CATCH = "catch"
    THROW = "throw"
    BOUNDARY = "boundary"
    SCOPE = "scope"  # a sub-process
    CALL = "call"  # a call activity
    HANDLER = "handler"  # an event sub-process
    AD_HOC = "ad_hoc"


class What(StrEnum):
    TIMER = "timer"
    MESSAGE = "message"
    SIGNAL = "signal"
    CONDITION = "condition"
    ERROR = "error"
    ESCALATION = "escalation"
    TERMINATE = "terminate"
    COMPENSATE = "compensate"  # ``name``: the activity to undo, empty for all that was completed
    CANCEL = "cancel"


class _Written:
    """Writes only what differs from the default."""

    def __repr__(self) -> str:
        parts = []
        for each in fields(self):  # type: ignore[arg-type]  # every heir is a dataclass
            value = getattr(self, each.name)
            if value != each.default:
                text = f"{type(value).__name__}.{value.name}" if isinstance(value, StrEnum) else repr(value)
                parts.append(f"{each.name}={text}")
        return f"{type(self).__name__}({', '.join(parts)})"


@dataclass(frozen=True, repr=False)
class Event(_Written):
    """Why an event happens. ``name``: of the message or signal, the code of the error or escalation, the variable.

    A timer is due ``days`` after it was set; a ``cycle`` ticks again and again, ``ticks`` times if that is bounded.
    """

    what: What
    name: str = ""
    days: int = 0
    cycle: bool = False
    ticks: int | None = None


@dataclass(frozen=True, repr=False)
class Repeat(_Written):
    """``count`` runs at once or ``in_turn``; a standard loop (``loop``) has at most so many, and goes on while

    ``variable`` is true. A multi-instance is over as soon as its ``variable`` is true.
    """

    count: int | None = None
    in_turn: bool = False
    loop: bool = False
    variable: str = ""


@dataclass(frozen=True, repr=False)
class Enough(_Written):
    """When a complex gateway goes on: ``arrows`` of those into it have a token, or one has and ``variable`` is true.

    While one of the ``entering`` arrows has none, it waits for a variable that is not filled in yet.
    """

    arrows: int
    variable: str = ""

    def holds(self, arrived: int, entering: int, store: Store) -> bool:
        if arrived >= self.arrows or not self.variable:
            return arrived >= self.arrows
        if store.get(self.variable) is None:
            if arrived < entering:
                return False
            raise Failed(self.variable)
        return arrived > 0 and bool(store[self.variable])


@dataclass(frozen=True, repr=False)
class Table(_Written):
    """A decision table over yes-or-no variables: DMN 1.3, 8.2.8 and 8.2.10.

    ``rules`` are cells from left to right, then what is given; a cell of None lets everything pass.
    """

    inputs: tuple[str, ...]
    output: str
    rules: tuple[tuple[bool | None, ...], ...]
    policy: str = "FIRST"
    otherwise: bool | None = None

    def decide(self, store: Store) -> bool | None:
        """What ``output`` gets. Raises Failed where the table may not be asked that."""
        given = [store.get(name) for name in self.inputs]
        matching = [
            rule[-1]
            for rule in self.rules
            if all(cell is None or cell is value for cell, value in zip(rule, given, strict=False))
        ]
        if not matching:
            return self.otherwise
        if (self.policy == "UNIQUE" and len(matching) > 1) or (self.policy == "ANY" and len(set(matching)) > 1):
            raise Failed(f"{len(matching)} rules of a table that lets only one match")
        return matching[0]


@dataclass(frozen=True, repr=False)
class AdHoc(_Written):
    """How an ad-hoc sub-process goes: one part at a time (``in_turn``) or several at once.

    Over when ``variable`` is true behind a part, else when somebody says so; what still runs is then withdrawn, or left
    to end (``leaves``).
    """

    in_turn: bool = False
    leaves: bool = False
    variable: str = ""


@dataclass(frozen=True, repr=False)
class Says(_Written):
    """The yes-or-no variable is true."""

    variable: str

    def holds(self, store: Store) -> bool:
        if store.get(self.variable) is None:
            raise Failed(self.variable)
        return bool(store[self.variable])


@dataclass(frozen=True, repr=False)
class Decided(_Written):
    """The steps' decisions together are one of ``outcomes``: a rejection wins over a return, a return over approval."""

    steps: tuple[str, ...]
    outcomes: tuple[str, ...]

    def holds(self, store: Store) -> bool:
        given = [store.get(f"{step}_outcome") for step in self.steps]
        together = next((kind for kind in ("rejected", "returned", "approved") if kind in given), None)
        return together in self.outcomes


@dataclass(frozen=True, repr=False)
class Chosen(_Written):
    """The person at ``step`` chose the flow ``way``."""

    step: str
    way: str

    def holds(self, store: Store) -> bool:
        return bool(store.get(f"{self.step}_outcome") == self.way)


Question = Says | Decided | Chosen


@dataclass(frozen=True, repr=False)
class Flow(_Written):
    flow_id: str
    source: str
    target: str
    question: Question | None = None
    default: bool = False


@dataclass(repr=False)
class Node(_Written):
    """``answers`` are the yes-or-no variables that completing the step writes; ``decides`` makes it an approval."""

    node_id: str
    kind: Kind
    event: Event | None = None
    host: str | None = None
    interrupting: bool = True
    inner: Graph | None = None
    repeat: Repeat | None = None
    answers: tuple[str, ...] = ()
    decides: bool = False
    writes: tuple[str, bool] | None = None
    linked: bool = False  # the flow to it, or from it, is drawn as a pair of link events
    called: str = ""  # the name of a map that other calls have in common with this one
    forgets: tuple[str, ...] = ()  # the approvals of a round that begins here: none has decided anything yet
    undoes: str = ""  # the activity that this one undoes; no flow leads to it
    transaction: bool = False
    enough: Enough | None = None
    table: Table | None = None
    ad_hoc: AdHoc | None = None

    @property
    def undoes_scope(self) -> bool:
        if self.kind is not Kind.HANDLER or self.inner is None:
            return False
        event = self.inner.start().event
        return event is not None and event.what is What.COMPENSATE


@dataclass(repr=False)
class Graph:
    """A map, or the inside of a sub-process."""

    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)

    def __repr__(self) -> str:
        return written(self)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # hypothesis calls it
        """Short, among the steps that hypothesis prints: the script below them shows the map."""
        printer.text(f"<a map of {sum(1 for _ in self.everything())} elements>")

    def leaving(self, node_id: str) -> list[Flow]:
        return [flow for flow in self.flows if flow.source == node_id]

    def entering(self, node_id: str) -> list[Flow]:
        return [flow for flow in self.flows if flow.target == node_id]

    def boundary_of(self, node_id: str) -> list[Node]:
        return [node for node in self.nodes.values() if node.host == node_id]

    def handlers(self) -> list[Node]:
        """The event sub-processes that listen."""
        return [node for node in self.nodes.values() if node.kind is Kind.HANDLER and not node.undoes_scope]

    def undone_by(self, node_id: str) -> Node | None:
        """What undoes that activity."""
        return next((node for node in self.nodes.values() if node.undoes == node_id), None)

    def undone_as_a_whole_by(self) -> Node | None:
        """The event sub-process that undoes the completed sub-process around it."""
        return next((node for node in self.nodes.values() if node.undoes_scope), None)

    def start(self) -> Node:
        return next(node for node in self.nodes.values() if node.kind is Kind.START)

    def everything(self) -> Iterator[Node]:
        for node in self.nodes.values():
            yield node
            if node.inner is not None:
                yield from node.inner.everything()

    def all_flows(self) -> Iterator[Flow]:
        yield from self.flows
        for node in self.nodes.values():
            if node.inner is not None:
                yield from node.inner.all_flows()

    def inner_graphs(self) -> Iterator[Graph]:
        for node in self.everything():
            if node.inner is not None:
                yield node.inner

    def find(self, node_id: str) -> Node:
        return next(node for node in self.everything() if node.node_id == node_id)

    def variables(self) -> frozenset[str]:
        """What decisions, conditions and loops read: nothing else has to be remembered."""
        read = set()
        for flow in self.all_flows():
            if isinstance(flow.question, Says):
                read.add(flow.question.variable)
            elif isinstance(flow.question, Decided):
                read |= {f"{step}_outcome" for step in flow.question.steps}
            elif isinstance(flow.question, Chosen):
                read.add(f"{flow.question.step}_outcome")
        for node in self.everything():
            if node.event is not None and node.event.what is What.CONDITION:
                read.add(node.event.name)
            if node.table is not None:
                read |= {*node.table.inputs, node.table.output}
            read |= {rule.variable for rule in (node.repeat, node.enough, node.ad_hoc) if rule is not None}
        return frozenset(read - {""})


def graph(nodes: list[Node], flows: list[Flow]) -> Graph:
    """A graph as it writes itself."""
    return Graph({node.node_id: node for node in nodes}, flows)


def written(of: Graph, depth: int = 0) -> str:
    """``of`` as Python, one node or flow on a line."""
    indent = "    " * depth
    lines = [f"{indent}graph(", f"{indent}    ["]
    for node in of.nodes.values():
        text = repr(replace(node, inner=None))
        if node.inner is not None:
            text = f"{text[:-1]}, inner=\n{written(node.inner, depth + 3)})"
        lines.append(f"{indent}        {text},")
    lines += [f"{indent}    ],", f"{indent}    ["]
    lines += [f"{indent}        {flow!r}," for flow in of.flows]
    return "\n".join([*lines, f"{indent}    ],", f"{indent})"])
