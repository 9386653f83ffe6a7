"""Every way through a map, as far as it can be found in bounded time: what is never reached, how long a deal can take.

The executed form of the map is walked from one situation to the next: each step with each of its outcomes and with the
values at which the map decides differently, each timer that can fire, each message that can come. A situation is where
the tokens stand, together with what later decisions still depend on. A step takes all of the time that its deadline
gives; of steps that wait side by side the one due first is done first, so that their time is not added up.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from engine.bpmn import stepper
from engine.bpmn.compiled import CompiledProcess, ExpressionCondition, Outcome, OutcomeCondition, StepDefinition
from engine.bpmn.deadline_rules import FixedInstant, RelativeToField
from engine.bpmn.expressions import compile_expression
from engine.bpmn.flow_ends import error_codes, flow_ends, order_of
from engine.bpmn.inspection import answers_in_calls, catches_error, variables_in, waits_in
from engine.bpmn.runtime import (
    CompleteCall,
    CompleteStep,
    DeliverMessage,
    FireTimer,
    OpenedTimer,
    StartProcess,
    StepResult,
    Stimulus,
)
from engine.bpmn.standing import elements_in, standing
from engine.bpmn.variables import outcome_variable
from engine.bpmn.waits import Waits
from engine.clock import monotonic
from engine.errors import DomainError
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.deal_ends import is_lost
from engine.policy.due_dates import due_at
from engine.policy.imagined_deal import ImaginedDeal, Shape
from engine.policy.tried_values import TriedValues

MOST_MOVES = 6_000
MOST_SECONDS = 5.0
_MONDAY = date(2026, 3, 2)
_NO_TIME = timedelta()
_NOWHERE = "(nowhere)"

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """What happens between two situations. ``element_id`` is the id in the owner's file; ``takes`` is working time."""

    kind: Literal["open", "step", "timer", "message", "call"]
    element_id: str
    name: str
    outcome: Outcome | None = None
    takes: timedelta = _NO_TIME


@dataclass(frozen=True, slots=True)
class Arrow:
    """A move from one situation to another, by their numbers.

    ``opens`` are the steps that open with it, by name; ``passed`` the elements and flows that it passes.
    """

    move: Move
    target: int
    opens: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()


@dataclass(slots=True)
class Situations:
    """All that was found: ``arrows`` by the number of a situation; ``ends`` are over, and whether each is won.

    ``places`` say where the tokens stand in each: several situations stand alike and differ in values or in time.
    ``passed`` are elements and flows of the executed form, ``opened`` steps of it. ``complete``: nothing was left out.
    """

    begins: list[Arrow] = field(default_factory=list)
    arrows: dict[int, list[Arrow]] = field(default_factory=dict)
    ends: dict[int, bool] = field(default_factory=dict)
    places: dict[int, Key] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    failures: dict[str, DomainError] = field(default_factory=dict)  # by the name of the element that fails
    complete: bool = True
    uncounted: set[str] = field(default_factory=set)  # steps whose deadline is a date, by name
    tried: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Place:
    """A situation before it is looked at. ``left`` is the time that each waiting activity still has."""

    number: int
    state: bytes
    values: Mapping[str, Any]
    left: Mapping[str, timedelta]


def explore(process: CompiledProcess, calendar: BusinessCalendar) -> Situations:
    """Walk all ways of ``process``, time counted on ``calendar``, within MOST_MOVES and MOST_SECONDS.

    What was not reached is looked for again with the steps that wait side by side done in every order: one of them may
    be ended by what follows after another.
    """
    until = monotonic() + MOST_SECONDS
    found = _Explorer(process, calendar, until).run()
    ends = flow_ends(process)
    if found.complete and not (process.steps.keys() <= found.opened and ends.keys() <= found.passed):
        beside = _Explorer(process, calendar, until, any_order=True).run()
        found.passed |= beside.passed
        found.opened |= beside.opened
        found.complete = beside.complete
    return found


