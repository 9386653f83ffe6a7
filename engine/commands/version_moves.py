"""Version moves: start one for many deals or for one, stop it, take it back. Each deal is moved by a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.db import outbox
from engine.errors import N_, Conflict, DomainError, InvalidInput, NotFound
from engine.events import VersionMoveCancelled, VersionMoveStarted, VersionMoveTakenBack
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.model.version_move import (
    DeadlinePolicy,
    HolderPolicy,
    MovedDeal,
    MovedDealState,
    VersionMove,
    VersionMoveState,
)
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.version_moves import movable_instances

VERSION_MOVE = "version_move"
"""The kind of an outbox job: it moves, or takes back, the deals whose turn has not come yet.

Its payload is ``move_id`` and, of one that is taken back, by whose wish: ``taken_back_by_id``.
"""


class NotMovableTo(Conflict):
    code: ClassVar[str] = "not_movable_to"
    template: ClassVar[str] = N_("Deals can be moved to a version that is or was published, not to a draft.")


class NothingToMove(Conflict):
    code: ClassVar[str] = "nothing_to_move"
    template: ClassVar[str] = N_("No running deal follows another version of this map.")


class MoveIsOver(Conflict):
    code: ClassVar[str] = "move_is_over"
    template: ClassVar[str] = N_("All deals of this move have had their turn.")


class MoveNotOver(Conflict):
    code: ClassVar[str] = "move_not_over"
    template: ClassVar[str] = N_("The move is still at work. Stop it first.")


class ChoicesNotUnderstood(DomainError):
    code: ClassVar[str] = "choices_not_understood"
    template: ClassVar[str] = N_("“%(target)s” is no step of this version.")


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """Which deals move, and how. ``deal_ids`` and ``from_definition_ids`` narrow it down; None: all running ones.

    ``choices``: see VersionMove.
    """

    deadlines: DeadlinePolicy = DeadlinePolicy.KEEP
    holders: HolderPolicy = HolderPolicy.KEEP
    choices: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    deal_ids: Sequence[int] | None = None
    from_definition_ids: Sequence[int] | None = None


def start_version_move(
    session: Session,
    definition_id: int,
    request: MoveRequest,
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> VersionMove:
    """Let a worker carry running deals to the version ``definition_id``, older ones and newer ones alike.

    Raises NotFound, NotAllowed, NotMovableTo, NothingToMove, InvalidInput.
    """
    at = clock.now()
    arguments = {"id": definition_id, **asdict(request)}
    done = already_performed(session, command_id, "start_version_move", arguments, actor=actor, at=at)
    if done is not None:
        return session.get_one(VersionMove, done["id"])
    ensure_may(actor, Ability.PUBLISH_MAP)
    definition = session.get(ProcessDefinition, definition_id)
    if definition is None:
        raise NotFound
    if definition.state is DefinitionState.DRAFT or definition.compiled is None:
        raise NotMovableTo
    _ensure_known(definition, request.choices)
    rows = session.execute(
        movable_instances(definition, deal_ids=request.deal_ids, from_definition_ids=request.from_definition_ids)
    ).all()
    if not rows:
        raise NothingToMove
    move = VersionMove(
        definition_id=definition.id,
        deadlines=request.deadlines,
        holders=request.holders,
        choices={group: dict(chosen) for group, chosen in request.choices.items()},
        total=len(rows),
        requested_by_id=actor.recorded_id,
        requested_at=at,
    )
    session.add(move)
    session.flush()
    session.add_all(
        MovedDeal(move_id=move.id, deal_id=row.deal_id, instance_id=row.id, from_definition_id=row.definition_id)
        for row in rows
    )
    _let_a_worker_go_on(session, move, at=at)
    event = VersionMoveStarted(
        move_id=move.id,
        key=definition.key,
        version=definition.version,
        deals=move.total,
        deadlines=move.deadlines.value,
        holders=move.holders.value,
    )
    record(session, event, actor=actor, at=at)
    remember(session, command_id, {"id": move.id}, actor=actor)
    return move


def cancel_version_move(session: Session, move_id: int, *, actor: Actor, clock: Clock) -> VersionMove:
    """Stop a move: deals whose turn has not come stay. Raises NotFound, NotAllowed, MoveIsOver."""
    ensure_may(actor, Ability.PUBLISH_MAP)
    move = locked_move(session, move_id)
    if move.state is not VersionMoveState.RUNNING:
        raise MoveIsOver
    at = clock.now()
    move.state, move.finished_at = VersionMoveState.CANCELLED, at
    session.execute(
        update(MovedDeal)
        .where(MovedDeal.move_id == move.id, MovedDeal.state == MovedDealState.WAITING)
        .values(state=MovedDealState.CANCELLED, settled_at=at)
    )
    definition = move.definition
    event = VersionMoveCancelled(move_id=move.id, key=definition.key, version=definition.version)
    record(session, event, actor=actor, at=at)
    return move


def undo_version_move(session: Session, move_id: int, *, actor: Actor, clock: Clock) -> VersionMove:
    """Let a worker take every deal of a move back that has not gone on since.

    Raises NotFound, NotAllowed, MoveNotOver, and MoveIsOver where nothing is left to take back.
    """
    ensure_may(actor, Ability.PUBLISH_MAP)
    move = locked_move(session, move_id)
    if move.state in (VersionMoveState.RUNNING, VersionMoveState.UNDOING):
        raise MoveNotOver
    moved = session.scalar(
        select(func.count()).where(MovedDeal.move_id == move.id, MovedDeal.state == MovedDealState.MOVED)
    )
    if not moved:
        raise MoveIsOver
    at = clock.now()
    move.state, move.finished_at = VersionMoveState.UNDOING, None
    _let_a_worker_go_on(session, move, taken_back_by_id=actor.recorded_id, at=at)
    definition = move.definition
    event = VersionMoveTakenBack(move_id=move.id, key=definition.key, version=definition.version)
    record(session, event, actor=actor, at=at)
    return move


def locked_move(session: Session, move_id: int) -> VersionMove:
    """Raises NotFound."""
    move = session.get(VersionMove, move_id, with_for_update=True, populate_existing=True)
    if move is None:
        raise NotFound
    return move


def turns(session: Session, move_id: int, *, limit: int, work: VersionMoveState | None = None) -> list[int]:
    """Ids of the next deals whose turn has not come, in a move that is at work. Empty when it is not, or over.

    ``work`` is what the asker was made for, moving or taking back: one that is late finds nothing of the other. None,
    of a job of an earlier version of the program, is either.
    """
    move = session.get(VersionMove, move_id)
    if move is None or not _is_at(move, work):
        return []
    return list(
        session.scalars(
            select(MovedDeal.id)
            .where(MovedDeal.move_id == move_id, MovedDeal.state == _TURN_OF[move.state])
            .order_by(MovedDeal.id)
            .limit(limit)
        )
    )


def continue_version_move(
    session: Session,
    move_id: int,
    *,
    clock: Clock,
    taken_back_by_id: int | None = None,
    work: VersionMoveState | None = None,
) -> bool:
    """Close a move in which every deal has had its turn, else let a worker go on; whether it was closed now.

    ``taken_back_by_id`` is who asked for taking the move back, ``work`` as ``turns`` takes it.
    """
    move = locked_move(session, move_id)
    if not _is_at(move, work):
        return False
    if turns(session, move_id, limit=1):
        _let_a_worker_go_on(session, move, taken_back_by_id=taken_back_by_id, at=clock.now())
        return False
    move.state = VersionMoveState.DONE if move.state is VersionMoveState.RUNNING else VersionMoveState.UNDONE
    move.finished_at = clock.now()
    return True


def _let_a_worker_go_on(
    session: Session, move: VersionMove, *, taken_back_by_id: int | None = None, at: datetime
) -> None:
    payload: dict[str, Any] = {"move_id": move.id, "work": move.state.value}
    payload |= {"taken_back_by_id": taken_back_by_id} if taken_back_by_id is not None else {}
    outbox.enqueue(session, VERSION_MOVE, payload, at=at)


def _is_at(move: VersionMove, work: VersionMoveState | None) -> bool:
    return move.state in _TURN_OF and work in (None, move.state)


_TURN_OF: Mapping[VersionMoveState, MovedDealState] = {
    VersionMoveState.RUNNING: MovedDealState.WAITING,
    VersionMoveState.UNDOING: MovedDealState.MOVED,
}


def _ensure_known(definition: ProcessDefinition, choices: Mapping[str, Mapping[str, Any]]) -> None:
    elements = definition.process().elements.keys() | definition.process().steps.keys()
    for chosen in choices.values():
        for target in chosen.values():
            if target is not None and target not in elements:
                raise InvalidInput({"choices": ChoicesNotUnderstood(target=target)})
