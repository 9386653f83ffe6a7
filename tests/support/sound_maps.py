"""Random maps in which no two tokens can ever meet on one way: whatever is done to a deal, it must come to its end."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from support.canonical_maps import MapBuilder, after, every, when

from engine.bpmn.compiled import CompiledProcess

BLOCKS = (
    "step",
    "script",
    *("sequence",) * 2,
    *("exclusive", "inclusive", "approvals") * 2,
    *("parallel", "loop", "scope") * 2,
    *("interrupted", "reminded", "ticking", "race"),
    *("multi_instance", "standard_loop", "terminated", "called"),
)


@dataclass
class RandomMap:
    """``answers`` names, per step, the yes-or-no variables that completing it writes, with how often they are yes."""

    process: CompiledProcess
    answers: dict[str, list[tuple[str, float]]]
    decisions: set[str]


@dataclass
class RandomDrawing:
    chance: random.Random
    draw: MapBuilder = field(default_factory=MapBuilder)
    answers: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    decisions: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    ids: int = 0

    def make(self, depth: int) -> RandomMap:
        self.node("start", self.draw.start)
        entry, decide = self.gateway("exclusive"), self.gateway("exclusive")
        self.flow("start", entry)
        leave = entry
        for _ in range(3):
            block = self.block(depth)
            self.flow(leave, block[0])
            leave = block[1]
        ask = self.step((f"{decide}_again", 0.8))
        self.flow(leave, ask)
        self.flow(ask, decide)
        self.flow(decide, entry, f"{decide}_again")
        self.flow(decide, self.end(), default=True)
        process = self.draw.build(variables=self.kept | self.written)
        return RandomMap(process, self.answers, self.decisions)

    # parts -------------------------------------------------------------------------------------------------------
    def new(self, stem: str) -> str:
        self.ids += 1
        return f"{stem}_{self.ids}"

    def node(self, node_id: str, drawn: Callable[[str], str]) -> str:
        drawn(node_id)
        return node_id

    def flow(self, source: str, target: str, variable: str | None = None, *, default: bool = False) -> None:
        flow_id = self.new("flow")
        if default:
            self._make_default(source, flow_id)
        self.draw.flow(source, target, variable, flow_id=flow_id)

    def decided(self, source: str, target: str, outcomes: str, steps: list[str]) -> None:
        flow_id = self.new("flow")
        self.draw.flow(source, target, when(outcomes, *steps), flow_id=flow_id)
        self.kept |= {f"{step}_outcome" for step in steps}
        self.decisions |= set(steps)

    def _make_default(self, gateway: str, flow_id: str) -> None:
        for position, element in enumerate(self.draw.body):
            if f' id="{gateway}"' in element and "sequenceFlow" not in element:
                self.draw.body[position] = element.replace(">", f' default="{flow_id}">', 1)

    def step(self, answer: tuple[str, float] | None = None, stem: str = "step") -> str:
        step = self.node(self.new(stem), self.draw.step)
        if answer is not None:
            self.answers.setdefault(step, []).append(answer)
            self.kept.add(answer[0])
        return step

    def gateway(self, kind: str) -> str:
        return self.node(self.new(kind), lambda gateway: self.draw.gateway(kind, gateway))

    def end(self) -> str:
        return self.node(self.new("end"), self.draw.end)

    # blocks ------------------------------------------------------------------------------------------------------
    def block(self, depth: int) -> tuple[str, str]:
        """Draw something with one entry and one exit."""
        plain = ("step", "step", "script")
        kind = self.chance.choice(BLOCKS if depth > 0 else plain)
        drawn: tuple[str, str] = getattr(self, f"_{kind}")(depth - 1)
        return drawn

    def _step(self, _depth: int) -> tuple[str, str]:
        step = self.step()
        return step, step

    def _script(self, _depth: int) -> tuple[str, str]:
        script = self.new("script")
        variable = f"said_by_{script}"
        self.written.add(variable)
        self.draw.script(script, (variable, str(self.chance.randint(0, 9))))
        return script, script

    def _sequence(self, depth: int) -> tuple[str, str]:
        first, second = self.block(depth), self.block(depth)
        self.flow(first[1], second[0])
        return first[0], second[1]

    def _split(self, kind: str, depth: int) -> tuple[str, str]:
        split, merge = self.gateway(kind), self.gateway(kind)
        ask = self.step()
        self.flow(ask, split)
        for number in range(self.chance.randint(1, 2)):
            variable = f"{split}_way_{number}"
            self.answers.setdefault(ask, []).append((variable, 0.5))
            self.kept.add(variable)
            branch = self.block(depth)
            self.flow(split, branch[0], variable)
            self.flow(branch[1], merge)
        if self.chance.random() < 0.7:
            branch = self.block(depth)
            self.flow(split, branch[0], default=True)
            self.flow(branch[1], merge)
        else:
            self.flow(split, merge, default=True)
        return ask, merge

    def _exclusive(self, depth: int) -> tuple[str, str]:
        return self._split("exclusive", depth)

    def _inclusive(self, depth: int) -> tuple[str, str]:
        return self._split("inclusive", depth)

    def _parallel(self, depth: int) -> tuple[str, str]:
        split, join = self.gateway("parallel"), self.gateway("parallel")
        for _ in range(self.chance.randint(2, 3)):
            branch = self.block(depth)
            self.flow(split, branch[0])
            self.flow(branch[1], join)
        return split, join

    def _approvals(self, _depth: int) -> tuple[str, str]:
        """Prepare, approve in parallel, back to prepare on a return, out on a rejection."""
        prepare, split, join, decide = self.step(), *(self.gateway(k) for k in ("parallel", "parallel", "exclusive"))
        leave = self.gateway("exclusive")
        steps = [self.step(stem="approval") for _ in range(self.chance.randint(2, 3))]
        self.flow(prepare, split)
        for step in steps:
            self.flow(split, step)
            self.flow(step, join)
        self.flow(join, decide)
        self.decided(decide, prepare, "returned", steps)
        self.decided(decide, leave, "rejected", steps)
        self.flow(decide, leave, default=True)
        return prepare, leave

    def _loop(self, depth: int) -> tuple[str, str]:
        entry, decide, leave = (self.gateway("exclusive") for _ in range(3))
        body = self.block(depth)
        ask = self.step((f"{decide}_again", 0.45))
        self.flow(entry, body[0])
        self.flow(body[1], ask)
        self.flow(ask, decide)
        self.flow(decide, entry, f"{decide}_again")
        self.flow(decide, leave, default=True)
        return entry, leave

    def _scope(self, depth: int) -> tuple[str, str]:
        scope = self._sub_process(self.new("scope"), depth, "")
        return scope, scope

    def _called(self, depth: int) -> tuple[str, str]:
        call, key = self.new("call"), self.new("map")
        with self.draw.called(key):
            start = self.node(self.new("start"), self.draw.start)
            body = self.block(depth)
            self.flow(start, body[0])
            self.flow(body[1], self.end())
        self.draw.call(call, key)
        return call, call

    def _sub_process(self, scope: str, depth: int, loop: str) -> str:
        with self.draw.scope(scope, loop):
            start = self.node(self.new("start"), self.draw.start)
            body = self.block(max(depth, 0))
            self.flow(start, body[0])
            self.flow(body[1], self.end())
        return scope

    def _host(self, depth: int) -> str:
        kind = self.chance.choice(("step", "scope", "multi_instance"))
        if kind == "step":
            return self.step()
        return self._scope(depth)[0] if kind == "scope" else self._multi_instance(depth)[0]

    def _alarm(self, host: str, *, interrupting: bool, cycle: bool = False) -> str:
        days = self.chance.randint(1, 9)
        ticks = self.chance.choice((None, 1, 3)) if cycle else None
        rule = every(days=days, repetitions=ticks) if cycle else after(days=days)
        as_message = not cycle and self.chance.random() < 0.3
        alarm = self.new("alarm")
        definition = self.draw.message(alarm, alarm) if as_message else self.draw.timer(alarm, rule)
        return self.draw.boundary(alarm, host, definition, interrupting=interrupting)

    def _interrupted(self, depth: int) -> tuple[str, str]:
        host = self._host(depth)
        alarm = self._alarm(host, interrupting=True)
        other, merge = self.block(depth - 1), self.gateway("exclusive")
        self.flow(alarm, other[0])
        self.flow(host, merge)
        self.flow(other[1], merge)
        return host, merge

    def _reminded(self, depth: int) -> tuple[str, str]:
        host = self._host(depth)
        aside = self.step()
        self.flow(self._alarm(host, interrupting=False), aside)
        self.flow(aside, self.end())
        return host, host

    def _ticking(self, depth: int) -> tuple[str, str]:
        host = self._host(depth)
        aside = self.step()
        self.flow(self._alarm(host, interrupting=False, cycle=True), aside)
        self.flow(aside, self.end())
        return host, host

    def _race(self, depth: int) -> tuple[str, str]:
        race = self.node(self.new("race"), lambda race: self.draw.gateway("eventBased", race))
        merge = self.gateway("exclusive")
        for _ in range(self.chance.randint(2, 3)):
            event = self.new("event")
            if self.chance.random() < 0.5:
                self._timer(event, self.chance.randint(1, 9))
            else:
                self.node(event, lambda event: self.draw.catch(event, self.draw.message(event, event)))
            branch = self.block(depth - 1)
            self.flow(race, event)
            self.flow(event, branch[0])
            self.flow(branch[1], merge)
        return race, merge

    def _timer(self, event: str, days: int) -> None:
        self.draw.catch(event, self.draw.timer(event, after(days=days)))

    def _multi_instance(self, depth: int) -> tuple[str, str]:
        runs, sequential = self.chance.randint(0, 3), self.chance.random() < 0.5
        loop = self.new("each")
        written = self.draw.multi_instance(loop, sequential=sequential, cardinality=str(runs))
        if self.chance.random() < 0.5:
            self._sub_process(loop, depth, written)
        else:
            self.draw.step(loop, written)
        return loop, loop

    def _standard_loop(self, _depth: int) -> tuple[str, str]:
        loop, most = self.new("again"), self.chance.randint(1, 3)
        written = self.draw.standard_loop(loop, cardinality=str(most))
        self.draw.step(loop, written)
        return loop, loop

    def _terminated(self, depth: int) -> tuple[str, str]:
        """A sub-process that one of its branches can end at once."""
        scope = self.new("scope")
        with self.draw.scope(scope):
            start = self.node(self.new("start"), self.draw.start)
            split = self.gateway("parallel")
            self.flow(start, split)
            stop = self.step()
            self.flow(split, stop)
            over = self.node(self.new("over"), lambda over: self.draw.end(over, self.draw.terminate()))
            self.flow(stop, over)
            body = self.block(depth)
            self.flow(split, body[0])
            self.flow(body[1], self.end())
        return scope, scope
