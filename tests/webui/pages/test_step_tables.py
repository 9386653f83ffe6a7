from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from openpyxl import load_workbook
from support.office import Office
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.commands.definitions import check_map, deploy_definition, published_sources
from engine.commands.publishing import publish_definition
from engine.model.process_definition import ProcessDefinition
from processes import shipped_map

SignIn = Callable[[str | None], Browser]

SMALL = """<?xml version="1.0" encoding="windows-1251"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
 <!-- Зміст цього коментаря належить іншому редактору -->
 <process id="small" name="Мала карта"><startEvent id="s"/>
  <userTask id="call" name="Подзвонити"><extensionElements><zeebe:userTask/></extensionElements></userTask>
  <userTask id="meet" name="Зустрітися"/><endEvent id="e"/>
  <sequenceFlow id="f1" sourceRef="s" targetRef="call"/><sequenceFlow id="f2" sourceRef="call" targetRef="meet"/>
  <sequenceFlow id="f3" sourceRef="meet" targetRef="e"/></process></definitions>"""
FILES = {"small.bpmn": SMALL.encode("cp1251")}
FULL = {"stage": "Перший", "deadline": "1 р.д.", "responsible": "Юридичний відділ"}


@pytest.fixture
def draft(office: Office) -> ProcessDefinition:
    return office.do("owner", deploy_definition, check_map(FILES, library={}))


def send(
    browser: Browser, address: str, edits: Mapping[str, Mapping[str, str]], *, revision: int = 1, **more: str
) -> TestResponse:
    form = {"edits": json.dumps(edits), "read_revision": str(revision), "csrf_token": browser.token, **more}
    return browser.client.post(address, data=form, headers={"Accept": "application/json"})


def file_of(browser: Browser, definition_id: int) -> str:
    return browser.get(f"/maps/{definition_id}/files/0").get_data().decode("cp1251")


def uploaded(browser: Browser, definition_id: int, rows: list[list[Any]]) -> TestResponse:
    text = "\n".join(";".join(row) for row in rows)
    form = {"csrf_token": browser.token, "file": (io.BytesIO(text.encode()), "table.csv")}
    return browser.client.post(f"/maps/{definition_id}/steps/import", data=form, content_type="multipart/form-data")


def test_saved_cells_stand_in_the_owners_file_and_take_the_remarks_away(
    browse: SignIn, draft: ProcessDefinition
) -> None:
    browser = browse("owner")
    page = text_of(browser.get(f"/maps/{draft.id}"))
    assert "Подзвонити" in page
    answer = send(browser, f"/maps/{draft.id}/steps", {"call": FULL, "meet": {**FULL, "freedom": "вільно"}})
    assert answer.json == {"location": f"/maps/{draft.id}"}
    told = text_of(browser.get(f"/maps/{draft.id}"))
    assert "Збережено. Зміни записано у файл карти." in told
    assert "Публікації ніщо не заважає." in told
    written = file_of(browser, draft.id)
    assert "<!-- Зміст цього коментаря належить іншому редактору -->" in written
    assert "<zeebe:userTask/>" in written
    assert '<reglament:property name="freedom" value="free"/>' in written
    assert '<camunda:property name="deadline" value="1 р.д."/>' in written


def test_what_an_approval_says_has_columns_where_there_is_an_approval(browse: SignIn, draft: ProcessDefinition) -> None:
    browser, address = browse("owner"), f"/maps/{draft.id}/steps"
    assert 'data-column="reask"' not in browser.get(f"/maps/{draft.id}").text
    assert send(browser, address, {"call": {**FULL, "approval": "всі"}, "meet": FULL}).status_code == 200
    assert 'data-column="reask"' in browser.get(f"/maps/{draft.id}").text
    said = {"approved_content": "deal.amount, *.pdf", "reauthenticate": "код", "recall": "ні", "reask": "так"}
    assert send(browser, address, {"call": said}, revision=2).status_code == 200
    written = file_of(browser, draft.id)
    for name, value in {**said, "reauthenticate": "code", "recall": "no", "reask": "yes"}.items():
        assert f'<reglament:property name="{name}" value="{value}"/>' in written


