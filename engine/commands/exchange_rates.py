"""The company's own currency, and what others are worth in it: chosen and kept by an administrator."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock, as_utc
from engine.commands.history import record
from engine.commands.locks import lock_company_lists
from engine.errors import N_, Conflict, DomainError, FieldNotUnderstood, InvalidInput
from engine.events import CompanyCurrencyChosen, ExchangeRateRemoved, ExchangeRateSet
from engine.model.exchange_rate import CompanyCurrency, ExchangeRate, RateSource
from engine.policy.exchange_rates import CURRENCIES, LARGEST_RATE, MOST_DECIMALS
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.calendars import default_calendar

BANK_CURRENCY = "UAH"
"""In which the National Bank of Ukraine tells its rates."""
EARLIEST = date(2000, 1, 1)


class NoCompanyCurrency(Conflict):
    """There is nothing that a rate could be told in."""

    code: ClassVar[str] = "no_company_currency"
    template: ClassVar[str] = N_("First choose the company’s currency: rates are told in it.")


class BankTellsHryvnias(DomainError):
    code: ClassVar[str] = "bank_tells_hryvnias"
    template: ClassVar[str] = N_("The National Bank tells its rates in hryvnias: they fit where the currency is UAH.")


class RateNotUsable(DomainError):
    code: ClassVar[str] = "rate_not_usable"
    template: ClassVar[str] = N_(
        "A rate is a number above 0, at most 1,000,000, with at most six decimals, for example 41.52."
    )


class DayToCome(DomainError):
    code: ClassVar[str] = "day_to_come"
    template: ClassVar[str] = N_("A rate is of today or of an earlier day, from the year 2000 on.")


def choose_company_currency(
    session: Session, currency: str, *, asks_bank: bool = False, actor: Actor, clock: Clock
) -> None:
    """Add sums up in ``currency`` from now on; empty: show each currency apart. Rates of other choices stay kept.

    ``asks_bank``: rates are also taken from the National Bank of Ukraine. Raises NotAllowed, InvalidInput.
    """
    ensure_may(actor, Ability.MANAGE_RATES)
    if currency and currency not in CURRENCIES:
        raise InvalidInput({"currency": FieldNotUnderstood(value=currency, expected=", ".join(CURRENCIES))})
    if asks_bank and currency != BANK_CURRENCY:
        raise InvalidInput({"asks_bank": BankTellsHryvnias()})
    lock_company_lists(session)
    chosen = session.scalar(select(CompanyCurrency))
    if chosen is None:
        chosen = CompanyCurrency(id=1, currency="", asks_bank=False)
        session.add(chosen)
    if (chosen.currency, chosen.asks_bank) == (currency, asks_bank):
        return
    event = CompanyCurrencyChosen(currency=currency, previous=chosen.currency, asks_bank=asks_bank)
    chosen.currency, chosen.asks_bank = currency, asks_bank
    chosen.asked_at = chosen.problem = None
    session.flush()
    record(session, event, actor=actor, at=clock.now())


def set_exchange_rate(
    session: Session,
    currency: str,
    day: date,
    rate: Decimal,
    *,
    source: RateSource = RateSource.HAND,
    actor: Actor,
    clock: Clock,
) -> None:
    """One of ``currency`` is worth ``rate`` of the company's from ``day`` on, a day of the company's zone.

    What stood there for the day is corrected; the same again writes nothing. Raises NotAllowed, NoCompanyCurrency,
    InvalidInput.
    """
    ensure_may(actor, Ability.MANAGE_RATES)
    lock_company_lists(session)
    into = _company_currency(session)
    zone = default_calendar(session).tzinfo
    at = clock.now()
    errors: dict[str, DomainError] = {}
    others = tuple(one for one in CURRENCIES if one != into)
    if currency not in others:
        errors["currency"] = FieldNotUnderstood(value=currency, expected=", ".join(others))
    if not EARLIEST <= day <= at.astimezone(zone).date():
        errors["day"] = DayToCome()
    if not is_usable(rate):
        errors["rate"] = RateNotUsable()
    if errors:
        raise InvalidInput(errors)
    kept = _kept(session, into, currency, day)
    previous = None if kept is None else kept.rate.normalize()
    if kept is None:
        since = as_utc(datetime.combine(day, time(), zone))
        kept = ExchangeRate(into_currency=into, currency=currency, day=day, since=since)
        session.add(kept)
    elif kept.rate == rate and kept.source is source:
        return
    kept.rate, kept.source, kept.taken_at = rate, source, at
    session.flush()
    event = ExchangeRateSet(
        into=into, currency=currency, day=day, rate=rate.normalize(), previous=previous, source=source.value
    )
    record(session, event, actor=actor, at=at)


def remove_exchange_rate(session: Session, currency: str, day: date, *, actor: Actor, clock: Clock) -> None:
    """It was told of a wrong day: the rate before it holds again. Removed already, nothing happens.

    Raises NotAllowed, NoCompanyCurrency.
    """
    ensure_may(actor, Ability.MANAGE_RATES)
    lock_company_lists(session)
    into = _company_currency(session)
    kept = _kept(session, into, currency, day)
    if kept is None:
        return  # a second press, or somebody else was faster: it is as was asked for
    session.delete(kept)
    session.flush()
    event = ExchangeRateRemoved(into=into, currency=currency, day=day, rate=kept.rate.normalize())
    record(session, event, actor=actor, at=clock.now())


def is_usable(rate: Decimal) -> bool:
    """Is it a number above 0 that can be kept exactly?"""
    if not (rate.is_finite() and 0 < rate <= LARGEST_RATE):
        return False
    return rate == round(rate, MOST_DECIMALS)


def _company_currency(session: Session) -> str:
    currency = session.scalar(select(CompanyCurrency.currency)) or ""
    if not currency:
        raise NoCompanyCurrency
    return currency


def _kept(session: Session, into: str, currency: str, day: date) -> ExchangeRate | None:
    return session.scalar(
        select(ExchangeRate).where(
            ExchangeRate.into_currency == into, ExchangeRate.currency == currency, ExchangeRate.day == day
        )
    )
