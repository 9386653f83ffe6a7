"""Random maps, block by block. Every choice offers the simplest first, so that what fails shrinks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st
from support.token_game.maps import (
    AdHoc,
    Chosen,
    Decided,
    Enough,
    Event,
    Flow,
    Graph,
    Kind,
    Node,
    Question,
    Repeat,
    Says,
    Table,
    What,
)

_T = TypeVar("_T")

_PLAIN = ("step", "script", "timer", "message", "step_with_flag")
_BLOCKS = (
    *_PLAIN,
    *("sequence", "exclusive", "parallel", "loop", "inclusive", "approvals", "scope") * 2,
    *("interrupted", "reminded", "ticking", "rejoining", "race", "chosen"),
    *("multi_instance", "standard_loop", "terminated", "called", "implicit_split", "linked"),
    *("thrown_signal", "caught_signal", "condition", "watched", "error", "escalation", "silent_scope"),
    *("looped_host", "handled", "thrown_escalation", "own_signal", "stopped_clock", "ending", "voted", "escape"),
    *("broadcast", "stopped", "unhandled"),
    *("judged_parts", "entered_twice", "asked_for", "called_twice", "remembered"),
    *("enough", "complex_split", "ruled", "undone", "undone", "undone_by_event", "transaction", "undone_as_a_whole"),
    *("undoing_fails", "undoing_fails", "unwaited", "undoing_stopped", "undoing_stopped"),
)
_ONLY_CANONICAL = ("service", *("undone_meanwhile",) * 3)
_ONLY_DRAWN = ("conditional_flow", "rounds", "ad_hoc")
_FLAGS = ("flag_1", "flag_2")
_SIGNALS = ("signal_1", "signal_2")
_UNDOABLE = (Kind.STEP, Kind.SCOPE, Kind.CALL)
_DEPTH = 3


class Chance(Protocol):
    """Where choices come from."""

    def between(self, least: int, most: int) -> int: ...


class Hypothesis:
    """Choices that hypothesis makes, and makes simpler when something fails."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def between(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))


