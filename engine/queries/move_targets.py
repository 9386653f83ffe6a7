"""Where a deal can be moved, what each move would do, and who may make it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, StepKind
from engine.bpmn.inspection import jump_targets, plan_move
from engine.bpmn.jumps import Jump, JumpRefused, NoSuchTarget
from engine.errors import N_, DealIsSuspended, DomainError, InvalidInput, NotAllowed, NotFound
from engine.model.deal import Deal
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.work_item import LIVE, WorkItem
from engine.policy.freedom import Departure, ensure_may_depart, strictest
from engine.policy.permissions import Actor, may_act_on_step
from engine.queries.processes import element_name, process_of
from engine.queries.scopes import visible_deals


class StepNotOpen(DomainError):
    code: ClassVar[str] = "step_not_open"
    template: ClassVar[str] = N_("This is no open step of the deal.")


class TargetAmbiguous(DomainError):
    code: ClassVar[str] = "move_target_ambiguous"
    template: ClassVar[str] = N_("Several steps are called “%(name)s”. Name the step by its id.")


@dataclass(frozen=True, slots=True)
class MoveTarget:
    """A step to which the deal could go. ``refusal`` says why not (the map's reasons, or the actor's), else None.

    ``withdrawn``, ``passed_over`` and ``asked_again`` are names of steps. ``responsible`` is what the map says.
    """

    element_id: str
    source_id: str
    name: str
    stage: str
    kind: StepKind
    responsible: tuple[str, ...]
    refusal: DomainError | None
    goes_back: bool = False
    needs_reason: bool = True
    withdrawn: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    asked_again: tuple[str, ...] = ()


def move_targets(session: Session, actor: Actor, deal_id: int) -> tuple[MoveTarget, ...]:
    """All human steps of the deal's map, in the order of its stages. Nothing for a deal that has ended.

    Raises NotFound.
    """
    instance = _instance_of(session, actor, deal_id)
    if instance is None or instance.state not in (InstanceState.RUNNING, InstanceState.SUSPENDED):
        return ()
    process = process_of(session, instance.definition_id)
    holdable = set(jump_targets(process))
    places = {stage.name: stage.position for stage in process.stages}
    steps = sorted(
        (one for one in process.steps.values() if one.element_id in holdable),
        key=lambda step: places.get(step.stage, len(places)),
    )
    moving = _Moving(instance, process, open_steps_of(session, instance), actor)
    return tuple(moving.to(step.element_id) for step in steps)


def move_preview(
    session: Session, actor: Actor, deal_id: int, to: str, withdrawn: Sequence[int] | None = None
) -> MoveTarget:
    """What one move would do. Raises NotFound, InvalidInput, NoSuchTarget."""
    instance = _instance_of(session, actor, deal_id)
    if instance is None:
        raise NotFound
    process = process_of(session, instance.definition_id)
    target = element_of(process, to)
    activities = activities_of(session, instance, withdrawn)
    return _Moving(instance, process, open_steps_of(session, instance), actor).to(target, activities)


def element_of(process: CompiledProcess, to: str) -> str:
    """The id of the step that ``to`` names: its id in the executed form or in the owner's file, or its name.

    Raises NoSuchTarget, TargetAmbiguous.
    """
    if to in process.steps or to in set(jump_targets(process)):
        return to
    wanted = to.strip().casefold()
    for found in (
        [one.element_id for one in process.steps.values() if one.source_id == to],
        [one.element_id for one in process.steps.values() if one.name.casefold() == wanted],
    ):
        if len(found) > 1:
            raise TargetAmbiguous(name=to)
        if found:
            return found[0]
    raise NoSuchTarget(target=to)


def activities_of(session: Session, instance: ProcessInstance, withdrawn: Sequence[int] | None) -> list[str] | None:
    """The activities of open work items of the instance. Raises InvalidInput for what is none."""
    if withdrawn is None:
        return None
    rows = session.execute(
        select(WorkItem.id, WorkItem.activity_id).where(
            WorkItem.id.in_(withdrawn), WorkItem.instance_id == instance.id, WorkItem.state.in_(LIVE)
        )
    )
    found = {row.id: row.activity_id for row in rows}
    if not withdrawn or len(found) != len(set(withdrawn)):
        raise InvalidInput({"from": StepNotOpen()})
    return sorted(set(found.values()))


def departure_of(process: CompiledProcess, jump: Jump) -> Departure:
    """What the map says about a move: the strictest of what is left and what is entered."""
    steps = [process.steps[one] for one in (*jump.left, jump.target) if one in process.steps]
    return Departure(strictest(step.freedom for step in steps), bool(jump.passed_over))


@dataclass(frozen=True, slots=True)
class OpenStep:
    """An open work item as far as it says who may do it."""

    activity_id: str
    assignee_id: int | None
    group_id: int | None


def open_steps_of(session: Session, instance: ProcessInstance) -> tuple[OpenStep, ...]:
    rows = session.execute(
        select(WorkItem.activity_id, WorkItem.assignee_id, WorkItem.group_id).where(
            WorkItem.instance_id == instance.id, WorkItem.state.in_(LIVE)
        )
    )
    return tuple(OpenStep(*row) for row in rows)


def works_on(steps: Iterable[OpenStep], jump: Jump, actor: Actor) -> bool:
    """Whether the actor may do one of the steps that the move takes back."""
    return any(
        may_act_on_step(actor, assignee_id=one.assignee_id, group_id=one.group_id)
        for one in steps
        if one.activity_id in jump.withdrawn
    )


def _instance_of(session: Session, actor: Actor, deal_id: int) -> ProcessInstance | None:
    found = session.execute(
        select(Deal.id, ProcessInstance)
        .outerjoin(ProcessInstance, ProcessInstance.deal_id == Deal.id)
        .where(Deal.id == deal_id, visible_deals(actor, only=deal_id))
        .order_by(ProcessInstance.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        raise NotFound
    instance: ProcessInstance | None = found.ProcessInstance
    return instance


@dataclass(frozen=True, slots=True)
class _Moving:
    """One deal that somebody may want to move."""

    instance: ProcessInstance
    process: CompiledProcess
    open_steps: tuple[OpenStep, ...]
    actor: Actor

    def to(self, element_id: str, activities: Sequence[str] | None = None) -> MoveTarget:
        process, step = self.process, self.process.steps.get(element_id)
        refusal: DomainError | None = None
        jump: Jump | None = None
        needs_reason = True
        try:
            jump = plan_move(process, self.instance.execution_state, element_id, activities)
            departure = departure_of(process, jump)
            needs_reason = departure.needs_reason
            works = works_on(self.open_steps, jump, self.actor)
            ensure_may_depart(self.actor, departure, owner_id=self.instance.deal.owner_id, works_on_it=works)
            if self.instance.state is InstanceState.SUSPENDED:
                refusal = DealIsSuspended()
        except (JumpRefused, NotAllowed) as reason:
            refusal = reason

        def names(ids: Iterable[str]) -> tuple[str, ...]:
            return tuple(process.steps[one].name for one in ids)

        return MoveTarget(
            element_id=element_id,
            source_id=step.source_id if step else element_id,
            name=element_name(process, element_id),
            stage=step.stage if step else "",
            kind=step.kind if step else StepKind.EVENT,
            responsible=step.responsible if step else (),
            refusal=refusal,
            goes_back=jump.goes_back if jump else False,
            needs_reason=needs_reason,
            withdrawn=names(jump.left) if jump else (),
            kept=names(jump.kept) if jump else (),
            passed_over=names(jump.passed_over) if jump else (),
            asked_again=names(jump.asked_again) if jump else (),
        )
