from __future__ import annotations

from collections.abc import Callable

from support.api import ApiClient, faults, problem, read

ApiOf = Callable[[str | None], ApiClient]

RULE = {
    "name": "15 % бачать юристи",
    "given": {"values": {"discount": "15"}, "outcomes": {"finance": ["returned"]}},
    "expected": {"through": ["legal"], "not_through": [], "ends": "won"},
}


def test_rules_are_put_read_and_run(api: ApiOf) -> None:
    owner = api("owner")
    assert read(owner.call("PUT", "/definitions/1/rules", body={"rules": [RULE]})) == {"rules": [RULE]}
    assert read(api("bohdan").get("/definitions/1/rules")) == {"rules": [RULE]}
    ran = read(owner.post("/definitions/1/rules/run"))
    assert ran["passed"] is True
    (run,) = ran["runs"]
    assert (run["passed"], run["failures"], run["ends"]) == (True, [], "won")
    assert [one["element_id"] for one in run["way"]][:2] == ["prepare", "legal"]
    assert [one["outcome"] for one in run["way"] if one["element_id"] == "finance"] == ["returned", "approved"]


def test_a_broken_rule_is_told_with_its_place_and_stands_among_the_findings(api: ApiOf) -> None:
    owner = api("owner")
    broken = RULE | {"expected": {"not_through": ["legal"]}}
    read(owner.call("PUT", "/definitions/1/rules", body={"rules": [broken]}))
    (run,) = read(owner.post("/definitions/1/rules/run"))["runs"]
    (failure,) = run["failures"]
    assert failure["element_id"] == "legal"
    assert failure["element_name"] in failure["problem"]
    (finding,) = read(owner.get("/definitions/1"))["findings"]
    assert (finding["code"], finding["severity"], finding["element_id"]) == ("RULE_TEST_FAILED", "error", "legal")


def test_what_is_no_rule_is_refused_whole(api: ApiOf) -> None:
    owner = api("owner")
    answer = owner.call("PUT", "/definitions/1/rules", body={"rules": [{"name": "Порожнє"}]})
    assert set(faults(answer)) == {"expected"}
    unknown = owner.call("PUT", "/definitions/1/rules", body={"rules": [RULE | {"when": "now"}]})
    assert unknown.status_code == 422
    assert read(owner.get("/definitions/1/rules")) == {"rules": []}
    problem(owner.post("/definitions/99/rules/run"), 404, "not_found")
