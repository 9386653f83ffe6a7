from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import APPROVAL, OFFER, SIGNATURE, SalesRecords

from engine.errors import NotFound
from engine.events import StageChanged
from engine.model.deal import Deal, DealResult
from engine.model.department import Membership
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.policy.win_shares import FEWEST_ENDED, ShareTaken, WinShare
from engine.queries.forecast import MEASURED_OVER, Expected, Forecast, ForecastGroup, Months, OutsideDeals, forecast

Act = Callable[[Person], Actor]
KYIV = ZoneInfo("Europe/Kyiv")


def ended(records: SalesRecords, owner: Person, result: DealResult, stages: tuple[str, ...], at: datetime) -> Deal:
    deal = records.deal(owner, stage=stages[-1])
    for stage in stages:
        records.event(StageChanged(stage=stage, previous=""), deal)
    records.close(deal, result, at=at)
    return deal


def sold_for_a_year(records: SalesRecords, owner: Person, now: datetime) -> None:
    """Of 24 ended deals 6 were won; 20 reached the approval, of which 5 were won; one came back to it."""
    for number in range(24):
        stages = (OFFER, APPROVAL, OFFER, APPROVAL) if number == 0 else (OFFER, APPROVAL) if number < 20 else (OFFER,)
        result = DealResult.WON if number % 4 == 0 else DealResult.LOST if number % 2 else DealResult.CANCELLED
        ended(records, owner, result, stages, now - timedelta(days=300))


def test_amounts_are_weighted_by_what_was_won_from_the_stage_in_which_the_deal_stands(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    sold_for_a_year(records, company.olena, now)
    old = now - MEASURED_OVER  # with today, that is the day before the first one
    ended(records, company.olena, DealResult.WON, (OFFER, APPROVAL, SIGNATURE), old)
    soon = now.date() + timedelta(days=1)
    for owner, stage, amount, currency in (
        (company.olena, APPROVAL, Decimal(1000), "UAH"),
        (company.taras, APPROVAL, Decimal(10), "EUR"),
        (company.taras, SIGNATURE, Decimal(100), "UAH"),
        (company.taras, SIGNATURE, None, "UAH"),
    ):
        records.deal(owner, stage=stage, amount=amount, currency=currency, close_date=soon)
    told = told_to(session, as_actor(company.bohdan), now, ForecastGroup.PERSON)
    assert {one.share.stage: (one.share.own, one.share.taken, one.open) for one in told.maps[0].stages} == {
        OFFER: (WinShare(6, 24), ShareTaken.STAGE, 0),
        APPROVAL: (WinShare(5, 20), ShareTaken.STAGE, 2),
        SIGNATURE: (WinShare(0, 0), ShareTaken.MAP, 2),
    }
    olena, taras = (row.expected for row in told.rows)
    assert (olena.open, olena.weighted) == (1, {"UAH": Decimal(250)})
    assert (taras.open, taras.unpriced, taras.sums) == (3, 1, {"EUR": Decimal(10), "UAH": Decimal(100)})
    assert taras.weighted == {"EUR": Decimal("2.50"), "UAH": Decimal(25)}
    assert told.total.weighted == {"EUR": Decimal("2.50"), "UAH": Decimal(275)}
    assert told.total.unweighed == {}


def test_what_may_be_counted_on_altogether_is_the_same_however_it_is_grouped(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    sold_for_a_year(records, company.olena, now)
    for owner in (company.olena, company.taras):
        records.deal(owner, stage=APPROVAL, amount=Decimal("1.01"), close_date=now.date())
    for group in ForecastGroup:
        total = told_to(session, as_actor(company.bohdan), now, group).total
        assert (total.sums, total.weighted) == ({"UAH": Decimal("2.02")}, {"UAH": Decimal("0.51")})


def test_where_too_few_deals_have_ended_nothing_is_weighed(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    for _ in range(FEWEST_ENDED - 1):
        ended(records, company.olena, DealResult.WON, (OFFER,), now - timedelta(days=1))
    records.deal(company.olena, close_date=now.date(), amount=Decimal(70))
    total = told_to(session, as_actor(company.bohdan), now).total
    assert (total.weighted, total.unweighed) == ({}, {"UAH": Decimal(70)})


def test_months_are_those_of_the_zone_and_nothing_is_lost_between_them(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    now = datetime(2026, 3, 10, 9, tzinfo=KYIV)
    for day in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 1), None):
        records.deal(company.olena, close_date=day)
    for closed in (
        datetime(2025, 12, 31, 23, 59, tzinfo=KYIV),
        datetime(2026, 1, 1, tzinfo=KYIV),
        datetime(2026, 2, 28, 23, 59, tzinfo=KYIV),
        datetime(2026, 3, 1, tzinfo=KYIV),
    ):
        ended(records, company.olena, DealResult.WON, (OFFER,), closed)
    told = forecast(session, as_actor(company.bohdan), ["sale"], Months(date(2026, 3, 1), 2), now=now, zone=KYIV)
    assert [(row.months and row.months.first, *numbers(row.expected)) for row in told.rows] == [
        (date(2026, 3, 1), 2, 1, 1),  # the counterpart of March is January, that of April is February
        (date(2026, 4, 1), 1, 0, 1),
    ]
    assert numbers(told.total) == (3, 1, 2)
    assert told.outside == OutsideDeals(before=1, after=1, undated=1, passed=2)


def test_a_deal_counts_in_each_department_of_its_owner_and_once_altogether(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    session.add(Membership(person_id=company.olena.id, department_id=company.legal.id))
    records.deal(company.olena, close_date=now.date())
    records.deal(company.danylo, close_date=now.date())
    told = told_to(session, as_actor(company.bohdan), now, ForecastGroup.DEPARTMENT)
    assert {row.name: row.expected.open for row in told.rows} == {
        "Відділ продажів": 1,
        "Юридичний відділ": 1,
        "Маркетинг": 1,
    }
    assert told.total.open == 2


def test_a_head_of_a_department_foresees_from_the_deals_that_they_see_by_the_shares_of_the_company(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    sold_for_a_year(records, company.taras, now)
    seen, _ = (records.deal(company.olena, close_date=now.date()) for _ in range(2))
    records.step(seen, group=company.legal)
    told = told_to(session, as_actor(company.iryna), now)
    assert (told.total.open, told.maps[0].whole) == (1, WinShare(6, 24))
    with pytest.raises(NotFound):
        told_to(session, as_actor(company.olena), now)


def test_nothing_is_told_of_how_a_map_sells_of_which_the_reader_sees_no_deal(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    sold_for_a_year(records, company.taras, now)
    told = told_to(session, as_actor(company.iryna), now)
    assert {told.maps[0].whole, *(one.share.own for one in told.maps[0].stages)} == {WinShare()}
    assert told_to(session, as_actor(company.bohdan), now).maps[0].whole == WinShare(6, 24)


def told_to(session: Session, actor: Actor, now: datetime, group_by: ForecastGroup = ForecastGroup.MONTH) -> Forecast:
    return forecast(session, actor, ["sale"], Months(now.date().replace(day=1), 3), group_by, now=now, zone=KYIV)


def numbers(expected: Expected) -> tuple[int, int, int]:
    return expected.open, expected.won, expected.won_before


def test_periods_of_months_begin_and_end_where_the_year_turns() -> None:
    winter = Months(date(2026, 12, 1), 3)
    assert (winter.last, winter.before) == (date(2027, 2, 28), Months(date(2026, 9, 1), 3))
    assert [one.first.month for one in winter.each] == [12, 1, 2]
