"""Walks a compiled map as people would, one step at a time, or through every situation that it can reach."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine.bpmn.compiled import CompiledProcess, OutcomeCondition, StepDefinition, TimerRule
from engine.bpmn.runtime import (
    CompleteStep,
    FireTimer,
    OpenedStep,
    OpenedTimer,
    StartProcess,
    StepContext,
    StepResult,
    Stimulus,
)
from engine.bpmn.stepper import step

MONDAY_MORNING = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
COMPLETED = "completed"

# What a person enters: the values of the fields that decide something, by the step's id in the owner's file.
Answers = Mapping[str, Sequence[Mapping[str, Any]]]


class OneDayLater:
    """Every timer is due a day after it was set: the order of events is the test's own affair."""

    def first(self, _rule: TimerRule, at: datetime) -> datetime:
        return at + timedelta(days=1)

    def next(self, _rule: TimerRule, _fired: datetime, at: datetime) -> datetime:
        return at + timedelta(days=1)


CONTEXT = StepContext(
    at=MONDAY_MORNING,
    due_times=OneDayLater(),
    facts={
        "deal": {"amount": 100_000, "currency": "UAH", "close_date": date(2026, 4, 30)},
        "client": {"segment": "standard"},
        "owner": "olena",
        "today": MONDAY_MORNING.date(),
        "now": MONDAY_MORNING,
    },
)


@dataclass(frozen=True, slots=True)
class Situation:
    """What waits after a step, and the state from which it goes on."""

    state: bytes
    finished: bool
    steps: tuple[OpenedStep, ...]
    timers: tuple[OpenedTimer, ...]
    variables: Mapping[str, Any]
    passed: frozenset[str]  # elements and flows passed by the last step
    ends: tuple[str, ...]  # ends of the top level reached by the last step

    @classmethod
    def begin(cls, process: CompiledProcess) -> Situation:
        nothing = cls(b"", finished=False, steps=(), timers=(), variables={}, passed=frozenset(), ends=())
        return nothing.after(step(process, None, StartProcess(), CONTEXT))

    def on(self, process: CompiledProcess, stimulus: Stimulus) -> Situation:
        """What waits after ``stimulus``; a timer fires at the very instant at which it is due."""
        at = stimulus.due_at if isinstance(stimulus, FireTimer) else CONTEXT.at
        return self.after(step(process, self.state, stimulus, replace(CONTEXT, at=at)))

    def after(self, result: StepResult) -> Situation:
        closed_timers = set(result.closed_timers)
        return Situation(
            state=result.state,
            finished=result.finished,
            steps=(
                *(opened for opened in self.steps if opened.activity_id not in result.closed_steps),
                *result.opened_steps,
            ),
            timers=(
                *(timer for timer in self.timers if (timer.activity_id, timer.node_id) not in closed_timers),
                *result.opened_timers,
            ),
            variables=result.variables,
            passed=frozenset(each.element_id for each in result.passed),
            ends=result.end_events,
        )


class Walk:
    """One run of a map. Steps are named by their ids in the owner's file."""

    def __init__(self, process: CompiledProcess) -> None:
        self._process = process
        self._situation = Situation.begin(process)
        self.ends: list[str] = list(self._situation.ends)

    @property
    def open(self) -> list[str]:
        return sorted(self._source_id(opened) for opened in self._situation.steps)

    @property
    def finished(self) -> bool:
        return self._situation.finished

    @property
    def timers(self) -> list[str]:
        return [timer.node_id for timer in self._situation.timers]

    def complete(self, source_id: str, outcome: str = COMPLETED, **values: Any) -> Walk:
        opened = next(each for each in self._situation.steps if self._source_id(each) == source_id)
        return self._go_on(CompleteStep(opened.activity_id, outcome, values))

    def fire_timer(self) -> Walk:
        (timer,) = self._situation.timers
        return self._go_on(FireTimer(timer.activity_id, timer.node_id, timer.due_at))

    def _go_on(self, stimulus: Stimulus) -> Walk:
        self._situation = self._situation.on(self._process, stimulus)
        self.ends += self._situation.ends
        return self

    def _source_id(self, opened: OpenedStep) -> str:
        return self._process.steps[opened.element_id].source_id


