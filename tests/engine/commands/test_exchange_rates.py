"""An administrator chooses the company's currency and keeps the rates; the journal tells each change."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from support.office import Office

from engine.commands.exchange_rates import (
    BankTellsHryvnias,
    DayToCome,
    NoCompanyCurrency,
    RateNotUsable,
    choose_company_currency,
    remove_exchange_rate,
    set_exchange_rate,
)
from engine.errors import FieldNotUnderstood, InvalidInput, NotAllowed, NotFound
from engine.model.exchange_rate import ExchangeRate, RateSource
from engine.model.history_event import HistoryEvent
from engine.queries.exchange_rates import company_rates, managed_rates

RATE = Decimal("41.5201")


def today(office: Office) -> date:
    return office.clock.now().date()  # at noon: the same day in Kyiv


def told(office: Office) -> list[tuple[str, dict[str, object]]]:
    kinds = ("company_currency_chosen", "exchange_rate_set", "exchange_rate_removed")
    with office.database.read() as session:
        found = select(HistoryEvent).where(HistoryEvent.kind.in_(kinds)).order_by(HistoryEvent.id)
        return [(one.kind, one.data) for one in session.scalars(found)]


def known(office: Office) -> dict[str, tuple[date, Decimal]]:
    with office.database.read() as session:
        return {one.currency: (one.day, one.rate) for one in company_rates(session).latest.values()}


def test_a_company_adds_nothing_up_until_it_chooses_its_currency(office: Office) -> None:
    with office.database.read() as session:
        assert company_rates(session).currency == ""
    with pytest.raises(NoCompanyCurrency):
        office.do("admin", set_exchange_rate, "USD", today(office), RATE)
    office.do("admin", choose_company_currency, "UAH")
    office.do("admin", choose_company_currency, "UAH")
    with office.database.read() as session:
        assert company_rates(session).currency == "UAH"
    chosen = {"currency": "UAH", "previous": "", "asks_bank": False}
    assert told(office) == [("company_currency_chosen", chosen)], "the same again is no change"


def test_a_rate_is_entered_corrected_and_removed_and_the_journal_keeps_it_all(office: Office) -> None:
    office.do("admin", choose_company_currency, "UAH")
    day, before = today(office), today(office) - timedelta(days=3)
    office.do("admin", set_exchange_rate, "USD", before, Decimal("41.1"))
    office.do("admin", set_exchange_rate, "USD", day, Decimal("415.2"))
    office.do("admin", set_exchange_rate, "USD", day, RATE)
    office.do("admin", set_exchange_rate, "USD", day, RATE)
    assert known(office) == {"USD": (day, RATE)}
    office.do("admin", remove_exchange_rate, "USD", day)
    assert known(office) == {"USD": (before, Decimal("41.1"))}
    office.do("admin", remove_exchange_rate, "USD", day)
    corrections = [(kind, data["rate"], data.get("previous")) for kind, data in told(office)[1:]]
    assert corrections == [
        ("exchange_rate_set", "41.1", None),
        ("exchange_rate_set", "415.2", None),
        ("exchange_rate_set", "41.5201", "415.2"),
        ("exchange_rate_removed", "41.5201", None),
    ]


@pytest.mark.parametrize("rate", ["0", "-1", "1000000.01", "0.0000001", "NaN", "Infinity"])
def test_a_rate_that_cannot_be_one_is_refused(office: Office, rate: str) -> None:
    office.do("admin", choose_company_currency, "UAH")
    with pytest.raises(InvalidInput) as refused:
        office.do("admin", set_exchange_rate, "USD", today(office), Decimal(rate))
    assert isinstance(refused.value.errors["rate"], RateNotUsable)


def test_the_smallest_and_the_largest_rate_are_kept_exactly(office: Office) -> None:
    office.do("admin", choose_company_currency, "UAH")
    for currency, rate in (("USD", Decimal("0.000001")), ("EUR", Decimal(1_000_000))):
        office.do("admin", set_exchange_rate, currency, today(office), rate)
        assert known(office)[currency][1] == rate


def test_days_to_come_the_own_currency_and_unknown_ones_are_refused(office: Office) -> None:
    office.do("admin", choose_company_currency, "UAH")
    for currency, day, field, kind in (
        ("USD", today(office) + timedelta(days=1), "day", DayToCome),
        ("USD", date(1999, 12, 31), "day", DayToCome),
        ("UAH", today(office), "currency", FieldNotUnderstood),
        ("XAU", today(office), "currency", FieldNotUnderstood),
    ):
        with pytest.raises(InvalidInput) as refused:
            office.do("admin", set_exchange_rate, currency, day, RATE)
        assert isinstance(refused.value.errors[field], kind)
    with pytest.raises(InvalidInput):
        office.do("admin", choose_company_currency, "RUB")


def test_the_bank_tells_hryvnias_alone(office: Office) -> None:
    with pytest.raises(InvalidInput) as refused:
        office.do("admin", choose_company_currency, "EUR", asks_bank=True)
    assert isinstance(refused.value.errors["asks_bank"], BankTellsHryvnias)


def test_rates_of_another_currency_are_not_taken_for_those_of_this_one(office: Office) -> None:
    office.do("admin", choose_company_currency, "UAH")
    office.do("admin", set_exchange_rate, "USD", today(office), RATE)
    office.do("admin", choose_company_currency, "EUR")
    assert known(office) == {}
    office.do("admin", choose_company_currency, "UAH")
    assert known(office) == {"USD": (today(office), RATE)}


@pytest.mark.parametrize("login", ["olena", "bohdan", "iryna", "owner"])
def test_nobody_else_keeps_rates(office: Office, login: str) -> None:
    office.do("admin", choose_company_currency, "UAH")
    for command, arguments in (
        (choose_company_currency, ("USD",)),
        (set_exchange_rate, ("USD", today(office), RATE)),
        (remove_exchange_rate, ("USD", today(office))),
    ):
        with pytest.raises(NotAllowed):
            office.do(login, command, *arguments)
    with office.database.read() as session, pytest.raises(NotFound):
        managed_rates(session, office.actor(login))


def test_the_page_tells_which_currencies_of_deals_have_no_rate(office: Office) -> None:
    for currency in ("USD", "EUR", "UAH"):
        office.open_deal(currency=currency, amount=Decimal(1))
    office.do("admin", choose_company_currency, "UAH")
    office.do("admin", set_exchange_rate, "USD", today(office), RATE)
    with office.database.read() as session:
        found = managed_rates(session, office.actor("admin"))
        kept = session.scalars(select(ExchangeRate)).one()
    assert found.missing == ("EUR",)
    assert [(one.currency, one.source, one.taken_at) for one in found.latest] == [
        ("USD", RateSource.HAND, office.clock.now())
    ]
    assert kept.since.isoformat() == f"{today(office) - timedelta(days=1)}T22:00:00+00:00", "midnight in Kyiv"
