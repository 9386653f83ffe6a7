from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from openpyxl import load_workbook
from support.deal_files import DEALS, DealFiles
from support.office import Office
from support.sales_map import sales_map
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.commands import deal_import_turns
from engine.commands.deal_import_turns import OPENED_AT_ONCE, DealTurns
from engine.model.deal import Deal
from engine.model.deal_import import DealImport

SignIn = Callable[[str | None], Browser]


def upload(browser: Browser, text: str = DEALS) -> TestResponse:
    """The page under which the file is shown, or the form with what is wrong with it."""
    browser.get("/deals/import")
    form = {"file": (io.BytesIO(text.encode()), "deals.csv"), "definition_key": "sale"}
    answer = browser.post("/deals/import", form)
    return browser.get(answer.headers["Location"]) if answer.status_code == 303 else answer


def looked_at(office: Office, browser: Browser, text: str = DEALS) -> TestResponse:
    """The page of the first file after the worker has read it."""
    upload(browser, text)
    DealFiles(office).check(1)
    return browser.get("/deals/import/1")


def opened(office: Office, browser: Browser, text: str = DEALS) -> TestResponse:
    """The page of the first file after the worker has opened it."""
    looked_at(office, browser, text)
    assert browser.post("/deals/import/1/open").status_code == 303
    DealFiles(office).work(1)
    return browser.get("/deals/import/1")


def titles(office: Office) -> list[str]:
    with office.database.read() as session:
        return [deal.title for deal in session.query(Deal).order_by(Deal.id)]


def test_the_page_stands_where_deals_are_opened(browse: SignIn) -> None:
    assert 'href="/deals/import"' in browse("olena").get("/deals").text
    assert 'href="/deals/import"' not in browse("iryna").get("/deals").text


def test_it_shows_what_was_understood_before_anything_is_opened(office: Office, browse: SignIn) -> None:
    browser = browse("olena")
    waiting = upload(browser)
    assert "читається" in text_of(waiting)
    assert 'hx-get="/deals/import/1/progress"' in waiting.text
    page = text_of(looked_at(office, browser))
    assert "12 500,50" in page.replace("\xa0", " ")
    assert "Колір" in page  # told that it is not used
    assert "Відкрити 2 угоди" in page
    assert "Що з ним буде" in page
    assert "«багато» не вдалося прочитати" in page
    assert titles(office) == []
    assert "Відкрити 2 угоди" in text_of(browser.get("/deals/import/1/progress", part=True))
    assert "deals.csv" in text_of(browser.get("/deals/import")), "among the earlier ones"


def test_who_waits_is_told_why_a_file_cannot_be_read(
    office: Office, browse: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deal_import_turns, "MOST_ROWS", 2)
    browser = browse("olena")
    page = text_of(looked_at(office, browser))
    assert page.count("У файлі може бути до 2 рядків") == 1
    assert "У файлі може бути до 2 рядків" in text_of(browser.get("/deals/import/1/progress", part=True))


def test_columns_called_like_the_maps_fields_fill_them(office: Office, browse: SignIn) -> None:
    browser = browse("olena")
    sheet = "Назва;Клієнт;Знижка, %;discount\nНасоси;ТОВ «Промінь»;7,5;\nПомпи;ТОВ «Лан»;багато;\n"
    page = text_of(looked_at(office, browser, sheet))
    assert "Знижка, %: 7,5" in page
    assert "Знижка, % «багато» не вдалося прочитати" in page
    opened(office, browser, sheet)
    with office.database.read() as session:
        (deal,) = session.query(Deal)
        assert deal.fields["discount"] == "7.5"
    assert "Знижка, %" in browser.get("/deals/import/template.csv?map=sale").data.decode()


def test_what_is_missing_is_told_by_the_name_of_its_column(office: Office, browse: SignIn) -> None:
    page = text_of(looked_at(office, browse("olena"), "Назва;Клієнт\n;ТОВ «Лан»\nПомпи;\n"))
    assert "Клієнт Заповніть поле «Клієнт»" in page
    assert "Що продаємо Заповніть поле «Що продаємо»" in page


def test_what_is_sound_is_opened_and_pressing_twice_opens_nothing_twice(office: Office, browse: SignIn) -> None:
    browser = browse("olena")
    done = opened(office, browser)
    assert "Відкрито: 2" in text_of(done)
    assert "Що з ним сталося" in text_of(done)
    assert 'href="/deals/1"' in done.text
    assert "Помпи" in text_of(browser.get("/deals/import/1?state=refused"))
    assert "Насоси" not in text_of(browser.get("/deals/import/1?state=refused"))
    assert browser.post("/deals/import/1/open").status_code == 303
    DealFiles(office).work(1)
    assert titles(office) == ["Насоси", "Вали"]


def test_how_far_it_is_counts_the_rows_that_can_be_opened(office: Office, browse: SignIn) -> None:
    browser = browse("olena")
    looked_at(office, browser)
    assert browser.post("/deals/import/1/open").status_code == 303
    begun = browser.get("/deals/import/1")
    assert "2 з 2 рядків чекають" in text_of(begun)
    assert 'max="2" value="0"' in begun.text


