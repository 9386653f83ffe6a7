"""Rates for programs: read by everybody, kept by an administrator; reports with one total."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from support.api import ApiClient, read
from support.office import Office

from engine.commands.exchange_rates import choose_company_currency, set_exchange_rate

ApiOf = Callable[[str | None], ApiClient]


def address(office: Office, currency: str = "USD") -> str:
    return f"/exchange-rates/{currency}/{office.clock.now().date().isoformat()}"


def test_rates_are_kept_by_an_administrator_and_read_by_everybody(office: Office, api: ApiOf) -> None:
    admin = api("admin")
    assert read(api("olena").get("/exchange-rates")) == {
        "currency": None,
        "items": [],
        "next_cursor": None,
        "total": 0,
    }
    refused = admin.call("PUT", address(office), {"rate": "41.52"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "no_company_currency")
    office.do("admin", choose_company_currency, "UAH")
    for rate in ("41.52", 41.52):
        told = read(admin.call("PUT", address(office), {"rate": rate}))
    (item,) = told["items"]
    assert (told["currency"], item["currency"], item["rate"], item["source"]) == ("UAH", "USD", "41.52", "hand")
    assert read(api("iryna").get("/exchange-rates")) == told


def test_what_is_no_rate_and_who_keeps_none_is_refused(office: Office, api: ApiOf) -> None:
    office.do("admin", choose_company_currency, "UAH")
    admin = api("admin")
    for rate in (0, -1, "0.0000001", "1000001", "NaN", "сорок", True, None):
        assert admin.call("PUT", address(office), {"rate": rate}).status_code == 422, rate
    assert admin.call("PUT", address(office, "UAH"), {"rate": 1}).status_code == 422
    assert admin.call("PUT", "/exchange-rates/USD/2099-01-01", {"rate": 1}).status_code == 422
    assert api("bohdan").call("PUT", address(office), {"rate": 1}).status_code == 403
    assert api(None).call("PUT", address(office), {"rate": 1}).status_code == 401
    assert api(None).get("/exchange-rates").status_code == 401


@pytest.fixture
def selling(office: Office) -> Office:
    day = office.clock.now().date()
    for currency, amount in (("UAH", 1000), ("USD", 100)):
        office.open_deal(currency=currency, amount=Decimal(amount), close_date=day)
    return office


def totals(api: ApiOf) -> list[Any]:
    bohdan = api("bohdan")
    funnel = read(bohdan.get("/reports/funnel?definition_key=sale"))
    forecast = read(bohdan.get("/reports/forecast?definition_key=sale"))
    activity = read(bohdan.get("/reports/activity"))["items"]
    return [
        funnel["together"].get("open"),
        forecast["total"]["sums_together"],
        forecast["rows"][0]["by_map"]["sale"]["sums_together"],
        next(one for one in activity if one["name"] == "Олена Коваль")["opened"]["together"],
    ]


def test_reports_tell_one_total_beside_the_sums_by_currency(selling: Office, api: ApiOf) -> None:
    assert totals(api) == [None] * 4
    selling.do("admin", choose_company_currency, "UAH")
    missing = {"currency": "UAH", "amount": None, "missing": ["USD"], "first": None, "last": None}
    assert totals(api) == [missing] * 4
    day = selling.clock.now().date()
    selling.do("admin", set_exchange_rate, "USD", day, Decimal("40.0005"))
    assert [one["amount"] for one in totals(api)] == [5000.05] * 4
    assert totals(api)[1]["last"] == day.isoformat()
    won = read(api("bohdan").get("/reports/forecast?definition_key=sale"))["total"]["won_together"]
    assert won is None, "nothing was won"
