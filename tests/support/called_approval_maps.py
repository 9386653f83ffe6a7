"""Maps that are called and hold approvals, drawn or random, and what has to hold right behind the call."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from support.drawn_maps import chain, drawn, element, flow, step
from support.instance_run import InstanceRun

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.runtime import OpenedStep

APPROVED, RETURNED, REJECTED = "approved", "returned", "rejected"
_LABELS = {APPROVED: "Погоджено", RETURNED: "На доопрацювання", REJECTED: "Відхилено"}
_LEAD = {"sign": APPROVED, "rework": RETURNED, "lost": REJECTED}
_MOST = 60


def gate(name: str, approved: str, returned: str, rejected: str) -> str:
    """A decision by what stands before it."""
    return (
        element("exclusiveGateway", name, "Погоджено?")
        + flow(name, approved, "Погоджено")
        + flow(name, returned, "На доопрацювання")
        + flow(name, rejected, "Відхилено")
    )


ENDS = '<startEvent id="in"/><endEvent id="good"/><endEvent id="bad"/>'


def in_turn(back: str) -> str:
    """The lawyer, then finance; what they return goes ``back``."""
    return (
        ENDS
        + (element("endEvent", back) if back == "again" else "")
        + step("prepare", "Підготувати")
        + step("legal", "Юрист", погодження="будь-хто")
        + step("finance", "Фінанси", погодження="будь-хто")
        + gate("by_legal", "finance", back, "bad")
        + gate("by_finance", "good", back, "bad")
        + chain("in", "prepare", "legal", "by_legal")
        + chain("finance", "by_finance")
    )


IN_TURN = in_turn("prepare")
RETURNS_OUT = in_turn("again")
LATE = element(
    "boundaryEvent",
    "late",
    "",
    "<timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition>",
    attachedToRef="finance",
) + chain("late", "good")


def upload(called: str, *, ways: str = "", name: str = "Погоджено?", said: str = "") -> CompileOutcome:
    """A map that calls one with ``called`` inside, and decides right behind the call."""
    ways = ways or (
        flow("decide", "sign", "Так") + flow("decide", "rework", "На доопрацювання") + flow("decide", "lost", "Ні")
    )
    content = drawn(
        '<startEvent id="start"/><endEvent id="end"/><endEvent id="lost"/>',
        step("draft", "Скласти договір"),
        element("callActivity", "call", "Погодження договору", calledElement="called"),
        element("exclusiveGateway", "decide", name, said),
        step("sign", "Підписати"),
        step("rework", "Переробити"),
        chain("start", "draft", "call", "decide"),
        chain("sign", "end"),
        chain("rework", "draft"),
        ways,
        around=f'<process id="called" name="Погодження" isExecutable="true">{called}</process>',
    )
    return compile_bpmn({"map.bpmn": content}, process_key="sale")


_Block = Callable[[str, str, str, int], tuple[str, str]]


class _Drawing:
    """Draws one map from its start to its ends, block by block."""

    def __init__(self, random: Random, prefix: str = "") -> None:
        self.random, self.prefix, self.count = random, prefix, 0
        self.parts: list[str] = []
        self.around: list[str] = []
        self.approvals: list[str] = []

    def new(self, kind: str) -> str:
        self.count += 1
        return f"{self.prefix}{kind}{self.count}"

    def add(self, tag: str, kind: str, name: str = "", inner: str = "", **said: str) -> str:
        node = self.new(kind)
        self.parts.append(element(tag, node, name, inner, **said))
        return node

    def link(self, source: str, target: str, label: str = "") -> None:
        self.parts.append(flow(source, target, label, flow_id=self.new("f")))

    def end(self) -> str:
        return self.add("endEvent", "end")

    def approval(self) -> str:
        node = self.new("a")
        self.approvals.append(node)
        self.parts.append(step(node, погодження="будь-хто"))
        return node

    def work(self) -> str:
        node = self.new("s")
        self.parts.append(step(node))
        return node

    def body(self, depth: int) -> str:
        """The inside of a map or a part; answers it as drawn."""
        outside, self.parts = self.parts, []
        begin = self.add("startEvent", "start")
        place = self.work()
        self.link(begin, place)
        last, label = place, ""
        for _ in range(self.random.randint(1, 3)):
            last, label = self.block(last, label, place, depth)
        self.link(last, self.end(), label)
        inside, self.parts = "".join(self.parts), outside
        return inside

    def block(self, before: str, label: str, place: str, depth: int) -> tuple[str, str]:
        """Something behind ``before``; what goes on behind it, and by which label."""
        kinds: list[_Block] = [self.judged, self.judged, self.beside, self.perhaps, self.overdue, self.worked]
        if depth:
            kinds += [self.part, self.call]
        return self.random.choice(kinds)(before, label, place, depth)

    def decide(self, last: str, place: str) -> tuple[str, str]:
        """What was approved goes on; anything else back, to an end, or to somebody who overrules it."""
        decision, on = self.add("exclusiveGateway", "g"), self.add("exclusiveGateway", "g")
        self.link(last, decision)
        self.link(decision, on, _LABELS[APPROVED])
        for outcome in (RETURNED, REJECTED):
            chance = self.random.random()
            if chance < 0.4:
                self.link(decision, place, _LABELS[outcome])
            elif chance < 0.8:
                told = self.work() if self.random.random() < 0.3 else self.end()
                self.link(decision, told, _LABELS[outcome])
                if told.removeprefix(self.prefix).startswith("s"):
                    self.link(told, self.end())
            else:
                boss, said = self.approval(), self.add("exclusiveGateway", "g")
                self.link(decision, boss, _LABELS[outcome])
                self.link(boss, said)
                self.link(said, on, _LABELS[APPROVED])
                self.link(said, self.end(), _LABELS[REJECTED])
        return on, ""

    def judged(self, before: str, label: str, place: str, _depth: int) -> tuple[str, str]:
        approval = self.approval()
        self.link(before, approval, label)
        return self.decide(approval, place)

    def beside(self, before: str, label: str, place: str, _depth: int) -> tuple[str, str]:
        split, join = self.add("parallelGateway", "p"), self.add("parallelGateway", "p")
        self.link(before, split, label)
        for _ in range(2):
            approval = self.approval()
            self.link(split, approval)
            self.link(approval, join)
        return self.decide(join, place)

    def perhaps(self, before: str, label: str, place: str, _depth: int) -> tuple[str, str]:
        """A person says whether to ask."""
        asking, decision = self.work(), self.add("exclusiveGateway", "g")
        self.link(before, asking, label)
        self.link(asking, decision)
        approval = self.approval()
        self.link(decision, approval, "Спитати")
        on, _ = self.decide(approval, place)
        self.link(decision, on, "Не питати")
        return on, ""

    def overdue(self, before: str, label: str, place: str, _depth: int) -> tuple[str, str]:
        """After a day nobody waits for the approval any more."""
        approval = self.approval()
        self.link(before, approval, label)
        on, _ = self.decide(approval, place)
        timer = "<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>"
        late = self.add("boundaryEvent", "late", "", timer, attachedToRef=approval)
        self.link(late, on if self.random.random() < 0.5 else self.end())
        return on, ""

    def worked(self, before: str, label: str, _place: str, _depth: int) -> tuple[str, str]:
        work = self.work()
        self.link(before, work, label)
        return work, ""

    def part(self, before: str, label: str, _place: str, depth: int) -> tuple[str, str]:
        part = self.add("subProcess", "part", "", self.body(depth - 1))
        self.link(before, part, label)
        return part, ""

    def call(self, before: str, label: str, place: str, depth: int) -> tuple[str, str]:
        inside = _Drawing(self.random, self.new("m"))
        key = inside.prefix
        self.around.append(f'<process id="{key}" isExecutable="true">{inside.body(depth - 1)}</process>')
        self.around += inside.around
        self.approvals += inside.approvals
        call = self.add("callActivity", "call", "", calledElement=key)
        self.link(before, call, label)
        return self.decide(call, place) if inside.approvals and self.random.random() < 0.5 else (call, "")


def calling_map(random: Random) -> tuple[CompiledProcess | None, list[str]]:
    """A map with a decision right behind a call, as far as it can be published, and the approvals in what it calls."""
    inside = _Drawing(random, "c")
    around = f'<process id="called" isExecutable="true">{inside.body(2)}</process>' + "".join(inside.around)
    content = drawn(
        '<startEvent id="start"/><endEvent id="end"/><endEvent id="lost"/>',
        element("callActivity", "call", "Погодження", calledElement="called"),
        element("exclusiveGateway", "decide", "Погоджено?"),
        step("sign"),
        step("rework"),
        chain("start", "call", "decide"),
        chain("rework", "call") + chain("sign", "end"),
        "".join(flow("decide", target, _LABELS[outcome]) for target, outcome in _LEAD.items()),
        around=around,
    )
    outcome = compile_bpmn({"map.bpmn": content}, process_key="sale")
    return outcome.process, inside.approvals


def faults_of_walk(process: CompiledProcess, approvals: list[str], random: Random) -> tuple[list[str], set[str]]:
    """Walk at random; where the decision went by itself and should not have, and how it was decided."""
    walk = _Walk(process, approvals, random)
    for _ in range(_MOST):
        if walk.run.steps:
            walk.go_on()
    return walk.faults, walk.seen


class _Walk:
    def __init__(self, process: CompiledProcess, approvals: list[str], random: Random) -> None:
        self.run, self.approvals, self.random = InstanceRun(process), approvals, random
        self.asked = False  # whether the decision was a person's
        self.said: dict[str, str | None] = {}  # per approval in this run of the call; None while it is not answered
        self.again = False  # whether one was asked again: where a part is run again, a person may be asked
        self.faults: list[str] = []
        self.seen: set[str] = set()
        self.note_opened()

    def note_opened(self) -> None:
        opened = [one.element_id for one in self.run.last.opened_steps if one.element_id in self.approvals]
        self.again |= not self.said.keys().isdisjoint(opened)
        self.said |= dict.fromkeys(opened)

    def go_on(self) -> None:
        run, random = self.run, self.random
        if run.timers and random.random() < 0.15:
            self.asked = False
            run.fire_timer(random.choice(sorted(run.timers.values(), key=lambda one: int(one.activity_id))))
        else:
            self.complete(random.choice(sorted(run.steps.values(), key=lambda one: int(one.activity_id))))
        went = [outcome for target, outcome in _LEAD.items() if self.has_passed(f"decide_{target}")]
        if went:
            self.judge(went[0])
            self.said, self.again = {}, False
        elif "decide_choice" in run.open and self.all_approve and not self.again:
            self.faults.append(f"asked although {self.said}")
        self.note_opened()

    def complete(self, opened: OpenedStep) -> None:
        name, definition = opened.element_id, self.run.process.steps[opened.element_id]
        outcomes = [one.id for one in definition.outcomes]
        chosen = APPROVED if APPROVED in outcomes and self.random.random() < 0.75 else self.random.choice(outcomes)
        if name in self.approvals:
            self.said[name] = chosen
        self.run.complete_opened(opened, chosen, {})
        self.asked = name == "decide_choice"

    def has_passed(self, flow_id: str) -> bool:
        return flow_id in {one.element_id for one in self.run.last.passed}

    @property
    def all_approve(self) -> bool:
        return self.said.keys() == set(self.approvals) and set(self.said.values()) == {APPROVED}

    def judge(self, outcome: str) -> None:
        """A person may say anything; by itself the decision follows what all have said last."""
        if self.asked:
            self.seen.add("asked")
            return
        self.seen.add(outcome)
        worst = next((one for one in (REJECTED, RETURNED) if one in self.said.values()), None)
        right = self.all_approve if outcome == APPROVED else outcome == worst
        if not right:
            self.faults.append(f"{outcome} by {self.said}")
