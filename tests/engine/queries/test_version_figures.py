from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import SalesRecords

from engine.errors import NotFound
from engine.model.deal import Deal, DealResult
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.deal_list import deals
from engine.queries.version_figures import ENOUGH_DEALS, VersionFigures, version_figures

Act = Callable[[Person], Actor]
CountStatements = Callable[[], AbstractContextManager[list[str]]]
HOUR = timedelta(hours=1)
STEPS = ("prepare", "approve")
MORNING = -3 * HOUR  # of the Monday on which the tests stand, at noon in Kyiv


class Won:
    """Deals that were opened at nine in the morning and closed so many hours later."""

    def __init__(self, records: SalesRecords, company: Company) -> None:
        self.records, self.company = records, company

    def __call__(self, hours: int, result: DealResult = DealResult.WON) -> Deal:
        opened = self.records.at + MORNING
        deal = self.records.deal(self.company.olena, opened_at=opened)
        self.records.done_step(deal, self.company.olena, opened_at=opened, at=opened + hours * HOUR)
        self.records.close(deal, result, at=opened + hours * HOUR)
        return deal


@pytest.fixture
def won(records: SalesRecords, company: Company) -> Won:
    return Won(records, company)


@pytest.fixture
def read(session: Session, company: Company, records: SalesRecords, as_actor: Act) -> Callable[..., VersionFigures]:
    def figures(**period: datetime) -> VersionFigures:
        version = records.definition.id
        return version_figures(session, as_actor(company.owner), (version,), elements=STEPS, **period)[version]

    return figures


def test_the_share_won_is_of_finished_deals_and_says_when_they_are_few(
    records: SalesRecords, company: Company, won: Won, read: Callable[..., VersionFigures]
) -> None:
    assert read().share_won is None
    for _ in range(3):
        won(1)
    won(2, DealResult.LOST)
    won(2, DealResult.CANCELLED)
    records.deal(company.olena)
    found = read()
    assert (found.won, found.lost, found.cancelled, found.finished) == (3, 1, 1, 4)
    assert found.share_won == pytest.approx(0.75)
    assert not found.is_enough
    for _ in range(ENOUGH_DEALS - 4):
        won(1)
    assert read().is_enough


def test_working_time_is_the_median_by_the_calendar(won: Won, read: Callable[..., VersionFigures]) -> None:
    for hours in (1, 2, 24):  # the longest ends at nine the next morning: eight working hours
        won(hours)
    won(6, DealResult.LOST)  # until fifteen, with an hour's break
    found = read()
    assert (found.time_to_win.median, found.time_to_win.count) == (2 * HOUR, 3)
    assert (found.time_to_lose.median, found.time_to_lose.count) == (5 * HOUR, 1)
    assert (found.steps["prepare"].median, found.steps["prepare"].count) == (3.5 * HOUR, 4)


def test_a_period_counts_what_was_closed_in_it_and_the_list_shows_as_many(
    session: Session, records: SalesRecords, as_actor: Act, won: Won, now: datetime
) -> None:
    won(1)
    won(24)
    owner, version = as_actor(records.company.owner), records.definition.id
    tomorrow = now + timedelta(hours=12)
    assert version_figures(session, owner, (version,), elements=STEPS, until=tomorrow)[version].won == 1
    assert version_figures(session, owner, (version,), elements=STEPS, since=tomorrow)[version].won == 1
    listed = deals(
        session, owner, result=DealResult.WON, map_version=1, definition_key="sale", closed_since=tomorrow, now=now
    )
    assert len(listed.items) == 1
    assert not deals(session, owner, map_version=2, now=now).items
    assert len(deals(session, owner, map_version=1, closed_until=tomorrow, now=now).items) == 1


def test_statements_do_not_grow_with_deals(
    won: Won, read: Callable[..., VersionFigures], statements: CountStatements
) -> None:
    won(1)
    read()
    with statements() as few:
        read()
    for _ in range(5):
        won(2)
    with statements() as many:
        read()
    assert len(many) == len(few)


def test_those_who_do_not_see_maps_see_no_figures(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    with pytest.raises(NotFound):
        version_figures(session, as_actor(company.olena), (records.definition.id,), elements=STEPS)