def test_it_is_stopped_and_what_was_opened_stays(office: Office, browse: SignIn) -> None:
    browser, files = browse("olena"), DealFiles(office)
    rows = "".join(f"Угода {number};ТОВ «Лан»\n" for number in range(OPENED_AT_ONCE + 1))
    looked_at(office, browser, "Назва;Клієнт\n" + rows)
    assert browser.post("/deals/import/1/open").status_code == 303
    DealTurns(office.database, 1, office.clock).take()
    assert 'hx-get="/deals/import/1/progress?state=new"' in browser.get("/deals/import/1?state=new").text
    assert "1 з 26 рядків" in text_of(browser.get("/deals/import/1")).replace("\xa0", " ")
    assert browser.post("/deals/import/1/stop").status_code == 303
    files.work(1)
    assert len(titles(office)) == OPENED_AT_ONCE
    again = browser.post("/deals/import/1/stop")
    assert (again.status_code, "Тим часом імпорт пішов далі" in text_of(again)) == (409, True)


def test_rows_with_a_mistake_are_fetched_mended_and_brought_again(office: Office, browse: SignIn) -> None:
    browser = browse("olena")
    opened(office, browser)
    text = browser.get("/deals/import/1/refused.csv").data.decode("utf-8-sig")
    assert "Помпи" in text
    assert "Сума: «багато» не вдалося прочитати" in text
    book = load_workbook(io.BytesIO(browser.get("/deals/import/1/refused.xlsx").data))
    assert book.worksheets[0]["A2"].value == "Помпи"
    assert browser.get("/deals/import/1/refused.exe").status_code == 404
    upload(browser, text.replace("багато", "12", 1).replace("Помпи;", "Помпи;ТОВ «Степ»"))
    DealFiles(office).check(2)
    assert "Відкрити 1 угоду" in text_of(browser.get("/deals/import/2"))


def test_a_file_is_forgotten_before_anything_was_opened(office: Office, browse: SignIn) -> None:
    browser = browse("olena")
    looked_at(office, browser)
    assert browser.post("/deals/import/1/forget").status_code == 303
    assert browser.get("/deals/import/1").status_code == 404


def test_long_files_are_shown_page_by_page(office: Office, browse: SignIn) -> None:
    browser = browse("olena")
    rows = "".join(f"Угода {number};ТОВ «Лан»\n" for number in range(60))
    first = looked_at(office, browser, "Назва;Клієнт\n" + rows)
    following = re.search(r'rel="next" href="([^"]*)"', first.text)
    assert following is not None
    second = text_of(browser.get(following[1].replace("&amp;", "&")))
    assert ("Угода 49" in text_of(first), "Угода 50" in text_of(first)) == (True, False)
    assert ("Угода 49" in second, "Угода 59" in second) == (False, True)


def test_a_map_that_was_not_chosen_is_told_at_its_field_and_a_chosen_one_stays(office: Office, browse: SignIn) -> None:
    office.publish(sales_map().model_copy(update={"key": "second"}))
    browser = browse("olena")
    browser.get("/deals/import")
    form = {"file": (io.BytesIO(DEALS.encode()), "deals.csv"), "definition_key": ""}
    answer = browser.post("/deals/import", form)
    assert answer.status_code == 422
    assert 'id="field-definition_key-error"' in answer.text
    kept_choice = browser.post("/deals/import", {"definition_key": "sale"})
    assert kept_choice.status_code == 422
    assert '<option value="sale" selected>' in kept_choice.text


def test_a_file_that_is_none_is_told_at_its_field(browse: SignIn) -> None:
    browser = browse("olena")
    browser.get("/deals/import")
    assert browser.post("/deals/import", {"definition_key": "sale"}).status_code == 422
    answer = upload(browser, "a;b\n1;2\n")
    assert answer.status_code == 422
    assert "«Що продаємо»" in text_of(answer)


def test_the_template_is_what_the_page_reads(office: Office, browse: SignIn) -> None:
    browser = browse("olena")
    sheet = browser.get("/deals/import/template.csv")
    preview = looked_at(office, browser, sheet.data.decode("utf-8-sig"))
    assert "Відкрити 1 угоду" in text_of(preview)
    book = load_workbook(io.BytesIO(browser.get("/deals/import/template.xlsx").data))
    assert book.worksheets[0]["A1"].value == "Що продаємо"
    assert browser.get("/deals/import/template.exe").status_code == 404


def test_who_opens_no_deals_sees_no_import(office: Office, browse: SignIn) -> None:
    looked_at(office, browse("olena"))
    assert browse("taras").get("/deals/import/1").status_code == 404
    assert browse("bohdan").get("/deals/import/1").status_code == 200
    browser = browse("iryna")
    assert browser.get("/deals/import").status_code == 403
    assert browser.post("/deals/import", {}).status_code == 403
    assert browser.get("/deals/import/1").status_code == 403


@pytest.mark.parametrize("key", ["no-such-map", "x" * 300])
def test_a_map_that_nobody_published_is_told_before_the_file_is_kept(office: Office, browse: SignIn, key: str) -> None:
    browser = browse("olena")
    browser.get("/deals/import")
    answer = browser.post("/deals/import", {"file": (io.BytesIO(DEALS.encode()), "deals.csv"), "definition_key": key})
    assert answer.status_code == 422
    with office.database.read() as session:
        assert list(session.query(DealImport)) == []


@pytest.mark.parametrize("action", ["open", "stop", "forget"])
def test_a_file_of_somebody_else_cannot_be_touched(office: Office, browse: SignIn, action: str) -> None:
    looked_at(office, browse("olena"))
    for login, status in (("taras", 404), ("iryna", 403)):
        stranger = browse(login)
        stranger.get("/deals")
        assert stranger.post(f"/deals/import/1/{action}").status_code == status
        assert stranger.get("/deals/import/1/refused.csv").status_code == status
        assert stranger.get("/deals/import/1/progress").status_code == status
    assert DealFiles(office).view(1).waiting == 2
