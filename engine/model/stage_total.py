"""What the open deals of a map come to, stage by stage: read by a board instead of the deals."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Amount, Identity


class StageTotal(Base):
    """A part of the number and of the sum of open deals; ``priced`` of the ``deals`` have an amount.

    Parts of the same map, stage and currency add up, and some are negative: a deal that leaves a stage is one part, its
    arrival in another is one more, so that nobody who completes a step waits for somebody else's. Triggers of the
    database add them with every change of a deal, and put them together now and then.
    """

    __tablename__ = "stage_total"
    __table_args__ = (Index("ix_stage_total_place", "definition_key", "stage", "currency"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    definition_key: Mapped[str] = mapped_column(String(200))
    stage: Mapped[str] = mapped_column(String(200))
    currency: Mapped[str] = mapped_column(String(3))
    deals: Mapped[int] = mapped_column(BigInteger)
    priced: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[Decimal] = mapped_column(Amount)
