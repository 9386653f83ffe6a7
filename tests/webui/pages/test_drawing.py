from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from support.office import Office
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.bpmn.findings import Severity
from engine.model.person import Person, Role
from engine.model.process_definition import DefinitionFile, DefinitionState, ProcessDefinition
from engine.queries.map_editors import SEEN_WITHIN
from webui.map_patterns import free_key, patterns

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def owner(browse: SignIn) -> Browser:
    return browse("owner")


def begin(browser: Browser, name: str = "Продаж послуг", pattern: str = "simple-sale") -> str:
    """The address of the drawing page of a new map."""
    browser.get("/maps/new")
    answer = browser.post("/maps/new", {"name": name, "pattern": pattern})
    assert answer.status_code == 303
    return str(answer.location)


def save(browser: Browser, address: str, content: bytes, revision: int, **more: str) -> TestResponse:
    form = {"map": (io.BytesIO(content), "map.bpmn"), "read_revision": str(revision), **more}
    answer = browser.client.post(address, data=form, headers={"X-CSRFToken": browser.token})
    answer.request.environ["wsgi.input"].close()  # the test client keeps a large body in a temporary file
    return answer


def drawing(browser: Browser, address: str) -> bytes:
    return browser.get(address.replace("/edit", "/drawing")).get_data()


def definition(office: Office, address: str) -> ProcessDefinition:
    with office.database.read() as session:
        return session.get_one(ProcessDefinition, int(address.split("/")[2]))


def told(answer: TestResponse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.data)
    return found


@pytest.mark.parametrize("pattern", [one.key for one in patterns()])
def test_every_pattern_is_a_map_that_lacks_only_what_its_owner_knows(
    office: Office, owner: Browser, pattern: str
) -> None:
    address = begin(owner, pattern=pattern)
    kept = definition(office, address)
    assert (kept.key, kept.name, kept.state) == ("prodazh-posluh", "Продаж послуг", DefinitionState.DRAFT)
    assert kept.content_hash, "it was not compiled"
    lacking = {"STAGE_MISSING", "DEADLINE_MISSING", "RESPONSIBLE_MISSING"}
    assert {one["code"] for one in kept.findings if one["severity"] != Severity.INFO.value} <= lacking
    page = owner.get(address)
    assert page.status_code == 200
    assert "Крок продажу" in text_of(page)


def test_a_name_that_is_taken_begins_another_map(office: Office, owner: Browser) -> None:
    assert definition(office, begin(owner)).key == "prodazh-posluh"
    assert definition(office, begin(owner)).key == "prodazh-posluh-2"
    assert free_key("№ 1: їжа", []) == "map-1-izha"
    assert free_key("***", ["map"]) == "map-2"


def test_a_new_map_needs_a_name(owner: Browser) -> None:
    owner.get("/maps/new")
    answer = owner.post("/maps/new", {"name": "  ", "pattern": "tender"})
    assert answer.status_code == 422
    assert 'value="tender" required checked' in answer.text
    assert owner.post("/maps/new", {"name": "Назва", "pattern": "nothing"}).status_code == 404


def test_a_saved_drawing_replaces_the_draft_and_says_what_is_noticed(office: Office, owner: Browser) -> None:
    address = begin(owner)
    content = drawing(owner, address).replace("Підписати договір".encode(), "Підписати й оплатити".encode())
    answer = told(save(owner, address, content.replace(b'"2 \xd1\x80.\xd0\xb4."', b'""'), revision=1))
    assert (answer["revision"], answer["editUrl"]) == (2, address)
    assert {("DEADLINE_MISSING", "error", "sign")} <= {
        (one["code"], one["severity"], one["element"]) for one in answer["findings"]
    }
    assert answer["understood"]["sign"]["stage"] == "Договір"
    assert "Підписати й оплатити".encode() in drawing(owner, address)


