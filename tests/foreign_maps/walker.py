"""Walks a compiled map that nobody has seen before, as people who know nothing of it would, until all was done."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from support.canonical_maps import MONDAY
from support.instance_run import InstanceRun

from engine.bpmn.compiled import CompiledProcess, ExpressionCondition, FieldDefinition, FieldType, StepDefinition
from engine.bpmn.runtime import CompleteCall, CompleteStep, DeliverMessage, FireTimer, Stimulus
from engine.errors import MapFailed

FACTS: dict[str, Any] = {
    "deal": {"amount": Decimal(150_000), "currency": "UAH", "number": "2026-00001", "close_date": MONDAY.date()},
    "client": {"name": "ТОВ «Промінь»", "segment": "середній"},
    "owner": {"login": "olena", "name": "Олена Коваль"},
    "today": MONDAY.date(),
    "now": MONDAY,
}
MOST_WALKS = 40
MOST_STIMULI = 250  # in one walk
_NUMBERS = (FieldType.NUMBER, FieldType.MONEY, FieldType.PERCENT)
_LITERAL = re.compile(r"'([^']*)'|\"([^\"]*)\"|(\d+(?:\.\d+)?)")

# What a stimulus stands for when an instance is forgotten: its kind, its place in the map, the button pressed.
Choice = tuple[str, str, str]


@dataclass
class Walked:
    """What all walks of one map met together."""

    walks: int = 0
    ends: int = 0
    completed: set[str] = field(default_factory=set)
    failures: list[MapFailed] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)


def walk(process: CompiledProcess, seed: int = 1) -> Walked:
    """Walk until every human step was completed and an end was reached, or MOST_WALKS were not enough.

    What was tried least is tried next, so that every button, timer and message has its turn.
    """
    walker = _Walker(process, random.Random(seed))  # noqa: S311  # a repeatable walk, no secret
    while walker.walked.walks < MOST_WALKS and not (walker.walked.ends and walker.walked.completed >= {*process.steps}):
        walker.walk_once()
    return walker.walked


class _Walker:
    def __init__(self, process: CompiledProcess, chance: random.Random) -> None:
        self._process = process
        self._chance = chance
        self._tried: Counter[Choice] = Counter()
        self._literals = tuple(_literals(process))
        self.walked = Walked()

    def walk_once(self) -> None:
        self.walked.walks += 1
        run = InstanceRun(self._process, **FACTS)
        for _ in range(MOST_STIMULI):
            if run.last.finished:
                self.walked.ends += 1
                return
            if not self._go_on(run):
                return

    def _go_on(self, run: InstanceRun) -> bool:
        """Apply what was tried least. A stimulus at which the map fails leaves the instance as it was."""
        possible = list(self._stimuli(run))
        if not possible:
            self.walked.stuck.append(str(run.last.passed))
            return False
        choice, stimulus = min(possible, key=lambda one: (self._tried[one[0]], self._chance.random()))
        self._tried[choice] += 1
        if isinstance(stimulus, FireTimer):
            run.now = max(run.now, stimulus.due_at)
        try:
            run.apply(stimulus)
        except MapFailed as failure:
            self.walked.failures.append(failure)
            return True
        if isinstance(stimulus, CompleteStep):
            self.walked.completed.add(choice[1])
        return True

    def _stimuli(self, run: InstanceRun) -> Iterator[tuple[Choice, Stimulus]]:
        for step in run.steps.values():
            definition = self._process.steps[step.element_id]
            for outcome in definition.outcomes:
                stimulus = CompleteStep(step.activity_id, outcome.id, self._values(definition))
                yield ("step", step.element_id, outcome.id), stimulus
        for call in run.calls.values():
            yield ("call", call.element_id, ""), CompleteCall(call.activity_id)
        for timer in run.timers.values():
            yield ("timer", timer.node_id, ""), FireTimer(timer.activity_id, timer.node_id, timer.due_at)
        for message in run.messages.values():
            yield ("message", message.node_id, ""), DeliverMessage(message.activity_id, message.node_id)

    def _values(self, definition: StepDefinition) -> dict[str, Any]:
        return {one.name: self._value(one) for one in definition.fields if not one.name.startswith("deal.")}

    def _value(self, definition: FieldDefinition) -> Any:
        """Of the field's type; preferably a value that some condition of the map speaks of, or one beside it."""
        numbers = [Decimal(one) for one in self._literals if one.replace(".", "").isdecimal()]
        choices = [one.value for one in definition.choices]
        if definition.type is FieldType.YES_NO:
            return self._chance.choice([True, False])
        if definition.type in _NUMBERS:
            return self._chance.choice(numbers or [Decimal(1000)]) + self._chance.choice([-1, 0, 1])
        if definition.type is FieldType.DATE:
            return MONDAY.date() + timedelta(days=self._chance.randrange(30))
        if definition.type is FieldType.MOMENT:
            return MONDAY + timedelta(days=self._chance.randrange(30))
        if definition.type is FieldType.MANY:
            several = choices or ["перший", "другий"]
            return self._chance.sample(several, self._chance.randint(1, len(several)))
        return self._chance.choice(choices or [*self._literals, "текст"])


def _literals(process: CompiledProcess) -> Iterator[str]:
    """Texts and numbers that the conditions compare with."""
    texts = [one.text for one in process.conditions.values() if isinstance(one, ExpressionCondition)]
    for found in _LITERAL.finditer("\n".join(texts)):
        yield next(group for group in found.groups() if group is not None)
