"""Random maps in which approvals return deals to wherever their drawer liked, and what must hold when they are walked.

The ways are drawn as people draw them: out of parallel branches, into other ones, past joins. What is expected is said
of the drawing alone, without anything that the product knows about maps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from support.drawn_maps import END, START, element, flow, outcome_of, step
from support.instance_run import InstanceRun

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.findings import Severity

APPROVED, RETURNED = "approved", "returned"
SIGN = "sign"
TWO_ENOUGH = "<activationCondition>${activationCount &gt;= 2}</activationCondition>"
_ALARM = "<timerEventDefinition><timeDuration>PT5M</timeDuration></timerEventDefinition>"
_REPEATED = "<timerEventDefinition><timeCycle>R3/PT5M</timeCycle></timerEventDefinition>"
_DEPTH = 3
_SPLITS = ["parallel", "inclusive", "waits", "complex", "drawn together"]
_FLAT = ["step", "approval"]
_DEEP = [*_FLAT, "approval", "split", "split", "together", "part"]


@dataclass
class ReworkMap:
    """``approvals`` by where their return leads, ``together`` those with one decision; ``ways`` are all arrows.

    ``values`` are those by which inclusive splits are decided; ``spared`` the approvals that a deal with them need not
    have had.
    """

    parts: list[str] = field(default_factory=list)
    ways: list[tuple[str, str]] = field(default_factory=list)
    approvals: dict[str, str] = field(default_factory=dict)
    together: list[list[str]] = field(default_factory=list)
    values: dict[str, bool] = field(default_factory=dict)
    spared: set[str] = field(default_factory=set)

    def compiled(self) -> CompiledProcess | None:
        """What is executed; None where something stands against publishing the map but its missing properties."""
        outcome = outcome_of(START, *self.parts, END)
        if outcome.process is None or any(one.severity is Severity.ERROR for one in outcome.findings):
            return None
        return outcome.process

    def only_through(self, place: str) -> set[str]:
        """The approvals that no way from the start leads to without ``place``."""
        seen, waiting = {place}, ["start"]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                waiting += [target for source, target in self.ways if source == node]
        return {one for one in self.approvals if one not in seen or one == place}


class _Drawer:
    def __init__(self, random: Random, *, wild: bool, varied: bool) -> None:
        self.random = random
        self.wild = wild
        self.varied = varied
        self.sparing = 0  # how many splits around do not lead here, or do not wait
        self.map = ReworkMap()
        self.steps = ["prepare"]
        self.number = 0

    def draw(self) -> ReworkMap:
        self.step("prepare")
        self.way("start", "prepare")
        last, label = self.sequence("prepare", "", ["prepare"], _DEPTH)
        self.step(SIGN)
        self.way(last, SIGN, label)
        self.way(SIGN, "end")
        return self.map

    def new(self, kind: str) -> str:
        self.number += 1
        return f"{kind}{self.number}"

    def step(self, name: str, **said: str) -> str:
        self.map.parts.append(step(name, **said))
        return name

    def node(self, tag: str) -> str:
        name = self.new("g")
        self.map.parts.append(element(tag, name))
        return name

    def way(self, source: str, target: str, label: str = "", condition: str = "") -> None:
        self.map.ways.append((source, target))
        self.map.parts.append(flow(source, target, label, condition, flow_id=f"w{len(self.map.ways)}"))

    def sequence(self, before: str, label: str, places: list[str], depth: int) -> tuple[str, str]:
        for _ in range(self.random.randint(1, 2 if depth < _DEPTH else 3)):
            before, label = self.block(before, label, places, depth)
        return before, label

    def block(self, before: str, label: str, places: list[str], depth: int) -> tuple[str, str]:
        kind = self.random.choice(_DEEP if depth else _FLAT)
        if kind == "step":
            name = self.step(self.new("s"))
            self.steps.append(name)
            places.append(name)
            self.way(before, name, label)
            self.alarm(name, places)
            return name, ""
        if kind == "approval":
            name = self.step(self.new("a"), approval="any")
            self.way(before, name, label)
            self.alarm(name, places)
            return self.decision([name], name, places)
        if kind == "together":
            return self.together(before, label, places)
        if kind == "part":
            return self.part(before, label, depth)
        return self.split(before, label, places, depth)

    def decision(self, approvals: list[str], before: str, places: list[str]) -> tuple[str, str]:
        decision = self.node("exclusiveGateway")
        self.way(before, decision)
        place = self.random.choice(self.steps if self.wild else places)
        self.map.approvals |= dict.fromkeys(approvals, place)
        if self.sparing:
            self.map.spared.update(approvals)
        self.steps += approvals
        if self.varied and self.random.random() < 0.25:  # past a step of its own
            rework = self.step(self.new("s"))
            self.way(decision, rework, "На доопрацювання")
            self.way(rework, place)
        else:
            self.way(decision, place, "На доопрацювання")
        return decision, "Погоджено"

    def alarm(self, host: str, places: list[str]) -> None:
        """An event on the border of ``host``: a reminder beside, or a way back."""
        if not self.varied or self.random.random() < 0.75:
            return
        interrupting = self.random.random() < 0.3
        event = self.new("b")
        timer = self.random.choice((_ALARM, _REPEATED)) if not interrupting else _ALARM
        said = {"attachedToRef": host, "cancelActivity": str(interrupting).lower()}
        self.map.parts.append(element("boundaryEvent", event, "", timer, **said))
        self.map.ways.append((host, event))
        if interrupting or self.random.random() < 0.3:
            self.way(event, self.random.choice(self.steps if self.wild else places))
            return
        look, end = self.step(self.new("s")), self.new("end")
        self.map.parts.append(element("endEvent", end))
        self.way(event, look)
        self.way(look, end)

    def together(self, before: str, label: str, places: list[str]) -> tuple[str, str]:
        """Approvals side by side that one decision behind their join looks at."""
        fork, join = self.node("parallelGateway"), self.node("parallelGateway")
        self.way(before, fork, label)
        approvals = [self.step(self.new("a"), approval="any") for _ in range(2)]
        for name in approvals:
            self.way(fork, name)
            self.way(name, join)
        self.map.together.append(approvals)
        return self.decision(approvals, join, places)

    def part(self, before: str, label: str, depth: int) -> tuple[str, str]:
        """A sub-process: what is in it returns only to what is in it."""
        part, start, end = self.new("p"), self.new("start"), self.new("end")
        self.way(before, part, label)
        outside, self.map.parts = self.map.parts, []
        steps, self.steps = self.steps, []
        first = self.step(self.new("s"))
        self.steps.append(first)
        self.way(start, first)
        last, last_label = self.sequence(first, "", [first], depth - 1)
        self.way(last, end, last_label)
        inside = "".join([element("startEvent", start), *self.map.parts, element("endEvent", end)])
        self.map.parts, self.steps = [*outside, element("subProcess", part, part, inside)], steps
        self.map.ways += [(part, start), (end, part)]
        return part, ""

    def split(self, before: str, label: str, places: list[str], depth: int) -> tuple[str, str]:
        kind = self.random.choice(_SPLITS) if self.varied else "parallel"
        branches = self.random.randint(2, 3)
        chosen = [kind != "inclusive" or self.random.random() < 0.7 for _ in range(branches)]
        chosen[0] = True
        fork = self.node("inclusiveGateway" if kind == "inclusive" else "parallelGateway")
        self.way(before, fork, label)
        join, goes_on = self.join(kind, branches)
        for taken in chosen:
            spares = not taken or kind == "complex"
            self.sparing += spares
            begin, condition = fork, ""
            if kind == "inclusive":
                condition = f"${{{self.new('v')}}}"
                self.map.values[condition[2:-1]] = taken
                begin = self.step(self.new("s"))
                self.way(fork, begin, "", condition)
            last, last_label = self.sequence(begin, "", list(places), depth - 1)
            self.way(last, join, last_label)
            self.sparing -= spares
        return (goes_on, "") if goes_on == join else self.decision([goes_on], goes_on, places)

    def join(self, kind: str, branches: int) -> tuple[str, str]:
        """Where the branches meet, and what follows that."""
        if kind == "complex" and branches > 2:
            join = self.new("g")
            self.map.parts.append(element("complexGateway", join, "", TWO_ENOUGH))
            return join, join
        if kind == "drawn together":  # by a step without a gateway
            name, approval = self.step(self.new("s")), self.step(self.new("a"), approval="any")
            self.way(name, approval)
            return name, approval
        tag = "inclusiveGateway" if kind in ("inclusive", "waits") else "parallelGateway"
        join = self.node(tag)
        return join, join


def rework_map(random: Random, *, wild: bool = False, varied: bool = False) -> ReworkMap:
    """``wild``: approvals return to any step drawn so far, also of other branches.

    ``varied``: with splits and joins of all kinds, alarms, and steps on the ways back.
    """
    return _Drawer(random, wild=wild, varied=varied).draw()


def faults_of_walk(drawn: ReworkMap, process: CompiledProcess, random: Random, most: int = 60) -> list[str]:
    """Complete open steps at random; what went by an approval, or asked for one twice at once."""
    run = InstanceRun(process, drawn.values)
    must = drawn.approvals.keys() - drawn.spared
    asked_at: dict[str, int] = {}
    answer: dict[str, str] = {}
    wanted: dict[str, int] = {}  # by approval: it has to be asked for after this
    faults: list[str] = []
    for moment in range(most):
        for opened in run.last.opened_steps:
            asked_at[opened.element_id] = moment
        faults += [f"{one} twice at {moment}" for one in drawn.approvals if run.open.count(one) > 1]
        if SIGN in run.open:
            faults += [f"{one} is open" for one in must if one in run.open]
            faults += [f"{one} said {answer.get(one)}" for one in must if answer.get(one) != APPROVED]
            faults += [f"{one} was not asked again" for one, at in wanted.items() if one in must and asked_at[one] < at]
            return faults
        if faults or not run.steps:
            return faults or ["stuck"]
        if run.timers and random.random() < 0.1:
            run.fire_timer(random.choice(sorted(run.timers.values(), key=lambda one: int(one.activity_id))))
            continue
        opened = random.choice(sorted(run.steps.values(), key=lambda one: int(one.activity_id)))
        name, outcome = opened.element_id, "completed"
        if name in drawn.approvals:
            outcome = answer[name] = APPROVED if random.random() < 0.7 else RETURNED
            fellows = next((group for group in drawn.together if name in group), [name])
            if RETURNED in [answer.get(one) for one in fellows] and not set(fellows) & set(run.open) - {name}:
                wanted |= dict.fromkeys(drawn.only_through(drawn.approvals[name]), moment + 1)
        run.complete_opened(opened, outcome, {})
    return faults
