"""The official rates of the National Bank of Ukraine, as it tells them to everybody.

https://bank.gov.ua/ua/open-data/api-dev: one list for a day, each entry with ``cc``, ``rate`` (hryvnias for one of the
currency) and ``exchangedate``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from engine.adapters.https_calls import AnswerTooLarge, CallUnreachable, HttpsCall, HttpsCaller
from engine.adapters.public_addresses import AddressNotPublic

BANK_HOST = "bank.gov.ua"
BANK_PORT = 443
_TARGET = "/NBUStatService/v1/statdirectory/exchange?date=%s&json"
_HEADERS = {
    "Accept": "application/json",
    "User-Agent": "Reglament",
}  # callers that name themselves are less often refused
_MOST_ENTRIES = 1_000


class BankSilent(Exception):
    """Nobody answered, or not to the end."""


class BankRefused(Exception):
    """The answer was no success."""


class BankUnreadable(Exception):
    """The answer was no list of rates."""


class NationalBank:
    """``https`` makes the call; ``host`` and ``port`` are the bank's, of another server in tests."""

    def __init__(self, https: HttpsCaller, *, host: str = BANK_HOST, port: int = BANK_PORT) -> None:
        self._https, self._host, self._port = https, host, port

    def rates_of(self, day: date) -> Mapping[str, Decimal]:
        """Hryvnias for one of each currency on that day, as far as they are told of exactly that day.

        Raises BankSilent, BankRefused, BankUnreadable.
        """
        call = HttpsCall("GET", self._host, self._port, _TARGET % f"{day:%Y%m%d}", _HEADERS)
        try:
            answer = self._https.call(call)
        except (CallUnreachable, AddressNotPublic) as failure:
            raise BankSilent from failure
        except AnswerTooLarge as failure:
            raise BankUnreadable from failure
        if answer.status != HTTPStatus.OK:
            raise BankRefused
        return _read(answer.body, f"{day:%d.%m.%Y}")


def _read(body: bytes, told_of: str) -> Mapping[str, Decimal]:
    try:
        entries = json.loads(body, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as failure:
        raise BankUnreadable from failure
    if not isinstance(entries, list) or not entries or len(entries) > _MOST_ENTRIES:
        raise BankUnreadable
    return {one["cc"]: one["rate"] for one in entries if _is_entry(one) and one["exchangedate"] == told_of}


def _is_entry(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and isinstance(one.get("cc"), str)
        and isinstance(one.get("rate"), Decimal)
        and isinstance(one.get("exchangedate"), str)
    )