class Dice:
    """Choices by a seed, where nothing has to be shrunk."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # reproducible, not secret

    def between(self, least: int, most: int) -> int:
        return self._random.randint(least, most)


@st.composite
def maps(draw: st.DrawFn, *, drawn: bool) -> Graph:
    return RandomDrawing(Hypothesis(draw), drawn=drawn).make()


def random_map(seed: int, depth: int = _DEPTH) -> Graph:
    """A map for the execution core alone."""
    return RandomDrawing(Dice(seed), drawn=False).make(depth)


@dataclass
class RandomDrawing:
    """``drawn``: for the whole importer, which reads more than the canonical form has, and some things less."""

    chance: Chance
    drawn: bool
    graph: Graph = field(default_factory=Graph)
    signals: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    ids: int = 0

    def make(self, depth: int = _DEPTH) -> Graph:
        start = self.node("start", Kind.START)
        entry, decide = self.node("exclusive", Kind.EXCLUSIVE), self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(start, entry)
        leave = entry
        for _ in range(self.between(1, 3)):
            leave = self.after(leave, self.block(depth))
        for signal in sorted(self.signals):
            leave = self.after(leave, self.just(Kind.THROW, event=Event(What.SIGNAL, signal)))
        self.flow(leave, self.asked(decide, f"again_{decide}", *sorted(self.flags)))
        self.flow(decide, entry, Says(f"again_{decide}"))
        self.flow(decide, self.node("end", Kind.END), default=True)
        return self.graph

    # choices -----------------------------------------------------------------------------------------------------
    def between(self, least: int, most: int) -> int:
        return self.chance.between(least, most)

    def one_of(self, options: Sequence[_T]) -> _T:
        return options[self.between(0, len(options) - 1)]

    def perhaps(self, percent: int = 50) -> bool:
        return self.between(0, 99) >= 100 - percent

    # parts -------------------------------------------------------------------------------------------------------
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

    # blocks ------------------------------------------------------------------------------------------------------
    def block(self, depth: int) -> tuple[str, str]:
        """Draw something with one entry and one exit."""
        more = _ONLY_DRAWN if self.drawn else _ONLY_CANONICAL
        return self._draw(self.one_of((*_BLOCKS, *more) if depth > 0 else _PLAIN), depth)

    def _draw(self, kind: str, depth: int) -> tuple[str, str]:
        draw: Callable[[int], tuple[str, str]] = getattr(self, f"_{kind}")
        return draw(depth - 1)

    def unjudged(self, depth: int) -> tuple[str, str]:
        """A block; as people draw, without approvals, since these would decide with the others.

        And without values: an approval whose content changes before the join is asked again, beyond the standard.
        """
        return self.block(depth) if not self.drawn else self._draw(self.one_of(("step", "timer", "message")), 0)

    def _step(self, _depth: int) -> tuple[str, str]:
        step = self.node("step", Kind.STEP)
        return step, step

    def _step_with_flag(self, _depth: int) -> tuple[str, str]:
        """Writes what conditional events look at."""
        step = self.node("step", Kind.STEP, answers=(self.flag(),))
        return step, step

    def _script(self, _depth: int) -> tuple[str, str]:
        script = self.node("script", Kind.SCRIPT, writes=(self.flag(), self.perhaps()))
        return script, script

    def _timer(self, _depth: int) -> tuple[str, str]:
        return self.just(Kind.CATCH, event=Event(What.TIMER, days=self.between(1, 9)))

    def _message(self, _depth: int) -> tuple[str, str]:
        return self.just(Kind.CATCH, event=Event(What.MESSAGE, self.new("message")))

    def _thrown_signal(self, _depth: int) -> tuple[str, str]:
        return self.just(Kind.THROW, event=Event(What.SIGNAL, self.one_of(_SIGNALS)))

    def flag(self) -> str:
        flag = self.one_of(_FLAGS)
        self.flags.add(flag)  # somebody writes it
        return flag

    def _signal(self) -> Event:
        name = self.one_of(_SIGNALS)
        self.signals.add(name)  # somebody throws it
        return Event(What.SIGNAL, name)

    def _caught_signal(self, _depth: int) -> tuple[str, str]:
        return self.just(Kind.CATCH, event=self._signal())

    def _condition(self, depth: int) -> tuple[str, str]:
        """Waits for a flag, beside somebody who can raise it."""
        flag = self.flag()
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        wait = self.node("condition", Kind.CATCH, event=Event(What.CONDITION, flag))
        again, ask = self.node("exclusive", Kind.EXCLUSIVE), self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(split, wait)
        self.flow(wait, join)
        self.flow(split, again)
        self.flow(self.after(again, self.block(depth - 1)), self.asked(ask, flag))
        self.flow(ask, join, Says(flag))
        self.flow(ask, again, default=True)
        return split, join

    def _watched(self, depth: int) -> tuple[str, str]:
        """A flag on the border, interrupting or not."""
        host = self._host(depth)
        watch = self.node(
            "watch", Kind.BOUNDARY, host=host, interrupting=self.perhaps(), event=Event(What.CONDITION, self.flag())
        )
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(host, merge)
        self.flow(self.after(watch, self.block(depth - 1)), merge)
        return host, merge

    def _sequence(self, depth: int) -> tuple[str, str]:
        first = self.block(depth)
        return first[0], self.after(first[1], self.block(depth))

    def _split(self, kind: Kind, depth: int) -> tuple[str, str]:
        split = self.node(kind, kind)
        merge = self.node(kind, Kind.INCLUSIVE if kind is Kind.COMPLEX else kind)
        variables = tuple(f"{split}_way_{number}" for number in range(self.between(1, 2)))
        ask = self.asked(split, *variables)
        for variable in variables:
            branch = self.block(depth)
            self.flow(split, branch[0], Says(variable))
            self.flow(branch[1], merge)
        if self.perhaps(70):
            branch = self.block(depth)
            self.flow(split, branch[0], default=True)
            self.flow(branch[1], merge)
        elif self.perhaps(80) or len(variables) == 1:
            self.flow(split, merge, default=True)
        return ask, merge

    def _exclusive(self, depth: int) -> tuple[str, str]:
        return self._split(Kind.EXCLUSIVE, depth)

    def _inclusive(self, depth: int) -> tuple[str, str]:
        return self._split(Kind.INCLUSIVE, depth)

    def _chosen(self, depth: int) -> tuple[str, str]:
        """A decision without conditions: the step before it asks which way."""
        ask = self.node("step", Kind.STEP)
        split, merge = self.node("exclusive", Kind.EXCLUSIVE), self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(ask, split)
        for _ in range(2):
            branch, way = self.block(depth), self.new("way")
            self.flow(split, branch[0], Chosen(ask, way), flow_id=way)
            self.flow(branch[1], merge)
        return ask, merge

    def _parallel(self, depth: int) -> tuple[str, str]:
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        for _ in range(self.between(2, 3)):
            branch = self.block(depth)
            self.flow(split, branch[0])
            self.flow(branch[1], join)
        return split, join

    def _implicit_split(self, depth: int) -> tuple[str, str]:
        """Two arrows out of a step, and two into the next: every token goes its way."""
        step, next_step = self.node("step", Kind.STEP), self.node("step", Kind.STEP)
        for _ in range(2):
            branch = self.block(depth - 1)
            self.flow(step, branch[0])
            self.flow(branch[1], next_step)
        return step, next_step

    def _linked(self, depth: int) -> tuple[str, str]:
        first = self.block(depth)
        throw, catch = self.node("link", Kind.THROW, linked=True), self.node("link", Kind.CATCH, linked=True)
        self.flow(first[1], throw)
        self.flow(throw, catch)
        return first[0], catch

    def _approvals(self, _depth: int) -> tuple[str, str]:
        """Prepare, approve in parallel, back to prepare on a return, out on a rejection."""
        prepare = self.node("step", Kind.STEP)
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        decide, leave = self.node("exclusive", Kind.EXCLUSIVE), self.node("exclusive", Kind.EXCLUSIVE)
        entry = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(entry, prepare)
        self.flow(prepare, split)
        steps = tuple(self.node("approval", Kind.STEP, decides=True) for _ in range(self.between(2, 3)))
        for step in steps:
            self.flow(split, step)
            self.flow(step, join)
        self.flow(join, decide)
        self.flow(decide, entry, Decided(steps, ("returned",)))
        self.flow(decide, leave, Decided(steps, ("rejected",)))
        self.flow(decide, leave, Decided(steps, ("approved",)))
        return entry, leave

    def _rounds(self, _depth: int) -> tuple[str, str]:
        """Approvals of which each round asks some: those that it leaves out do not decide in it."""
        split, join = self.node("inclusive", Kind.INCLUSIVE), self.node("inclusive", Kind.INCLUSIVE)
        entry, decide, leave = (self.node("exclusive", Kind.EXCLUSIVE) for _ in range(3))
        variables = (f"{split}_way_0", f"{split}_way_1")
        self.flow(entry, self.asked(split, *variables))
        steps = tuple(self.node("approval", Kind.STEP, decides=True) for _ in range(3))
        for step, question in zip(steps, (*map(Says, variables), None), strict=True):
            self.flow(split, step, question, default=question is None)
            self.flow(step, join)
        self.graph.nodes[split].forgets = steps
        self.flow(join, decide)
        self.flow(decide, entry, Decided(steps, ("returned",)))
        self.flow(decide, leave, Decided(steps, ("rejected",)))
        self.flow(decide, leave, Decided(steps, ("approved",)))
        return entry, leave

    def _voted(self, _depth: int) -> tuple[str, str]:
        """Several decide at one step, and what they say together leads on."""
        entry, decide, leave = (self.node("exclusive", Kind.EXCLUSIVE) for _ in range(3))
        repeat = Repeat(self.between(1, 3), self.perhaps())
        vote = self.node("vote", Kind.STEP, repeat=repeat, decides=True)
        self.flow(entry, vote)
        self.flow(vote, decide)
        self.flow(decide, entry, Decided((vote,), ("returned",)))
        self.flow(decide, leave, Decided((vote,), ("rejected",)))
        self.flow(decide, leave, Decided((vote,), ("approved",)))
        return entry, leave

    def _escape(self, depth: int) -> tuple[str, str]:
        """An inclusive join that one of its branches comes to only over the border of a step."""
        split, join = self.node("inclusive", Kind.INCLUSIVE), self.node("inclusive", Kind.INCLUSIVE)
        variables = (f"{split}_way_0", f"{split}_way_1")
        ask = self.asked(split, *variables)
        branch, host = self.block(depth - 1), self._host(depth - 1)
        self.flow(split, branch[0], Says(variables[0]))
        self.flow(branch[1], join)
        self.flow(split, host, Says(variables[1]))
        self.flow(host, self.node("end", Kind.END))
        self.flow(self._alarm(host, interrupting=self.perhaps()), join)
        self.flow(split, join, default=True)
        return ask, join

    def _decision_by(self, *steps: str) -> tuple[str, str]:
        """A decision by what ``steps`` said; the way back is no loop but a step of its own."""
        decide, leave = self.node("exclusive", Kind.EXCLUSIVE), self.node("exclusive", Kind.EXCLUSIVE)
        for outcome in ("returned", "rejected", "approved"):
            step = self.node("step", Kind.STEP)
            self.flow(decide, step, Decided(steps, (outcome,)))
            self.flow(step, leave)
        return decide, leave

    def _both_approve(self, depth: int) -> tuple[str, str, tuple[str, str]]:
        """Two approvals side by side, one of them with something behind it."""
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        steps = self.node("approval", Kind.STEP, decides=True), self.node("approval", Kind.STEP, decides=True)
        for step in steps:
            self.flow(split, step)
        self.flow(steps[0], join)
        self.flow(self.after(steps[1], self.unjudged(depth)), join)
        return split, join, steps

    def _judging(self, depth: int, *, start: Event | None = None, interrupting: bool = True) -> tuple[Graph, str]:
        """The inside of a part in which approvals decide; and one of them."""
        with self.inside() as inner:
            begin = self.node("start", Kind.START, event=start, interrupting=interrupting)
            split, join, steps = self._both_approve(depth - 1)
            self.flow(begin, split)
            leave = self.after(join, self._decision_by(*steps))
            self.flow(leave, self.node("end", Kind.END))
        return inner, steps[0]

    def _approving(self, depth: int) -> tuple[Graph, str]:
        """The inside of a part that is judged when it is over; and its approval, which not every run asks for."""
        with self.inside() as inner:
            begin, leave = self.node("start", Kind.START), self.node("exclusive", Kind.EXCLUSIVE)
            decide = self.node("exclusive", Kind.EXCLUSIVE)
            step = self.node("approval", Kind.STEP, decides=True)
            self.flow(begin, self.asked(decide, f"{decide}_way_0"))
            self.flow(decide, step, Says(f"{decide}_way_0"))
            self.flow(decide, leave, default=True)
            self.flow(self.after(step, self.unjudged(depth - 1)), leave)
            self.flow(leave, self.node("end", Kind.END))
        return inner, step

    def part(self, inner: Graph, repeat: Repeat | None = None, *, leads: bool = False) -> str:
        """A sub-process, or a call of another map. ``leads``: its approvals decide behind it.

        Labels behind a call do not look into the called map: somebody is asked there.
        """
        kind = Kind.CALL if self.perhaps(40) and not (self.drawn and leads) else Kind.SCOPE
        return self.node("part", kind, inner=inner, repeat=repeat)

    def _judged_parts(self, depth: int) -> tuple[str, str]:
        """Each run of a part is approved; behind it and an approval beside it, all of that decides."""
        inner, approval = self._approving(depth)
        repeat = Repeat(self.between(2, 3), self.perhaps()) if self.perhaps(70) else None
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        self.graph.nodes[split].forgets = (approval,) if self.drawn else ()
        part = self.part(inner, repeat, leads=True)
        beside = self.node("approval", Kind.STEP, decides=True)
        for one in (part, beside):
            self.flow(split, one)
            self.flow(one, join)
        return split, self.after(join, self._decision_by(approval, beside))

    def _entered_twice(self, depth: int) -> tuple[str, str]:
        """Two tokens run a part, and each goes on by what was decided in its run."""
        split, merge = self.node("parallel", Kind.PARALLEL), self.node("exclusive", Kind.EXCLUSIVE)
        for _ in range(2):
            step = self.node("step", Kind.STEP)
            self.flow(split, step)
            self.flow(step, merge)
        if self.perhaps():
            part = self.part(self._judging(depth)[0])
            return split, self.after(merge, (part, part))
        with self.inside() as inner:
            begin, step = self.node("start", Kind.START), self.node("approval", Kind.STEP, decides=True)
            self.flow(begin, step)
            self.flow(self.after(step, self.unjudged(depth - 1)), self.node("end", Kind.END))
        part = self.part(inner, leads=True)
        self.flow(merge, part)
        return split, self.after(part, self._decision_by(step))

    def _asked_for(self, depth: int) -> tuple[str, str]:
        """An event that may happen again asks for approvals beside the work."""
        event = self._awaited(self.one_of((What.MESSAGE, What.TIMER)), cycle=True)
        inner = self.body(depth - 1)
        with self.inside(inner):
            handler, _ = self._judging(depth, start=event, interrupting=False)
            self.node("handler", Kind.HANDLER, inner=handler)
        scope = self.node("scope", Kind.SCOPE, inner=inner)
        return scope, scope

    def _called_twice(self, depth: int) -> tuple[str, str]:
        """Two calls of one map, side by side."""
        inner, _ = self._judging(depth)
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        name = self.new("map")
        for _ in range(2):
            call = self.node("call", Kind.CALL, inner=inner)
            self.graph.nodes[call].called = name
            self.flow(split, call)
            self.flow(call, join)
        return split, join

    def _remembered(self, depth: int) -> tuple[str, str]:
        """In each run of a part a value is given, and decides only after something else."""
        variable = self.new("value")
        with self.inside() as inner:
            begin, decide = self.node("start", Kind.START), self.node("exclusive", Kind.EXCLUSIVE)
            leave = self.node("exclusive", Kind.EXCLUSIVE)
            give = self.node("step", Kind.STEP, answers=(variable,))
            self.flow(begin, give)
            behind, decides = self.after(give, self.block(depth - 1)), variable
            if self.perhaps(30):
                decides = self.new("said")
                table = Table((variable,), decides, ((True, True), (False, False)), "UNIQUE")
                behind = self.after(self.after(behind, self._deciding(table)), self.block(depth - 1))
            self.flow(behind, decide)
            step = self.node("step", Kind.STEP)
            self.flow(decide, step, Says(decides))
            self.flow(decide, leave, default=True)
            self.flow(step, leave)
            self.flow(leave, self.node("end", Kind.END))
        part = self.part(inner, Repeat(self.between(2, 3), self.perhaps(30)))
        if self.perhaps(70):
            return part, part
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        outside = self.node("step", Kind.STEP, answers=(variable,))
        for one in (part, outside):
            self.flow(split, one)
            self.flow(one, join)
        return split, join

    def _loop(self, depth: int) -> tuple[str, str]:
        entry, decide, leave = (self.node("exclusive", Kind.EXCLUSIVE) for _ in range(3))
        body = self.block(depth)
        self.flow(entry, body[0])
        self.flow(body[1], self.asked(decide, f"again_{decide}"))
        self.flow(decide, entry, Says(f"again_{decide}"))
        self.flow(decide, leave, default=True)
        return entry, leave

    def _scope(self, depth: int) -> tuple[str, str]:
        scope = self.node("scope", Kind.SCOPE, inner=self.body(depth))
        return scope, scope

    def _silent_scope(self, _depth: int) -> tuple[str, str]:
        """A sub-process in which nobody has anything to do."""
        with self.inside() as inner:
            self.flow(self.node("start", Kind.START), self.node("end", Kind.END))
        scope = self.node("scope", Kind.SCOPE, inner=inner)
        return scope, scope

    def _called(self, depth: int) -> tuple[str, str]:
        call = self.node("call", Kind.CALL, inner=self.body(depth))
        return call, call

    def _ending(self, depth: int) -> tuple[str, str]:
        """A branch that ends at once, with a signal; the other goes on."""
        split = self.node("parallel", Kind.PARALLEL)
        thrown = Event(What.SIGNAL, self.one_of(_SIGNALS))
        self.flow(split, self.node("end", Kind.END, event=thrown))
        return split, self.after(split, self.block(depth))

    def _own_signal(self, _depth: int) -> tuple[str, str]:
        """Who throws a signal does not hear it."""
        event = self._signal()
        throw, catch = self.node("throw", Kind.THROW, event=event), self.node("catch", Kind.CATCH, event=event)
        self.flow(throw, catch)
        return throw, catch

    def _broadcast(self, depth: int) -> tuple[str, str]:
        """A signal reaches everybody who waits for it at that moment."""
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        event = self._signal()
        for _ in range(2):
            catch = self.node("catch", Kind.CATCH, event=event)
            self.flow(split, catch)
            self.flow(catch, join)
        throw = self.node("throw", Kind.THROW, event=event)
        self.flow(self.after(split, self.block(depth - 1)), throw)
        self.flow(throw, join)
        return split, join

    def _conditional_flow(self, depth: int) -> tuple[str, str]:
        """Arrows with conditions straight out of a step: each decides for itself."""
        variables = (self.new("goes"), self.new("goes"))
        step, merge = self.node("step", Kind.STEP, answers=variables), self.node("exclusive", Kind.EXCLUSIVE)
        for variable in variables:
            branch = self.block(depth - 1)
            self.flow(step, branch[0], Says(variable))
            self.flow(branch[1], merge)
        self.flow(step, merge, default=True)
        return step, merge

    def _enough(self, depth: int) -> tuple[str, str]:
        """A complex join goes on when enough have come, or when somebody said so; the others come to an end there."""
        kind = Kind.INCLUSIVE if self.perhaps(40) else Kind.PARALLEL
        ways = self.between(2, 3)
        split = self.node(kind, kind)
        soon = self.new("soon") if self.perhaps(40) else ""
        asked = tuple(f"{split}_way_{number}" for number in range(ways - 1)) if kind is Kind.INCLUSIVE else ()
        ask = self.asked(split, *asked, *([soon] if soon else []))
        fewest = 1 if kind is Kind.INCLUSIVE else self.between(1, ways)
        join = self.node("complex", Kind.COMPLEX, enough=Enough(fewest, soon))
        for number in range(ways):
            branch = self.block(depth)
            default = kind is Kind.INCLUSIVE and number == ways - 1
            self.flow(split, branch[0], Says(asked[number]) if asked and not default else None, default=default)
            leave = branch[1]
            if soon and self.perhaps(30):
                leave = self.after(leave, self._answering(soon))
            self.flow(leave, join)
        return ask, join

    def _answering(self, variable: str) -> tuple[str, str]:
        step = self.node("step", Kind.STEP, answers=(variable,))
        return step, step

    def _complex_split(self, depth: int) -> tuple[str, str]:
        return self._split(Kind.COMPLEX, depth)

    def _ruled(self, depth: int) -> tuple[str, str]:
        """A decision table gives what a gateway or a conditional event reads."""
        inputs = (self.flag(), self.new("fact"))[: self.between(1, 2)]
        leads_on = self.perhaps()
        output = self.new("said") if leads_on else self.flag()
        cells = (True, False, None)
        rules = tuple((*(self.one_of(cells) for _ in inputs), self.perhaps()) for _ in range(self.between(1, 3)))
        table = Table(inputs, output, rules, self.one_of(("FIRST", "ANY", "UNIQUE")), self.one_of((True, False, None)))
        ask = self.node("step", Kind.STEP, answers=inputs)
        rule = self.after(ask, self._deciding(table))
        if not leads_on:
            return ask, rule
        decide, leave = self.node("exclusive", Kind.EXCLUSIVE), self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(rule, decide)
        branch = self.block(depth)
        self.flow(decide, branch[0], Says(output))
        self.flow(branch[1], leave)
        self.flow(decide, leave, default=True)
        return ask, leave

    def _deciding(self, table: Table) -> tuple[str, str]:
        rule = self.node("rule", Kind.RULE, table=table)
        return rule, rule

    def _ad_hoc(self, depth: int) -> tuple[str, str]:
        """Somebody says what begins next, again and again."""
        variable = self.new("over") if self.perhaps() else ""
        in_turn = self.perhaps()
        rule = AdHoc(in_turn, self.perhaps(40), variable)
        with self.inside() as inner:
            for _ in range(self.between(1, 2)):
                self._ad_hoc_part(depth - 1, variable)
        ad_hoc = self.node("ad_hoc", Kind.AD_HOC, inner=inner, ad_hoc=rule)
        return ad_hoc, ad_hoc

    def _ad_hoc_part(self, depth: int, variable: str) -> None:
        """A step or more; the last says whether it is all over, where that is asked."""
        if not variable and self.perhaps(40):
            self._undoable(depth)
        elif not variable:
            self._host(depth)
        elif self.perhaps(30):
            self.node("part", Kind.SCOPE, inner=self.body(depth, answers=variable))
        else:
            last = self.node("step", Kind.STEP, answers=(variable,))
            if self.perhaps(40):
                self.flow(self._host(depth), last)

    # compensation ------------------------------------------------------------------------------------------------
    def _undoable(self, depth: int) -> tuple[str, str]:
        """Something, and what undoes it."""
        host = self._host(depth) if self.perhaps(60) else self.node("step", Kind.STEP)
        if self.perhaps(30):
            self.node("undo", Kind.SCOPE, inner=self.body(depth - 1), undoes=host)
        else:
            self.node("undo", Kind.STEP, undoes=host)
        return host, host

    def _some_undoable(self, depth: int) -> tuple[str, str]:
        """One or two such, one after the other or in a sub-process of their own."""
        first = self._undoable(depth)
        if self.perhaps(40):
            first = first[0], self.after(first[1], self.block(depth - 1))
        if self.perhaps():
            first = first[0], self.after(first[1], self._undoable(depth))
        return first

    def _undoable_scope(self, depth: int) -> Graph:
        with self.inside() as inner:
            start = self.node("start", Kind.START)
            self.flow(self.after(start, self._some_undoable(depth)), self.node("end", Kind.END))
        return inner

    def _undone(self, depth: int) -> tuple[str, str]:
        """What was done is undone: all of it, or one thing, at once or beside other work."""
        if self.perhaps(40):
            loops = () if self.drawn else (Repeat(2, loop=True),)  # people are asked where no condition is drawn
            repeat = self.one_of((None, Repeat(2, self.perhaps()), *loops))
            part = self.part(self._undoable_scope(depth - 1), repeat)
            first = part, part
        else:
            first = self._some_undoable(depth)
        named = first[1] if self.perhaps(30) and self.graph.nodes[first[1]].kind in _UNDOABLE else ""
        decide, leave = self.node("exclusive", Kind.EXCLUSIVE), self.node("exclusive", Kind.EXCLUSIVE)
        throw = self.just(Kind.THROW, event=Event(What.COMPENSATE, named))
        ask = self.asked(decide, f"undo_{decide}")
        self.flow(decide, throw[0], Says(f"undo_{decide}"))
        self.flow(decide, leave, default=True)
        self.flow(self.after(throw[0], self.block(depth - 1)), leave)
        if self.perhaps(60):
            self.flow(first[1], ask)
            return first[0], leave
        split, join = self.node("parallel", Kind.PARALLEL), self.node("parallel", Kind.PARALLEL)
        self.flow(self.after(split, first), join)
        self.flow(split, ask)
        self.flow(leave, join)
        return split, join

    def _unwaited(self, depth: int) -> tuple[str, str]:
        """An inclusive join before which a completed part is undone step by step: that is no token that could come."""
        split, join = self.node("parallel", Kind.PARALLEL), self.node("inclusive", Kind.INCLUSIVE)
        decide = self.node("exclusive", Kind.EXCLUSIVE)
        part = self.part(self._undoable_scope(depth - 1))
        self.flow(split, part)
        self.flow(part, self.asked(decide, f"{decide}_way_0"))
        self.flow(decide, join, Says(f"{decide}_way_0"))
        self.flow(decide, self.node("end", Kind.END), default=True)
        self.flow(self.after(split, self.block(depth - 1)), join)
        ask = self.node("step", Kind.STEP)
        self.flow(split, ask)
        self.flow(ask, self.node("undone", Kind.END, event=Event(What.COMPENSATE)))
        return split, join

    def _undone_by_event(self, depth: int) -> tuple[str, str]:
        """An event sub-process undoes what was done in the scope around it."""
        event = self._awaited(self.one_of((What.MESSAGE, What.TIMER, What.SIGNAL)), cycle=False)
        inner = self._undoable_scope(depth)
        with self.inside(inner):
            with self.inside() as handler:
                start = self.node("start", Kind.START, event=event, interrupting=self.perhaps())
                throw = self.after(start, self.just(Kind.THROW, event=Event(What.COMPENSATE)))
                self.flow(self.after(throw, self.block(depth - 1)), self.node("end", Kind.END))
            self.node("handler", Kind.HANDLER, inner=handler)
        scope = self.node("scope", Kind.SCOPE, inner=inner)
        return scope, scope

    def _undone_as_a_whole(self, depth: int) -> tuple[str, str]:
        """A sub-process says itself how it is undone; somebody may want that."""
        inner = self._undoable_scope(depth - 1)
        with self.inside(inner):
            with self.inside() as handler:
                start = self.node("start", Kind.START, event=Event(What.COMPENSATE))
                leave = self.after(start, self.block(depth - 1))
                if self.perhaps():
                    leave = self.after(leave, self.just(Kind.THROW, event=Event(What.COMPENSATE)))
                self.flow(leave, self.node("end", Kind.END))
            self.node("undoing", Kind.HANDLER, inner=handler)
        part = self.node(
            "part", Kind.SCOPE, inner=inner, repeat=Repeat(2, self.perhaps()) if self.perhaps(20) else None
        )
        throw = self.just(Kind.THROW, event=Event(What.COMPENSATE, part if self.perhaps() else ""))
        return part, self.after(self.after(part, self.block(depth - 1)), throw)

    def _undoing_fails(self, depth: int) -> tuple[str, str]:
        """An error while something is undone is heard where the undoing was asked for."""
        code = self.new("error")
        with self.inside() as done:
            start, step = self.node("start", Kind.START), self.node("step", Kind.STEP)
            self.node("undo", Kind.SCOPE, inner=self._failing(depth - 1, Event(What.ERROR, code)), undoes=step)
            self.flow(start, step)
            self.flow(self.after(step, self.block(depth - 1)), self.node("end", Kind.END))
        with self.inside() as inner:
            start, part = self.node("start", Kind.START), self.part(done)
            self.flow(start, part)
            leave = self.after(part, self.block(depth - 1))
            if self.perhaps():
                self._undoing_handler(code)
            else:
                leave = self.after(leave, self.just(Kind.THROW, event=Event(What.COMPENSATE)))
            self.flow(leave, self.node("end", Kind.END))
        return self._caught(inner, Event(What.ERROR, code), depth, interrupting=True)

    def _undoing_handler(self, code: str) -> None:
        """A message has the work undone; an error of that is handled there, or further out."""
        asked = Event(What.MESSAGE, self.new("message"))
        with self.inside() as handler:
            start = self.node("start", Kind.START, event=asked, interrupting=self.perhaps())
            throw = self.after(start, self.just(Kind.THROW, event=Event(What.COMPENSATE)))
            self.flow(throw, self.node("end", Kind.END))
            if self.perhaps(70):
                stopped = Event(What.MESSAGE, self.new("message"))
                mend = self.body(0, start=self.one_of((Event(What.ERROR, code), stopped)))
                self.node("handler", Kind.HANDLER, inner=mend)
        self.node("handler", Kind.HANDLER, inner=handler)

    def _undoing_stopped(self, depth: int) -> tuple[str, str]:
        """A message has the work undone, and somebody can end that half-way: what undoes it stands outside of it."""
        with self.inside() as inner:
            start = self.node("start", Kind.START)
            leave = self.after(self.after(start, self._undoable(0)), self.block(depth - 1))
            self.flow(self.after(leave, self.block(0)), self.node("end", Kind.END))
            asked = Event(What.MESSAGE, self.new("message"))
            with self.inside() as handler:
                begin = self.node("start", Kind.START, event=asked, interrupting=self.perhaps())
                split, stop = self.node("parallel", Kind.PARALLEL), self.node("step", Kind.STEP)
                self.flow(begin, split)
                self.flow(split, self.node("undone", Kind.END, event=Event(What.COMPENSATE)))
                self.flow(self.after(split, (stop, stop)), self.node("over", Kind.END, event=Event(What.TERMINATE)))
            self.node("handler", Kind.HANDLER, inner=handler)
        scope = self.node("scope", Kind.SCOPE, inner=inner)
        return scope, scope

    def _undone_meanwhile(self, depth: int) -> tuple[str, str]:
        """A part in which not every turn asks for an approval goes on while an earlier turn of it is undone."""
        inner, approval = self._approving(depth)
        with self.inside(inner):
            self.node("undo", Kind.STEP, undoes=approval)
        entry, again, leave = (self.node("exclusive", Kind.EXCLUSIVE) for _ in range(3))
        split, part = self.node("parallel", Kind.PARALLEL), self.part(inner)
        self.flow(split, entry)
        self.flow(entry, part)
        judged = self.after(part, self._decision_by(approval))
        self.flow(judged, self.asked(again, f"again_{again}"))
        self.flow(again, entry, Says(f"again_{again}"))
        self.flow(again, leave, default=True)
        ask = self.node("step", Kind.STEP)
        self.flow(split, ask)
        self.flow(ask, self.node("undone", Kind.END, event=Event(What.COMPENSATE, part)))
        return split, leave

    def _transaction(self, depth: int) -> tuple[str, str]:
        """Cancelled by somebody in it, it is undone and left by its border."""
        with self.inside() as inner:
            start, split = self.node("start", Kind.START), self.node("parallel", Kind.PARALLEL)
            decide = self.node("exclusive", Kind.EXCLUSIVE)
            self.flow(start, split)
            self.flow(self.after(split, self._some_undoable(depth - 1)), self.asked(decide, f"cancels_{decide}"))
            self.flow(decide, self.node("called_off", Kind.END, event=Event(What.CANCEL)), Says(f"cancels_{decide}"))
            self.flow(decide, self.node("end", Kind.END), default=True)
            self.flow(self.after(split, self._undoable(depth - 1)), self.node("end", Kind.END))
        scope = self.node("deal", Kind.SCOPE, inner=inner, transaction=True)
        border = self.node("off", Kind.BOUNDARY, host=scope, event=Event(What.CANCEL))
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(scope, merge)
        self.flow(self.after(border, self.block(depth - 1)), merge)
        return scope, merge

    # events on a border ------------------------------------------------------------------------------------------
    def _host(self, depth: int) -> str:
        kind = self.one_of(("step", "scope", "multi_instance", "called"))
        drawn: tuple[str, str] = getattr(self, f"_{kind}")(depth)
        return drawn[0]

    def _alarm(self, host: str, *, interrupting: bool, cycle: bool = False) -> str:
        kind = What.TIMER if cycle else self.one_of((What.TIMER, What.TIMER, What.MESSAGE, What.SIGNAL))
        if kind is What.SIGNAL:
            event = self._signal()
        elif kind is What.MESSAGE:
            event = Event(What.MESSAGE, self.new("message"))
        else:
            ticks = self.one_of((None, 1, 3)) if cycle else None
            event = Event(What.TIMER, days=self.between(1, 9), cycle=cycle, ticks=ticks)
        return self.node("alarm", Kind.BOUNDARY, host=host, interrupting=interrupting, event=event)

    def _interrupted(self, depth: int) -> tuple[str, str]:
        host = self._host(depth)
        alarm = self._alarm(host, interrupting=True)
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(host, merge)
        self.flow(self.after(alarm, self.block(depth - 1)), merge)
        return host, merge

    def _reminded(self, depth: int) -> tuple[str, str]:
        host = self._host(depth)
        self._aside(self._alarm(host, interrupting=False))
        return host, host

    def _ticking(self, depth: int) -> tuple[str, str]:
        host = self._host(depth)
        self._aside(self._alarm(host, interrupting=False, cycle=True))
        return host, host

    def _aside(self, alarm: str) -> None:
        step = self.node("step", Kind.STEP)
        self.flow(alarm, step)
        self.flow(step, self.node("end", Kind.END))

    def _rejoining(self, depth: int) -> tuple[str, str]:
        """A token beside the step joins its way: from here on two tokens may run."""
        host = self._host(depth)
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(self._alarm(host, interrupting=False), merge)
        self.flow(host, merge)
        return host, merge

    def _looped_host(self, depth: int) -> tuple[str, str]:
        """An event on the border of a standard loop belongs to the loop, not to a run."""
        host = self._standard_loop(depth)[0]
        alarm = self._alarm(host, interrupting=self.perhaps())
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(host, merge)
        self.flow(self.after(alarm, self.block(depth - 1)), merge)
        return host, merge

    def _stopped_clock(self, depth: int) -> tuple[str, str]:
        """A cycle that interrupts ticks once."""
        host = self._host(depth)
        alarm = self._alarm(host, interrupting=True, cycle=True)
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(host, merge)
        self.flow(self.after(alarm, self.block(depth - 1)), merge)
        return host, merge

    def _service(self, depth: int) -> tuple[str, str]:
        """A call that can come back with an error; several at once, perhaps."""
        code = self.new("error")
        service = self.node("service", Kind.SERVICE)
        failed = self.node("failed", Kind.BOUNDARY, host=service, event=Event(What.ERROR, code))
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(service, merge)
        self.flow(self.after(failed, self.block(depth - 1)), merge)
        return service, merge

    def _handled(self, depth: int) -> tuple[str, str]:
        """A sub-process with an event sub-process in it."""
        kinds = (What.TIMER, What.MESSAGE, What.SIGNAL, What.CONDITION, What.ERROR, What.ESCALATION)
        what = self.one_of(kinds)
        interrupting = what is What.ERROR or self.perhaps()
        if what in (What.ERROR, What.ESCALATION):
            event = Event(what, self.new(what))
            inner = self._failing(depth, event)
        else:
            event = self._awaited(what, cycle=not interrupting)
            inner = self.body(depth)
        with self.inside(inner):
            handler = self.body(depth - 1, start=event, interrupting=interrupting)
            self.node("handler", Kind.HANDLER, inner=handler)
        scope = self.node("scope", Kind.SCOPE, inner=inner)
        return scope, scope

    def _awaited(self, what: What, *, cycle: bool) -> Event:
        match what:
            case What.TIMER:
                return Event(what, days=self.between(1, 9), cycle=cycle and self.perhaps(), ticks=None)
            case What.SIGNAL:
                return self._signal()
            case What.CONDITION:
                return Event(what, self.flag())
            case _:
                return Event(what, self.new("message"))

    def _thrown_escalation(self, depth: int) -> tuple[str, str]:
        """An escalation thrown on the way, not at the end: who throws it goes on, unless it is interrupted."""
        code = self.new("escalation")
        with self.inside() as inner:
            start, throw = (
                self.node("start", Kind.START),
                self.node("throw", Kind.THROW, event=Event(What.ESCALATION, code)),
            )
            self.flow(self.after(start, self.block(depth)), throw)
            self.flow(self.after(throw, self.block(depth - 1)), self.node("end", Kind.END))
        return self._caught(inner, Event(What.ESCALATION, code), depth, interrupting=self.perhaps())

    def _race(self, depth: int) -> tuple[str, str]:
        race, merge = self.node("race", Kind.RACE), self.node("exclusive", Kind.EXCLUSIVE)
        for _ in range(self.between(2, 3)):
            what = self.one_of((What.TIMER, What.MESSAGE))
            event = Event(what, days=self.between(1, 9)) if what is What.TIMER else Event(what, self.new("message"))
            catch = self.node("event", Kind.CATCH, event=event)
            self.flow(race, catch)
            self.flow(self.after(catch, self.block(depth - 1)), merge)
        return race, merge

    def _error(self, depth: int) -> tuple[str, str]:
        """A sub-process that somebody can make fail, with a handler on its border or further out."""
        code = self.new("error")
        inner = self._failing(depth, Event(What.ERROR, code))
        return self._caught(inner, Event(What.ERROR, code if self.perhaps() else ""), depth, interrupting=True)

    def _escalation(self, depth: int) -> tuple[str, str]:
        code = self.new("escalation")
        inner = self._failing(depth, Event(What.ESCALATION, code))
        return self._caught(
            inner, Event(What.ESCALATION, code if self.perhaps() else ""), depth, interrupting=self.perhaps()
        )

    def _failing(self, depth: int, event: Event) -> Graph:
        with self.inside() as inner:
            begin = self.node("start", Kind.START)
            split = self.node("parallel", Kind.PARALLEL)
            decide = self.node("exclusive", Kind.EXCLUSIVE)
            self.flow(begin, split)
            self.flow(split, self.asked(decide, f"fails_{decide}"))
            self.flow(decide, self.node("failed", Kind.END, event=event), Says(f"fails_{decide}"))
            self.flow(decide, self.node("end", Kind.END), default=True)
            self.flow(self.after(split, self.block(depth)), self.node("end", Kind.END))
        return inner

    def _caught(self, inner: Graph, event: Event, depth: int, *, interrupting: bool) -> tuple[str, str]:
        repeat = Repeat(self.between(1, 2), self.perhaps()) if self.perhaps(20) else None
        scope = self.node("scope", Kind.SCOPE, inner=inner, repeat=repeat)
        outermost = scope
        if self.perhaps(30):
            with self.inside() as around:
                start, end = self.node("start", Kind.START), self.node("end", Kind.END)
            around.nodes[scope] = self.graph.nodes.pop(scope)
            around.flows += [Flow(self.new("flow"), start, scope), Flow(self.new("flow"), scope, end)]
            outermost = self.node("scope", Kind.SCOPE, inner=around)
        caught = self.node("caught", Kind.BOUNDARY, host=outermost, interrupting=interrupting, event=event)
        merge = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(outermost, merge)
        self.flow(self.after(caught, self.block(depth - 1)), merge)
        return outermost, merge

    # loops -------------------------------------------------------------------------------------------------------
    def _multi_instance(self, depth: int) -> tuple[str, str]:
        repeat, variable = self.repeat_of_loop()
        if self.perhaps():
            loop = self.node("each", Kind.SCOPE, repeat=repeat, inner=self.body(depth, answers=variable))
        else:
            loop = self.node("each", Kind.STEP, repeat=repeat, answers=(variable,) if variable else ())
        return loop, loop

    def _standard_loop(self, depth: int) -> tuple[str, str]:
        variable = self.new("again") if self.drawn or self.perhaps() else ""
        most = None if variable and self.perhaps() else self.between(1, 3)
        repeat = Repeat(most, loop=True, variable=variable)
        if self.perhaps(30):
            loop = self.node("again", Kind.SCOPE, repeat=repeat, inner=self.body(depth, answers=variable))
        else:
            loop = self.node("again", Kind.STEP, repeat=repeat, answers=(variable,) if variable else ())
        return loop, loop

    def _stopped(self, _depth: int) -> tuple[str, str]:
        """Somebody can end the scope, or the whole map, at once."""
        decide = self.node("exclusive", Kind.EXCLUSIVE)
        ask = self.asked(decide, f"stops_{decide}")
        self.flow(decide, self.node("over", Kind.END, event=Event(What.TERMINATE)), Says(f"stops_{decide}"))
        leave = self.node("exclusive", Kind.EXCLUSIVE)
        self.flow(decide, leave, default=True)
        return ask, leave

    def _unhandled(self, depth: int) -> tuple[str, str]:
        """An error that nobody handles, unless somebody around handles any."""
        scope = self.node("scope", Kind.SCOPE, inner=self._failing(depth, Event(What.ERROR, self.new("error"))))
        return scope, scope

    def _terminated(self, depth: int) -> tuple[str, str]:
        """A sub-process that one of its branches can end at once."""
        with self.inside() as inner:
            start, split = self.node("start", Kind.START), self.node("parallel", Kind.PARALLEL)
            self.flow(start, split)
            stop = self.node("step", Kind.STEP)
            self.flow(split, stop)
            self.flow(stop, self.node("over", Kind.END, event=Event(What.TERMINATE)))
            self.flow(self.after(split, self.block(depth)), self.node("end", Kind.END))
        scope = self.node("scope", Kind.SCOPE, inner=inner)
        return scope, scope
