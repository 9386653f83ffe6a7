"""Questions about a map on their page: asked after the upload, answered together, one by one, or as before."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from support.drawn_maps import END, START, chain, drawn, flow, step
from support.office import Office
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.bpmn.compile import compile_bpmn
from engine.commands import definitions
from engine.model.process_definition import ProcessDefinition
from engine.queries.processes import process_of

SignIn = Callable[[str | None], Browser]

FOREIGN = drawn(
    START,
    step("call", "Подзвонити", responsible="Відділ продажів"),
    step("check", "Перевірити договір", responsible="Юридичний відділ"),
    '<exclusiveGateway id="g"/>',
    END,
    chain("start", "call", "check", "g"),
    flow("g", "end", "Так"),
    flow("g", "call", "Ні"),
    key="foreign",
)


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiler without its child: what a child costs and stops is held elsewhere."""
    monkeypatch.setattr(definitions, "compile_in_child", compile_bpmn)


@pytest.fixture
def owner(browse: SignIn) -> Browser:
    return browse("owner")


def upload(browser: Browser) -> str:
    """The address to which the upload leads."""
    browser.get("/maps")
    sent = {"csrf_token": browser.token, "files": [(io.BytesIO(FOREIGN), "foreign.bpmn")]}
    answer = browser.client.post("/maps", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 303
    return str(answer.location)


def form_of(page: TestResponse) -> dict[str, str]:
    """What the page would send: the chosen circles and the hidden fields of its form of questions."""
    (form,) = re.findall(r"<form[^>]*data-questions.*?</form>", page.text, re.DOTALL)
    hidden = re.findall(r'type="hidden" name="(revision|command_id)" value="([^"]*)"', form)
    chosen = re.findall(r'type="radio" name="([^"]*)" value="([^"]*)" checked', form)
    return {name: value.replace("&#39;", "'") for name, value in (*hidden, *chosen)}


def step_of(office: Office, definition_id: int, element_id: str) -> tuple[str, str]:
    with office.database.read() as session:
        found = process_of(session, definition_id).steps[element_id]
    return found.stage, found.deadline_text


def test_an_upload_leads_to_its_questions_and_saving_all_of_them_to_the_map(office: Office, owner: Browser) -> None:
    address = upload(owner)
    assert address.endswith("/questions")
    page = owner.get(address)
    for said in (
        "Питання до карти",
        "Відповіді: 0 із 5",
        "для публікації потрібно 4",
        "Подзвонити",
        "Хто або що вирішує",
    ):
        assert said in text_of(page)
    definition_id = int(address.split("/")[2])
    assert "5 питань без відповіді" in text_of(owner.get(f"/maps/{definition_id}"))
    sent = form_of(owner.get(address)) | {"take": "all"}
    answer = owner.post(address, sent)
    assert (answer.status_code, answer.location) == (303, f"/maps/{definition_id}")
    assert step_of(office, definition_id, "call")[0]
    after = text_of(owner.get(answer.location))
    assert "без відповіді" not in after
    assert "Публікації ніщо не заважає" in after
    # The second click of an impatient hand is answered like the first one.
    assert owner.post(address, sent).location == answer.location
    with office.database.read() as session:
        assert session.get_one(ProcessDefinition, definition_id).revision == 2


def test_one_element_is_answered_and_the_other_choices_stay(office: Office, owner: Browser) -> None:
    address = upload(owner)
    sent = form_of(owner.get(address)) | {
        "take": "element|call",
        "answer|stage:call": "own",
        "own|stage:call": "Контакт",
        "answer|deadline:call": "own",
        "own|deadline:call": "4 роб. год",
        "answer|deadline:check": "own",
        "own|deadline:check": "3 р.д.",
    }
    blank = sent | {"take": "element|g", "answer|decision:g": "own", "own|decision:g": " "}
    assert "Відповіді: 0 із 5" in text_of(owner.post(address, blank))
    page = owner.post(address, sent)
    assert page.status_code == 200
    assert "Відповіді: 2 із 5" in text_of(page)
    assert 'value="3 р.д."' in page.text
    assert step_of(office, int(address.split("/")[2]), "call") == ("Контакт", "4 роб. год")


def test_what_cannot_be_understood_is_marked_and_nothing_is_written(office: Office, owner: Browser) -> None:
    address = upload(owner)
    wrong = {"take": "all", "answer|deadline:call": "own", "own|deadline:call": "коли встигну"}
    page = owner.post(address, form_of(owner.get(address)) | wrong)
    assert page.status_code == 422
    assert "«коли встигну» не розпізнано" in text_of(page) or "коли встигну" in text_of(page)
    assert 'value="коли встигну"' in page.text
    with office.database.read() as session:
        assert session.get_one(ProcessDefinition, int(address.split("/")[2])).revision == 1


def test_the_second_of_two_owners_is_told_and_keeps_what_was_chosen(owner: Browser, browse: SignIn) -> None:
    address = upload(owner)
    other = browse("owner")
    late = form_of(other.get(address)) | {"take": "all", "answer|stage:check": "own", "own|stage:check": "Мій етап"}
    owner.post(address, form_of(owner.get(address)) | {"take": "element|call"})
    page = other.post(address, late)
    assert page.status_code == 409
    assert "Наталія Гриценко" in text_of(page)
    assert 'value="Мій етап"' in page.text


def test_the_next_version_takes_all_earlier_answers_with_one_button(office: Office, owner: Browser) -> None:
    first = upload(owner)
    given = {"take": "element|call", "answer|stage:call": "own", "own|stage:call": "Контакт"}
    owner.post(first, form_of(owner.get(first)) | given)
    second = upload(owner)
    page = owner.get(second)
    assert "Взяти всі 2 попередні відповіді" in text_of(page)
    owner.post(second, form_of(page) | {"take": "before"})
    assert step_of(office, int(second.split("/")[2]), "call")[0] == "Контакт"


def test_an_answer_is_asked_again(office: Office, owner: Browser) -> None:
    address = upload(owner)
    given = {"take": "element|call", "answer|stage:call": "own", "own|stage:call": "Контакт"}
    page = owner.post(address, form_of(owner.get(address)) | given)
    again = {"revision": form_of(page)["revision"], "element_id": "call", "kind": "stage"}
    assert owner.post(f"{address}/reopen", again).status_code == 303
    assert "Відповіді: 1 із 5" in text_of(owner.get(address))
    assert step_of(office, int(address.split("/")[2]), "call")[0] == ""


def test_what_is_typed_is_understood_at_once(owner: Browser) -> None:
    understood = owner.get("/maps/questions/understood?kind=deadline&text=3+р.д.").get_json()
    assert understood["problem"] == ""
    assert understood["words"].startswith("3 робочі дні → ")
    assert "колись" in owner.get("/maps/questions/understood?kind=deadline&text=колись").get_json()["problem"]
    assert owner.get("/maps/questions/understood?kind=nonsense&text=1").status_code == 404


def test_only_process_owners_answer(owner: Browser, browse: SignIn) -> None:
    address = upload(owner)
    administrator = browse("admin")
    page = administrator.get(address)
    assert "Відповідає власник процесу" in text_of(page)
    assert administrator.post(address, {"revision": "1", "take": "all"}).status_code == 403
    assert administrator.post(f"{address}/reopen", {"revision": "1", "kind": "stage"}).status_code == 403
    assert browse("olena").get(address).status_code == 404
    assert browse("olena").get("/maps/questions/understood?kind=stage&text=1").status_code == 404
    assert browse(None).get(address).status_code == 302