def test_cells_are_checked_while_they_are_typed_and_nothing_is_kept(browse: SignIn, draft: ProcessDefinition) -> None:
    browser = browse("owner")
    typed = {
        "call": {"deadline": "3 робочі дні", "responsible": "Відділ мрій", "escalation": "керівнику в строк"},
        "meet": {"deadline": "колись", "approval": "всі", "responsible": "=owner"},
    }
    cells = (send(browser, f"/maps/{draft.id}/steps/check", typed).json or {})["cells"]
    assert cells["call"]["deadline"]["said"] == "3 робочі дні → чт до 10:00"
    assert cells["call"]["responsible"]["unknown"] == "Немає такого відділу чи людини: Відділ мрій."
    assert cells["call"]["escalation"]["problem"] == ""
    assert "«колись»" in cells["meet"]["deadline"]["problem"]
    assert cells["meet"]["approval"]["said"] == "усі у відділі"
    assert cells["meet"]["responsible"]["said"] == "власник угоди"
    assert file_of(browser, draft.id) == SMALL


def test_a_cell_that_cannot_be_read_refuses_the_whole_and_says_which(browse: SignIn, draft: ProcessDefinition) -> None:
    browser = browse("owner")
    answer = send(browser, f"/maps/{draft.id}/steps", {"call": {**FULL, "deadline": "колись"}, "meet": FULL})
    assert answer.status_code == 422
    assert list((answer.json or {})["cells"]) == ["call"]
    assert file_of(browser, draft.id) == SMALL


def test_who_saves_second_is_told_who_was_first(browse: SignIn, draft: ProcessDefinition, office: Office) -> None:
    browser = browse("owner")
    send(browser, f"/maps/{draft.id}/steps", {"call": FULL})
    answer = send(browser, f"/maps/{draft.id}/steps", {"call": {"stage": "Другий"}})
    assert answer.status_code == 409
    told = answer.json or {}
    assert told["meanwhile"]
    assert office.company.owner.full_name in told["problem"]
    assert "Другий" not in file_of(browser, draft.id)


def test_a_published_version_stays_and_pressing_twice_makes_one_draft(
    browse: SignIn, draft: ProcessDefinition, office: Office
) -> None:
    browser = browse("owner")
    send(browser, f"/maps/{draft.id}/steps", {"call": FULL, "meet": FULL})
    office.do("owner", publish_definition, draft.id)
    edits = {"call": {"deadline": "2 р.д."}}
    answers = [send(browser, f"/maps/{draft.id}/steps", edits, revision=2, command_id="once") for _ in range(2)]
    assert answers[0].json == answers[1].json
    location = (answers[0].json or {})["location"]
    assert location != f"/maps/{draft.id}"
    assert "версія 2" in text_of(browser.get(location)).casefold()
    assert "2 р.д." not in file_of(browser, draft.id)


def test_the_table_goes_to_a_spreadsheet_and_back(browse: SignIn, draft: ProcessDefinition) -> None:
    browser = browse("owner")
    send(browser, f"/maps/{draft.id}/steps", {"call": {**FULL, "responsible": "=owner"}})
    content = browser.get(f"/maps/{draft.id}/steps/table.xlsx").data
    (sheet,) = load_workbook(io.BytesIO(content)).worksheets
    rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert [row[:2] for row in rows[1:]] == [["call", "Подзвонити"], ["meet", "Зустрітися"]]
    assert "нічого не змінюється" in text_of(uploaded(browser, draft.id, rows))

    deadline = rows[0].index("Термін")
    rows[2][deadline] = "2 р.д."
    page = uploaded(browser, draft.id, rows)
    assert "Зберегти 1 зміну" in text_of(page)
    form = {"edits": json.dumps({"meet": {"deadline": "2 р.д."}}), "read_revision": "2", "csrf_token": browser.token}
    assert browser.client.post(f"/maps/{draft.id}/steps", data=form).status_code == 303
    assert '<reglament:property name="deadline" value="2 р.д."/>' in file_of(browser, draft.id)


