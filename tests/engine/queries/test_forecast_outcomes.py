from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import OFFER, SalesRecords

from engine.clock import SettableClock
from engine.commands.forecast_snapshots import keep_forecast_of_month
from engine.errors import NotFound
from engine.events import StageChanged
from engine.model.deal import Deal, DealResult
from engine.model.forecast_snapshot import ForecastSnapshot
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.forecast_outcomes import MonthOutcome, forecast_outcomes

Act = Callable[[Person], Actor]
KYIV = ZoneInfo("Europe/Kyiv")
BEGINNING = datetime(2026, 4, 1, 0, 2, tzinfo=KYIV)


def sold_before(records: SalesRecords, owner: Person, *, won: int, key: str) -> None:
    """Of 20 deals so many were won, all of them from the offer, a month before."""
    for number in range(20):
        deal = records.deal(owner, definition_key=key, amount=Decimal(1))
        records.event(StageChanged(stage=OFFER, previous=""), deal)
        result = DealResult.WON if number < won else DealResult.LOST
        records.close(deal, result, at=BEGINNING - timedelta(days=40))


def told(session: Session, actor: Actor, *keys: str, count: int = 3, at: datetime | None = None) -> list[MonthOutcome]:
    now = at or datetime(2026, 5, 20, 9, tzinfo=KYIV)
    return list(forecast_outcomes(session, actor, keys, count, now=now, zone=KYIV))


def test_what_was_foreseen_on_the_first_day_stands_beside_what_was_won(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    records.another_map("renewal", "Продовження")
    sold_before(records, company.olena, won=5, key="sale")
    sold_before(records, company.olena, won=15, key="renewal")
    april = [
        records.deal(company.taras, definition_key=key, amount=amount, currency=currency, close_date=date(2026, 4, day))
        for key, amount, currency, day in (
            ("sale", Decimal("1000.10"), "UAH", 1),
            ("sale", Decimal(300), "EUR", 30),
            ("renewal", Decimal(400), "UAH", 15),
            ("renewal", None, "UAH", 15),
        )
    ]
    records.deal(company.taras, amount=Decimal(9999), close_date=date(2026, 5, 1))
    clock = SettableClock(BEGINNING.astimezone(UTC))
    assert keep_forecast_of_month(session, clock=clock, zone=KYIV)
    for deal in april[:2]:
        deal.amount = Decimal(5000)
    assert not keep_forecast_of_month(session, clock=clock, zone=KYIV), "what was foreseen stays"
    records.close(april[0], DealResult.WON, at=datetime(2026, 4, 30, 23, 59, tzinfo=KYIV))
    records.close(april[2], DealResult.WON, at=datetime(2026, 5, 1, 0, 1, tzinfo=KYIV))
    unforeseen = records.deal(company.olena, amount=Decimal(70))
    records.close(unforeseen, DealResult.WON, at=datetime(2026, 4, 1, 0, 5, tzinfo=KYIV))
    bohdan = as_actor(company.bohdan)
    months = told(session, bohdan)
    assert [one.month.first for one in months] == [date(2026, 4, 1), date(2026, 3, 1), date(2026, 2, 1)]
    found = months[0]
    cent, quarter, most = Decimal("0.01"), Decimal("0.25"), Decimal("0.75")
    foreseen = {
        "UAH": (Decimal("1000.10") * quarter).quantize(cent, ROUND_HALF_UP) + 400 * most,
        "EUR": 300 * quarter,
    }
    assert found.foreseen is not None
    assert (found.foreseen.kept_on, found.foreseen.open, found.foreseen.sums) == (date(2026, 4, 1), 4, foreseen)
    assert (found.won, found.won_sums) == (2, {"UAH": Decimal(5070)})
    assert found.percents == {"EUR": 0, "UAH": round(5070 / float(foreseen["UAH"]) * 100)}
    assert (months[1].foreseen, months[1].percents) == (None, {})
    (renewals,) = told(session, bohdan, "renewal", count=1)
    assert renewals.foreseen is not None
    assert (renewals.foreseen.sums, renewals.won) == ({"UAH": Decimal(300)}, 0)
    assert (told(session, bohdan, "renewal", count=1, at=datetime(2026, 6, 1, tzinfo=KYIV))[0].won) == 1


def test_a_forecast_kept_late_says_so_and_counts_what_was_won_by_then(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    won = records.deal(company.olena, amount=Decimal(500))
    records.close(won, DealResult.WON, at=datetime(2026, 4, 2, 9, tzinfo=KYIV))
    records.deal(company.olena, amount=Decimal(80), close_date=date(2026, 4, 20))
    clock = SettableClock(datetime(2026, 4, 6, 9, tzinfo=KYIV).astimezone(UTC))
    keep_forecast_of_month(session, clock=clock, zone=KYIV)
    (april,) = told(session, as_actor(company.bohdan), count=1)
    assert april.foreseen is not None
    assert (april.foreseen.kept_on, april.foreseen.sums) == (date(2026, 4, 6), {"UAH": Decimal(500)})
    assert april.foreseen.unweighed == {"UAH": Decimal(80)}


def test_a_month_in_which_nothing_is_expected_is_kept_as_such(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    clock = SettableClock(BEGINNING.astimezone(UTC))
    assert keep_forecast_of_month(session, clock=clock, zone=KYIV)
    records.deal(company.olena, close_date=date(2026, 4, 20))
    assert not keep_forecast_of_month(session, clock=clock, zone=KYIV)
    (april,) = told(session, as_actor(company.bohdan), count=1)
    assert april.foreseen is not None
    assert (april.foreseen.open, april.foreseen.sums) == (0, {})
    assert [one.month for one in session.scalars(select(ForecastSnapshot))] == [date(2026, 4, 1)]


def test_only_who_sees_all_deals_is_told(session: Session, company: Company, as_actor: Act) -> None:
    for person in (company.bohdan, company.owner, company.admin):
        assert len(told(session, as_actor(person))) == 3
    for person in (company.iryna, company.olena, company.danylo):
        with pytest.raises(NotFound):
            told(session, as_actor(person))


def test_the_same_statements_tell_of_one_month_and_of_two_years(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    deals: list[Deal] = [records.deal(company.olena) for _ in range(20)]
    for number, deal in enumerate(deals):
        records.close(deal, DealResult.WON, at=BEGINNING - timedelta(days=20 * number))
    bohdan = as_actor(company.bohdan)
    statements: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *given: statements.append(given[2]))
    for count in (1, 24):
        statements.clear()
        told(session, bohdan, count=count)
        assert len(statements) == 2
