"""What must hold when a random map of ``rework_maps`` is walked at random."""

from __future__ import annotations

from collections import Counter
from random import Random

from support.instance_run import InstanceRun
from support.rework_maps import APPROVED, RETURNED, SIGN, ReworkMap

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.runtime import OpenedStep

_MOST_LEFT = 40  # steps that may be open, or open behind those, when a deal is signed


def faults_of_walk(drawn: ReworkMap, process: CompiledProcess, random: Random, most: int = 60) -> list[str]:
    """Complete open steps at random; what went by an approval, asked for one twice at once, or was left behind."""
    walk = _Walk(drawn, process, random)
    for moment in range(most):
        walk.note_opened(moment)
        if SIGN in walk.run.open:
            return walk.faults + walk.passed_by() + walk.left_behind()
        if walk.faults or not walk.can_go_on:
            return walk.faults or ["stuck"]
        walk.go_on(moment)
    return walk.faults


class _Walk:
    def __init__(self, drawn: ReworkMap, process: CompiledProcess, random: Random) -> None:
        self.drawn, self.random = drawn, random
        self.run = InstanceRun(process, drawn.values)
        self.must = drawn.approvals.keys() - drawn.spared
        told = [one.element_id or "" for one in process.findings if one.code == "PART_RUNS_BESIDE_ITSELF"]
        self.asked_once = drawn.approvals.keys() - set().union(*map(drawn.inside, told))
        self.asked_at: dict[str, int] = {}
        self.answers: dict[str, list[str]] = {}  # since it was last asked for
        self.wanted: dict[str, int] = {}  # by approval: it has to be asked for after this
        self.said_before: dict[str, tuple[str, ...]] = {}  # when the last answer was given
        self.undecided: set[str] = set()  # what has been answered since it was last decided on
        self.led: list[tuple[int, str, str]] = []  # when, from where and to where, by a return or an alarm
        self.faults: list[str] = []

    @property
    def can_go_on(self) -> bool:
        return bool(self.run.steps)

    def note_opened(self, moment: int) -> None:
        for opened in self.run.last.opened_steps:
            self.asked_at[opened.element_id] = moment
            self.answers[opened.element_id] = []
            self.undecided.discard(opened.element_id)
        for name, count in Counter(self.run.open).items():
            if name in self.asked_once and count > self.drawn.times.get(name, 1):
                self.faults.append(f"{name} twice at {moment}")

    def passed_by(self) -> list[str]:
        """The approvals that the deal should have had before it is signed."""
        faults = [f"{one} is open" for one in self.must if one in self.run.open]
        lacking = {one: f"{one} said {self.answers.get(one)}" for one in self.must if not self.is_approved(one)}
        for one, at in self.wanted.items():
            if one in self.must and self.asked_at.get(one, -1) < at:
                lacking.setdefault(one, f"{one} was not asked again")
        return faults + [fault for one, fault in lacking.items() if not self.is_led_around(one)]

    def is_led_around(self, name: str) -> bool:
        """Whether the drawing leads the deal past that approval since it was last asked for, if ever."""
        since = self.asked_at.get(name, -1)
        return any(at >= since and name in self.drawn.led_around(*way) for at, *way in self.led)

    def left_behind(self) -> list[str]:
        """What still waits when everything open is done, and nothing is returned any more."""
        for _ in range(_MOST_LEFT):
            if not self.run.steps:
                break
            opened = min(self.run.steps.values(), key=lambda one: int(one.activity_id))
            self.complete(opened, APPROVED)
        return [] if self.run.last.finished else [f"not over: {self.run.open or 'a token waits'}"]

    def is_approved(self, name: str) -> bool:
        said = self.answers.get(name)
        return bool(said) and set(said or ()) == {APPROVED}

    def go_on(self, moment: int) -> None:
        run, chance = self.run, self.random.random()
        if run.timers and chance < 0.1:
            timer = self.random.choice(sorted(run.timers.values(), key=lambda one: int(one.activity_id)))
            if timer.node_id in self.drawn.alarms:
                self.led.append((moment, *self.drawn.alarms[timer.node_id]))
            run.fire_timer(timer)
            return
        calling = [one for one in run.messages.values() if self.may_be_called(one.node_id)]
        if calling and chance > 0.9:
            run.deliver_to(self.random.choice(sorted(calling, key=lambda one: int(one.activity_id))))
            return
        opened = self.random.choice(sorted(run.steps.values(), key=lambda one: int(one.activity_id)))
        outcome = APPROVED if self.random.random() < 0.7 else RETURNED
        others = Counter(run.open) - Counter([opened.element_id])
        self.complete(opened, outcome)
        if outcome == RETURNED and opened.element_id in self.drawn.approvals:
            self.led.append((moment, opened.element_id, self.drawn.approvals[opened.element_id]))
        self.want(opened.element_id, others, moment)

    def may_be_called(self, event: str) -> bool:
        """Each run of what an event begins asks for its own approvals: it happens again when that is over."""
        return not self.drawn.begun_by.get(event, set()) & set(self.run.open)

    def complete(self, opened: OpenedStep, outcome: str) -> None:
        name = opened.element_id
        if name in self.drawn.approvals:
            self.answers.setdefault(name, []).append(outcome)
            self.undecided.add(name)
            self.said_before = {one: tuple(said) for one, said in self.answers.items()}
        self.run.complete_opened(opened, outcome if name in self.drawn.approvals else "completed", {})

    def want(self, name: str, open_beside: Counter[str], moment: int) -> None:
        """Note what has to be asked for again, if everything that one decision looks at is answered now."""
        fellows = self.drawn.fellows(name)
        if name not in self.must or not fellows.isdisjoint(open_beside) or not fellows <= self.undecided:
            return
        self.undecided -= fellows
        if any(RETURNED in self.said_before.get(one, ()) for one in fellows):
            self.wanted |= dict.fromkeys(self.drawn.only_through(self.drawn.approvals[name]), moment + 1)
