"""Walks any compiled map to an end as people would who know nothing of it: every button and field filled somehow."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from support.canonical_maps import MONDAY
from support.instance_run import InstanceRun

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, FieldType, StepDefinition
from engine.bpmn.runtime import CompleteCall, CompleteStep, DeliverMessage, FireTimer, Stimulus

FACTS: dict[str, Any] = {
    "deal": {"amount": 150_000, "currency": "UAH", "number": "У-1"},
    "client": {"segment": "середній"},
    "owner": "olena",
    "today": MONDAY.date(),
    "now": MONDAY,
}
MOST_STEPS = 400


@dataclass
class Walked:
    """What was met on the way; ``ended`` says whether the end was reached within the bound."""

    ended: bool = False
    steps: list[str] = field(default_factory=list)


def walk_to_an_end(process: CompiledProcess, seed: int = 1) -> Walked:
    """Complete whatever waits, with random buttons, until the instance is finished or MOST_STEPS were made."""
    chance = random.Random(seed)  # noqa: S311  # a repeatable walk, no secret
    run = InstanceRun(process, **FACTS)
    walked = Walked()
    for _ in range(MOST_STEPS):
        if run.last.finished:
            walked.ended = True
            return walked
        walked.steps += [opened.element_id for opened in run.last.opened_steps]
        possible = list(_stimuli(run, chance))
        if not possible:
            return walked
        stimulus = chance.choice(possible)
        if isinstance(stimulus, FireTimer):
            run.now = max(run.now, stimulus.due_at)
        run.apply(stimulus)
    return walked


def _stimuli(run: InstanceRun, chance: random.Random) -> Iterator[Stimulus]:
    told = [opened for opened in run.steps.values() if run.process.steps[opened.element_id].outcomes]
    for opened in told:  # a step without a button only waits for what is on its border
        step = run.process.steps[opened.element_id]
        yield CompleteStep(opened.activity_id, chance.choice(step.outcomes).id, _values(step, chance))
    for call in run.calls.values():
        yield CompleteCall(call.activity_id)
    if told or run.calls:
        return
    for timer in run.timers.values():
        yield FireTimer(timer.activity_id, timer.node_id, timer.due_at)
    if not run.timers:
        for message in run.messages.values():
            yield DeliverMessage(message.activity_id, message.node_id)


def _values(step: StepDefinition, chance: random.Random) -> dict[str, Any]:
    return {definition.name: _value(definition, chance) for definition in step.fields}


def _value(definition: FieldDefinition, chance: random.Random) -> Any:
    values = [choice.value for choice in definition.choices] or ["текст"]
    if definition.type is FieldType.YES_NO:
        return chance.choice([True, False])
    if definition.type in (FieldType.NUMBER, FieldType.MONEY, FieldType.PERCENT):
        return chance.choice([1, 50, 1_000_000])
    if definition.type is FieldType.MANY:
        return chance.sample(values, chance.randint(1, len(values)))
    return chance.choice(values)
