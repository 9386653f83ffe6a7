"""Deals count by the rate of their day in every report, with the same few statements however many there are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import SalesRecords

from engine.clock import SettableClock
from engine.commands.exchange_rates import choose_company_currency, set_exchange_rate
from engine.commands.forecast_snapshots import keep_forecast_of_month
from engine.model import Deal, DealResult
from engine.model.person import Person
from engine.policy.exchange_rates import NO_RATES, AtRate, OneSum, Rates
from engine.policy.permissions import Actor
from engine.queries.activity_report import activity_report
from engine.queries.exchange_rates import company_rates, rate_of_deal
from engine.queries.forecast import Months, forecast
from engine.queries.forecast_outcomes import forecast_outcomes
from engine.queries.sales_results import sales_results

Act = Callable[[Person], Actor]
CountStatements = Callable[[], AbstractContextManager[list[str]]]

KYIV = ZoneInfo("Europe/Kyiv")
DAY = timedelta(days=1)
MARCH = date(2026, 3, 1)


@dataclass(frozen=True)
class Scene:
    """A dollar was worth 40 hryvnias from the 2nd of March on, 42 from the 12th; a euro 50 from the 12th."""

    session: Session
    records: SalesRecords
    olena: Person
    bohdan: Actor
    rates: Rates
    now: datetime

    def deal(self, currency: str, amount: int, **values: Any) -> Deal:
        return self.records.deal(self.olena, amount=Decimal(amount), currency=currency, **values)

    def won(self, currency: str, amount: int, at: datetime | None = None) -> None:
        at = at or self.now
        self.records.close(self.deal(currency, amount, opened_at=at), DealResult.WON, at=at)


@pytest.fixture
def scene(session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime) -> Scene:
    clock = SettableClock(now)
    choose_company_currency(session, "UAH", actor=Actor.system(), clock=clock)
    for currency, day, rate in (("USD", 2, 40), ("USD", 12, 42), ("EUR", 12, 50)):
        set_exchange_rate(session, currency, date(2026, 3, day), Decimal(rate), actor=Actor.system(), clock=clock)
    session.flush()
    return Scene(session, records, company.olena, as_actor(company.bohdan), company_rates(session), now)


def amount(one: OneSum | None) -> Decimal | None:
    assert one is not None
    return one.amount


def test_a_closed_deal_counts_by_the_rate_of_the_day_on_which_it_was_closed_and_an_open_one_by_the_newest(
    scene: Scene,
) -> None:
    scene.won("USD", 100, datetime(2026, 2, 20, tzinfo=UTC))  # before any rate: by the first that is known
    scene.won("USD", 100, datetime(2026, 3, 11, 21, 59, tzinfo=UTC))  # a minute to midnight in Kyiv: still 40
    scene.won("USD", 100, datetime(2026, 3, 11, 22, 0, tzinfo=UTC))  # midnight: 42
    scene.won("UAH", 7)
    scene.deal("EUR", 10, opened_at=scene.now)
    rates = scene.rates
    found = sales_results(scene.session, scene.bohdan, "sale", rates=rates)
    assert found.rated[DealResult.WON] == {
        AtRate("UAH", None): Decimal(7),
        AtRate("USD", Decimal(40)): Decimal(200),
        AtRate("USD", Decimal(42)): Decimal(100),
    }
    assert found.sums[DealResult.WON] == {"UAH": Decimal(7), "USD": Decimal(300)}
    assert amount(rates.of_their_days(found.rated[DealResult.WON])) == Decimal(12_207)
    assert amount(rates.of_their_days(found.rated[DealResult.OPEN])) == Decimal(500)
    rows = activity_report(scene.session, scene.bohdan, now=scene.now, rates=rates)
    olena = next(row for row in rows if row.person_id == scene.olena.id)
    assert (olena.opened.count, olena.won.count) == (5, 4)
    assert amount(rates.of_their_days(olena.won.rated)) == Decimal(12_207)
    assert amount(rates.of_their_days(olena.opened.rated)) == Decimal(12_707)


def test_a_forecast_is_added_up_by_row_by_map_and_in_all(scene: Scene) -> None:
    for currency, worth in (("UAH", 1000), ("USD", 10), ("EUR", 10)):
        scene.deal(currency, worth, close_date=MARCH + 20 * DAY)
    for day in (5, 13):
        scene.won("USD", 10, datetime(2026, 3, day, tzinfo=UTC))
    told: dict[str, Any] = {"now": scene.now, "zone": KYIV, "rates": scene.rates}
    found = forecast(scene.session, scene.bohdan, (), Months(MARCH, 1), **told)
    (row,), (of_map,) = found.rows, found.maps
    for one in (row.expected, row.by_map["sale"], of_map.expected, found.total):
        assert amount(scene.rates.of_today(one.sums)) == Decimal(1000 + 420 + 500)
        assert amount(scene.rates.of_their_days(one.won_rated)) == Decimal(400 + 420)


def test_what_was_foreseen_is_added_up_by_the_rates_of_the_day_on_which_it_was_kept(scene: Scene) -> None:
    scene.deal("USD", 10, close_date=MARCH + 20 * DAY)
    keep_forecast_of_month(scene.session, clock=SettableClock(datetime(2026, 3, 3, tzinfo=UTC)), zone=KYIV)
    told: dict[str, Any] = {"now": datetime(2026, 4, 5, tzinfo=UTC), "zone": KYIV, "rates": scene.rates}
    (march,) = forecast_outcomes(scene.session, scene.bohdan, (), 1, **told)
    assert march.foreseen is not None
    assert march.foreseen.unweighed_rated == {AtRate("USD", Decimal(40)): Decimal(10)}
    assert scene.rates.of_their_days(march.won_rated) is None


def test_a_company_without_a_currency_sees_what_it_saw(scene: Scene) -> None:
    scene.won("USD", 10)
    found = sales_results(scene.session, scene.bohdan, "sale", rates=NO_RATES)
    assert found.sums[DealResult.WON] == {"USD": Decimal(10)}
    assert found.rated[DealResult.WON] == {AtRate("USD", None): Decimal(10)}


def test_more_deals_and_more_rates_cost_no_statement_more(scene: Scene, statements: CountStatements) -> None:
    def cost() -> int:
        with statements() as counted:
            sales_results(scene.session, scene.bohdan, "sale", rates=company_rates(scene.session))
        return len(counted)

    scene.won("USD", 10)
    few = cost()
    for number in range(10):
        scene.won("EUR", 10, scene.now - number * DAY)
        day, rate = date(2026, 2, 1) + number * DAY, Decimal(40 + number)
        clock = SettableClock(scene.now)
        set_exchange_rate(scene.session, "USD", day, rate, actor=Actor.system(), clock=clock)
    scene.session.flush()
    assert cost() == few


def test_no_deal_makes_postgresql_look_among_the_rates_anew_and_sqlite_looks_by_an_index(scene: Scene) -> None:
    bind = scene.session.get_bind()
    asked = select(rate_of_deal(scene.session, scene.rates)).compile(bind, compile_kwargs={"literal_binds": True})
    if bind.dialect.name == "postgresql":
        plan = "\n".join(scene.session.scalars(text(f"EXPLAIN {asked}")))
        assert ("InitPlan" in plan, "SubPlan" in plan) == (True, False), plan
    else:
        steps = [str(step.detail) for step in scene.session.execute(text(f"EXPLAIN QUERY PLAN {asked}"))]
        of_rates = [step for step in steps if "exchange_rate" in step]
        assert of_rates, steps
        assert all("ix_exchange_rate_since" in step for step in of_rates), steps
