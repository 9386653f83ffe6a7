from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from openpyxl import load_workbook
from support.office import Office
from support.sales_map import sales_map
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.model.deal import Deal

SignIn = Callable[[str | None], Browser]

SHEET = "Назва;Клієнт;Сума;Колір\nНасоси;ТОВ «Промінь»;12 500,50;синій\nПомпи;;багато;\nВали;ТОВ «Лан»;;\n"


def upload(browser: Browser, text: str = SHEET) -> TestResponse:
    browser.get("/deals/import")
    form = {"file": (io.BytesIO(text.encode()), "deals.csv"), "definition_key": "sale"}
    return browser.post("/deals/import", form)


def kept(preview: TestResponse) -> dict[str, str]:
    """What the preview's form would send."""
    found = dict(re.findall(r'name="(command_id|definition_key)" value="([^"]*)"', preview.text))
    rows = re.search(r'name="rows" value="([^"]*)"', preview.text)
    assert rows is not None
    return found | {"rows": rows[1].replace("&#34;", '"')}


def titles(office: Office) -> list[str]:
    with office.database.read() as session:
        return [deal.title for deal in session.query(Deal).order_by(Deal.id)]


def test_the_page_stands_where_deals_are_opened(browse: SignIn) -> None:
    assert 'href="/deals/import"' in browse("olena").get("/deals").text
    assert 'href="/deals/import"' not in browse("iryna").get("/deals").text


def test_it_shows_what_was_understood_before_anything_is_opened(office: Office, browse: SignIn) -> None:
    preview = upload(browse("olena"))
    page = text_of(preview)
    assert preview.status_code == 200
    assert "12 500,50" in page.replace("\xa0", " ")
    assert "Колір" in page  # told that it is not used
    assert "Відкрити 2 угоди" in page
    assert "«багато» не вдалося прочитати" in page
    assert titles(office) == []


def test_columns_called_like_the_maps_fields_fill_them(office: Office, browse: SignIn) -> None:
    browser = browse("olena")
    sheet = "Назва;Клієнт;Знижка, %;discount\nНасоси;ТОВ «Промінь»;7,5;\nПомпи;ТОВ «Лан»;багато;\n"
    preview = upload(browser, sheet)
    page = text_of(preview)
    assert "Знижка, %: 7,5" in page
    assert "Знижка, % «багато» не вдалося прочитати" in page
    assert browser.post("/deals/import/open", kept(preview)).status_code == 200
    with office.database.read() as session:
        (deal,) = session.query(Deal)
        assert deal.fields["discount"] == "7.5"
    assert "Знижка, %" in browser.get("/deals/import/template.csv?map=sale").data.decode()


def test_what_is_missing_is_told_by_the_name_of_its_column(browse: SignIn) -> None:
    page = text_of(upload(browse("olena"), "Назва;Клієнт\n;ТОВ «Лан»\nПомпи;\n"))
    assert "Клієнт Заповніть поле «Клієнт»" in page
    assert "Що продаємо Заповніть поле «Що продаємо»" in page


def test_what_is_sound_is_opened_and_pressing_twice_opens_nothing_twice(office: Office, browse: SignIn) -> None:
    browser = browse("olena")
    form = kept(upload(browser))
    for _ in range(2):
        done = browser.post("/deals/import/open", form)
        assert done.status_code == 200
        assert "Відкрито 2 угоди" in text_of(done)
        assert "/deals/1" in done.text
        assert "Не відкрито Рядок Що продаємо Що не так Рядок 3 Помпи" in text_of(done), "with what is wrong"
    assert titles(office) == ["Насоси", "Вали"]


def test_rows_that_are_left_out_stand_first(browse: SignIn) -> None:
    page = text_of(upload(browse("olena")))
    assert page.index("Помпи") < page.index("Насоси") < page.index("Вали")


def test_a_map_that_was_not_chosen_is_told_at_its_field_and_a_chosen_one_stays(office: Office, browse: SignIn) -> None:
    office.publish(sales_map().model_copy(update={"key": "second"}))
    browser = browse("olena")
    browser.get("/deals/import")
    form = {"file": (io.BytesIO(SHEET.encode()), "deals.csv"), "definition_key": ""}
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
    preview = upload(browser, sheet.data.decode("utf-8-sig"))
    assert "Відкрити 1 угоду" in text_of(preview)
    book = load_workbook(io.BytesIO(browser.get("/deals/import/template.xlsx").data))
    assert book.worksheets[0]["A1"].value == "Що продаємо"
    assert browser.get("/deals/import/template.exe").status_code == 404


@pytest.mark.parametrize("rows", ["", "[1]", '[[1, "x"]]', '{"a": 1}', "[" + ",".join(["[1,{}]"] * 1_001) + "]"])
def test_what_our_page_did_not_send_is_refused(office: Office, browse: SignIn, rows: str) -> None:
    browser = browse("olena")
    browser.get("/deals/import")
    assert browser.post("/deals/import/open", {"rows": rows, "definition_key": "sale"}).status_code == 400
    assert titles(office) == []


def test_who_opens_no_deals_sees_no_import(browse: SignIn) -> None:
    browser = browse("iryna")
    assert browser.get("/deals/import").status_code == 403
    assert browser.post("/deals/import", {}).status_code == 403
    assert browser.post("/deals/import/open", {}).status_code == 403
