"""A deal: what is sold, to whom, by whom, and how it ended."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from engine.alphabet import sort_key
from engine.db.base import Base
from engine.db.types import Amount, Identity, Json, Moment, SortKey, Word, key_of
from engine.model.client import Client
from engine.model.person import Person


class DealResult(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    CANCELLED = "cancelled"


class Deal(Base):
    """``stage`` follows the deal's open steps. ``fields`` holds what the map's steps asked for, by variable name.

    ``next_due_at`` is the nearest deadline of its live steps; the database keeps it with every change of a work item.
    ``loss_reason`` is why it ended without a sale, in words; ``loss_reason_id`` the reason chosen from the list.
    ``watchers`` is how many people watch it, so that nobody is looked for where nobody does.
    ``sort_key`` is what its title is sorted by; no step asks for it.
    ``history_length`` and ``history_hash`` are the head of the deal's chain of history events.
    """

    __tablename__ = "deal"
    is_plain = True
    __table_args__ = (
        Index("ix_deal_opened", "opened_at", "id"),
        Index("ix_deal_result_opened", "result", "opened_at", "id"),
        Index("ix_deal_result_amount", "result", "amount", "id"),
        Index("ix_deal_result_close_date", "result", "close_date", "id"),
        Index("ix_deal_result_sort_key", "result", "sort_key", "id"),
        Index("ix_deal_result_since", "result", "stage_since", "id"),
        Index("ix_deal_result_stage", "result", "stage", "stage_since", "id"),
        Index("ix_deal_board", "definition_key", "result", "next_due_at", "stage"),
        Index("ix_deal_owner_result", "owner_id", "result"),
        Index(
            "ix_deal_closed",
            "definition_key",
            "closed_at",
            postgresql_where=text("closed_at IS NOT NULL"),
            sqlite_where=text("closed_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    title: Mapped[str] = mapped_column(String(300))
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    amount: Mapped[Decimal | None] = mapped_column(Amount)
    currency: Mapped[str] = mapped_column(String(3), default="UAH")
    close_date: Mapped[date | None]
    owner_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    definition_key: Mapped[str] = mapped_column(String(200))
    stage: Mapped[str] = mapped_column(String(200), default="")
    stage_since: Mapped[datetime | None] = mapped_column(Moment)
    next_due_at: Mapped[datetime | None] = mapped_column(Moment)
    result: Mapped[DealResult] = mapped_column(Word(DealResult), default=DealResult.OPEN)
    loss_reason: Mapped[str] = mapped_column(String(500), default="")
    loss_reason_id: Mapped[int | None] = mapped_column(ForeignKey("loss_reason.id"))
    fields: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)
    history_length: Mapped[int] = mapped_column(default=0)
    history_hash: Mapped[str] = mapped_column(String(64), default="")
    search_text: Mapped[str] = mapped_column(default="")
    watchers: Mapped[int] = mapped_column(default=0)
    sort_key: Mapped[str] = mapped_column(SortKey, default=key_of("title"), deferred=True)

    client: Mapped[Client] = relationship()
    owner: Mapped[Person] = relationship()

    @validates("title")
    def _keep_in_order(self, _field: str, title: str) -> str:
        self.sort_key = sort_key(title)
        return title
