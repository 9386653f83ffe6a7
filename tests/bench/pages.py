"""What people and programs look at all day, as addresses; each asked of a small and of a large company in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.copies import BASE, IDS_PER_DEAL
from bench.figures import percentile
from support.api import ApiClient
from support.office import Office
from support.web import Browser, web_application

HEAD, MANAGER, APPROVER = "bohdan", "olena", "iryna"
"""Who sees everything; who has fifty steps; in whose department many steps wait to be claimed."""

Addresses = Sequence[tuple[str, str, str]]
"""What it is, who asks, where."""


def pages(needle: str) -> Addresses:
    """Pages for people; ``needle`` is a part of a deal's number."""
    return (
        ("inbox", MANAGER, "/inbox"),
        ("inbox, my departments", APPROVER, "/inbox?tab=groups"),
        ("inbox, of a head", HEAD, "/inbox"),
        ("inbox, waiting for others", MANAGER, "/inbox?tab=waiting"),
        ("inbox, done", MANAGER, "/inbox?tab=done"),
        ("inbox, a word", APPROVER, "/inbox?tab=groups&q=насос"),
        ("the inbox's filter", APPROVER, "/inbox/filter?tab=groups"),
        ("the inbox's number", APPROVER, "/inbox/count"),
        ("the inbox's news", APPROVER, "/inbox/news"),
        ("board", MANAGER, "/deals/board"),
        ("board, of a head", HEAD, "/deals/board"),
        ("deals", MANAGER, "/deals"),
        ("deals, of a head", HEAD, "/deals"),
        ("deals by sum, of a head", HEAD, "/deals?sort=-amount"),
        ("deals by title, of a head", HEAD, "/deals?sort=title"),
        ("deals by close date, of a head", HEAD, "/deals?sort=close_date"),
        ("deals longest in stage, of a head", HEAD, "/deals?sort=stage_since"),
        ("deals of one stage, of a head", HEAD, "/deals?stage=Погодження"),
        ("late deals, of a head", HEAD, "/deals?overdue=1"),
        ("deals of a version, of a head", HEAD, "/deals?map=sale&version=1"),
        ("a deal", MANAGER, f"/deals/{BASE + 2}"),
        ("clients", MANAGER, "/clients"),
        ("clients, of a head", HEAD, "/clients"),
        ("a client", MANAGER, f"/clients/{BASE + 2}"),
        ("a step", MANAGER, f"/work-items/{(BASE + 2) * IDS_PER_DEAL + 3}"),
        ("search, a number", HEAD, f"/search?q={needle}"),
        ("search, a word of every deal", HEAD, "/search?q=насос"),
        ("search, of a manager", MANAGER, f"/search?q={needle}"),
        ("search as one types", HEAD, f"/search/suggestions?q={needle}"),
    )


def reports() -> Addresses:
    """Pages that count all that they tell of, so that they grow with it."""
    return (
        ("daily control, of a head", HEAD, "/control"),
        ("funnel, of a head", HEAD, "/reports/funnel"),
        ("forecast, of a head", HEAD, "/reports/forecast"),
        ("lateness, of a head", HEAD, "/reports/lateness"),
        ("approvals, of a head", HEAD, "/reports/approvals"),
        ("activity, of a head", HEAD, "/reports/activity"),
    )


def calls(needle: str) -> Addresses:
    """Lists for programs."""
    return (
        ("work-items, mine", MANAGER, "/work-items"),
        ("work-items, groups", APPROVER, "/work-items?scope=groups"),
        ("work-items, all, of a head", HEAD, "/work-items?scope=all"),
        ("work-items, all", MANAGER, "/work-items?scope=all"),
        ("work-items, done, of a head", HEAD, "/work-items?scope=all&state=completed"),
        ("work-items, any state, of a head", HEAD, "/work-items?scope=all&state=all"),
        ("work-items by a word, of a head", HEAD, f"/work-items?scope=all&q={needle}"),
        ("deals", MANAGER, "/deals"),
        ("deals, of a head", HEAD, "/deals"),
        ("clients, of a head", HEAD, "/clients"),
        ("contacts, of a head", HEAD, "/contacts"),
        ("history since", HEAD, "/history?since=2020-01-01T00:00:00Z"),
        ("history since, of a manager", MANAGER, "/history?since=2020-01-01T00:00:00Z"),
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """Seconds of the same address in the small and in the large company. ``counts``: it may grow with the company."""

    name: str
    small: Sequence[float]
    large: Sequence[float]
    counts: bool = False

    @property
    def ratio(self) -> float:
        """Of the 95th percentiles."""
        return percentile(self.large, 0.95) / percentile(self.small, 0.95)

    @property
    def of_small(self) -> tuple[float, float]:
        """Median and 95th percentile."""
        return median(self.small), percentile(self.small, 0.95)

    @property
    def of_large(self) -> tuple[float, float]:
        return median(self.large), percentile(self.large, 0.95)


class Visitor:
    """Everybody who is asked for, signed in to the pages of one company and with a token for its API."""

    def __init__(self, office: Office) -> None:
        app = web_application(office)
        logins = {HEAD, MANAGER, APPROVER}
        self._browsers = {login: Browser(app, login) for login in logins}
        self._programs = {login: ApiClient(app, office, login) for login in logins}

    def page(self, login: str, address: str) -> None:
        self._ensure_found(address, self._browsers[login].client.get(address))

    def call(self, login: str, address: str) -> None:
        self._ensure_found(address, self._programs[login].get(address))

    def health(self) -> None:
        """Whether a worker was seen does not matter here: none runs."""
        answer = self._programs[HEAD].client.get("/healthz")
        if answer.get_json()["database"] != "ok":
            raise AssertionError(answer.text)

    def _ensure_found(self, address: str, answer: Any) -> None:
        if answer.status_code != 200:
            raise AssertionError(f"{address}: {answer.status_code} {answer.text[:500]}")
