"""Rules of a map as examples: a deal like this goes through these steps, not through those, and ends so.

The deal is walked by the executed form of the map itself: every step is done in time, with the values and the decisions
that the rule gives; where it gives no decision, an approval is given and a step is completed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine.bpmn import stepper
from engine.bpmn.compiled import CompiledProcess, Outcome, OutcomeKind, StepDefinition
from engine.bpmn.findings import Finding, Severity
from engine.bpmn.inspection import waits_in
from engine.bpmn.runtime import (
    CompleteCall,
    CompleteStep,
    DeliverMessage,
    FireTimer,
    StartProcess,
    StepResult,
    Stimulus,
)
from engine.bpmn.waits import Waits
from engine.errors import N_, DomainError, MapFailed
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.deal_ends import is_lost
from engine.policy.imagined_deal import ImaginedDeal

OPENED_AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""When the deals of rules are opened: a Monday, 10:00 in Kyiv. Always the same, so that a rule that passes today passes
in a year."""
MOST_STEPS = 150
"""So many steps, timers and messages one rule is followed; a deal that goes on after that runs in circles."""
_POSITIVE = (OutcomeKind.APPROVED, OutcomeKind.COMPLETED)
_SHOWN_STEPS = 12

NOT_REACHED = N_("the deal does not go through")
REACHED = N_("the deal goes through")
ENDS_OTHERWISE = N_("the deal ends otherwise than expected; it was last at")
UNDECIDED = N_("the rule does not say which way to choose at")
NO_SUCH_OUTCOME = N_("the rule decides in a way that is not there at")
NO_SUCH_STEP = N_("this version has no step")
FAILS = N_("the map fails at")
ENDLESS = N_("the deal runs in circles; it was last at")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class Given(_Frozen):
    """``values`` by the names that the map uses, as stored JSON. ``outcomes`` by a step's id in the owner's file.

    Of several outcomes of a step the first is that of its first turn, and so on. Then it is approved or completed,
    or, where it can only be decided which way to go, it goes the last way again.
    """

    values: Mapping[str, Any] = {}
    outcomes: Mapping[str, tuple[str, ...]] = {}


class Expected(_Frozen):
    """Steps by their ids in the owner's file. ``ends`` empty: it does not matter how."""

    through: tuple[str, ...] = ()
    not_through: tuple[str, ...] = ()
    ends: Literal["", "won", "lost"] = ""


class Rule(_Frozen):
    name: str = Field(min_length=1, max_length=300)
    given: Given = Given()
    expected: Expected = Expected()


@dataclass(frozen=True, slots=True)
class RuleFailure:
    """``problem`` is one of the texts above, ``element_id`` (in the owner's file) and ``name`` where it shows.

    ``because`` is what the map itself suffered from there.
    """

    problem: str
    element_id: str
    name: str
    because: DomainError | None = None


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step on the way of a rule's deal. ``outcome`` is None for one that was withdrawn before its turn."""

    element_id: str
    name: str
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class RuleRun:
    """``way`` holds the steps in the order in which they were reached; ``ends`` is empty while the deal is not over."""

    rule: Rule
    failures: tuple[RuleFailure, ...]
    way: tuple[StepDone, ...]
    ends: str

    @property
    def passed(self) -> bool:
        return not self.failures

    @property
    def way_words(self) -> str:
        """The way in one line; of a long one its end."""
        names = [one.name for one in self.way]
        shown = names[-_SHOWN_STEPS:]
        return " → ".join(shown if len(shown) == len(names) else ["…", *shown])


def run_rule(process: CompiledProcess, rule: Rule, *, calendar: BusinessCalendar) -> RuleRun:
    """Walk the rule's deal, its timers counted on ``calendar``, and compare. Never raises for what the map does."""
    walk = _Walk(process, rule, calendar)
    trouble = walk.walk()
    reached = {one.element_id for one in walk.way}
    known = {step.source_id: step.name or step.source_id for step in process.steps.values()}
    failures = [trouble] if trouble is not None else []
    failures += _compared(rule.expected, reached, known)
    if rule.expected.ends and walk.ends != rule.expected.ends and trouble is None:
        last = walk.way[-1] if walk.way else StepDone("", process.name, None)
        failures.append(RuleFailure(ENDS_OTHERWISE, last.element_id, last.name))
    return RuleRun(rule, tuple(failures), tuple(walk.way), walk.ends)


