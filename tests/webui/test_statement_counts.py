"""A page costs the same number of statements among three hundred steps as among six: nothing is read row by row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.copies import BASE, grow, hire, sample
from bench.pages import Visitor, calls, pages
from sqlalchemy import event
from support.migrated import build_schema
from support.office import Office

from engine.db.session import Database
from webui.formats import counted

FEW, MANY = 2, 100
REPORTS = tuple(
    (report, "bohdan", f"/reports/{report}")
    for report in ("funnel", "forecast", "lateness", "approvals", "activity", "steps")
)
NEEDLE = "B-0000001"
MORE = (
    ("possible doubles of a client", "olena", "/clients/duplicates?name=Промінь"),
    ("deals of a client", "bohdan", f"/deals?client={BASE + 2}"),
    ("maps", "bohdan", "/maps"),
)


class Counted:
    """A company of that many deals, whose statements are counted."""

    def __init__(self, url: str, deals: int) -> None:
        self.office = Office(Database(url))
        self.office.publish()
        hire(self.office)
        grow(self.office, sample(self.office), deals)
        self.visitor = Visitor(self.office)
        self.statements: list[str] = []
        event.listen(
            self.office.database.engine, "before_cursor_execute", lambda *told: self.statements.append(told[2])
        )

    def cost(self, what: str, login: str, address: str) -> int:
        """Of the second look: the first one loads the map."""
        for _ in range(2):
            self.statements.clear()
            getattr(self.visitor, what)(login, address)
        return len(self.statements)


@pytest.fixture
def companies(tmp_path: Path) -> Iterator[tuple[Counted, Counted]]:
    """A small one and a large one."""
    urls = [f"sqlite:///{tmp_path / name}" for name in ("few", "many")]
    for url in urls:
        build_schema(url)
    few, many = Counted(urls[0], FEW), Counted(urls[1], MANY)
    yield few, many
    for one in (few, many):
        one.office.database.dispose()


def test_no_page_and_no_list_reads_more_often_when_there_is_more(companies: tuple[Counted, Counted]) -> None:
    few, many = companies
    grown = {}
    for what, addresses in (("page", (*pages(NEEDLE), *REPORTS, *MORE)), ("call", calls(NEEDLE))):
        for name, login, address in addresses:
            costs = few.cost(what, login, address), many.cost(what, login, address)
            if costs[0] != costs[1]:
                grown[f"{what}: {name}"] = costs
    assert grown == {}


def test_the_inbox_stops_counting_at_a_thousand() -> None:
    assert [counted(number) for number in (0, 7, 999, 1_000)] == ["0", "7", "999", "999+"]
