from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event
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


def ended(
    records: SalesRecords, owner: Person, result: DealResult, stages: tuple[str, ...], at: datetime, **values: Any
) -> Deal:
    deal = records.deal(owner, stage=stages[-1], **values)
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


def sold_by_another_map(records: SalesRecords, owner: Person, now: datetime) -> None:
    """Renewals: of 40 ended deals 30 were won, all of them from the offer."""
    records.another_map("renewal", "Продовження")
    for number in range(40):
        result = DealResult.WON if number < 30 else DealResult.LOST
        ended(records, owner, result, (OFFER,), now - timedelta(days=20), definition_key="renewal", amount=None)


def spread(records: SalesRecords, company: Company, now: datetime) -> list[Deal]:
    """Open and won deals of three maps, three people and three months, with odd amounts, some without any."""
    made = []
    records.another_map("tender", "Тендери")
    for number in range(48):
        owner = (company.olena, company.taras, company.danylo)[number % 3]
        key = ("sale", "renewal", "tender")[(number // 3) % 3]
        month = now.date().replace(day=1) + timedelta(days=31 * (number % 3))
        values: dict[str, Any] = {
            "definition_key": key,
            "stage": (OFFER, APPROVAL)[number % 2],
            "amount": None if number % 7 == 0 else Decimal(1000 + 37 * number) / 100,
            "currency": "EUR" if number % 5 == 0 else "UAH",
            "close_date": month.replace(day=10),
        }
        deal = records.deal(owner, **values)
        if number % 6 == 5:
            records.close(deal, DealResult.WON, at=now - timedelta(days=number % 2))
        made.append(deal)
    return made


WEIGHTS = {("sale", OFFER): (6, 24), ("sale", APPROVAL): (5, 20), ("renewal", OFFER): (30, 40)}
"""Of the deals that the records above end in a stage how many were won; no renewal came to the approval."""


def counted_by_hand(deals: list[Deal], key_of: Callable[[Deal], object]) -> dict[object, dict[str, Decimal]]:
    """What may be counted on, added up deal by deal: each part's sum of a map, stage and currency rounded once."""
    sums: dict[tuple[object, str, str, str], Decimal] = defaultdict(Decimal)
    for deal in deals:
        if deal.result is DealResult.OPEN and deal.amount is not None and deal.definition_key != "tender":
            sums[key_of(deal), deal.definition_key, deal.stage, deal.currency] += deal.amount
    more = sum(one.result is DealResult.WON and one.definition_key == "renewal" for one in deals)
    found: dict[object, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for (part, key, stage, currency), amount in sums.items():
        won, count = WEIGHTS.get((key, stage), (30 + more, 40 + more))
        found[part][currency] += (amount * won / count).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {part: dict(by_currency) for part, by_currency in found.items()}


def test_several_maps_come_to_one_sum_each_weighed_by_what_it_has_sold_itself(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    sold_for_a_year(records, company.olena, now)
    sold_by_another_map(records, company.taras, now)
    deals = spread(records, company, now)
    bohdan, months = as_actor(company.bohdan), Months(now.date().replace(day=1), 3)
    by_hand = {
        ForecastGroup.MONTH: counted_by_hand(deals, lambda deal: deal.close_date and deal.close_date.month),
        ForecastGroup.PERSON: counted_by_hand(deals, lambda deal: deal.owner_id),
    }
    per_map = counted_by_hand(deals, lambda deal: deal.definition_key)
    for keys in ((), ("sale", "renewal", "tender")):
        for group in ForecastGroup:
            told = forecast(session, bohdan, keys, months, group, now=now, zone=KYIV)
            assert [one.definition_key for one in told.maps] == ["sale", "renewal", "tender"]  # by name
            assert {one.definition_key: one.expected.weighted for one in told.maps if one.expected.weighted} == per_map
            whole = {
                currency: sum((one[currency] for one in per_map.values()), Decimal(0)) for currency in ("EUR", "UAH")
            }
            assert told.total.weighted == whole
            assert told.total.open == sum(one.result is DealResult.OPEN for one in deals)
            tenders = [one.amount for one in deals if one.definition_key == "tender" and one.result is DealResult.OPEN]
            assert sum(told.total.unweighed.values()) == sum(one for one in tenders if one is not None)
            if group in by_hand:
                found = {row.months.first.month if row.months else row.id: row.expected.weighted for row in told.rows}
                assert found == by_hand[group]
            for row in told.rows:
                assert sum(part.open for part in row.by_map.values()) == row.expected.open
                for currency, amount in row.expected.weighted.items():
                    assert sum(part.weighted.get(currency, Decimal(0)) for part in row.by_map.values()) == amount


def test_some_of_the_maps_are_foreseen_as_if_there_were_no_others(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    sold_for_a_year(records, company.olena, now)
    sold_by_another_map(records, company.taras, now)
    spread(records, company, now)
    bohdan, months = as_actor(company.bohdan), Months(now.date().replace(day=1), 3)

    def told(*keys: str) -> Forecast:
        return forecast(session, bohdan, keys, months, ForecastGroup.PERSON, now=now, zone=KYIV)

    both, alone = told("sale", "renewal"), {key: told(key) for key in ("sale", "renewal")}
    assert {one.definition_key: one for one in both.maps} == {key: one.maps[0] for key, one in alone.items()}
    assert both.total.open == sum(one.total.open for one in alone.values())
    assert both.outside.after == sum(one.outside.after for one in alone.values())
    assert [(one.definition_key, one.whole.ended - one.whole.won) for one in both.maps] == [
        ("sale", 18),
        ("renewal", 10),
    ]


def test_all_maps_are_those_of_which_the_reader_sees_a_deal(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    sold_by_another_map(records, company.taras, now)
    seen, _ = (records.deal(company.olena, close_date=now.date(), definition_key=key) for key in ("sale", "renewal"))
    records.step(seen, group=company.legal)
    iryna, months = as_actor(company.iryna), Months(now.date().replace(day=1), 3)
    assert [one.definition_key for one in forecast(session, iryna, (), months, now=now, zone=KYIV).maps] == ["sale"]
    asked = forecast(session, iryna, ("renewal",), months, now=now, zone=KYIV)
    assert (asked.total.open, asked.maps[0].whole) == (0, WinShare())


def test_more_maps_and_more_deals_are_read_by_as_many_statements(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    bohdan, months = as_actor(company.bohdan), Months(now.date().replace(day=1), 3)

    told: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *given: told.append(given[2]))

    def statements() -> list[int]:
        """By grouping; the second time: the first one loads the company."""
        counts = []
        for group in [*ForecastGroup, *ForecastGroup]:
            told.clear()
            forecast(session, bohdan, (), months, group, now=now, zone=KYIV)
            counts.append(len(told))
        return counts[len(ForecastGroup) :]

    records.another_map("renewal", "Продовження")
    records.deal(company.olena, close_date=now.date())
    few = statements()
    spread(records, company, now)
    assert statements() == few


def told_to(session: Session, actor: Actor, now: datetime, group_by: ForecastGroup = ForecastGroup.MONTH) -> Forecast:
    return forecast(session, actor, ["sale"], Months(now.date().replace(day=1), 3), group_by, now=now, zone=KYIV)


def numbers(expected: Expected) -> tuple[int, int, int]:
    return expected.open, expected.won, expected.won_before


def test_periods_of_months_begin_and_end_where_the_year_turns() -> None:
    winter = Months(date(2026, 12, 1), 3)
    assert (winter.last, winter.before) == (date(2027, 2, 28), Months(date(2026, 9, 1), 3))
    assert [one.first.month for one in winter.each] == [12, 1, 2]
