from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from support.office import Office
from support.web import Browser, text_of

from engine.queries.deal_columns import DealColumn, DealColumns

SignIn = Callable[[str | None], Browser]
PAGE = "/deals/columns"
USUAL = ["Угода", "Сума", "Етап", "Наступний крок", "Відповідальний", "Дата закриття", "Відкрито"]


def headings(browser: Browser, address: str = "/deals") -> list[str]:
    head = re.search(r"<thead>.*?</thead>", browser.get(address).text, re.DOTALL)
    assert head
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in re.findall(r"<th .*?</th>", head[0], re.DOTALL)]


def order_of(browser: Browser) -> list[str]:
    return re.findall(r'name="order" value="([^"]+)"', browser.get(PAGE).text)


def test_columns_are_chosen_and_ordered_by_each_person_for_all_their_devices(office: Office, browse: SignIn) -> None:
    office.open_deal()
    olena = browse("olena")
    assert headings(olena) == USUAL
    shown = ["owner", "amount", "open_steps"]
    kept = olena.post(PAGE, {"order": ["owner", "amount"], "show": shown, "next": "/deals?result=any"})
    assert kept.location == "/deals?result=any"
    assert headings(browse("olena")) == ["Угода", "Відповідальний", "Сума", "Відкриті кроки"]
    assert headings(browse("bohdan")) == USUAL
    rows = re.search(r"<tbody>.*?</tbody>", olena.get("/deals").text, re.DOTALL)
    assert rows
    assert re.findall(r'<td data-label="([^"]+)"', rows[0]) == ["Угода", "Відповідальний", "Сума", "Відкриті кроки"]
    olena.post(PAGE, {"usual": "1", "order": ["owner"]})
    assert headings(olena) == USUAL


def test_a_column_moves_by_one_place_and_what_is_ticked_stays(office: Office, browse: SignIn) -> None:
    office.open_deal()
    olena = browse("olena")
    moved = olena.post(PAGE, {"order": list(DealColumn), "show": ["stage"], "move": "stage:up", "next": "/deals?q=а"})
    back = urlsplit(moved.location)
    assert (back.path, parse_qs(back.query), back.fragment) == (PAGE, {"next": ["/deals?q=а"]}, "stage")
    assert order_of(olena)[:2] == ["stage", "amount"]
    olena.post(PAGE, {"order": order_of(olena), "show": ["stage"], "move": "stage:up"})
    assert order_of(olena)[:2] == ["stage", "amount"], "the first has nowhere to go"
    assert headings(olena) == ["Угода", "Етап"]


def test_what_is_no_column_and_no_page_of_ours_does_nothing(office: Office, browse: SignIn) -> None:
    office.open_deal()
    olena = browse("olena")
    kept = olena.post(
        PAGE, {"order": ["x", "owner", "owner"], "show": ["y", "owner"], "move": "z:up", "next": "https://evil.example"}
    )
    assert kept.location == "/deals"
    assert headings(olena) == ["Угода", "Відповідальний"]
    assert "Стовпці" in text_of(olena.get(PAGE))


def test_columns_of_an_older_version_are_read_and_new_ones_come_last() -> None:
    columns = DealColumns.of(["owner", "gone"], ["owner", "gone"])
    assert columns.order[:2] == (DealColumn.OWNER, DealColumn.AMOUNT)
    assert columns.shown == (DealColumn.OWNER,)
    assert set(columns.order) == set(DealColumn)
