from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from support.office import Office
from support.web import Browser, elements_of

from engine.queries.inbox_columns import InboxColumn, InboxColumns
from webui.inbox_list import lines_of

SignIn = Callable[[str | None], Browser]
PAGE = "/inbox/columns"


def row_of(browser: Browser, address: str = "/inbox") -> list[str]:
    """The texts of the only step's row, line after line."""
    lines = elements_of(browser.get(address), '//li[@class="step-row"]/a/span[not(@class="step-top")]')
    return [" ".join(line.text_content().split()) for line in lines]


def test_who_has_chosen_nothing_sees_client_deal_amount_deadline_and_stage(office: Office, browse: SignIn) -> None:
    deal = office.open_deal()
    of_deal, of_step = row_of(browse("olena"))
    assert of_deal == f"ТОВ «Промінь» · {deal.title}125 000,50 ₴"
    assert of_step == "ср до 10:00Пропозиція"


def test_columns_are_chosen_and_ordered_by_each_person_for_every_tab_and_device(office: Office, browse: SignIn) -> None:
    deal = office.open_deal()
    olena = browse("olena")
    order = ["deadline", "owner", "number", "opened"]
    kept = olena.post(PAGE, {"order": order, "show": order, "next": "/inbox?tab=mine&q=a"})
    assert kept.location == "/inbox?tab=mine&q=a"
    elsewhere = browse("olena")
    shown = ["ср до 10:00", f"відповідальний: Олена Коваль · {deal.number}", "відкрито: 10:00"]
    assert row_of(elsewhere) == shown
    assert row_of(elsewhere, "/inbox/steps") == shown, "what is asked for again looks as it did"
    office.prepare()
    assert row_of(elsewhere, "/inbox?tab=done")[-2:] == shown[-2:]
    office.open_deal("bohdan")
    assert row_of(browse("bohdan"))[0].startswith("ТОВ «Промінь» · "), "nobody else's list changes"
    elsewhere.post(PAGE, {"usual": "1", "order": order})
    assert row_of(elsewhere, "/inbox?tab=done")[0].startswith("ТОВ «Промінь»")


def test_a_column_moves_and_what_is_ticked_stays(browse: SignIn) -> None:
    olena = browse("olena")
    moved = olena.post(PAGE, {"order": list(InboxColumn), "show": ["deal"], "move": "deal:up", "next": "/inbox"})
    assert moved.location == f"{PAGE}?next=/inbox#deal"
    page = olena.get(PAGE)
    assert re.findall(r'name="order" value="([^"]+)"', page.text)[:2] == ["deal", "client"]
    assert re.findall(r'name="show" value="([^"]+)" checked', page.text) == ["deal"]


def test_what_is_no_column_and_no_page_of_ours_does_nothing(office: Office, browse: SignIn) -> None:
    office.open_deal()
    olena = browse("olena")
    kept = olena.post(PAGE, {"order": ["x"], "show": ["y", "stage"], "move": "z:up", "next": "https://evil.example"})
    assert kept.location == "/inbox"
    assert row_of(olena) == ["Пропозиція"]


def test_a_stranger_chooses_nothing(browse: SignIn) -> None:
    stranger = browse(None)
    assert "/sign-in" in stranger.get(PAGE).location
    assert stranger.post(PAGE, {"show": ["deal"]}).location.startswith("/sign-in")


@pytest.mark.parametrize(
    ("columns", "pieces"),
    [
        ("client deal amount deadline stage responsible", ["client+deal|amount", "deadline|stage|responsible"]),
        ("amount client stage number owner", ["amount|client", "stage", "number+owner"]),
        ("", []),
    ],
)
def test_a_new_line_begins_where_the_deal_and_the_step_meet(columns: str, pieces: list[str]) -> None:
    lines = lines_of(InboxColumn(one) for one in columns.split())
    assert ["|".join("+".join(str(one) for one in piece) for piece in line.pieces) for line in lines] == pieces


def test_columns_of_an_older_version_are_read_and_new_ones_come_last() -> None:
    columns = InboxColumns.of(["owner", "gone"], ["owner", "gone"])
    assert columns.order[:2] == (InboxColumn.OWNER, InboxColumn.CLIENT)
    assert columns.shown == (InboxColumn.OWNER,)
    assert set(columns.order) == set(InboxColumn)
