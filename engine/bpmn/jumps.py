"""Jumps: going on at a named step, however the deal stands now, without a lost, doubled or stranded token.

A jump is made within one scope: the innermost one that holds both what is withdrawn and the target. There the target
takes the place of the withdrawn tokens, and the result must be a marking that the map reaches by itself
(engine/bpmn/markings.py). So a token that waits in a join never survives a jump out of its parallel block, where it
would release the join of the next round too early; and no branch is entered whose join could never be complete.
Sub-processes around the target that do not run yet are begun, their boundary events included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

from engine.bpmn.activities import HOST, Activity, Assignments, Withdrawal
from engine.bpmn.called_approvals import stop_hearing
from engine.bpmn.catching_events import CatchEvent, EventGateway
from engine.bpmn.compensation import leave_unfinished
from engine.bpmn.compiled import StepKind
from engine.bpmn.forward_order import ForwardOrder, forward_order
from engine.bpmn.joins import InclusiveGateway, ParallelGateway
from engine.bpmn.live_workflow import LiveTask, LiveWorkflow, Scope
from engine.bpmn.markings import NotProvable, Position, in_join, main_track, node_of, tracks_beside
from engine.bpmn.run_variables import forget_outcome
from engine.bpmn.spec import ExecutableSpec, ScopeSpec
from engine.bpmn.task_data import ARRIVED_FROM, PENDING, RACE, RACE_FLOW
from engine.errors import N_, DomainError

_MOST_TOKENS = 10  # in one scope, when the smallest set to withdraw is looked for


class JumpRefused(DomainError):
    """The base of all reasons why a jump would lose, double or strand a token."""

    code: ClassVar[str] = "move_refused"
    template: ClassVar[str] = N_("The deal cannot be moved there.")


class NoSuchTarget(JumpRefused):
    code: ClassVar[str] = "move_target_unknown"
    template: ClassVar[str] = N_("The map has no step “%(target)s” at which a deal could stand.")


class TargetBehindEvents(JumpRefused):
    code: ClassVar[str] = "move_behind_events"
    template: ClassVar[str] = N_(
        "“%(target)s” stands behind a gateway that waits for the first of several events. Choose the gateway."
    )


class TargetRepeated(JumpRefused):
    code: ClassVar[str] = "move_into_repetition"
    template: ClassVar[str] = N_(
        "“%(target)s” stands inside “%(scope)s”, which runs several times: which run is meant cannot be told."
    )


class SeveralWaysIn(JumpRefused):
    code: ClassVar[str] = "move_several_ways_in"
    template: ClassVar[str] = N_("“%(target)s” is called from several places of the map: which one cannot be told.")


class AlreadyThere(JumpRefused):
    code: ClassVar[str] = "move_already_there"
    template: ClassVar[str] = N_("The deal stands at “%(target)s” already.")


class BranchesLeft(JumpRefused):
    """The tokens that stay cannot stand together with the target."""

    code: ClassVar[str] = "move_strands_branch"
    template: ClassVar[str] = N_(
        "“%(target)s” does not fit with what stays open: a branch would wait for ever, or its join would not wait. "
        "Move the whole deal, or a step of the same branch."
    )


class InsideBranches(JumpRefused):
    code: ClassVar[str] = "move_into_branch"
    template: ClassVar[str] = N_(
        "“%(target)s” stands in one of several parallel branches, and the others are not open: their join would wait "
        "for ever. Move the deal to a step before the branches part."
    )


class BranchUnclear(JumpRefused):
    code: ClassVar[str] = "move_branch_unclear"
    template: ClassVar[str] = N_("Several branches could move to “%(target)s”. Say which open step is moved.")


class BesideTheWay(JumpRefused):
    code: ClassVar[str] = "move_beside_way"
    template: ClassVar[str] = N_(
        "“%(target)s” stands beside the main way, behind a reminder or an alarm: the deal could end without its steps."
    )


class TooManyWays(JumpRefused):
    code: ClassVar[str] = "move_not_provable"
    template: ClassVar[str] = N_(
        "The map has so many parallel ways around “%(target)s” that it cannot be proved that the deal could finish."
    )


class Meanwhile(JumpRefused):
    """Something runs in the scope that is no token of its ways: an event sub-process, a compensation."""

    code: ClassVar[str] = "move_meanwhile"
    template: ClassVar[str] = N_("The deal cannot be moved while “%(element)s” goes on. Let it finish first.")


class NotWithdrawable(JumpRefused):
    code: ClassVar[str] = "move_step_gone"
    template: ClassVar[str] = N_("A step that would be moved does not wait any more. Look at the deal again.")


@dataclass(frozen=True, slots=True)
class Jump:
    """What a jump does. Ids are of elements; ``withdrawn`` are activity ids of everything that is taken back.

    ``passed_over`` are approvals that the deal would have come by and that do not lie ahead any more; ``asked_again``
    those that were behind or open and lie ahead now. ``forgotten`` are steps whose outcomes of an earlier round no
    condition may see any longer.
    """

    target: str
    withdrawn: tuple[str, ...]
    left: tuple[str, ...]
    kept: tuple[str, ...]
    goes_back: bool
    passed_over: tuple[str, ...]
    asked_again: tuple[str, ...]
    forgotten: frozenset[str]


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a scope at rest, with all tasks that are this token (rivals behind one event gateway)."""

    position: Position
    tasks: tuple[LiveTask, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """How a target is entered: the elements to go through, outermost first, each in its scope."""

    scopes: tuple[str, ...]
    elements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    scope: Scope
    taken: tuple[Token, ...]
    stay: tuple[Token, ...]
    way: _Way  # from the scope on


def targets(spec: ExecutableSpec) -> Iterator[str]:
    """The elements at which a deal can stand: activities, events that wait, event gateways."""
    for scope in spec.scopes.values():
        for one in scope.task_specs.values():
            if _is_target(one):
                yield one.bpmn_id


def plan_jump(
    workflow: LiveWorkflow, spec: ExecutableSpec, target: str, withdrawn: Iterable[str] | None
) -> tuple[Jump, _Plan]:
    """What going on at ``target`` would do. Raises JumpRefused."""
    name = spec.lookups.name_of(target)
    plan = _planned(workflow, spec, target, name, None if withdrawn is None else frozenset(withdrawn))
    return _described(workflow, spec, target, plan), plan


def perform_jump(workflow: LiveWorkflow, spec: ExecutableSpec, target: str, withdrawn: Iterable[str] | None) -> None:
    """Withdraw what has to go, forget what was decided ahead, and put the token on ``target``. Raises JumpRefused."""
    jump, plan = plan_jump(workflow, spec, target, withdrawn)
    for scope in workflow.subprocesses.values():
        stop_hearing(scope.parent_task.internal_data)
    for token in plan.taken:
        for task in token.tasks:
            leave_unfinished(task)
            task.cancel()
    for step in jump.forgotten:
        forget_outcome(plan.scope, step)
    scope = plan.scope
    for element in plan.way.elements[:-1]:
        around = scope.task_tree.spawn(scope.spec.task_specs[element])
        scope = around.task_spec.open(around)
    scope.task_tree.spawn(scope.spec.task_specs[plan.way.elements[-1]]).arrive()


def around(spec: ExecutableSpec, target: str) -> tuple[tuple[str, ...], ...]:
    """The elements that hold ``target``, the innermost first, on each way to it."""
    return tuple(tuple(reversed(way.elements[:-1])) for way in _ways_to(spec, target))


# where ------------------------------------------------------------------------------------------------------------
def _planned(
    workflow: LiveWorkflow, spec: ExecutableSpec, target: str, name: str, withdrawn: frozenset[str] | None
) -> _Plan:
    ways = [_with_all_runs(spec, way) for way in _ways_to(spec, target)]
    if not ways:
        raise NoSuchTarget(target=name)
    entered = spec.scopes[ways[0].scopes[-1]].task_specs
    if any(isinstance(entered[one], EventGateway) for one in entered[ways[0].elements[-1]]._inputs):  # noqa: SLF001  # names
        raise TargetBehindEvents(target=name)
    chosen = None if withdrawn is None else [_found(workflow, one) for one in sorted(withdrawn)]
    places = [place for way in ways for place in _places(workflow, way) if _holds(place[0], chosen)]
    if not places:
        raise BranchesLeft(target=name)
    deepest = min(len(way.elements) for _, way in places)
    scopes = [place for place in places if len(place[1].elements) == deepest]
    if len(scopes) > 1:
        inner = spec.lookups.name_of(scopes[0][0].spec.name)
        raise TargetRepeated(target=name, scope=inner) if len(ways) == 1 else SeveralWaysIn(target=name)
    scope, way = scopes[0]
    _ensure_enterable(spec, way, name)
    _ensure_nothing_meanwhile(spec, scope)
    tokens = tokens_of(scope)
    lifted = None if chosen is None else frozenset(_lifted(task, scope).id for task in chosen)
    try:
        taken = _taken(scope.spec, tokens, way.elements[0], lifted, name)
        _ensure_inner_ways(spec, way, name)
    except NotProvable as unproved:
        raise TooManyWays(target=name) from unproved
    return _Plan(scope, taken, tuple(one for one in tokens if one not in taken), way)


def _ways_to(spec: ExecutableSpec, target: str) -> Iterator[_Way]:
    """Each way from the map down to the scope that holds ``target``; a scope is not entered inside itself."""
    waiting = [_Way((spec.key,), ())]
    while waiting:
        way = waiting.pop()
        scope = spec.scopes[way.scopes[-1]]
        one = scope.task_specs.get(target)
        if one is not None and _can_hold(one) and one.bpmn_id == target:
            yield _Way(way.scopes, (*way.elements, target))
        for inside in scope.task_specs.values():
            inner = getattr(inside, "spec", None)
            if isinstance(inner, str) and inner not in way.scopes:
                waiting.append(_Way((*way.scopes, inner), (*way.elements, inside.bpmn_id)))


def _with_all_runs(spec: ExecutableSpec, way: _Way) -> _Way:
    """Where what repeats holds nothing but the target, as around a receive task, all its runs are begun anew."""
    if len(way.elements) == 1:
        return way
    repeated = spec.scopes[way.scopes[-2]].task_specs[way.elements[-2]]
    held = [one.bpmn_id for one in spec.scopes[way.scopes[-1]].task_specs.values() if _is_target(one)]
    is_alone = hasattr(repeated, "rule") and held == [way.elements[-1]]
    return _Way(way.scopes[:-1], way.elements[:-1]) if is_alone else way


def _is_target(one: Any) -> bool:
    return one.bpmn_id is not None and one.loop is None and _can_hold(one)


def _can_hold(one: Any) -> bool:
    return isinstance(one, Activity | CatchEvent | EventGateway) and not isinstance(one, Assignments | Withdrawal)


def _places(workflow: LiveWorkflow, way: _Way) -> Iterator[tuple[Scope, _Way]]:
    """The running scopes on ``way``, each with the rest of the way from there."""
    running: list[Scope] = [workflow]
    for depth, element in enumerate(way.elements):
        for scope in running:
            yield scope, _Way(way.scopes[depth:], way.elements[depth:])
        running = [
            inner
            for inner in workflow.subprocesses.values()
            if inner.parent_task.workflow in running
            and inner.parent_task.task_spec.bpmn_id == element
            and depth + 1 < len(way.scopes)
        ]


def _holds(scope: Scope, chosen: Iterable[LiveTask] | None) -> bool:
    return chosen is None or all(_lifted_or_none(task, scope) is not None for task in chosen)


def _found(workflow: LiveWorkflow, activity_id: str) -> LiveTask:
    task = workflow.find(activity_id)
    if task is None:
        raise NotWithdrawable
    return task


def _lifted(task: LiveTask, scope: Scope) -> LiveTask:
    lifted = _lifted_or_none(task, scope)
    if lifted is None:
        raise NotWithdrawable
    return lifted


def _lifted_or_none(task: LiveTask, scope: Scope) -> LiveTask | None:
    """The token of ``scope`` that ``task`` is, or that holds it: the whole loop, where it is one of its runs."""
    while task.workflow is not scope:
        if task.workflow.parent_task_id is None:
            return None
        task = task.workflow.parent_task
    return task.parent if task.task_spec.loop is not None else task


def _ensure_enterable(spec: ExecutableSpec, way: _Way, name: str) -> None:
    """A scope that repeats cannot be begun in the middle of its runs."""
    for scope, element in zip(way.scopes, way.elements[:-1], strict=False):
        if hasattr(spec.scopes[scope].task_specs[element], "rule"):
            raise TargetRepeated(target=name, scope=spec.lookups.name_of(element))


def _ensure_inner_ways(spec: ExecutableSpec, way: _Way, name: str) -> None:
    """In a scope that is begun by the jump, the target's token is the only one."""
    for scope, element in zip(way.scopes[1:], way.elements[1:], strict=True):
        if element not in main_track(spec.scopes[scope]).nodes:
            raise BesideTheWay(target=name)
        if not main_track(spec.scopes[scope]).may_hold([element]):
            raise InsideBranches(target=name)


# what goes --------------------------------------------------------------------------------------------------------
def tokens_of(scope: Scope) -> tuple[Token, ...]:
    """The tokens of a scope at rest. Boundary events belong to their hosts, the runs of a loop to the loop."""
    races: dict[str, list[LiveTask]] = {}
    tokens = []
    for task in scope.live_tasks():
        one = task.task_spec
        if RACE in task.internal_data:
            races.setdefault(task.internal_data[RACE], []).append(task)
        elif ARRIVED_FROM in task.internal_data:
            tokens.append(Token(in_join(one.name, task.internal_data[ARRIVED_FROM]), (task,)))
        elif one.loop is None and _can_hold(one):
            tokens.append(Token(one.name, (task,)))
    tokens += [Token(gateway_of(scope.spec, rivals[0]), tuple(rivals)) for rivals in races.values()]
    return tuple(tokens)


def _ensure_nothing_meanwhile(spec: ExecutableSpec, scope: Scope) -> None:
    """Raises Meanwhile for a token that rests where none does in the ordinary course of things: something is undone.

    So is everything in a scope that was opened again for that.
    """
    if scope.parent_task_id is not None and PENDING in scope.parent_task.internal_data:
        raise Meanwhile(element=spec.lookups.name_of(scope.parent_task.task_spec.bpmn_id))
    for task in scope.live_tasks():
        one = task.task_spec
        if RACE in task.internal_data or HOST in task.internal_data or one.loop is not None or one.attends:
            continue
        if not _is_on_a_way(one):
            raise Meanwhile(element=spec.lookups.name_of(one.bpmn_id or spec.key))


def _is_on_a_way(one: Any) -> bool:
    """Whether a token rests there in the ordinary course of things, and not while something is undone or handled."""
    return (_can_hold(one) or isinstance(one, ParallelGateway | InclusiveGateway)) and not one.is_event_sub_process


def gateway_of(scope: ScopeSpec, rival: LiveTask) -> str:
    """The event gateway behind which ``rival`` waits."""
    flow = rival.internal_data[RACE_FLOW]
    gateway: str = next(
        name
        for name in rival.task_spec._inputs  # noqa: SLF001  # names
        if scope.task_specs[name].flow_ids.get(rival.task_spec.name) == flow
    )
    return gateway


def _taken(
    scope: ScopeSpec, tokens: tuple[Token, ...], entry: str, lifted: frozenset[str] | None, name: str
) -> tuple[Token, ...]:
    """The tokens to withdraw, so that the others can stand together with ``entry``. Raises JumpRefused, NotProvable."""
    chosen = tuple(one for one in tokens if lifted and any(task.id in lifted for task in one.tasks))
    open_ = [one for one in tokens if one not in chosen]
    if lifted is None and any(one.position == entry for one in tokens):
        raise AlreadyThere(target=name)
    main = main_track(scope)
    if entry not in main.nodes:
        return _taken_beside(scope, chosen if lifted else tokens, tokens, entry, name)
    if lifted is None and main.may_hold([entry]):
        return tokens
    # Whoever names the steps to move takes along what waits for them in joins, and no other step.
    may_go = [one for one in open_ if lifted is None or node_of(one.position) != one.position]
    if len(may_go) > _MOST_TOKENS:
        raise NotProvable
    for size in range(len(may_go) + 1):
        fitting = []
        for more in combinations(may_go, size):
            gone = (*chosen, *more)
            stay = [one.position for one in tokens if one not in gone]
            if gone and main.may_hold([*stay, entry]):
                fitting.append(gone)
        if len({frozenset(one.position for one in gone) for gone in fitting}) > 1:
            raise BranchUnclear(target=name)
        if fitting:
            return fitting[0]
    raise BranchesLeft(target=name) if main.may_hold([entry]) else InsideBranches(target=name)


def _taken_beside(
    scope: ScopeSpec, chosen: tuple[Token, ...], tokens: tuple[Token, ...], entry: str, name: str
) -> tuple[Token, ...]:
    """A target beside the main way is reached only from the same side: the main way must not end by a jump."""
    main = main_track(scope)
    for track in tracks_beside(scope, entry):
        moved = [one for one in chosen if node_of(one.position) in track.nodes - main.nodes]
        stay = [one.position for one in tokens if one not in moved and node_of(one.position) not in main.nodes]
        if moved and track.may_hold([*stay, entry]):
            return tuple(moved)
    raise BesideTheWay(target=name)


# what it means ----------------------------------------------------------------------------------------------------
def _described(workflow: LiveWorkflow, spec: ExecutableSpec, target: str, plan: _Plan) -> Jump:
    order = forward_order(spec)
    left = _leaves(workflow, [task for token in plan.taken for task in token.tasks])
    inside = {task.id for task in left}
    stays = [
        task
        for scope in workflow.scopes()
        for task in scope.live_tasks()
        if task.id not in inside and is_leaf(workflow, task)
    ]
    withdrawn_names = {task.task_spec.name for task in left}
    ahead_before = order.ahead_of(withdrawn_names)
    ahead_after = order.ahead_of([target])
    ahead_of_rest = order.ahead_of({task.task_spec.name for task in stays if moves_on(task)})
    taken_back = {task.task_spec.bpmn_id for task in left}
    steps = spec.lookups.steps

    def approvals(elements: Iterable[str]) -> tuple[str, ...]:
        asked = set(elements)
        return tuple(one for one, step in steps.items() if step.kind is StepKind.APPROVAL and one in asked)

    return Jump(
        target=target,
        withdrawn=tuple(task.id for task in left),
        left=tuple(dict.fromkeys(task.task_spec.bpmn_id for task in left if task.task_spec.bpmn_id in steps)),
        kept=tuple(dict.fromkeys(task.task_spec.bpmn_id for task in stays if task.task_spec.bpmn_id in steps)),
        goes_back=bool(ahead_after & taken_back),
        passed_over=approvals(_skippable(order, withdrawn_names, target) - ahead_after - ahead_of_rest),
        asked_again=approvals(ahead_after - ahead_of_rest - (ahead_before - taken_back)),
        forgotten=frozenset((ahead_before | ahead_after) & steps.keys()) - ahead_of_rest,
    )


def _skippable(order: ForwardOrder, left: Iterable[str], target: str) -> frozenset[str]:
    """What a deal would still have come by before ``target``, from where it stands.

    Where the target lies straight ahead, that is what lies ahead. Where it does not, the deal would have come there, if
    at all, through a loop: what stands on such a way counts, or a step on a way back could be used to jump over the
    approvals that it leads to. What could lead there only by coming to the same place twice does not: it is behind.
    """
    found: frozenset[str] = frozenset()
    for name in left:
        if order.is_ahead(target, name):
            found |= order.ahead_of([name])
        else:
            found |= order.on_the_way(name, target)
    return found


def _leaves(workflow: LiveWorkflow, tasks: Iterable[LiveTask]) -> list[LiveTask]:
    """What waits in ``tasks``: themselves, or what runs inside them."""
    leaves = []
    waiting = list(tasks)
    while waiting:
        task = waiting.pop(0)
        inner = workflow.get_subprocess_of(task.id)
        if inner is not None:
            waiting += inner.live_tasks()
        elif is_leaf(workflow, task):
            leaves.append(task)
        else:
            waiting += [child for child in task.children if child.live]
    return leaves


def is_leaf(workflow: LiveWorkflow, task: LiveTask) -> bool:
    return workflow.get_subprocess_of(task.id) is None and not hasattr(task.task_spec, "rule")


def moves_on(task: LiveTask) -> bool:
    """Whether the main token is meant, and not the alarm at an activity's boundary."""
    return _can_hold(task.task_spec) or ARRIVED_FROM in task.internal_data
