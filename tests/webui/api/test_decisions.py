"""Decision tables over HTTP: uploaded beside the map or in a zip, read back, told in a deal's history."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from support.api import ApiClient, problem, read
from support.decision_tables import deciding_map, dmn, literal, table

ApiOf = Callable[[str | None], ApiClient]

TASK = '<businessRuleTask id="decide" name="Визначити межу" camunda:decisionRef="limit"/>'
LIMIT = table(
    [("segment", "string", '"vip", "new"'), "rate"],
    [("limit", "number", "[0..50]")],
    ('"vip"', "> 1", "10"),
    ('"new"', "-", "5"),
    defaults={"limit": "0"},
    requires=["rate"],
)
RATE = literal("if deal.amount > 1000 then 2 else 1", decision="rate", name="rate")


def bpmn() -> tuple[str, bytes]:
    return "discount.bpmn", deciding_map(TASK, key="discount")


def tables(*parts: str) -> tuple[str, bytes]:
    return "limits.dmn", dmn(*parts or (LIMIT, RATE))


def zip_of(*files: tuple[str, bytes]) -> tuple[str, bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return "discount.zip", packed.getvalue()


def test_a_zip_of_a_map_and_its_tables_is_deployed_published_and_decides(api: ApiOf) -> None:
    owner = api("owner")
    deployed = read(owner.upload("/definitions", zip_of(tables(), bpmn())), 201)
    assert "AUTOMATED_STAND_IN" not in {one["code"] for one in deployed["findings"]}
    read(owner.post(f"/definitions/{deployed['id']}/publish"))
    assert owner.get(f"/definitions/{deployed['id']}/xml").data == bpmn()[1]
    assert [one["name"] for one in read(owner.get(f"/definitions/{deployed['id']}"))["files"]] == [
        "discount.bpmn",
        "limits.dmn",
    ]

    olena = api("olena")
    deal = {"title": "Насоси", "client": {"name": "ТОВ"}, "definition_key": "discount", "amount": "1500"}
    deal_id = read(olena.post("/deals", deal), 201)["id"]
    (item,) = read(olena.get(f"/work-items?deal_id={deal_id}&scope=mine"))["items"]
    assert [(one["name"], one["type"]) for one in item["fields"]] == [("segment", "choice")]
    read(olena.post(f"/work-items/{item['id']}/complete", {"values": {"segment": "vip"}}))
    (made,) = (one for one in read(olena.get(f"/deals/{deal_id}/history"))["items"] if one["kind"] == "decision_made")
    assert made["data"]["rules"] == [1]
    assert made["data"]["outputs"] == {"limit": 10}
    assert made["data"]["needed"] == {"rate": [[], {"rate": 2}]}
    assert read(olena.get(f"/deals/{deal_id}"))["fields"]["limit"] == 10


def test_the_tables_of_a_map_are_read_back(api: ApiOf) -> None:
    owner = api("owner")
    assert read(owner.upload("/definitions/check", bpmn(), tables()))["accepted"] is True
    deployed = read(owner.upload("/definitions", tables(), bpmn()), 201)
    table_item, rate = read(owner.get(f"/definitions/{deployed['id']}/decisions"))["items"]
    assert (table_item["id"], table_item["name"], table_item["file"]) == ("limit", "Межа знижки", "limits.dmn")
    assert (table_item["hit_policy"], table_item["aggregator"], table_item["tasks"]) == (
        "UNIQUE",
        None,
        ["Визначити межу"],
    )
    assert table_item["inputs"][0] == {
        "label": "segment",
        "name": "",
        "expression": "segment",
        "type": "text",
        "allowed": '"vip", "new"',
        "default": "",
    }
    assert (table_item["outputs"][0]["name"], table_item["outputs"][0]["default"]) == ("limit", "0")
    assert table_item["rules"][1] == {"number": 2, "inputs": ['"new"', "-"], "outputs": ["5"], "annotations": []}
    assert (rate["expression"], rate["hit_policy"], rate["needed_by"]) == (
        "if deal.amount > 1000 then 2 else 1",
        None,
        ["Межа знижки"],
    )
    problem(api("olena").get(f"/definitions/{deployed['id']}/decisions"), 404, "not_found")


def test_every_file_of_a_map_comes_back_byte_for_byte(api: ApiOf) -> None:
    owner = api("owner")
    deployed = read(owner.upload("/definitions", zip_of(tables(), bpmn())), 201)
    files = f"/definitions/{deployed['id']}/files"
    for position, (name, content) in enumerate((bpmn(), tables())):
        answer = owner.get(f"{files}/{position}")
        assert answer.data == content
        assert name in answer.headers["Content-Disposition"]
    problem(owner.get(f"{files}/2"), 404, "not_found")
    problem(api("olena").get(f"{files}/1"), 404, "not_found")


def test_what_is_wrong_with_a_table_is_told_at_its_rule(api: ApiOf) -> None:
    told = read(
        api("owner").upload("/definitions/check", bpmn(), tables(LIMIT.replace("&gt; 1", "&gt; one two"), RATE))
    )
    assert told["accepted"] is False
    (finding,) = (one for one in told["findings"] if one["severity"] == "error")
    assert (finding["code"], finding["element_id"], finding["element_name"]) == (
        "DMN_CELL_NOT_UNDERSTOOD",
        "limit",
        "Межа знижки",
    )
    assert "Rule 1, column “rate”" in finding["message"]
    assert finding["line"] == 1
    assert finding["remedy"]


def test_tables_alone_are_no_map(api: ApiOf) -> None:
    told = problem(api("owner").upload("/definitions", tables()), 422, "map_rejected")
    assert [one["code"] for one in told["findings"]] == ["DMN_WITHOUT_MAP"]