def test_what_somebody_saved_meanwhile_is_not_overwritten(office: Office, owner: Browser) -> None:
    address = begin(owner)
    theirs = drawing(owner, address).replace("Виграно".encode(), "Перемога".encode())
    mine = drawing(owner, address).replace("Виграно".encode(), "Успіх".encode())
    assert save(owner, address, theirs, revision=1).status_code == 200
    refused = save(owner, address, mine, revision=1)
    assert refused.status_code == 409
    assert told(refused)["code"] == "amended_meanwhile"
    assert office.company.owner.full_name in told(refused)["message"]
    assert drawing(owner, address) == theirs

    kept = told(save(owner, address, mine, revision=1, as_new="yes"))
    assert kept["editUrl"] != address
    assert drawing(owner, kept["editUrl"]) == mine
    assert definition(office, kept["editUrl"]).version == 2


@pytest.mark.parametrize("published", [False, True])
def test_a_drawing_that_is_sent_again_for_want_of_an_answer_is_kept_once(
    office: Office, owner: Browser, *, published: bool
) -> None:
    address = "/maps/1/edit" if published else begin(owner)
    owner.get(address)
    content = drawing(owner, address) + b"<!-- drawn -->"
    first, again = (save(owner, address, content, revision=1, command_id="one") for _ in range(2))
    assert (first.status_code, told(again)) == (200, told(first))
    with office.database.read() as session:
        key = definition(office, address).key
        assert session.query(ProcessDefinition).filter_by(key=key).count() == (2 if published else 1)
    later = save(owner, told(first)["editUrl"], content + b"<!-- more -->", told(first)["revision"], command_id="one")
    assert (later.status_code, told(later)["code"]) == (409, "idempotency_key_reused")


def test_a_published_version_stays_and_the_drawing_goes_into_a_draft(office: Office, owner: Browser) -> None:
    with office.database.read() as session:
        published = session.query(ProcessDefinition).filter_by(state=DefinitionState.PUBLISHED).one()
        before = session.query(DefinitionFile.content).filter_by(definition_id=published.id).scalar()
    address = f"/maps/{published.id}/edit"
    owner.get(address)
    answer = told(save(owner, address, before + b"<!-- drawn -->", published.revision))
    draft = definition(office, answer["editUrl"])
    assert (draft.state, draft.based_on_id) == (DefinitionState.DRAFT, published.id)
    assert drawing(owner, address) == before


def test_what_is_no_map_any_more_is_refused_with_its_reason(owner: Browser) -> None:
    address = begin(owner)
    before = drawing(owner, address)
    answer = save(owner, address, b"<a/>", revision=1)
    assert answer.status_code == 422
    assert "BPMN 2.0" in told(answer)["message"]
    assert save(owner, address, b" " * (2 * 1024 * 1024 + 1), revision=1).status_code == 413
    assert drawing(owner, address) == before


def test_those_who_have_the_map_open_are_told_of_each_other(office: Office, browse: SignIn, owner: Browser) -> None:
    address = begin(owner)
    presence = address.replace("edit", "presence")
    with office.database.write() as session:
        session.get_one(Person, office.company.danylo.id).role = Role.OWNER
    second = browse("danylo")
    assert told(owner.post(presence)) == {"others": [], "revision": 1, "said": ""}
    assert told(second.post(presence))["others"] == [office.company.owner.full_name]
    assert told(owner.post(presence))["others"] == [office.company.danylo.full_name]

    save(second, address, drawing(second, address), revision=1)
    seen = told(owner.post(presence))
    assert seen["revision"] == 2
    assert office.company.danylo.full_name in seen["said"]
    office.clock.advance(SEEN_WITHIN + timedelta(seconds=1))
    assert told(owner.post(presence))["others"] == []


@pytest.mark.parametrize("address", ["/maps/new", "/maps/1/edit", "/maps/1/presence"])
def test_only_who_may_upload_maps_may_draw(browse: SignIn, address: str) -> None:
    assert browse("olena").post(address).status_code == 404
    assert browse("bohdan").post(address).status_code == 403
    if "presence" not in address:
        assert browse("olena").get(address).status_code == 404
