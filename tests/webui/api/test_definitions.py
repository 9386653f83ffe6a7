from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from support.api import ApiClient, faults, problem, read
from support.office import Office

from engine.bpmn.compile import CompileOutcome, compile_bpmn
from engine.commands import definitions
from processes import ShippedMap, shipped_map, shipped_maps

ApiOf = Callable[[str | None], ApiClient]


@pytest.fixture
def compiles_here(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL alone: on SQLite what is uploaded is compiled in the child, which knows of neither."""
    if not database_url.startswith("sqlite"):
        monkeypatch.setattr(definitions, "compile_in_child", compile_bpmn)


def file_of(one: ShippedMap) -> tuple[str, bytes]:
    return one.file_name, one.content


def zip_of(*maps: ShippedMap) -> tuple[str, bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for one in maps:
            archive.writestr(one.file_name, one.content)
    return "maps.zip", packed.getvalue()


def test_a_check_says_everything_and_stores_nothing(api: ApiOf) -> None:
    owner = api("owner")
    told = read(owner.upload("/definitions/check", file_of(shipped_map("discount-approval"))))
    assert told["accepted"] is True
    refused = read(owner.upload("/definitions/check", ("broken.bpmn", b"<definitions>")))
    assert refused["accepted"] is False
    (finding,) = refused["findings"]
    assert (finding["code"], finding["severity"], finding["line"]) == ("XML_NOT_WELLFORMED", "error", 1)
    assert finding["message"].startswith("The file is damaged at this line, at character 14: the file ends too early")
    assert finding["remedy"]
    assert [one["key"] for one in read(owner.get("/definitions"))["items"]] == ["sale"]


def test_shipped_maps_are_deployed_published_and_start_deals(api: ApiOf) -> None:
    owner = api("owner")
    for one in sorted(shipped_maps(), key=lambda shipped: shipped.key != "discount-approval"):
        answer = owner.upload("/definitions", file_of(one))
        deployed = read(answer, 201)
        assert answer.headers["Location"] == f"/api/v1/definitions/{deployed['id']}"
        assert (deployed["key"], deployed["version"], deployed["status"]) == (one.key, 1, "draft")
        assert read(owner.post(f"/definitions/{deployed['id']}/publish"))["status"] == "published"
        problem(owner.post(f"/definitions/{deployed['id']}/publish"), 409, "already_published")
        assert owner.get(f"/definitions/{deployed['id']}/xml").data == one.content
        steps = read(owner.get(f"/definitions/{deployed['id']}/steps"))["items"]
        assert all(step["stage"] and step["deadline"] and step["responsible"] for step in steps)
    keys = {one["key"] for one in read(api("olena").get("/definitions?status=published"))["items"]}
    assert keys == {"sale"} | {one.key for one in shipped_maps()}
    deal = {"title": "Насоси", "client": {"name": "ТОВ"}, "definition_key": "b2b-sale"}
    assert read(api("olena").post("/deals", deal), 201)["open_steps"] >= 1


def test_maps_that_call_each_other_come_in_one_zip(api: ApiOf) -> None:
    packed = zip_of(shipped_map("b2b-sale"), shipped_map("discount-approval"))
    told = read(api("owner").upload("/definitions/check", packed))
    assert told["accepted"] is True
    assert "CALL_UNRESOLVED" not in {one["code"] for one in told["findings"]}


def test_the_same_key_stores_one_version(api: ApiOf) -> None:
    owner, file = api("owner"), file_of(shipped_map("discount-approval"))
    first = read(owner.upload("/definitions", file, key="once"), 201)
    assert read(owner.upload("/definitions", file, key="once"), 201) == first
    problem(owner.upload("/definitions", file_of(shipped_map("tender")), key="once"), 409, "idempotency_key_reused")
    assert read(owner.upload("/definitions", file), 201)["version"] == 2


def test_a_repetition_is_answered_without_compiling_again(api: ApiOf, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Mapping[str, bytes]] = []

    def compile_counted(files: Mapping[str, bytes], **more: Any) -> CompileOutcome:
        compiled.append(files)
        return compile_bpmn(files, **more)

    monkeypatch.setattr(definitions, "compile_in_child", compile_counted)
    owner = api("owner")
    called, calling = (file_of(shipped_map(key)) for key in ("discount-approval", "b2b-sale"))
    draft = read(owner.upload("/definitions", called, key="up"), 201)
    address = f"/definitions/{draft['id']}"
    edits = {read(owner.get(f"{address}/steps"))["items"][0]["address"]: {"stage": "Перша"}}
    edit = {"body": {"read_revision": 1, "edits": edits}, "headers": {"Idempotency-Key": "edit"}}
    assert read(owner.call("PATCH", f"{address}/steps", **edit))["id"] == draft["id"]
    read(owner.post(f"/definitions/{read(owner.upload('/definitions', calling), 201)['id']}/publish"))
    published = read(owner.post(f"{address}/publish", key="live"))
    assert len(compiled) == 4, "the two files, the one edited, and the map that calls it"
    assert read(owner.upload("/definitions", called, key="up"), 201) == published, "as it is by now"
    assert read(owner.call("PATCH", f"{address}/steps", **edit)) == published
    assert read(owner.post(f"{address}/publish", key="live")) == published
    problem(owner.upload("/definitions", calling, key="up"), 409, "idempotency_key_reused")
    assert len(compiled) == 4


def test_a_draft_is_thrown_away_once_per_key(api: ApiOf) -> None:
    owner = api("owner")
    draft = read(owner.upload("/definitions", file_of(shipped_map("discount-approval")), key="up"), 201)
    told = read(owner.post(f"/definitions/{draft['id']}/discard", key="away"))
    assert told == {"id": draft["id"], "key": "discount-approval", "version": 1, "name": "Погодження знижки"}
    assert read(owner.post(f"/definitions/{draft['id']}/discard", key="away")) == told
    problem(owner.get(f"/definitions/{draft['id']}"), 404, "draft_discarded")
    problem(owner.upload("/definitions", file_of(shipped_map("discount-approval")), key="up"), 404, "draft_discarded")
    assert [one["key"] for one in read(owner.get("/definitions"))["items"]] == ["sale"]
    (live,) = read(owner.get("/definitions"))["items"]
    problem(owner.post(f"/definitions/{live['id']}/discard"), 409, "not_a_draft")


def test_what_is_no_map_is_refused_with_findings(api: ApiOf) -> None:
    told = problem(api("owner").upload("/definitions", ("notes.bpmn", b"no map at all")), 422, "map_rejected")
    assert told["findings"]


def test_a_map_with_errors_is_kept_and_not_published(api: ApiOf) -> None:
    one = shipped_map("discount-approval")
    unknown = one.content.replace("Фінансовий відділ".encode(), "Відділ космосу".encode())
    assert unknown != one.content
    owner = api("owner")
    draft = read(owner.upload("/definitions", (one.file_name, unknown)), 201)
    told = problem(owner.post(f"/definitions/{draft['id']}/publish"), 422, "map_has_errors")
    assert {finding["severity"] for finding in told["findings"]} == {"error"}
    assert "RESPONSIBLE_UNKNOWN" in {finding["code"] for finding in told["findings"]}
    assert read(owner.get(f"/definitions/{draft['id']}"))["status"] == "draft"


def test_an_upload_without_a_file_is_told_so(api: ApiOf) -> None:
    owner = api("owner")
    problem(owner.post("/definitions", {"file": "x"}), 415, "wrong_type")
    assert faults(owner.post("/definitions/check", data={"note": (io.BytesIO(b"x"), "x.txt")})) == {
        "file": "field_required",
        "note": "field_unknown",
    }


def test_maps_are_open_to_those_who_see_maps(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    definition_id = read(api("owner").get(f"/deals/{deal.id}"))["definition"]["id"]
    problem(api("olena").get(f"/definitions/{definition_id}"), 404, "not_found")
    assert api("olena").get(f"/definitions/{definition_id}/xml").status_code == 200
    problem(api("danylo").get(f"/definitions/{definition_id}/xml"), 404, "not_found")
    problem(api("olena").upload("/definitions", ("a.bpmn", b"x")), 403, "ability_missing")
