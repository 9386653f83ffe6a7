"""The page that edits a decision table: what it is given, what it keeps, and what it refuses."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from support.office import Office
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.model.process_definition import DefinitionFile, DefinitionState, ProcessDefinition

SignIn = Callable[[str | None], Browser]
FILES = [Path(__file__).parents[2] / "browser" / f"discount_limit.{ending}" for ending in ("bpmn", "dmn")]
DISCOUNTS = FILES[1].read_bytes()


@pytest.fixture
def owner(browse: SignIn) -> Browser:
    return browse("owner")


@pytest.fixture
def address(owner: Browser) -> str:
    """The page of a new draft with two tables in one file."""
    owner.get("/maps")
    files = [(io.BytesIO(file.read_bytes()), file.name) for file in FILES]
    answer = owner.post("/maps", {"files": files})
    assert answer.status_code == 303
    return str(answer.location)


def state(page: TestResponse) -> dict[str, Any]:
    """What the page gives to its script."""
    setup = page.text.split("data-decision-table='")[1].split("'")[0]
    found: dict[str, Any] = json.loads(unescape(setup))["state"]
    return found


def save(browser: Browser, at: str, table: object, revision: int, **more: Any) -> TestResponse:
    sent = (io.BytesIO(json.dumps(table).encode()), "table.json")
    form = {"table": sent, "read_revision": str(revision), **more}
    return browser.client.post(at, data=form, headers={"X-CSRFToken": browser.token})


def told(answer: TestResponse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.data)
    return found


def kept(office: Office, address: str) -> tuple[ProcessDefinition, dict[str, bytes]]:
    number = int(address.split("/")[2])
    with office.database.read() as session:
        files = session.query(DefinitionFile).filter_by(definition_id=number).order_by(DefinitionFile.id)
        return session.get_one(ProcessDefinition, number), {one.name: one.content for one in files}


def test_a_saved_table_stands_in_its_own_file_and_says_what_is_noticed(
    office: Office, owner: Browser, address: str
) -> None:
    assert f"{address}/decisions/1/edit" in owner.get(address).text
    at = f"{address}/decisions/0/edit"
    page = owner.get(at)
    assert "Межа знижки" in text_of(page)
    given = state(page)
    table = given["table"]
    table["rows"][2]["cells"][2] = "7"
    answer = told(save(owner, at, table, given["revision"]))
    assert (answer["revision"], answer["editUrl"], answer["findings"]) == (2, at, [])
    before = b"<outputEntry><text>5</text></outputEntry>"
    assert kept(office, address)[1]["discount_limit.dmn"] == DISCOUNTS.replace(before, before.replace(b"5", b"7"))

    table["rows"][0]["cells"][0] = '"новий'
    answer = told(save(owner, at, table, 2))
    assert [(one["severity"], one["rule"], one["column"]) for one in answer["findings"]] == [
        ("error", "1", "Сегмент клієнта")
    ]
    assert at in owner.get(address).text, "a table that is not understood can still be mended"


def test_what_somebody_saved_meanwhile_is_not_overwritten(office: Office, owner: Browser, address: str) -> None:
    at = f"{address}/decisions/1/edit"
    given = state(owner.get(at))
    theirs, mine = (json.loads(json.dumps(given["table"])) for _ in range(2))
    theirs["rows"].pop()
    mine["rows"][0]["cells"][0] = ">= 5"
    assert save(owner, at, theirs, 1).status_code == 200
    saved = kept(office, address)[1]
    refused = save(owner, at, mine, 1)
    assert (refused.status_code, told(refused)["code"]) == (409, "amended_meanwhile")
    assert kept(office, address)[1] == saved

    read = (io.BytesIO(b64decode(given["file"])), "table.dmn")
    new = told(save(owner, at, mine, 1, as_new="yes", file=read))
    draft, files = kept(office, new["editUrl"])
    assert draft.version == 2
    assert files["discount_limit.dmn"] == DISCOUNTS.replace(b"<![CDATA[>= 100000]]>", b"&gt;= 5")


def test_what_is_no_table_is_refused(office: Office, owner: Browser, address: str) -> None:
    at = f"{address}/decisions/0/edit"
    table = state(owner.get(at))["table"]
    for wrong in ("x", {}, {**table, "rows": [{"cells": ["1"], "note": "", "origin": 0}]}, {**table, "more": 1}):
        assert told(save(owner, at, wrong, 1))["code"] == "table_not_as_read"
    assert save(owner, at, table, 1, as_new="yes").status_code == 422
    assert owner.get(f"{address}/decisions/2/edit").status_code == 404
    assert kept(office, address)[1]["discount_limit.dmn"] == DISCOUNTS


def test_a_table_is_added_to_a_published_map_in_a_new_draft(office: Office, owner: Browser) -> None:
    with office.database.read() as session:
        published = session.query(ProcessDefinition).filter_by(state=DefinitionState.PUBLISHED).one()
    page = f"/maps/{published.id}/decisions/new"
    assert page in owner.get(f"/maps/{published.id}").text
    owner.get(page)
    assert owner.post(page, {"name": " ", "read_revision": "1"}).status_code == 422
    answer = owner.post(page, {"name": "Межа знижки", "read_revision": str(published.revision)})
    assert answer.status_code == 303
    draft, files = kept(office, answer.location)
    assert (draft.based_on_id, draft.state, list(files)[-1]) == (
        published.id, DefinitionState.DRAFT, "mezha-znyzhky.dmn",
    )  # fmt: skip
    given = state(owner.get(answer.location))
    assert (given["title"], len(given["table"]["rows"])) == ("Межа знижки", 2)
    assert told(save(owner, answer.location, given["table"], given["revision"]))["revision"] == 2
    assert kept(office, answer.location)[1] == files


@pytest.mark.parametrize("page", ["/maps/1/decisions/new", "/maps/1/decisions/0/edit"])
def test_only_who_may_upload_maps_may_edit_tables(browse: SignIn, page: str) -> None:
    assert browse("olena").get(page).status_code == 404
    assert browse("olena").post(page).status_code == 404
    assert browse("bohdan").post(page).status_code == 403
