"""In which currency the company adds up its sums, and what other currencies are worth in it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Moment, Rate, Word


class RateSource(StrEnum):
    """Where a rate comes from."""

    HAND = "hand"
    NATIONAL_BANK = "national_bank"


class BankProblem(StrEnum):
    """Why the National Bank's rates could not be taken."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    INCOMPLETE = "incomplete"


class CompanyCurrency(Base):
    """At most one row. ``currency`` empty: sums of different currencies stand apart.

    ``asks_bank``: the National Bank is asked for rates each working day; ``asked_at`` is when it last was, ``problem``
    what went wrong then, None where it answered.
    """

    __tablename__ = "company_currency"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    currency: Mapped[str] = mapped_column(String(3))
    asks_bank: Mapped[bool]
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    problem: Mapped[BankProblem | None] = mapped_column(Word(BankProblem))


class ExchangeRate(Base):
    """One of ``currency`` was worth ``rate`` of ``into`` from ``day`` on, until the next rate.

    ``since`` is when that day began, in the zone that the company had when the rate was written; ``taken_at`` is when
    it was written.
    """

    __tablename__ = "exchange_rate"
    __table_args__ = (
        UniqueConstraint("into_currency", "currency", "day"),
        Index("ix_exchange_rate_since", "into_currency", "currency", "since"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    into_currency: Mapped[str] = mapped_column(String(3))
    currency: Mapped[str] = mapped_column(String(3))
    day: Mapped[date]
    since: Mapped[datetime] = mapped_column(Moment)
    rate: Mapped[Decimal] = mapped_column(Rate)
    source: Mapped[RateSource] = mapped_column(Word(RateSource))
    taken_at: Mapped[datetime] = mapped_column(Moment)
