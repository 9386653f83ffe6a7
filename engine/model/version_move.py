"""A version move: running deals are carried to another version of their map, in the background, one by one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.db.base import Base
from engine.db.types import Identity, Json, Moment, Word
from engine.model.deal import Deal
from engine.model.person import Person
from engine.model.process_definition import ProcessDefinition


class VersionMoveState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"  # what was moved until then stays moved
    UNDOING = "undoing"
    UNDONE = "undone"


class MovedDealState(StrEnum):
    WAITING = "waiting"
    MOVED = "moved"
    REFUSED = "refused"
    CANCELLED = "cancelled"  # the move was stopped before its turn came
    UNDONE = "undone"
    KEPT = "kept"  # was to be undone, but had gone on already


class DeadlinePolicy(StrEnum):
    KEEP = "keep"
    RECOMPUTE = "recompute"  # by the new rule, counted from when the step was opened


class HolderPolicy(StrEnum):
    KEEP = "keep"
    REASSIGN = "reassign"  # who the new version names


class VersionMove(Base):
    """``definition_id`` is the version moved to. ``choices`` holds, per group of deals that stand alike ("*": for all),
    where their tokens go on: old element id ("*": every one) to new step id, or None to withdraw.
    """

    __tablename__ = "version_move"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    definition_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"), index=True)
    state: Mapped[VersionMoveState] = mapped_column(Word(VersionMoveState), default=VersionMoveState.RUNNING)
    deadlines: Mapped[DeadlinePolicy] = mapped_column(Word(DeadlinePolicy), default=DeadlinePolicy.KEEP)
    holders: Mapped[HolderPolicy] = mapped_column(Word(HolderPolicy), default=HolderPolicy.KEEP)
    choices: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    total: Mapped[int] = mapped_column(default=0)
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    requested_at: Mapped[datetime] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)

    definition: Mapped[ProcessDefinition] = relationship()
    requested_by: Mapped[Person | None] = relationship()


class MovedDeal(Base):
    """One deal of a move. ``reason`` says why it was refused, or why it could not be undone: an error's code, template
    and places.

    ``before`` and ``state_before`` are what an undo restores; ``before`` also holds the fingerprint of the instance's
    state right after the move. ``instance_version`` and ``history_number`` are those of the instance and of the deal
    then: they tell whether the deal has gone on since.
    """

    __tablename__ = "moved_deal"
    __table_args__ = (
        UniqueConstraint("move_id", "instance_id"),
        Index("ix_moved_deal_move_state", "move_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    move_id: Mapped[int] = mapped_column(ForeignKey("version_move.id"))
    deal_id: Mapped[int] = mapped_column(ForeignKey("deal.id"), index=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("process_instance.id"))
    from_definition_id: Mapped[int] = mapped_column(ForeignKey("process_definition.id"))
    state: Mapped[MovedDealState] = mapped_column(Word(MovedDealState), default=MovedDealState.WAITING)
    reason: Mapped[dict[str, Any] | None] = mapped_column(Json)
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    state_before: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    instance_version: Mapped[int | None]
    history_number: Mapped[int | None]
    settled_at: Mapped[datetime | None] = mapped_column(Moment)

    move: Mapped[VersionMove] = relationship()
    deal: Mapped[Deal] = relationship()