# What tells two situations apart: open steps, running timers, values that a later decision reads.
SituationKey = tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class Exploration:
    """Everything seen on the way through all situations."""

    steps: set[str] = field(default_factory=set)  # executed ids of the human steps that were open
    outcomes: set[tuple[str, str]] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)
    stuck: list[SituationKey] = field(default_factory=list)  # nothing waits, yet the map is not finished
    ways: dict[SituationKey, set[SituationKey]] = field(default_factory=dict)
    final: set[SituationKey] = field(default_factory=set)

    def without_way_to_an_end(self) -> set[SituationKey]:
        """The situations from which no sequence of answers finishes the map."""
        before: dict[SituationKey, set[SituationKey]] = {}
        for origin, targets in self.ways.items():
            for target in targets:
                before.setdefault(target, set()).add(origin)
        good, todo = set(self.final), deque(self.final)
        while todo:
            for origin in before.get(todo.popleft(), ()):
                if origin not in good:
                    good.add(origin)
                    todo.append(origin)
        return set(self.ways) - good


def explore(process: CompiledProcess, answers: Answers, *, most: int = 20_000) -> Exploration:
    """Tries every outcome and every answer in every reachable situation, each situation once.

    A situation in which the same step waits twice is left out: a loop may open a reminder again and again, and the
    second one adds nothing. Raises AssertionError beyond ``most`` steps, so that a map never runs without end.
    """
    seen = Exploration()
    joined = _steps_decided_together(process)
    first = Situation.begin(process)
    seen.passed |= first.passed
    todo = deque([first])
    seen.ways[_key(process, joined, first)] = set()
    taken = 0
    while todo:
        situation = todo.popleft()
        key = _key(process, joined, situation)
        seen.steps.update(opened.element_id for opened in situation.steps)
        if situation.finished:
            seen.final.add(key)
            continue
        if not situation.steps and not situation.timers:
            seen.stuck.append(key)
        for stimulus in _stimuli(process, answers, situation):
            taken += 1
            assert taken <= most, "the map has more situations than this exploration allows"
            after = situation.on(process, stimulus)
            if isinstance(stimulus, CompleteStep):
                opened = next(each for each in situation.steps if each.activity_id == stimulus.activity_id)
                seen.outcomes.add((opened.element_id, stimulus.outcome))
            waiting = [opened.element_id for opened in after.steps]
            if len(waiting) != len(set(waiting)):
                continue
            seen.passed |= after.passed
            seen.ends |= set(after.ends)
            after_key = _key(process, joined, after)
            if after_key not in seen.ways:
                seen.ways[after_key] = set()
                todo.append(after)
            seen.ways[key].add(after_key)
    return seen


def _stimuli(process: CompiledProcess, answers: Answers, situation: Situation) -> Iterator[Stimulus]:
    for opened in situation.steps:
        definition = process.steps[opened.element_id]
        for outcome in outcomes_of(definition):
            for values in answers.get(definition.source_id, ({},)):
                yield CompleteStep(opened.activity_id, outcome, values)
    for timer in situation.timers:
        yield FireTimer(timer.activity_id, timer.node_id, timer.due_at)


def outcomes_of(definition: StepDefinition) -> tuple[str, ...]:
    return tuple(outcome.id for outcome in definition.outcomes) or (COMPLETED,)


def _steps_decided_together(process: CompiledProcess) -> tuple[frozenset[str], ...]:
    return tuple(
        {
            frozenset(condition.steps)
            for condition in process.conditions.values()
            if isinstance(condition, OutcomeCondition) and len(condition.steps) > 1
        }
    )


def _key(process: CompiledProcess, joined: Sequence[frozenset[str]], situation: Situation) -> SituationKey:
    """Outcomes given before a join count only while others of the same join are still awaited."""
    waiting = {opened.element_id for opened in situation.steps}
    given = [name for together in joined if together & waiting for name in together - waiting]
    decisive = {name: situation.variables.get(name) for name in process.variables}
    decisive |= {f"{name}_outcome": situation.variables.get(f"{name}_outcome") for name in given}
    return (
        tuple(sorted(waiting)),
        tuple(sorted(timer.node_id for timer in situation.timers)),
        tuple(sorted((name, repr(value)) for name, value in decisive.items())),
    )