class _Explorer:
    def __init__(
        self, process: CompiledProcess, calendar: BusinessCalendar, until: float, *, any_order: bool = False
    ) -> None:
        """``any_order``: without looking at time, so that every step can be done before every other."""
        self._process, self._calendar = process, calendar
        self._until, self._any_order = until, any_order
        self._shape = Shape.of(process)
        self._tried = TriedValues(process)
        self._start = calendar.next_working_moment(datetime.combine(_MONDAY, time(), calendar.tzinfo))
        self._readers = _readers(process)
        self._order = order_of(process)
        self._errors = error_codes(process)
        self._rivalry: dict[Key, bool] = {}
        self._live: dict[str, frozenset[str]] = {}
        self._numbers: dict[Key, int] = {}
        self._found = Situations(tried=self._tried.deciding)
        self._waiting: deque[_Place] = deque()
        self._moves = 0

    def run(self) -> Situations:
        asked = self._shape.asked
        for given in self._tried.combinations([name for name in self._tried.deciding if name not in asked]):
            values = {**self._tried.fixed, **given}
            opening = ImaginedDeal(self._process, values, shape=self._shape).opening()
            for message in (None, *self._process.start_messages):
                stimulus = StartProcess(variables=opening, message=message)
                self._found.begins += self._made(self._go(Move("open", "", ""), None, stimulus, values, {}))
        while self._waiting and not self._is_spent():
            place = self._waiting.popleft()
            self._found.arrows[place.number] = list(self._leave(place))
        if self._waiting or self._tried.cut:
            self._found.complete = False
        return self._found

    def _is_spent(self) -> bool:
        return self._moves >= MOST_MOVES or monotonic() > self._until

    def _leave(self, place: _Place) -> Iterator[Arrow]:
        """Everything that can happen next: services at once; the step due first, and those that would withdraw it;
        the timers that stand beside the work; news from outside.
        """
        waits = waits_in(self._process, place.state)
        for activity_id, call in waits.calls.items():
            move = Move("call", call.element_id, self._name(call.element_id))
            caught = [one for one in self._errors if catches_error(self._process, place.state, activity_id, one)]
            for error in (None, *caught):
                answer = CompleteCall(activity_id, error=error)
                yield from self._made(self._go(move, place, answer, place.values, place.left))
            return
        first = self._first(waits, place)
        rivals = _rivals(waits, first)
        for activity_id in waits.steps:
            if (
                self._any_order
                or activity_id == first
                or activity_id in rivals
                or self._withdraws(place, activity_id, first)
            ):
                yield from self._do(place, waits, activity_id)
        for timer in waits.timers.values():
            is_beside = timer.activity_id in waits.attached or timer.activity_id in rivals
            if self._any_order or timer.activity_id == first or is_beside:
                yield from self._fire(place, timer)
        for message in waits.messages.values():
            move = Move("message", message.node_id, message.name)
            stimulus = DeliverMessage(message.activity_id, message.node_id)
            yield from self._made(self._go(move, place, stimulus, place.values, place.left))

    def _first(self, waits: Waits, place: _Place) -> str | None:
        """What is due first of all that holds the deal up."""
        timers = [one.activity_id for one in waits.timers.values() if one.activity_id not in waits.attached]
        return min([*waits.steps, *timers], key=lambda one: place.left.get(one, _NO_TIME), default=None)

    def _withdraws(self, place: _Place, activity_id: str, first: str | None) -> bool:
        """Whether doing a step takes the one away that is due first: then either may come first."""
        steps = waits_in(self._process, place.state).steps
        if first not in steps:
            return False
        pair = (standing(place.state), steps[activity_id].element_id, steps[first].element_id)
        known = self._rivalry.get(pair)
        if known is None:
            tried = (
                self._stepped(place, CompleteStep(activity_id, outcome.id), place.values, self._start)
                for outcome in _outcomes(self._process.steps[steps[activity_id].element_id])
            )
            known = self._rivalry[pair] = any(one is not None and first in one.closed_steps for one in tried)
        return known

    def _do(self, place: _Place, waits: Waits, activity_id: str) -> Iterator[Arrow]:
        step = self._process.steps[waits.steps[activity_id].element_id]
        takes = place.left.get(activity_id, _NO_TIME)
        names = [one.name for one in step.fields]
        for outcome in _outcomes(step):
            move = Move("step", step.source_id, step.name or step.source_id, outcome, takes)
            for given in self._tried.combinations(names):
                values = {**place.values, **given}
                own = ImaginedDeal(self._process, values, shape=self._shape).values_for(step)
                stimulus = CompleteStep(activity_id, outcome.id, own)
                yield from self._made(self._go(move, place, stimulus, values, place.left))

    def _fire(self, place: _Place, timer: OpenedTimer) -> Iterator[Arrow]:
        takes = place.left.get(timer.activity_id, _NO_TIME)
        move = Move("timer", timer.node_id, self._name(timer.node_id), takes=takes)
        stimulus = FireTimer(timer.activity_id, timer.node_id, timer.due_at)
        yield from self._made(self._go(move, place, stimulus, place.values, place.left, at=timer.due_at))

    def _made(self, arrow: Arrow | None) -> Iterator[Arrow]:
        if arrow is not None:
            yield arrow

    def _go(
        self,
        move: Move,
        place: _Place | None,
        stimulus: Stimulus,
        values: Mapping[str, Any],
        left: Mapping[str, timedelta],
        *,
        at: datetime | None = None,
    ) -> Arrow | None:
        """Perform a move and note where it leads. None where the map fails at it, or nothing may be tried any more."""
        if self._is_spent():
            self._found.complete = False
            return None
        moment = max(at, self._start) if at is not None else self._start
        result = self._stepped(place, stimulus, values, moment, note=True)
        if result is None:
            return None
        is_new = self._note(result)
        opens = tuple(self._process.steps[one.element_id].name for one in result.opened_steps)
        after = self._left(result, move, left, moment)
        key = self._key(result, values, after)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._numbers)
            self._found.places[number] = key[0] if not result.finished else key
            if result.finished:
                self._found.ends[number] = not is_lost(self._process, result.end_events)
            else:
                found = _Place(number, result.state, values, after)
                (self._waiting.appendleft if is_new else self._waiting.append)(found)
        return Arrow(move, number, opens, tuple(one.element_id for one in result.passed))

    def _stepped(
        self,
        place: _Place | None,
        stimulus: Stimulus,
        values: Mapping[str, Any],
        moment: datetime,
        *,
        note: bool = False,
    ) -> StepResult | None:
        self._moves += 1
        deal = ImaginedDeal(self._process, values, written=values, shape=self._shape)
        state = place.state if place is not None else None
        try:
            return stepper.step(self._process, state, stimulus, deal.context(self._calendar, moment))
        except DomainError as failure:
            if note:
                name = str(failure.params.get("element", ""))
                problem = failure.params.get("problem")
                self._found.failures.setdefault(name, problem if isinstance(problem, DomainError) else failure)
            return None

    def _note(self, result: StepResult) -> bool:
        """What was reached; whether something of it was not before."""
        before = len(self._found.passed) + len(self._found.opened)
        self._found.passed |= {one.element_id for one in result.passed}
        self._found.opened |= {one.element_id for one in result.opened_steps}
        return len(self._found.passed) + len(self._found.opened) > before

    def _left(
        self,
        result: StepResult,
        move: Move,
        left: Mapping[str, timedelta],
        moment: datetime,
    ) -> dict[str, timedelta]:
        """The time that everything that waits after the move still has."""
        gone = {*result.closed_steps, *(one for one, _ in result.closed_timers)}
        after = {one: max(time_left - move.takes, _NO_TIME) for one, time_left in left.items() if one not in gone}
        for opened in result.opened_steps:
            after[opened.activity_id] = self._given(self._process.steps[opened.element_id])
        for timer in result.opened_timers:
            after[timer.activity_id] = self._working(moment, timer.due_at)
        return after

    def _given(self, step: StepDefinition) -> timedelta:
        """The working time that the step's deadline gives; none for a deadline that is a date."""
        if step.deadline is None:
            return _NO_TIME
        if isinstance(step.deadline, FixedInstant | RelativeToField):
            self._found.uncounted.add(step.name or step.source_id)
            return _NO_TIME
        return self._working(self._start, due_at(step.deadline, self._start, self._calendar))

    def _working(self, since: datetime, until: datetime) -> timedelta:
        return max(self._calendar.working_time_between(since, until), _NO_TIME)

    def _key(self, result: StepResult, values: Mapping[str, Any], left: Mapping[str, timedelta]) -> Key:
        """What tells two situations apart: where the tokens stand, what is left of their time, and what later
        decisions read.
        """
        if result.finished:
            return ("over", is_lost(self._process, result.end_events))
        places = standing(result.state)
        at = elements_in(places)
        store = variables_in(result.state)
        read = tuple(
            (name, repr(store.get(name, values.get(name))))
            for name in sorted({*store, *values})
            if any(self._matters(name, one) for one in at)
        )
        heard = answers_in_calls(result.state)
        return (places, () if self._any_order else tuple(sorted(left.values())), read, heard)

    def _matters(self, name: str, element_id: str) -> bool:
        """Whether something that can be reached from an element reads the value before it is asked for anew."""
        known = self._live.get(name)
        if known is None:
            asked_at, readers = self._readers.get(name.removeprefix("deal."), ("", frozenset()))
            known = self._live[name] = self._order.reaching(readers, without=asked_at or _NOWHERE)
        return element_id in known

    def _name(self, element_id: str) -> str:
        return self._process.elements.get(element_id) or element_id