def test_what_a_word_processor_leaves_in_a_cell_is_left_out(browse: SignIn, draft: ProcessDefinition) -> None:
    """No XML can hold these characters: one of them must not stand against saving the whole table."""
    browser = browse("owner")
    browser.get(f"/maps/{draft.id}")
    pasted = {"call": FULL | {"stage": "Пер\x0bший\ufffe"}, "meet": FULL | {"instruction": "Спитати\x00 ще\x01"}}
    assert send(browser, f"/maps/{draft.id}/steps", pasted).status_code == 200
    written = file_of(browser, draft.id)
    assert "Спитати ще" in written
    assert browser.get(f"/maps/{draft.id}/handbook.docx").status_code == 200


def test_what_is_wrong_in_a_spreadsheet_is_said_by_row_and_column(browse: SignIn, draft: ProcessDefinition) -> None:
    browser = browse("owner")
    rows = [
        ["Код кроку (не змінювати)", "Термін", "Погода"],
        ["call", "колись", "дощ"],
        ["nowhere", "1 р.д.", ""],
        ["meet", "1 р.д.", ""],
        ["meet", "2 р.д.", ""],
    ]
    told = text_of(uploaded(browser, draft.id, rows))
    assert "2 Термін «колись» не схоже на термін" in told
    assert "3 Код кроку (не змінювати) На цій карті немає кроку з кодом «nowhere»." in told
    assert "5 Код кроку (не змінювати) Крок «meet» стоїть у файлі двічі." in told
    assert "Погода" in told
    assert "Зберегти" not in told
    assert uploaded(browser, draft.id, [["Термін"], ["1 р.д."]]).status_code == 422


def test_steps_of_a_called_map_are_shown_and_edited_only_on_their_own_page(browse: SignIn, office: Office) -> None:
    called, sale = (
        {shipped.file_name: shipped.content} for shipped in map(shipped_map, ("discount-approval", "b2b-sale"))
    )
    definition = office.do("owner", deploy_definition, check_map(called, library={}))
    office.do("owner", publish_definition, definition.id)
    with office.database.read() as session:
        library = published_sources(session)
    caller = office.do("owner", deploy_definition, check_map(sale, library=library))
    browser = browse("owner")
    page = browser.get(f"/maps/{caller.id}").text
    assert 'data-address="accept_lead"' in page
    assert "Обґрунтувати знижку" in page
    assert 'data-address="justify_discount"' not in page
    refused = send(browser, f"/maps/{caller.id}/steps", {"justify_discount": {"stage": "Чужий"}})
    assert refused.status_code == 422


@pytest.mark.parametrize("login", ["olena", "bohdan"])
def test_who_may_not_edit_maps_saves_nothing(browse: SignIn, draft: ProcessDefinition, login: str) -> None:
    browser = browse(login)
    for address in ("steps", "steps/check", "steps/import"):
        assert send(browser, f"/maps/{draft.id}/{address}", {"call": FULL}).status_code in {403, 404}
    assert browser.get(f"/maps/{draft.id}/steps/table.xlsx").status_code == (404 if login == "olena" else 200)


@pytest.mark.parametrize("edits", ["", "[]", '{"call": {"colour": "red"}}', '{"call": {"stage": 7}}'])
def test_what_no_page_of_ours_sends_is_refused(browse: SignIn, draft: ProcessDefinition, edits: str) -> None:
    browser = browse("owner")
    form = {"edits": edits, "read_revision": "1", "csrf_token": browser.token}
    assert browser.client.post(f"/maps/{draft.id}/steps", data=form).status_code == 400


def test_an_import_without_a_file_asks_for_one_at_its_field(browse: SignIn, draft: ProcessDefinition) -> None:
    owner = browse("owner")
    answer = owner.client.post(f"/maps/{draft.id}/steps/import", data={"csrf_token": owner.token})
    assert answer.status_code == 422
    assert 'aria-describedby="step-file-names step-file-error" aria-invalid="true"' in answer.text