def rule_finding(run: RuleRun) -> Finding:
    """What stands against publishing a version that breaks the rule."""
    failure = run.failures[0]
    return Finding(
        code="RULE_TEST_FAILED",
        severity=Severity.ERROR,
        element_id=failure.element_id or None,
        element_name=failure.name or None,
        params={
            "rule": run.rule.name,
            "problem": failure.problem,
            "step": failure.name,
            "happened": run.way_words or "—",
        },
    )


def _compared(expected: Expected, reached: set[str], known: Mapping[str, str]) -> Iterator[RuleFailure]:
    for wanted, problem in ((expected.through, NOT_REACHED), (expected.not_through, REACHED)):
        for element_id in wanted:
            if element_id not in known:
                yield RuleFailure(NO_SUCH_STEP, "", element_id)
            elif (element_id in reached) is (problem is REACHED):
                yield RuleFailure(problem, element_id, known[element_id])


@dataclass(slots=True)
class _Walk:
    """One deal on its way: from what waits to what is done next, until it is over."""

    process: CompiledProcess
    rule: Rule
    calendar: BusinessCalendar
    at: datetime = OPENED_AT
    way: list[StepDone] = field(default_factory=list)
    ends: str = ""
    _turns: Counter[str] = field(default_factory=Counter)
    _places: dict[str, int] = field(default_factory=dict)  # activity id -> its place in the way

    def walk(self) -> RuleFailure | None:
        """None when the deal came to an end, or can only wait for something that the rule does not tell of."""
        deal = ImaginedDeal(self.process, self.rule.given.values)
        stimulus: Stimulus = StartProcess(variables=deal.opening())
        state = None
        for _ in range(MOST_STEPS):
            try:
                result = stepper.step(self.process, state, stimulus, deal.context(self.calendar, self.at))
            except MapFailed as failure:
                problem = failure.params.get("problem")
                because = problem if isinstance(problem, DomainError) else None
                return RuleFailure(FAILS, str(failure.params["element_id"]), str(failure.params["element"]), because)
            except DomainError as problem:
                last = self.way[-1] if self.way else StepDone("", self.process.name, None)
                return RuleFailure(FAILS, last.element_id, last.name, problem)
            self._note(result)
            if result.finished:
                self.ends = "lost" if is_lost(self.process, result.end_events) else "won"
                return None
            state = result.state
            following = self._next(waits_in(self.process, state), deal)
            if following is None or isinstance(following, RuleFailure):
                return following
            stimulus = following
        return RuleFailure(ENDLESS, self.way[-1].element_id, self.way[-1].name) if self.way else None

    def _note(self, result: StepResult) -> None:
        for opened in result.opened_steps:
            step = self.process.steps[opened.element_id]
            self._places[opened.activity_id] = len(self.way)
            self.way.append(StepDone(step.source_id, step.name or step.source_id, None))

    def _next(self, waits: Waits, deal: ImaginedDeal) -> Stimulus | RuleFailure | None:
        """People first, each in time; then what comes by itself: services, timers, news from outside."""
        for activity_id, opened in waits.steps.items():
            step = self.process.steps[opened.element_id]
            outcome = self._outcome(step)
            if isinstance(outcome, RuleFailure):
                return outcome
            place = self._places[activity_id]
            self.way[place] = StepDone(step.source_id, step.name or step.source_id, outcome)
            return CompleteStep(activity_id, outcome.id, deal.values_for(step))
        for activity_id in waits.calls:
            return CompleteCall(activity_id)
        for timer in sorted(waits.timers.values(), key=lambda one: one.due_at):
            self.at = max(self.at, timer.due_at)
            return FireTimer(timer.activity_id, timer.node_id, timer.due_at)
        for message in waits.messages.values():
            return DeliverMessage(message.activity_id, message.node_id)
        return None

    def _outcome(self, step: StepDefinition) -> Outcome | RuleFailure:
        given = self.rule.given.outcomes.get(step.source_id, ())
        turn = self._turns[step.source_id]
        self._turns[step.source_id] += 1
        name = step.name or step.source_id
        if turn < len(given):
            chosen = next((one for one in step.outcomes if one.id == given[turn]), None)
            return chosen or RuleFailure(NO_SUCH_OUTCOME, step.source_id, name)
        last = next((one for one in step.outcomes if given and one.id == given[-1]), None)
        by_default = next((one for one in step.outcomes if one.kind in _POSITIVE), None)
        only = step.outcomes[0] if len(step.outcomes) == 1 else None
        if not step.outcomes:
            return Outcome(id=OutcomeKind.COMPLETED.value, kind=OutcomeKind.COMPLETED)
        return by_default or last or only or RuleFailure(UNDECIDED, step.source_id, name)
