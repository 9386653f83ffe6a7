"""The National Bank is asked once a working day, where the administrator wants it; what it says is kept once."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from support.https_receiver import HttpsReceiver
from support.office import Office

from engine.commands.bank_rates import take_turn_to_ask
from engine.commands.exchange_rates import choose_company_currency, set_exchange_rate
from engine.model.exchange_rate import BankProblem, CompanyCurrency, ExchangeRate, RateSource
from engine.queries.exchange_rates import company_rates
from tasks.exchange_rates import ask_bank
from tasks.schedule import SCHEDULE

pytestmark = pytest.mark.usefixtures("services")

TOLD = {"USD": 41.5201, "EUR": 48.0053, "GBP": 55.1, "PLN": 11, "XAU": 100000.5}


def entries(day: date, **rates: Any) -> bytes:
    told = [
        {"r030": 1, "txt": "Валюта", "rate": rate, "cc": currency, "exchangedate": f"{day:%d.%m.%Y}"}
        for currency, rate in (rates or TOLD).items()
    ]
    return json.dumps(told, ensure_ascii=False).encode()


def today(office: Office) -> date:
    return office.clock.now().date()  # at noon: the same day in Kyiv


def kept(office: Office) -> dict[str, tuple[Decimal, RateSource]]:
    with office.database.read() as session:
        return {one.currency: (one.rate, one.source) for one in session.scalars(select(ExchangeRate))}


def problem(office: Office) -> BankProblem | None:
    with office.database.read() as session:
        return session.scalars(select(CompanyCurrency)).one().problem


def switch_on(office: Office) -> None:
    office.do("admin", choose_company_currency, "UAH", asks_bank=True)


def test_rates_of_the_day_are_asked_for_once_and_kept_exactly(office: Office, receiver: HttpsReceiver) -> None:
    switch_on(office)
    receiver.answer = entries(today(office))
    for _ in range(3):
        ask_bank()
        office.clock.advance(timedelta(hours=1))
    assert receiver.lines == [
        f"GET /NBUStatService/v1/statdirectory/exchange?date={today(office):%Y%m%d}&json HTTP/1.1"
    ]
    assert receiver.got[0][0]["User-Agent"] == "Reglament"
    bank = RateSource.NATIONAL_BANK
    assert kept(office) == {
        "USD": (Decimal("41.5201"), bank),
        "EUR": (Decimal("48.0053"), bank),
        "GBP": (Decimal("55.1"), bank),
        "PLN": (Decimal(11), bank),
    }
    assert problem(office) is None


def test_nothing_is_asked_unless_an_administrator_has_switched_it_on(office: Office, receiver: HttpsReceiver) -> None:
    ask_bank()
    office.do("admin", choose_company_currency, "UAH")
    ask_bank()
    assert receiver.lines == []


def test_nothing_is_asked_on_days_off(office: Office, receiver: HttpsReceiver) -> None:
    switch_on(office)
    office.clock.advance(timedelta(days=5 - today(office).weekday()))
    assert today(office).weekday() == 5
    ask_bank()
    assert receiver.lines == []


def test_what_was_entered_by_hand_stays(office: Office, receiver: HttpsReceiver) -> None:
    switch_on(office)
    office.do("admin", set_exchange_rate, "USD", today(office), Decimal("41.9"))
    receiver.answer = entries(today(office))
    ask_bank()
    assert kept(office)["USD"] == (Decimal("41.9"), RateSource.HAND)
    assert kept(office)["EUR"][1] is RateSource.NATIONAL_BANK


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (503, b"", BankProblem.REFUSED),
        (302, b"", BankProblem.REFUSED),
        (200, b"<html>", BankProblem.UNREADABLE),
        (200, b"[]", BankProblem.UNREADABLE),
        (200, b'{"rate": 1}', BankProblem.UNREADABLE),
        (200, b"[" * 100_000, BankProblem.UNREADABLE),
        (200, b'[{"rate": 1e99999999999999999999, "cc": "USD"}]', BankProblem.UNREADABLE),
        (200, b"\xff\xfe", BankProblem.UNREADABLE),
        (200, b"x" * 1_100_000, BankProblem.UNREADABLE),
        (200, b'[{"rate": NaN, "cc": "USD", "exchangedate": "16.03.2026"}, 7, null]', BankProblem.INCOMPLETE),
        (200, entries(date(2020, 1, 1)), BankProblem.INCOMPLETE),
        (200, entries(date(2026, 3, 16), USD=-1, EUR=0, GBP="55", PLN=1e9), BankProblem.INCOMPLETE),
    ],
)
def test_what_goes_wrong_is_told_and_tried_again_while_the_last_rate_stays(
    office: Office, receiver: HttpsReceiver, status: int, answer: bytes, expected: BankProblem
) -> None:
    switch_on(office)
    office.do("admin", set_exchange_rate, "USD", today(office) - timedelta(days=1), Decimal(41))
    receiver.status, receiver.answer, receiver.location = status, answer, "https://localhost/elsewhere"
    ask_bank()
    ask_bank()
    assert (problem(office), len(receiver.lines)) == (expected, 1), "not again before half an hour"
    with office.database.read() as session:
        assert company_rates(session).latest["USD"].rate == Decimal(41)
    receiver.status, receiver.answer = 200, entries(today(office))
    office.clock.advance(timedelta(minutes=30))
    ask_bank()
    assert (problem(office), len(receiver.lines)) == (None, 2)
    assert kept(office)["EUR"][0] == Decimal("48.0053")


def test_a_bank_that_does_not_answer_is_no_failure_of_ours(office: Office, receiver: HttpsReceiver) -> None:
    switch_on(office)
    receiver.close()
    ask_bank()
    assert problem(office) is BankProblem.UNREACHABLE


def test_of_two_workers_one_asks(office: Office) -> None:
    switch_on(office)
    with office.database.write() as session:
        assert take_turn_to_ask(session, clock=office.clock) == today(office)
    with office.database.write() as session:
        assert take_turn_to_ask(session, clock=office.clock) is None


def test_it_is_looked_after_by_the_schedule() -> None:
    assert "tasks.exchange_rates.ask_bank" in {one["task"] for one in SCHEDULE.values()}
