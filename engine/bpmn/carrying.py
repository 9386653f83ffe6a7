"""Carrying a running instance to another version of its map: every token keeps its place, or the reason is told.

A token is carried to the element of the same id, with its activity id and everything that it holds. Where the person
chose another step for an element, its tokens end and one token begins at the chosen step. Sub-processes around the new
place that do not run yet are begun; those that nothing is left in are gone.

The result must be a marking that the new version reaches by itself (engine/bpmn/markings.py): then no join can fire
that lacks an approval, and none waits for a branch that nobody began. Nothing goes on by being carried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition

from engine.bpmn.activities import HOST, PARAMETERS, HumanStep, ServiceCall
from engine.bpmn.called_approvals import stop_hearing
from engine.bpmn.carrying_kinds import is_same_event, is_same_kind, is_same_listener, may_wait_at
from engine.bpmn.carrying_markings import can_stand, shape_of
from engine.bpmn.carrying_outcomes import forgotten_outcomes, renamed_outcomes
from engine.bpmn.carrying_places import Way, hosts_of, hosts_on, ways_to
from engine.bpmn.carrying_problems import (
    BeingUndone,
    BranchesDiffer,
    CannotCarry,
    CarryProblem,
    HalfDecided,
    IntoRepetition,
    JoinChanged,
    NoCounterpart,
    NotProved,
    OtherKind,
    OutOfRepetition,
    SeveralPlaces,
    TargetNotAStep,
    WouldGoOn,
)
from engine.bpmn.catching_events import EventGateway, waits_for
from engine.bpmn.compensation import Ledger
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.environment import MapEnvironment
from engine.bpmn.joins import ComplexGateway, Round
from engine.bpmn.jumps import Token, gateway_of, is_leaf, moves_on, tokens_of
from engine.bpmn.live_workflow import LiveSubWorkflow, LiveTask, LiveWorkflow, Scope
from engine.bpmn.markings import NotProvable, node_of
from engine.bpmn.run_variables import forget_outcome, take_as_undecided
from engine.bpmn.runtime import StepContext, StepResult
from engine.bpmn.scope_events import BEGAN_AT, EventSubProcess
from engine.bpmn.script_engine import MapScriptEngine
from engine.bpmn.settling import settle
from engine.bpmn.spec import ExecutableSpec, build_spec
from engine.bpmn.stepper import load, result_of
from engine.bpmn.task_data import ARRIVED_FROM, DECIDED, ENTRIES, PENDING, RACE, RACE_FLOW, UNDOES, UNDONE, WRITTEN
from engine.bpmn.timer_events import DUE, StoredTimer
from engine.bpmn.variables import VariableStore
from engine.bpmn.version_changes import is_asked_anew
from engine.bpmn.waits import waits_of

if TYPE_CHECKING:
    from collections.abc import Callable

_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class CarryOrder:
    """What a person decided about the carrying.

    ``choices`` maps an element of the old version to the step of the new one at which its tokens go on; None withdraws
    them. ``recompute``: timers whose rule differs count anew from ``opened_at`` (by activity id: the moment at which
    the activity was opened; where it is not known, from now); else they keep their moments. ``half_decided`` are
    activity ids of approvals in which somebody has decided already. ``known`` are values of variables that the new
    version reads and the old one did not keep.
    """

    choices: Mapping[str, str | None] = field(default_factory=dict)
    recompute: bool = False
    opened_at: Mapping[str, datetime] = field(default_factory=dict)
    half_decided: frozenset[str] = frozenset()
    known: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Carried:
    """``result`` is what changes; steps that are in it neither as opened nor as closed wait on unchanged.

    ``elements`` gives, per carried activity id, its element in the new version; ``waiting`` are the elements at which
    the instance waited in the old one.
    """

    result: StepResult
    elements: Mapping[str, str]
    waiting: frozenset[str]


def carry(old: CompiledProcess, new: CompiledProcess, state: bytes, order: CarryOrder, context: StepContext) -> Carried:
    """Carry an instance of ``old`` that stands at ``state`` to ``new``. A pure function.

    Raises CannotCarry with every reason; MapFailed when a timer of the new version cannot be armed; UnreadableState.
    """
    old_spec, new_spec = build_spec(old), build_spec(new)
    workflow = load(old_spec, state, context)
    carrier = _Carrier(workflow, (old, new), new_spec, order, context)
    carrier.carry_all()
    if carrier.problems:
        raise CannotCarry(tuple(carrier.problems))
    carrier.ensure_sound(old_spec)
    carrier.forget_what_lies_ahead(old_spec)
    settle(carrier.target)
    if carrier.target.passed:
        passed = carrier.target.passed[0].element_id
        raise CannotCarry((WouldGoOn(passed, new_spec.lookups.name_of(passed)),))
    elements = {
        task.id: task.task_spec.bpmn_id
        for scope in carrier.target.scopes()
        for task in scope.live_tasks()
        if task.id in carrier.kept
    }
    waiting = frozenset(
        task.task_spec.bpmn_id
        for scope in workflow.scopes()
        for task in scope.live_tasks()
        if not isinstance(task.task_spec, Ledger)
    )
    return Carried(result_of(carrier.target, waits_of(workflow), new_spec), elements, waiting)


class _Carrier:
    """Builds the instance under the new version token by token, and gathers what stands against it."""

    def __init__(
        self,
        workflow: LiveWorkflow,
        versions: tuple[CompiledProcess, CompiledProcess],
        spec: ExecutableSpec,
        order: CarryOrder,
        context: StepContext,
    ) -> None:
        self.old, self.new = versions
        self.workflow, self.spec, self.order, self.context = workflow, spec, order, context
        values = renamed_outcomes(workflow.environment.store.values, order.choices)
        store = VariableStore(spec.lookups.kept, spec.lookups.outcomes, values, context.facts)
        # What the old version asks for and the deal has not got is forgotten: history does not give it back.
        told = order.known.keys() - values.keys() - (spec.lookups.outcomes & workflow.environment.lookups.kept)
        for name in sorted(told):
            store.write(name, order.known[name])
        self._learnt = told & spec.lookups.outcomes & spec.lookups.kept
        engine = MapScriptEngine(MapEnvironment(spec.lookups, store, context))
        self.target = LiveWorkflow(spec.main, spec.scopes, engine)
        self.target.last_id = workflow.last_id
        self.problems: list[CarryProblem] = []
        self.kept: set[str] = set()
        self.place_of: dict[str, str] = {}  # old element's name, by the position in the new version
        self._begun: dict[tuple[int, str], Scope] = {}
        self._chosen: set[tuple[int, str]] = set()
        self._sent: dict[str, str] = {}  # what tokens were sent to a chosen step, by the old element
        self._sent_tasks: set[str] = set()
        self._carried_scopes: list[tuple[str, Scope]] = []  # the activity in the new version, the scope in the old one

    # tokens -------------------------------------------------------------------------------------------------------
    def carry_all(self) -> None:
        for scope in self.workflow.scopes():
            tokens = tokens_of(scope)
            self._ensure_known(scope, tokens)
            for token in tokens:
                if not self._is_around(token):
                    self._carry_token(scope, token)
        if not self.problems:
            self._attend(self.workflow, self.target)
            for host, inside in self._carried_scopes:
                self._attend(inside, self.target.subprocesses[host])
            self._in_order()

    def _in_order(self) -> None:
        """As they stood: where several tokens of one branch wait in a join, the oldest goes first."""
        places = {
            task.id: place for place, task in enumerate(one for s in self.workflow.scopes() for one in s.tasks.values())
        }
        for scope in self.target.scopes():
            ordered = sorted(scope.tasks.items(), key=lambda item: places.get(item[0], len(places)))
            scope.tasks.clear()
            scope.tasks.update(ordered)
        hosts = list(self.workflow.subprocesses)
        inside = self.target.subprocesses
        if all(host in hosts for host in inside):
            self.target.subprocesses = {host: inside[host] for host in hosts if host in inside}

    def _ensure_known(self, scope: Scope, tokens: Iterable[Token]) -> None:
        """Whatever is alive is a token, or belongs to one: nothing may get lost because nobody knew of it."""
        held = {task.id for token in tokens for task in token.tasks}
        for task in scope.live_tasks():
            data = task.internal_data
            if data.keys() & {PENDING, UNDOES, UNDONE}:
                self.problems.append(self._told(BeingUndone, task.task_spec.bpmn_id or scope.spec.name))
            elif not (task.id in held or HOST in data or task.task_spec.loop is not None or task.task_spec.attends):
                self.problems.append(self._told(CarryProblem, task.task_spec.bpmn_id or scope.spec.name))

    def _attend(self, old: Scope, scope: Scope) -> None:
        """What waits beside the work of a scope: its event sub-processes can be started, its work can be undone."""
        waiting = {task.task_spec.name: task for task in old.live_tasks() if task.task_spec.attends}
        interrupted = any(
            isinstance(task.task_spec, EventSubProcess) and task.task_spec.interrupted(task)
            for task in old.live_tasks()
        )
        for listener in scope.spec.listeners:
            task = waiting.get(listener.name)
            if task is not None and is_same_listener(task.task_spec, listener):
                self._follow_rule(task, self._carry_attending(task, listener, scope))
            elif not interrupted and (task is not None or listener.name not in old.spec.task_specs):
                scope.task_tree.spawn(listener).arrive()
        for task in waiting.values():
            if isinstance(task.task_spec, Ledger):
                self._carry_ledger(task, scope)
            elif isinstance(task.task_spec, Round):
                self._carry_round(task, scope)

    def _carry_ledger(self, task: LiveTask, scope: Scope) -> None:
        """What was done can be undone as before, or the deal stays: nobody may believe in an undoing that is gone."""
        for name, *_ in task.internal_data[ENTRIES]:
            old, new = task.workflow.spec.task_specs[name], scope.spec.task_specs.get(name)
            if scope.spec.ledger is None or new is None or old.handler != new.handler or type(old) is not type(new):
                self.problems.append(self._told(OtherKind, old.bpmn_id))
                return
        if scope.spec.ledger is not None:
            self._carry_attending(task, scope.spec.ledger, scope)

    def _carry_round(self, task: LiveTask, scope: Scope) -> None:
        """A complex gateway that has gone on ends what comes late: it must not go on for that once more."""
        old = task.task_spec.gateway
        new = scope.spec.task_specs.get(old.name)
        if isinstance(new, ComplexGateway) and set(new._inputs) == set(old._inputs):  # noqa: SLF001  # names
            self._carry_attending(task, new.round, scope)
        else:
            self.problems.append(self._told(JoinChanged, old.bpmn_id))

    def _carry_attending(self, task: LiveTask, spec: Any, scope: Scope) -> LiveTask:
        carried = LiveTask(scope, spec, scope.task_tree, task.state, task.id)
        carried.internal_data = dict(task.internal_data)
        self.kept.add(task.id)
        return carried

    def _is_around(self, token: Token) -> bool:
        """Whether the token is only what holds others: they are carried, and take it along."""
        task = token.tasks[0]
        runs = [task, *(child for child in task.children if child.live)] if hasattr(task.task_spec, "rule") else [task]
        return any(self.workflow.get_subprocess_of(run.id) is not None for run in runs)

    def _carry_token(self, scope: Scope, token: Token) -> None:
        element = _element_of(scope, token)
        try:
            if element in self.order.choices:
                self._go_on_at(scope, element, self.order.choices[element])
            elif len(token.tasks) > 1 or RACE in token.tasks[0].internal_data:
                self._carry_race(scope, token)
            elif ARRIVED_FROM in token.tasks[0].internal_data:
                self._carry_arrived(scope, token.tasks[0])
            else:
                self._carry_waiting(scope, token.tasks[0])
        except CarryProblem as problem:
            if not any(type(one) is type(problem) and one.element_id == problem.element_id for one in self.problems):
                self.problems.append(problem)

    def _told(self, kind: Callable[..., CarryProblem], element: str, **params: str) -> CarryProblem:
        return kind(element, _name_of(element, self.old, self.new), **params)

    def _carry_waiting(self, scope: Scope, task: LiveTask) -> None:
        """An activity, a loop with its runs, or an event between steps."""
        element = task.task_spec.bpmn_id
        holder = self._scope_for(scope, element, element)
        spec = holder.spec.task_specs[element]
        if not is_same_kind(task.task_spec, spec, scope, holder):
            raise self._told(OtherKind, element)
        carried = self._carry_task(task, spec, holder, element)
        for run in task.children:
            if run.live and run.task_spec.loop is not None:
                self._carry_task(run, holder.spec.task_specs[spec.task_spec], holder, element, loop=carried)

    def _carry_task(
        self, task: LiveTask, spec: Any, holder: Scope, element: str, loop: LiveTask | None = None
    ) -> LiveTask:
        anew = isinstance(spec, HumanStep) and is_asked_anew(self.old.steps.get(element), self.new.steps.get(element))
        if anew and task.id in self.order.half_decided:
            raise self._told(HalfDecided, element)
        carried = LiveTask(holder, spec, loop or holder.task_tree, task.state, None if anew else task.id)
        carried.internal_data = dict(task.internal_data)
        for key in (WRITTEN, DECIDED):
            if key in carried.internal_data:
                carried.internal_data[key] = renamed_outcomes(carried.internal_data[key], self.order.choices)
        stop_hearing(carried.internal_data)
        carried.triggered = loop is not None
        if not anew:
            self.kept.add(task.id)
        elif spec.forgets_outcome:
            forget_outcome(holder, element)
        self._follow_rule(task, carried)
        self._follow_call(element, carried)
        self._carry_boundary(task, carried)
        return carried

    def _follow_call(self, element: str, carried: LiveTask) -> None:
        """A call that asks for other values than before gets them now: none may be taken for another."""
        before, now = self.old.calls.get(element), self.new.calls.get(element)
        asked = before is not None and now is not None and before.parameters != now.parameters
        if asked and isinstance(carried.task_spec, ServiceCall):
            carried.internal_data.pop(PARAMETERS, None)
            carried.task_spec.fill_in(carried)

    def _carry_boundary(self, host: LiveTask, carried: LiveTask) -> None:
        """Alarms at the boundary live on, new ones begin, those that the new version lacks are gone.

        One that the old version had and that does not wait any more has happened already, and does not happen again.
        """
        before = getattr(host.task_spec, "boundary", ())
        waiting = {
            task.task_spec.name: task for task in host.workflow.live_tasks() if task.internal_data.get(HOST) == host.id
        }
        for name in getattr(carried.task_spec, "boundary", ()):
            spec = carried.workflow.spec.task_specs[name]
            old = waiting.get(name)
            if old is not None and is_same_event(old.task_spec, spec):
                event = LiveTask(carried.workflow, spec, carried.workflow.task_tree, old.state, old.id)
                event.internal_data = {**old.internal_data, HOST: carried.id}
                self.kept.add(old.id)
                self._follow_rule(old, event, host)
            elif old is not None or name not in before:
                event = carried.workflow.task_tree.spawn(spec)
                event.internal_data[HOST] = carried.id
                event.arrive()

    def _follow_rule(self, old: LiveTask, carried: LiveTask, host: LiveTask | None = None) -> None:
        """Let an event wait for what the new version says: by another clock, for another message."""
        definition = getattr(carried.task_spec, "event_definition", None)
        name = carried.task_spec.name
        if isinstance(definition, StoredTimer) and DUE in carried.internal_data:
            if self.old.timers.get(name) != self.new.timers.get(name):
                if self.order.recompute:
                    self._arm(definition, carried, self.order.opened_at.get((host or old).id, self.context.at))
                else:
                    definition.keep_counting(carried)
        elif waits_for(carried, MessageEventDefinition) and self.old.messages.get(name) != self.new.messages.get(name):
            carried.task_spec.correlate(carried)

    def _arm(self, definition: StoredTimer, task: LiveTask, since: datetime) -> None:
        environment = self.target.environment
        environment.context = replace(self.context, at=since)
        try:
            definition.arm(task)
        finally:
            environment.context = self.context

    def _carry_arrived(self, scope: Scope, task: LiveTask) -> None:
        """A token that waits in a join stays the token of its branch."""
        element = task.task_spec.bpmn_id
        came_from = task.internal_data[ARRIVED_FROM]
        holder = self._scope_for(scope, element, element)
        spec = holder.spec.task_specs[element]
        if type(spec) is not type(task.task_spec):
            raise self._told(OtherKind, element)
        if len(spec._inputs) < _SEVERAL or came_from not in spec._inputs:  # noqa: SLF001  # names
            raise self._told(JoinChanged, element)
        carried = LiveTask(holder, spec, holder.task_tree, task.state, task.id)
        carried.internal_data = dict(task.internal_data)
        self.kept.add(task.id)

    def _carry_race(self, scope: Scope, token: Token) -> None:
        """What stands behind an event gateway is one token: rivals live on, new ones begin, others are gone."""
        gateway = gateway_of(scope.spec, token.tasks[0])
        holder = self._scope_for(scope, gateway, gateway)
        spec = holder.spec.task_specs[gateway]
        if not isinstance(spec, EventGateway):
            raise self._told(OtherKind, gateway)
        waiting = {task.task_spec.name: task for task in token.tasks}
        race = token.tasks[0].internal_data[RACE]
        for rival in spec.outputs:
            old = waiting.get(rival.name)
            flow = spec.flow_ids[rival.name]
            if old is not None and is_same_kind(old.task_spec, rival, scope, holder):
                carried = self._carry_task(old, rival, holder, rival.bpmn_id)
                carried.internal_data[RACE_FLOW] = flow
            else:
                begun = holder.task_tree.spawn(rival)
                begun.internal_data |= {RACE: race, RACE_FLOW: flow}
                begun.arrive()

    def _go_on_at(self, scope: Scope, element: str, chosen: str | None) -> None:
        """End the token; one token of all that go on at the same step begins there."""
        if chosen is None:
            return
        if not any(may_wait_at(one, chosen) for one in self.spec.scopes.values()):
            raise self._told(TargetNotAStep, element, target=chosen)
        holder = self._scope_for(scope, chosen, element, leaves=True)
        if not may_wait_at(holder.spec, chosen):
            raise self._told(TargetNotAStep, element, target=chosen)
        if (id(holder), chosen) not in self._chosen:
            self._chosen.add((id(holder), chosen))
            begun = holder.task_tree.spawn(holder.spec.task_specs[chosen])
            self._sent_tasks.add(begun.id)
            begun.arrive()
        self._sent[element] = chosen

    def forget_what_lies_ahead(self, old: ExecutableSpec) -> None:
        """Of what was sent back: it is decided anew, as after a jump."""
        stays = {
            task.task_spec.name
            for scope in self.target.scopes()
            for task in scope.live_tasks()
            if task.id not in self._sent_tasks and is_leaf(self.target, task) and moves_on(task)
        }
        live = ((scope, {one.id for one in scope.live_tasks()}) for scope in self.target.scopes())
        sent_to = [scope for scope, ids in live if self._sent_tasks & ids] or [self.target]
        for step in forgotten_outcomes(old, self.spec, self._sent, self.order.choices, stays):
            for scope in sent_to:
                forget_outcome(scope, step)

    # scopes -------------------------------------------------------------------------------------------------------
    def _scope_for(self, scope: Scope, name: str, element: str, *, leaves: bool = False) -> Scope:
        """The scope of the new version that holds the element ``name``, for a token of ``scope``; begun if need be.

        ``leaves``: the token may leave a repetition, because its runs end.
        """
        hosts = list(reversed(list(hosts_of(scope))))
        fitting = [(way, hosts_on(way, hosts)) for way in ways_to(self.spec, name)]
        if not fitting:
            raise self._told(NoCounterpart, element)
        best = max(sum(1 for host in matched if host is not None) for _, matched in fitting)
        fitting = [one for one in fitting if sum(1 for host in one[1] if host is not None) == best]
        shortest = min(len(way.around) for way, _ in fitting)
        fitting = [one for one in fitting if len(one[0].around) == shortest]
        if len(fitting) > 1:
            raise self._told(SeveralPlaces, element)
        way, matched = fitting[0]
        left = [host for host in hosts if host not in matched]
        if not leaves and any(host.task_spec.loop is not None for host in left):
            raise self._told(OutOfRepetition, element)
        return self._entered(way, matched, element)

    def _entered(self, way: Way, matched: list[LiveTask | None], element: str) -> Scope:
        scope: Scope = self.target
        for name, host in zip(way.around, matched, strict=True):
            key = (id(scope), name if host is None else host.id)
            if key not in self._begun:
                self._begun[key] = self._begin(scope, name, element) if host is None else self._carry_host(scope, host)
            scope = self._begun[key]
        return scope

    def _begin(self, scope: Scope, name: str, element: str) -> Scope:
        spec = scope.spec.task_specs[name]
        if hasattr(spec, "rule"):
            raise self._told(IntoRepetition, element)
        around = scope.task_tree.spawn(spec)
        begun: Scope = around.task_spec.open(around)
        return begun

    def _carry_host(self, scope: Scope, host: LiveTask) -> Scope:
        element = host.task_spec.bpmn_id
        spec = scope.spec.task_specs[element]
        loop = None
        if host.task_spec.loop is not None:
            if not is_same_kind(host.parent.task_spec, spec, host.workflow, scope):
                raise self._told(OtherKind, element)
            loop = scope.tasks.get(host.parent.id) or self._carry_task(host.parent, spec, scope, element)
            spec = scope.spec.task_specs[spec.task_spec]
        elif not is_same_kind(host.task_spec, spec, host.workflow, scope):
            raise self._told(OtherKind, element)
        began_at = host.internal_data.get(BEGAN_AT)
        if began_at is not None and began_at not in scope.spec.task_specs:
            raise self._told(OtherKind, element)
        carried = self._carry_task(host, spec, scope, element, loop=loop)
        inside = LiveSubWorkflow(self.target.subprocess_specs[spec.spec], carried.id, self.target)
        self.target.subprocesses[carried.id] = inside
        self._carried_scopes.append((carried.id, self.workflow.subprocesses[host.id]))
        self._take_as_undecided(host, carried, inside.spec.outcomes & self._learnt)
        return inside

    def _take_as_undecided(self, host: LiveTask, run: LiveTask, outcomes: frozenset[str]) -> None:
        """The new version asks for ``outcomes`` first, and nobody knows in which of several runs each was given."""
        if not outcomes:
            return
        if run.task_spec.decides_apart:
            told = {name: self.target.environment.store.values[name] for name in sorted(outcomes)}
            run.parent.internal_data[DECIDED] = told | run.parent.internal_data.get(DECIDED, {})
        twins = any(one is not host and one.task_spec is host.task_spec for one in host.workflow.live_tasks())
        take_as_undecided(run, outcomes, twins=twins)

    # soundness ----------------------------------------------------------------------------------------------------
    def ensure_sound(self, old: ExecutableSpec) -> None:
        """Raises CannotCarry where the new version could not have come to stand like this."""
        before = Counter(
            (scope.spec.name, tuple(sorted(token.position for token in tokens_of(scope))))
            for scope in self.workflow.scopes()
        )
        problems: list[CarryProblem] = []
        for scope in self.target.scopes():
            positions = [token.position for token in tokens_of(scope)]
            stood_so = (scope.spec.name, tuple(sorted(positions))) in before
            if stood_so and shape_of(old.scopes[scope.spec.name]) == shape_of(scope.spec):
                continue
            problems += self._against(scope, positions)
        if problems:
            raise CannotCarry(tuple(problems))

    def _against(self, scope: Scope, positions: list[str]) -> Iterator[CarryProblem]:
        element = node_of(positions[0]) if positions else scope.spec.name
        try:
            if not positions or not can_stand(scope.spec, positions):
                yield self._told(BranchesDiffer, element)
        except NotProvable:
            yield self._told(NotProved, element)


def _element_of(scope: Scope, token: Token) -> str:
    task = token.tasks[0]
    element: str = gateway_of(scope.spec, task) if RACE in task.internal_data else task.task_spec.bpmn_id
    return element


def _name_of(element: str, *processes: CompiledProcess) -> str:
    for process in processes:
        step = process.steps.get(element)
        name = (step.name if step is not None else "") or process.elements.get(element, "")
        if name:
            return name
    return element
