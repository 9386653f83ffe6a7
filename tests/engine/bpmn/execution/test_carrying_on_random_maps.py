"""Random pairs of versions, an instance carried at every state that a random walk reaches.

The account of tokens knows nothing of how they are carried: it counts what waits before and after at each element, and
for every parallel join the flows that tokens came by. After each carrying the instance is walked to its end.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from lxml import etree
from support.canonical_maps import ElapsedDueTimes
from support.instance_run import InstanceRun
from support.map_edits import MapEdit
from support.sound_maps import RandomDrawing, RandomMap

from engine.bpmn.carrying import Carried, CarryOrder, carry
from engine.bpmn.carrying_problems import CannotCarry, NoCounterpart
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.runtime import OpenedStep, StepContext, StepResult

STEPS = 12
QUICK_RUNS = 60
FULL_RUNS = 1_500
PATIENCE = 800  # steps that the walk to the end may take
_MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


class Joins:
    """Per parallel join, how many tokens came by each flow and have not left yet."""

    def __init__(self, process: CompiledProcess) -> None:
        root = etree.fromstring(process.executable)
        joins = {one.get("id") for one in root.iter(_MODEL + "parallelGateway")}
        self.into: dict[str, list[str]] = {}
        self.source: dict[str, str] = {}
        for flow in root.iter(_MODEL + "sequenceFlow"):
            flow_id, source, target = (str(flow.get(name)) for name in ("id", "sourceRef", "targetRef"))
            if target in joins:
                self.into.setdefault(target, []).append(flow_id)
                self.source[flow_id] = source
        self.into = {join: flows for join, flows in self.into.items() if len(flows) > 1}
        self.came: Counter[str] = Counter()

    def watch(self, result: StepResult) -> None:
        for passed in result.passed:
            if passed.flow:
                self.came[passed.element_id] += 1
            for flow in self.into.get(passed.element_id, ()):
                assert self.came[flow] > 0, f"{passed.element_id} let go although nothing came by {flow}"
                self.came[flow] -= 1

    def carried_to(self, process: CompiledProcess) -> Joins:
        """The same account for another version: a token that waits in a join keeps the branch that it came from."""
        there = Joins(process)
        for join, flows in there.into.items():
            for flow in flows:
                mine = [one for one in self.into.get(join, ()) if self.source[one] == there.source[flow]]
                there.came[flow] = sum(self.came[one] for one in mine)
        return there


def go_on(drawn: RandomMap, run: InstanceRun, joins: Joins, chance: random.Random, hurry: float) -> None:
    """One random thing happens; ``hurry`` is how likely an answer leads out of a loop and not round again."""
    if run.steps and (chance.random() < 0.8 or not (run.timers or run.messages)):
        opened: OpenedStep = chance.choice(list(run.steps.values()))
        values = {
            name: chance.random() < (yes * (1 - hurry) if name.endswith("_again") else yes)
            for name, yes in drawn.answers.get(opened.element_id, ())
        }
        outcome = "completed"
        if opened.element_id in drawn.decisions or opened.index is not None:
            outcome = chance.choices(("approved", "returned", "rejected"), (6, 3 * (1 - hurry), 1))[0]
        joins.watch(run.complete_opened(opened, outcome, values))
    elif run.timers and (not run.messages or chance.random() < 0.5):
        joins.watch(run.fire_timer(chance.choice(list(run.timers.values()))))
    elif run.messages:
        joins.watch(run.deliver_to(chance.choice(list(run.messages.values()))))


def carried(run: InstanceRun, new: CompiledProcess, order: CarryOrder) -> tuple[InstanceRun, Carried]:
    """A second run that goes on where ``run`` stands, under ``new``. Raises CannotCarry."""
    assert run.state is not None
    moved = carry(run.process, new, run.state, order, StepContext(run.now, ElapsedDueTimes(), run.facts))
    other = InstanceRun.__new__(InstanceRun)
    other.__dict__ |= run.__dict__ | {"process": new, "state": moved.result.state, "last": moved.result}
    for kind in ("steps", "timers", "messages", "calls"):
        before = dict(getattr(run, kind))
        for closed in getattr(moved.result, f"closed_{kind}"):
            del before[closed]
        for opened in getattr(moved.result, f"opened_{kind}"):
            key = opened.activity_id if kind in ("steps", "calls") else (opened.activity_id, opened.node_id)
            before[key] = opened
        setattr(other, kind, before)
    return other, moved


def waits(run: InstanceRun) -> Counter[str]:
    return Counter(
        [opened.element_id for opened in run.steps.values()]
        + [timer.node_id for timer in run.timers.values()]
        + [message.node_id for message in run.messages.values()]
    )


def alarms_of(process: CompiledProcess) -> set[str]:
    return {str(one.get("id")) for one in etree.fromstring(process.executable).iter(_MODEL + "boundaryEvent")}


def ids_of(process: CompiledProcess) -> set[str]:
    return {str(one.get("id")) for one in etree.fromstring(process.executable).iter() if "id" in one.attrib}


def check_account(run: InstanceRun, other: InstanceRun, moved: Carried) -> None:
    """What waited waits still, once each, at the same element; only alarms begin or are gone."""
    old_alarms, new_alarms = alarms_of(run.process), alarms_of(other.process)
    before, now = waits(run), waits(other)
    for element in before.keys() | now.keys():
        if element in old_alarms | new_alarms:
            assert element not in old_alarms & new_alarms or now[element] == before[element], element
            assert now[element] == 0 or element in new_alarms, element
        else:
            assert now[element] == before[element], element
    assert not moved.result.passed
    assert not moved.result.finished
    kept = dict(run.timers.items() & other.timers.items())
    assert kept.keys() >= {key for key in run.timers if key[1] in ids_of(other.process)}, "a moment was not kept"


def to_the_end(drawn: RandomMap, run: InstanceRun, joins: Joins, chance: random.Random) -> None:
    for _ in range(PATIENCE):
        if run.last.finished:
            return
        go_on(drawn, run, joins, chance, hurry=1.0)
    pytest.fail(f"not finished: {run.open}, {run.due}, {list(run.messages)}")


def orders(problems: tuple[Exception, ...], run: InstanceRun, new: CompiledProcess) -> Iterator[CarryOrder]:
    """Where something has no counterpart: another step for it, or for all that is open."""
    lost = [one.element_id for one in problems if isinstance(one, NoCounterpart)]
    steps = sorted(new.steps)
    for target in steps[:4]:
        if lost:
            yield CarryOrder(choices=dict.fromkeys(lost, target))
        yield CarryOrder(
            choices={**dict.fromkeys(waits(run), target), **dict.fromkeys(Joins(run.process).into, target)}
        )


def play(drawn: RandomMap, chance: random.Random) -> Counter[str]:
    told: Counter[str] = Counter()
    edit = MapEdit(drawn.process, drawn.answers, chance)
    new = edit.make(chance.randint(1, 3))
    run, joins = InstanceRun(drawn.process), Joins(drawn.process)
    joins.watch(run.last)
    # What a step that is gone would have said: a map's own gateways must not fail for want of it.
    known = {name: False for answers in drawn.answers.values() for name, _ in answers}
    for _ in range(STEPS):
        if run.last.finished:
            break
        try:
            other, moved = carried(run, new, CarryOrder(known=known))
        except CannotCarry as refused:
            for problem in refused.problems:
                told[problem.code] += 1
            for order in orders(refused.problems, run, new):
                try:
                    other, moved = carried(run, new, replace(order, known=known))
                except CannotCarry:
                    continue
                assert not moved.result.finished
                to_the_end(drawn, other, joins.carried_to(new), chance)
                told["chosen"] += 1
                break
        else:
            check_account(run, other, moved)
            told["carried"] += 1
            check_way_back(run, other, known)
            to_the_end(drawn, other, joins.carried_to(new), chance)
        go_on(drawn, run, joins, chance, hurry=0.0)
    return told


def check_way_back(run: InstanceRun, other: InstanceRun, known: dict[str, bool]) -> None:
    """Back to the version that it came from, the way that any version is reached: only alarms begin anew."""
    back, _ = carried(other, run.process, CarryOrder(known=known))
    alarms = alarms_of(run.process)
    assert {one: count for one, count in waits(back).items() if one not in alarms} == {
        one: count for one, count in waits(run).items() if one not in alarms
    }


def test_no_token_is_lost_or_doubled_and_the_deal_can_finish(full: bool) -> None:  # a fixture
    told: Counter[str] = Counter()
    runs = FULL_RUNS if full else QUICK_RUNS
    for seed in range(runs):
        chance = random.Random(seed)  # noqa: S311  # reproducible, not secret
        drawn = RandomDrawing(chance).make(depth=3)
        try:
            told += play(drawn, chance)
        except BaseException as error:
            error.add_note(f"seed {seed}\n{drawn.process.executable}")
            raise
    assert told["carried"] > runs, told
    assert told["chosen"] > runs // 4, told
    assert told["no_counterpart"], told
    assert told["branches_differ"], told