def _outcomes(step: StepDefinition) -> tuple[Outcome, ...]:
    return step.outcomes or (Outcome.model_validate({"id": "completed", "kind": "completed"}),)


def _rivals(waits: Waits, first: str | None) -> set[str]:
    """Activities behind the same event gateway as ``first``: whichever happens first takes the others away."""
    gateway = waits.races.get(first or "")
    return {one for one, behind in waits.races.items() if behind == gateway} if gateway is not None else set()


def _readers(process: CompiledProcess) -> dict[str, tuple[str, frozenset[str]]]:
    """By name of a value: the step at whose opening it is forgotten (an outcome), and the elements that read it.

    Whatever is read elsewhere than in the conditions of arrows, a table or a loop say, is read everywhere.
    """
    ends = flow_ends(process)
    readers: dict[str, set[str]] = defaultdict(set)
    everywhere = {one for pair in ends.values() for one in pair}
    for owner, condition in process.conditions.items():
        source = ends[owner][0] if owner in ends else owner
        if isinstance(condition, OutcomeCondition):
            for step in filter(None, (*condition.steps, condition.otherwise)):
                readers[outcome_variable(step)].add(source)
        elif isinstance(condition, ExpressionCondition):
            for name in _roots(condition.text):
                readers[name].add(source)
    for name in process.variables:
        if name not in readers:
            readers[name] = everywhere
    for one in (*process.decision_tasks, *process.assignments, *process.loops):
        for name in process.variables:
            readers[name] |= {one}
    asked_at = {outcome_variable(step): step for step in process.steps}
    return {name: (asked_at.get(name, ""), frozenset(places)) for name, places in readers.items()}


def _roots(text: str) -> frozenset[str]:
    try:
        compiled = compile_expression(text)
    except DomainError:
        return frozenset()
    return compiled.names | {path.partition(".")[2].partition(".")[0] for path in compiled.paths}
