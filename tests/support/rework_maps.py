"""Random maps in which approvals return deals to wherever their drawer liked, and what must hold when they are walked.

The ways are drawn as people draw them: out of parallel branches, into other ones, past joins. What is expected is said
of the drawing alone, without anything that the product knows about maps.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random

from lxml import etree
from support.decision_tables import dmn, table
from support.drawn_maps import END, START, bag, drawn, element, flow, step

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.findings import Severity

APPROVED, RETURNED = "approved", "returned"
SIGN = "sign"
TWO_ENOUGH = "<activationCondition>${activationCount &gt;= 2}</activationCondition>"
_ALARM = "<timerEventDefinition><timeDuration>PT5M</timeDuration></timerEventDefinition>"
_REPEATED = "<timerEventDefinition><timeCycle>R3/PT5M</timeCycle></timerEventDefinition>"
_TWICE = "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
_DEPTH = 3
_SPLITS = ["parallel", "inclusive", "waits", "complex", "drawn together"]
_FLAT = ["step", "approval"]
_DEEP = [*_FLAT, "approval", "split", "split", "together", "part"]
_INSIDES = ["part", "call", "accompanied", "interrupted"]
_WIDE = (["repeated"], ["repeated", "failing", "call", "accompanied", "interrupted"])


@dataclass
class ReworkMap:
    """``approvals`` by where their return leads, ``together`` those with one decision; ``ways`` are all arrows.

    ``values`` are those by which inclusive splits are decided; ``spared`` the approvals that a deal with them need not
    have had; ``times`` how many people an approval asks side by side, where it is not one; ``begun_by`` the steps that
    an event begins, by its id; ``alarms`` by event that interrupts its host, that and where it leads. ``around`` and
    ``tables`` are what stands beside the process.
    """

    parts: list[str] = field(default_factory=list)
    ways: list[tuple[str, str]] = field(default_factory=list)
    approvals: dict[str, str] = field(default_factory=dict)
    together: list[list[str]] = field(default_factory=list)
    values: dict[str, bool] = field(default_factory=dict)
    spared: set[str] = field(default_factory=set)
    times: dict[str, int] = field(default_factory=dict)
    begun_by: dict[str, set[str]] = field(default_factory=dict)
    alarms: dict[str, tuple[str, str]] = field(default_factory=dict)
    around: list[str] = field(default_factory=list)
    tables: list[bytes] = field(default_factory=list)

    def inside(self, part: str) -> set[str]:
        """The approvals in ``part``, and in what is called there, however deep."""
        document = etree.fromstring(self.diagram())
        found: set[str] = set()
        waiting = [part, f"called_{part}"]
        while waiting:
            place = waiting.pop()
            for around in (one for one in document.iter() if one.get("id") == place):
                for within in around.iterdescendants():
                    found.add(within.get("id", ""))
                    waiting += [called] if (called := within.get("calledElement")) else []
        return found & self.approvals.keys()

    def diagram(self) -> bytes:
        return drawn(START, *self.parts, END, around="".join(self.around))

    def outcome(self) -> CompileOutcome:
        tables = {f"{number}.dmn": one for number, one in enumerate(self.tables)}
        return compile_bpmn({"map.bpmn": self.diagram(), **tables}, process_key="sale")

    def compiled(self) -> CompiledProcess | None:
        """What is executed; None where something stands against publishing the map but its missing properties."""
        outcome = self.outcome()
        if outcome.process is None or any(one.severity is Severity.ERROR for one in outcome.findings):
            return None
        return outcome.process

    def fellows(self, approval: str) -> set[str]:
        """The approvals, it among them, that one decision looks at."""
        return set(next((group for group in self.together if approval in group), [approval]))

    def only_through(self, place: str) -> set[str]:
        """The approvals that no way from the start leads to without ``place``."""
        passed_by = self.reached("start", {place})
        return {one for one in self.approvals if one not in passed_by or one == place}

    def led_around(self, source: str, place: str) -> set[str]:
        """The approvals at and behind ``source`` that a deal led from there to ``place`` is signed without, as drawn.

        Nothing that every way on from ``place`` to the signature passes leads to them.
        """
        around = self.around_it(place)
        ahead = self.on_every_way(place, SIGN, back=self.on_every_way("start", place) - {place} - around)
        left = self.reached(source, (ahead | self.on_every_way("start", source)) - {source})
        return (left & self.approvals.keys()).difference(*(self.only_through(one) for one in ahead - around))

    def around_it(self, place: str) -> set[str]:
        """The parts that ``place`` stands in: what leads out of one of them leads on, and not back."""
        document = etree.fromstring(self.diagram())
        standing = {one.get("id", ""): [each.get("id", "") for each in one.iterancestors()] for one in document.iter()}
        found: set[str] = set()
        waiting = [place]
        while waiting:
            around = {one.removeprefix("called_") for one in standing.get(waiting.pop(), ())} - found
            found |= around
            waiting += around
        return found

    def on_every_way(self, begin: str, end: str, back: Collection[str] = ()) -> set[str]:
        """What every way from ``begin`` to ``end`` passes, these two among it; none that leads ``back``."""
        between = self.reached(begin, back)
        return {begin, end} | {one for one in between if end not in self.reached(begin, {one, *back})}

    def reached(self, begin: str, without: Collection[str]) -> set[str]:
        """What a way from ``begin`` leads to that passes nothing of ``without``."""
        after: dict[str, list[str]] = {}
        for source, target in self.ways:
            after.setdefault(source, []).append(target)
        seen: set[str] = set()
        waiting = [begin]
        while waiting:
            node = waiting.pop()
            if node not in seen and node not in without:
                seen.add(node)
                waiting += after.get(node, ())
        return seen


class _Drawer:
    def __init__(self, random: Random, *, wild: bool, varied: bool, wide: bool) -> None:
        self.random = random
        self.wild = wild
        self.varied = varied
        self.wide = wide
        self.sparing = 0  # how many splits around do not lead here, or do not wait
        self.map = ReworkMap()
        self.steps = ["prepare"]
        self.number = 0
        self.people: set[str] = set()  # all steps of people

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
        self.people.add(name)
        return name

    def node(self, tag: str) -> str:
        name = self.new("g")
        self.map.parts.append(element(tag, name))
        return name

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def way(self, source: str, target: str, label: str = "", condition: str = "") -> None:
        """``label``: or the condition, if it is written as one."""
        self.map.ways.append((source, target))
        if label.startswith("${"):
            label, condition = "", label
        number = len(self.map.ways)
        if not self.wide or self.chance(0.9):
            self.map.parts.append(flow(source, target, label, condition, flow_id=f"w{number}"))
            return
        link = f'<linkEventDefinition name="link{number}"/>'  # the arrow goes on elsewhere on the page
        self.map.parts += [
            element("intermediateThrowEvent", f"out{number}", "", link),
            element("intermediateCatchEvent", f"into{number}", "", link),
            flow(source, f"out{number}", label, condition, flow_id=f"w{number}"),
            flow(f"into{number}", target, flow_id=f"x{number}"),
        ]

    def sequence(self, before: str, label: str, places: list[str], depth: int) -> tuple[str, str]:
        for _ in range(self.random.randint(1, 2 if depth < _DEPTH else 3)):
            before, label = self.block(before, label, places, depth)
        return before, label

    def block(self, before: str, label: str, places: list[str], depth: int) -> tuple[str, str]:
        kinds = _DEEP if depth else _FLAT
        kind = self.random.choice([*kinds, *_WIDE[bool(depth)]] if self.wide else kinds)
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
        beside = {"together": self.together, "repeated": self.repeated, "failing": self.failing}
        if kind in beside:
            return beside[kind](before, label, places)
        if kind in _INSIDES:
            return self.part(before, label, places, depth, kind)
        return self.split(before, label, places, depth)

    def decision(self, approvals: list[str], before: str, places: list[str]) -> tuple[str, str]:
        place = self.random.choice(self.steps if self.wild else places)
        before, back, on = self.decided_by(approvals, before)
        decision = self.node("exclusiveGateway")
        self.way(before, decision)
        self.map.approvals |= dict.fromkeys(approvals, place)
        if self.sparing:
            self.map.spared.update(approvals)
        self.steps += approvals
        if self.varied and self.chance(0.25):  # past a step of its own
            rework = self.step(self.new("s"))
            self.way(decision, rework, back)
            self.way(rework, place)
        else:
            self.way(decision, place, back)
        return decision, on

    def decided_by(self, approvals: list[str], before: str) -> tuple[str, str, str]:
        """What stands before the decision, and what its arrows say: a word, or a condition, maybe on a table."""
        kind = self.random.choice(("words", "words", "expression", "table")) if self.wide else "words"
        if kind == "words":
            return before, "На доопрацювання", "Погоджено"
        if kind == "expression":
            returned = " or ".join(f"{one}_outcome == '{RETURNED}'" for one in approvals)
            return before, f"${{{returned}}}", f"${{not ({returned})}}"
        task = self.new("d")
        columns = [(f"{one}_outcome", "string") for one in approvals]
        rules = [[f'"{RETURNED}"' if one is other else "-" for other in approvals] + ['"back"'] for one in approvals]
        rules.append([*("-" for _ in approvals), '"on"'])
        self.map.tables.append(dmn(table(columns, [f"{task}_way"], *rules, policy="FIRST", decision=task, name=task)))
        said = {"camunda:decisionRef": task, "camunda:resultVariable": f"{task}_way"}
        self.map.parts.append(
            element("businessRuleTask", task, task, "", **said, **{"camunda:mapDecisionResult": "singleEntry"})
        )
        self.way(before, task)
        return task, f"${{{task}_way == 'back'}}", f"${{{task}_way != 'back'}}"

    def repeated(self, before: str, label: str, places: list[str]) -> tuple[str, str]:
        """An approval for which several are asked side by side."""
        name = self.new("a")
        self.map.parts.append(element("userTask", name, name, bag(approval="any") + _TWICE))
        self.people.add(name)
        self.map.times[name] = 2
        self.way(before, name, label)
        self.alarm(name, places)
        return self.decision([name], name, places)

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
            place = self.random.choice(self.steps if self.wild else places)
            self.way(event, place)
            if interrupting:
                self.map.alarms[event] = host, place
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

    def part(self, before: str, label: str, places: list[str], depth: int, kind: str) -> tuple[str, str]:
        """A sub-process, or a map that is called: what is in it returns only to what is in it."""
        part = self.new("p")
        self.way(before, part, label)
        outside, self.map.parts = self.map.parts, []
        outer, self.steps = self.steps, []
        spares = kind == "interrupted"
        if spares or kind == "accompanied":
            self.begun_by_event(depth, interrupting=spares)
        self.sparing += spares
        start, end = self.inside(depth)
        self.sparing -= spares
        inside, self.map.parts, self.steps = "".join(self.map.parts), outside, outer
        if kind == "call":
            self.map.around.append(f'<process id="called_{part}" isExecutable="true">{inside}</process>')
            self.map.parts.append(element("callActivity", part, part, calledElement=f"called_{part}"))
        else:
            self.map.parts.append(element("subProcess", part, part, inside))
        self.map.ways += [(part, start), (end, part)]
        self.alarm(part, places)
        return part, ""

    def inside(self, depth: int, trigger: str = "", **said: str) -> tuple[str, str]:
        """From a start to an end, in the part that is being drawn."""
        start, end = self.new("start"), self.new("end")
        self.map.parts.append(element("startEvent", start, "", trigger, **said))
        first = self.step(self.new("s"))
        self.steps.append(first)
        self.way(start, first)
        last, last_label = self.sequence(first, "", [first], depth - 1)
        self.way(last, end, last_label)
        self.map.parts.append(element("endEvent", end))
        return start, end

    def begun_by_event(self, depth: int, *, interrupting: bool) -> None:
        """An event sub-process in the part that is being drawn."""
        outside, self.map.parts = self.map.parts, []
        outer, self.steps = self.steps, []
        before = set(self.people)
        message = self.new("m")
        self.map.around.append(element("message", message, message))
        trigger = f'<messageEventDefinition messageRef="{message}"/>'
        self.sparing += 1
        start, _ = self.inside(min(depth, 1), trigger, isInterrupting=str(interrupting).lower())
        self.sparing -= 1
        self.map.begun_by[start] = self.people - before
        inside, self.map.parts, self.steps = "".join(self.map.parts), outside, outer
        self.map.parts.append(element("subProcess", self.new("p"), "", inside, triggeredByEvent="true"))

    def failing(self, before: str, label: str, places: list[str]) -> tuple[str, str]:
        """Approvals side by side in a part that each of them can end by an error, which leads back."""
        part, error = self.new("p"), self.new("e")
        self.way(before, part, label)
        self.map.around.append(element("error", error, error, errorCode=error))
        outside, self.map.parts = self.map.parts, []
        start, fork, join, end = (
            self.new("start"),
            self.node("parallelGateway"),
            self.node("parallelGateway"),
            "in" + part,
        )
        self.map.parts += [element("startEvent", start), element("endEvent", end)]
        self.way(start, fork)
        self.way(join, end)
        place = self.random.choice(self.steps if self.wild else places)
        for _ in range(2):
            name, fails = self.step(self.new("a"), approval="any"), self.new("end")
            self.map.parts.append(element("endEvent", fails, "", f'<errorEventDefinition errorRef="{error}"/>'))
            self.way(fork, name)
            decision, on = self.decision([name], name, [fails])
            self.way(decision, join, on)
            self.map.approvals[name] = place
        self.map.parts, inside = outside, "".join(self.map.parts)
        border = self.new("b")
        self.map.parts += [
            element("subProcess", part, part, inside),
            element("boundaryEvent", border, "", f'<errorEventDefinition errorRef="{error}"/>', attachedToRef=part),
        ]
        self.map.ways += [(part, start), (end, part)]
        self.way(border, place)
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


def rework_map(random: Random, *, wild: bool = False, varied: bool = False, wide: bool = False) -> ReworkMap:
    """``wild``: approvals return to any step drawn so far, also of other branches.

    ``varied``: with splits and joins of all kinds, alarms, and steps on the ways back. ``wide``: with called maps,
    event sub-processes, parts that end by an error, approvals by several, links, and decisions by expressions and
    tables.
    """
    return _Drawer(random, wild=wild, varied=varied, wide=wide).draw()
