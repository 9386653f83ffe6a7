"""What is only read: history, reports, people, departments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from support.api import ApiClient, faults, problem, read
from support.office import Office

ApiOf = Callable[[str | None], ApiClient]


def test_history_is_followed_from_a_moment_and_a_cursor(api: ApiOf, office: Office) -> None:
    office.open_deal()
    later = office.clock.advance(timedelta(days=1))
    office.prepare()
    bohdan = api("bohdan")
    since = later.isoformat().replace("+00:00", "Z")
    told = read(bohdan.get(f"/history?since={since}&limit=200"))
    assert [one["kind"] for one in told["items"]][:1] == ["step_completed"]
    first = read(bohdan.get("/history?limit=2"))
    second = read(bohdan.get(f"/history?limit=2&cursor={first['next_cursor']}"))
    ids = [one["id"] for page in (first, second) for one in page["items"]]
    assert ids == sorted(set(ids))


def test_history_is_followed_by_the_last_id_that_one_has(api: ApiOf, office: Office) -> None:
    office.open_deal()
    bohdan = api("bohdan")
    every = [one["id"] for one in read(bohdan.get("/history?after=0&limit=200"))["items"]]
    assert every == sorted(every)
    assert every
    assert [one["id"] for one in read(bohdan.get(f"/history?after={every[0]}&limit=2"))["items"]] == every[1:3]
    assert read(bohdan.get(f"/history?after={every[-1]}"))["items"] == []
    assert set(faults(bohdan.get("/history?after=1&since=2026-03-02T08:00:00Z"))) == {"after"}
    assert set(faults(bohdan.get("/history?after=-1"))) == {"after"}


def test_an_outsiders_history_holds_nothing_of_the_deal(api: ApiOf, office: Office) -> None:
    office.open_deal()
    assert read(api("danylo").get("/history"))["items"] == []


@pytest.mark.parametrize(
    "since", ["yesterday", "2026-03-02", "2026-03-02T08:00:00", "5", "0001-01-01T00:00:00%2B14:00"]
)
def test_a_moment_without_its_zone_is_none(api: ApiOf, since: str) -> None:
    assert set(faults(api("olena").get(f"/history?since={since}"))) == {"since"}


def test_reports_count_what_happened(api: ApiOf, office: Office) -> None:
    office.open_deal()
    office.prepare()
    bohdan = api("bohdan")
    funnel = read(bohdan.get("/reports/funnel?definition_key=sale"))
    assert (funnel["opened"], funnel["open"]) == (1, 1)
    assert [stage["reached"] for stage in funnel["stages"]] == [1, 1, 0]
    assert funnel["sums"] == {"open": {"UAH": 125000.5}}
    assert (funnel["reasons"], funnel["stages"][0]["timed"], funnel["stages"][1]["median_s"]) == ([], 1, None)
    legal = read(bohdan.get("/reports/approvals"))["items"][0]
    assert (legal["asked"], legal["waiting"], legal["median_s"]) == (1, 1, None)
    olena = read(bohdan.get("/reports/activity?limit=1"))["items"][0]
    assert (olena["name"], olena["done"], olena["opened"]) == (
        "Олена Коваль",
        1,
        {"count": 1, "sums": {"UAH": 125000.5}, "together": None},
    )
    told = read(bohdan.get("/reports/forecast?definition_key=sale&months=2&group_by=person"))
    assert (told["first"], told["last"], told["before_first"]) == ("2026-03-01", "2026-04-30", "2026-01-01")
    assert (told["undated"], told["total"]["open"], told["whole"]) == (1, 0, {"won": 0, "ended": 0})
    assert set(faults(bohdan.get("/reports/forecast?definition_key=sale&first=1000-01-01"))) == {"first"}
    assert (told["definition_key"], [one["definition_key"] for one in told["maps"]]) == ("sale", ["sale"])
    assert read(bohdan.get("/reports/forecast?months=2&group_by=person")) == told, "without a key: all maps"
    both = read(bohdan.get("/reports/forecast?definition_key=sale&definition_key=renewal&months=2&group_by=person"))
    assert (both["definition_key"], {one["definition_key"] for one in both["maps"]}) == (None, {"sale", "renewal"})
    assert both["total"] == told["total"]
    outcomes = read(bohdan.get("/reports/forecast/outcomes?months=2"))["items"]
    nothing: dict[str, Any] = {"foreseen": None, "won": 0, "won_sums": {}, "won_together": None, "percents": {}}
    assert outcomes == [{"month": "2026-02-01"} | nothing, {"month": "2026-01-01"} | nothing]
    problem(api("iryna").get("/reports/forecast/outcomes"), 404, "not_found")
    by_step = read(bohdan.get("/reports/lateness?group_by=step"))["items"]
    assert [(row["name"], row["done"]) for row in by_step] == [("Підготувати пропозицію", 1)]
    first = read(bohdan.get("/reports/workload?limit=2"))
    second = read(bohdan.get(f"/reports/workload?limit=200&cursor={first['next_cursor']}"))
    assert len(first["items"]) + len(second["items"]) == first["total"]
    problem(api("olena").get("/reports/workload"), 404, "not_found")
    assert set(faults(bohdan.get("/reports/lateness?group_by=colour"))) == {"group_by"}
    assert set(faults(bohdan.get("/reports/funnel"))) == {"definition_key"}


WHOLE = {
    "/own-fields": "what it answers is sent back as it came",
    "/definitions/{definition_id}/questions": "one answer of one revision",
    "/work-items/{work_item_id}/receivers": "narrowed by a name, not turned over",
}


def test_every_list_takes_limit_and_cursor_and_tells_the_next_one(api: ApiOf) -> None:
    described = read(api("olena").get("/openapi.json"))
    schemas = described["components"]["schemas"]
    lists = []
    for address, calls in described["paths"].items():
        content = calls.get("get", {"responses": {}})["responses"].get("200", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
        told = set(schemas.get(schema, {}).get("properties", {}))
        if "items" in told and (place := address.removeprefix("/api/v1")) not in WHOLE:
            taken = {one["name"] for one in calls["get"]["parameters"]}
            assert (place, {"next_cursor", "total"} - told, {"limit", "cursor"} - taken) == (place, set(), set())
            lists.append(place)
    assert {"/people", "/loss-reasons", "/deals/{deal_id}/waiting", "/work-items"} <= set(lists)


def test_people_are_turned_over_and_short_lists_come_whole_or_in_parts(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    olena = api("olena")
    everybody = [one["id"] for one in read(olena.get("/people?limit=200"))["items"]]
    found: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        part = read(olena.get(f"/people?limit=3&cursor={cursor}"))
        found, cursor = found + [one["id"] for one in part["items"]], part["next_cursor"]
    assert found == everybody
    assert len(everybody) > 3
    assert set(faults(olena.get("/people?cursor=nonsense"), "cursor_not_understood")) == {"cursor"}
    targets = f"/deals/{deal.id}/move-targets"
    whole, first = read(olena.get(targets)), read(olena.get(f"{targets}?limit=1"))
    rest = read(olena.get(f"{targets}?cursor={first['next_cursor']}"))
    assert first["items"] + rest["items"] == whole["items"]
    assert first["total"] == whole["total"] == len(whole["items"]) > 1
    assert (whole["next_cursor"], rest["next_cursor"]) == (None, None)
    assert read(olena.get(f"/deals/{deal.id}/waiting?limit=200"))["next_cursor"] is None


def test_every_list_refuses_the_cursor_of_another_one(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    people = [api(login) for login in ("admin", "bohdan", "owner")]
    begun = ("/people", "/history", f"/deals/{deal.id}/history", "/departments")
    foreign = {place: read(people[1].get(f"{place}?limit=1"))["next_cursor"] for place in begun}
    refused = set()
    for address, calls in read(people[0].get("/openapi.json"))["paths"].items():
        place = address.removeprefix("/api/v1")
        if "{" in place or "cursor" not in {one["name"] for one in calls.get("get", {}).get("parameters", ())}:
            continue
        for list_of, cursor in foreign.items():
            if list_of != place:
                asked = (one.get(f"{place}?cursor={cursor}") for one in people)
                told = next(one for one in asked if one.status_code not in {403, 404})
                assert set(faults(told, "cursor_not_understood")) == {"cursor"}, (place, list_of)
                refused.add(place)
    assert {
        "/clients",
        "/contacts",
        "/work-items",
        "/history",
        "/journal",
        "/journal/sign-ins",
        "/incidents",
    } <= refused


def test_whom_a_step_can_be_handed_to_is_found_by_any_part_of_the_name(api: ApiOf) -> None:
    (found,) = read(api("olena").get("/people?q=мельн"))["items"]
    assert found["name"] == "Тарас Мельник"
    departments = read(api("olena").get("/departments"))["items"]
    sales = next(one for one in departments if one["name"] == "Відділ продажів")
    assert (sales["head"]["name"], sales["members"]) == ("Богдан Шевченко", 3)


def test_control_counts_what_a_head_has_to_look_at_and_a_reminder_is_sent_once_an_hour(
    api: ApiOf, office: Office
) -> None:
    office.open_deal()
    office.wait(days=2, hours=1)
    bohdan = api("bohdan")
    told = read(bohdan.get("/reports/control"))
    assert (told["overdue"], told["today"], told["untaken"], told["deals_at_risk"]) == (1, 0, 0, 1)
    assert told["sums_at_risk"] == {"UAH": 125000.5}
    assert [(one["name"], one["overdue"]) for one in told["holders"]] == [("Олена Коваль", 1)]
    step = office.step("prepare").id
    read(bohdan.post(f"/work-items/{step}/remind", {}))
    problem(api("admin").post(f"/work-items/{step}/remind", {}), 409, "reminded_already")
