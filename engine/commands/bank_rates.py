"""Rates of the National Bank of Ukraine: when they are asked for, and what is kept of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.exchange_rates import BANK_CURRENCY, is_usable, set_exchange_rate
from engine.commands.locks import lock_company_lists
from engine.model.exchange_rate import BankProblem, CompanyCurrency, ExchangeRate, RateSource
from engine.policy.exchange_rates import CURRENCIES
from engine.policy.permissions import Actor
from engine.queries.calendars import default_calendar

ASKED_AGAIN_AFTER = timedelta(minutes=30)
_WANTED = frozenset(CURRENCIES) - {BANK_CURRENCY}


def day_to_ask_for(session: Session, *, now: datetime) -> date | None:
    """Today in the company's zone, if the bank is to be asked now.

    None where the administrator has not switched it on, on days off, where every rate of today is known, and within
    half an hour after the last time.
    """
    chosen = session.scalar(select(CompanyCurrency).where(CompanyCurrency.asks_bank))
    if chosen is None or (chosen.asked_at is not None and now < chosen.asked_at + ASKED_AGAIN_AFTER):
        return None
    return day_awaited(session, now=now)


def day_awaited(session: Session, *, now: datetime) -> date | None:
    """Today in the company's zone, if the bank's rates of today are still of use.

    None on days off, and where every rate of today is known, be it by hand.
    """
    calendar = default_calendar(session)
    today = calendar.local(now).date()
    return today if calendar.is_working_day(today) and _WANTED - _known(session, today) else None


def take_turn_to_ask(session: Session, *, clock: Clock) -> date | None:
    """The day to ask for, once: whoever else looks at the same moment gets None."""
    now = clock.now()
    day = day_to_ask_for(session, now=now)
    if day is None:
        return None
    free = or_(CompanyCurrency.asked_at.is_(None), CompanyCurrency.asked_at <= now - ASKED_AGAIN_AFTER)
    taken = session.execute(
        update(CompanyCurrency)
        .where(CompanyCurrency.asks_bank, free)
        .values(asked_at=now)
        .returning(CompanyCurrency.id)
        .execution_options(synchronize_session=False)
    )
    return day if taken.scalar() is not None else None


def keep_bank_rates(session: Session, day: date, told: Mapping[str, Decimal], *, clock: Clock) -> None:
    """Keep what the bank told of ``day``; a rate that stands there already, by hand or from before, stays.

    It writes nothing where the administrator has switched the bank off meanwhile.
    """
    lock_company_lists(session)
    chosen = session.scalar(select(CompanyCurrency).where(CompanyCurrency.asks_bank))
    if chosen is None:
        return
    fitting = {one: rate for one, rate in told.items() if one in _WANTED and is_usable(rate)}
    known = _known(session, day)
    for currency in sorted(set(fitting) - known):
        set_exchange_rate(
            session,
            currency,
            day,
            fitting[currency],
            source=RateSource.NATIONAL_BANK,
            actor=Actor.system(),
            clock=clock,
        )
    chosen.problem = BankProblem.INCOMPLETE if _WANTED - known - set(fitting) else None


def note_bank_problem(session: Session, problem: BankProblem) -> None:
    """Nothing came of it: the page tells why, and the last known rates stay in use."""
    session.execute(update(CompanyCurrency).where(CompanyCurrency.asks_bank).values(problem=problem))


def _known(session: Session, day: date) -> set[str]:
    return set(
        session.scalars(
            select(ExchangeRate.currency).where(ExchangeRate.into_currency == BANK_CURRENCY, ExchangeRate.day == day)
        )
    )
