from __future__ import annotations

from collections.abc import Callable

import pytest
from support.api import ApiClient, faults, problem, read
from support.office import Office

ApiOf = Callable[[str | None], ApiClient]


def test_the_inbox_tells_all_that_is_needed_to_do_a_step(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    (step,) = read(api("olena").get("/work-items?scope=mine&state=open"))["items"]
    assert step["deal"] == {"id": deal.id, "number": deal.number, "title": deal.title}
    assert step["assignee"]["login"] == "olena"
    assert step["group"]["name"] == "Відділ продажів"
    assert step["outcomes"] == [{"id": "completed", "kind": "completed", "label": "", "needs_reason": False}]
    fields = {field["name"]: field for field in step["fields"]}
    assert (fields["discount"]["type"], fields["discount"]["required"]) == ("percent", True)
    assert fields["deal.amount"]["value"] == "125000.50"
    assert step["due_at"] == "2026-03-04T08:00:00Z"
    assert read(api("olena").get(f"/work-items/{step['id']}")) == step


def test_a_deal_walks_to_its_end_over_http(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    olena = api("olena")
    (step,) = read(olena.get("/work-items"))["items"]
    done = read(olena.post(f"/work-items/{step['id']}/complete", {"values": {"discount": 7.5}}))
    assert (done["state"], done["outcome"]) == ("completed", "completed")
    for login in ("iryna", "oksana", "petro"):
        program = api(login)
        (approval,) = read(program.get("/work-items?scope=groups"))["items"]
        assert read(program.post(f"/work-items/{approval['id']}/claim"))["assignee"]["login"] == login
        read(program.post(f"/work-items/{approval['id']}/complete", {"outcome": "approved"}))
    (sign,) = read(olena.get(f"/work-items?deal_id={deal.id}"))["items"]
    read(olena.post(f"/work-items/{sign['id']}/complete", {}))
    assert read(olena.get(f"/deals/{deal.id}"))["result"] == "won"
    assert len(read(olena.get(f"/work-items?scope=done&deal_id={deal.id}"))["items"]) == 2


def test_who_comes_second_is_told_by_whom_and_when_it_was_done(api: ApiOf, office: Office) -> None:
    office.open_deal()
    item = office.prepare()
    late = problem(api("olena").post(f"/work-items/{item.id}/complete", {}), 409, "already_completed")
    assert (late["by"], late["at"]) == (office.company.olena.full_name, "2026-03-02T08:00:00Z")


def test_a_repeated_completion_is_answered_and_done_once(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    address, olena = f"/work-items/{office.step('prepare').id}/complete", api("olena")
    first = read(olena.post(address, {"values": {"discount": "7,5"}}, key="click"))
    assert read(olena.post(address, {"values": {"discount": "7,5"}}, key="click")) == first
    assert office.kinds(deal).count("step_completed") == 1
    problem(olena.post(address, {"values": {"discount": "8"}}, key="click"), 409, "idempotency_key_reused")


def test_wrong_values_are_told_at_their_fields_and_the_step_stays_open(api: ApiOf, office: Office) -> None:
    office.open_deal()
    address = f"/work-items/{office.step('prepare').id}/complete"
    wrong = {"values": {"discount": "багато", "deal.amount": "дорого"}}
    assert faults(api("olena").post(address, wrong)) == {
        "discount": "field_not_understood",
        "deal.amount": "field_not_understood",
    }
    assert faults(api("olena").post(address, {"outcome": "sold"})) == {"outcome": "unknown_outcome"}
    assert faults(api("olena").post(address, {"result": "sold"})) == {"result": "field_unknown"}
    assert office.step("prepare").is_live


def test_values_that_a_step_has_no_field_for_are_named_in_the_answer_and_harm_nothing(
    api: ApiOf, office: Office
) -> None:
    office.open_deal()
    olena, given = api("olena"), {"discount": 7.5, "dicsount": 9, "note": ""}
    address = f"/work-items/{office.step('prepare').id}/complete"
    done = read(olena.post(address, {"values": given}, key="click"))
    assert (done["state"], done["values_not_taken"]) == ("completed", ["dicsount", "note"])
    assert read(olena.post(address, {"values": given}, key="click")) == done
    office.open_deal()
    second = {"id": office.step("prepare").id, "values": {"discount": 1, "rabatt": 5}}
    (told,) = read(olena.post("/work-items/complete-many", {"items": [second]}))["items"]
    assert (told["done"], told["values_not_taken"]) == (True, ["rabatt"])


def test_steps_are_narrowed_to_those_that_somebody_holds(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    iryna = api("iryna")
    office.prepare()
    legal = office.step("legal").id
    held = f"/work-items?scope=all&deal_id={deal.id}&state=claimed"
    assert read(iryna.get(held))["items"] == []
    read(iryna.post(f"/work-items/{legal}/claim"))
    assert [(one["id"], one["state"]) for one in read(iryna.get(held))["items"]] == [(legal, "claimed")]
    assert len(read(iryna.get(held.replace("claimed", "open")))["items"]) > 1


def test_returning_needs_a_reason(api: ApiOf, office: Office) -> None:
    office.open_deal()
    office.prepare()
    address = f"/work-items/{office.step('legal').id}/complete"
    assert faults(api("iryna").post(address, {"outcome": "returned"})) == {"comment": "reason_required"}


def test_an_outsider_finds_no_step_and_a_colleague_may_not_do_it(api: ApiOf, office: Office) -> None:
    office.open_deal()
    item = office.step("prepare")
    for action, body in (
        ("claim", None),
        ("release", None),
        ("complete", {}),
        ("delegate", {"to": "taras"}),
        ("extend", {"due_at": "2 р.д.", "reason": "Треба"}),
        ("comment", {"text": "Що це?"}),
    ):
        problem(api("danylo").post(f"/work-items/{item.id}/{action}", body), 404, "not_found")
    problem(api("danylo").get(f"/work-items/{item.id}"), 404, "not_found")
    problem(api("bohdan").post(f"/work-items/{item.id}/complete", {}), 403, "step_not_yours")


def test_a_step_is_taken_once_and_given_back(api: ApiOf, office: Office) -> None:
    office.open_deal()
    office.prepare()
    item = office.step("legal")
    iryna = api("iryna")
    assert read(iryna.post(f"/work-items/{item.id}/claim", key="take"))["state"] == "claimed"
    assert read(iryna.post(f"/work-items/{item.id}/release"))["assignee"] is None
    repeated = read(iryna.post(f"/work-items/{item.id}/claim", key="take"))
    assert repeated["assignee"] is None, "the repetition changes nothing and tells how it stands now"
    office.complete("iryna", "legal", "approved")
    problem(iryna.post(f"/work-items/{item.id}/claim"), 409, "already_completed")


@pytest.mark.parametrize("by", ["login", "id"])
def test_a_step_is_handed_to_somebody_by_login_or_id(api: ApiOf, office: Office, by: str) -> None:
    office.open_deal()
    item = office.step("prepare")
    to = "taras" if by == "login" else office.company.taras.id
    told = read(api("olena").post(f"/work-items/{item.id}/delegate", {"to": to, "comment": "Я у відпустці"}))
    assert told["assignee"]["login"] == "taras"


@pytest.mark.parametrize("to", ["nobody", 999_999])
def test_a_step_cannot_be_handed_to_nobody(api: ApiOf, office: Office, to: object) -> None:
    office.open_deal()
    item = office.step("prepare")
    assert set(faults(api("olena").post(f"/work-items/{item.id}/delegate", {"to": to}))) == {"to"}


@pytest.mark.parametrize(
    ("due_at", "moved_to"),
    [("4 р.д.", "2026-03-06T08:00:00Z"), ("2026-03-10T12:00:00+02:00", "2026-03-10T10:00:00Z")],
)
def test_a_head_gives_more_time_by_rule_or_moment(api: ApiOf, office: Office, due_at: str, moved_to: str) -> None:
    office.open_deal()
    item = office.step("prepare")
    more = {"due_at": due_at, "reason": "Клієнт у відпустці"}
    problem(api("olena").post(f"/work-items/{item.id}/extend", more), 403, "not_allowed")
    assert read(api("bohdan").post(f"/work-items/{item.id}/extend", more))["due_at"] == moved_to


@pytest.mark.parametrize(
    "due_at",
    [
        "колись",
        "2026-02-30T10:00:00Z",
        "2026-03-10T12:00:00",  # in which zone?
        "2026-03-10 12:00",
        "2020-01-01T10:00:00Z",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_what_is_no_later_deadline_is_refused_at_its_field(api: ApiOf, office: Office, due_at: str) -> None:
    office.open_deal()
    item = office.step("prepare")
    wrong = {"due_at": due_at, "reason": "Треба"}
    assert set(faults(api("bohdan").post(f"/work-items/{item.id}/extend", wrong))) == {"due_at"}


def test_a_comment_stands_in_the_history(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    item = office.step("prepare")
    for _ in range(2):
        read(api("olena").post(f"/work-items/{item.id}/comment", {"text": "Чекаю рахунок"}, key="say"))
    (said,) = read(api("olena").get(f"/deals/{deal.id}/history?kind=commented"))["items"]
    assert said["data"]["text"] == "Чекаю рахунок"
    assert set(faults(api("olena").post(f"/work-items/{item.id}/comment", {"text": " "}))) == {"text"}


def test_of_several_steps_one_that_fails_does_not_hold_the_others_back(api: ApiOf, office: Office) -> None:
    office.open_deal()
    office.prepare()
    legal, finance = office.step("legal"), office.step("finance")
    items = [{"id": one, "outcome": "approved"} for one in (finance.id, legal.id, 999_999)]
    told = read(api("iryna").post("/work-items/complete-many", {"items": items}, key="all"))["items"]
    assert [one["done"] for one in told] == [False, True, False]
    assert [one["error"] and one["error"]["code"] for one in told] == ["step_not_yours", None, "not_found"]
    again = read(api("iryna").post("/work-items/complete-many", {"items": items}, key="all"))["items"]
    assert [one["done"] for one in again] == [False, True, False]
    wrong = {"items": [{"id": legal.id, "outcome": 1}]}
    assert set(faults(api("iryna").post("/work-items/complete-many", wrong))) == {"items.0.outcome"}


def test_the_inbox_goes_on_where_its_cursor_says(api: ApiOf, office: Office) -> None:
    for _ in range(3):
        office.open_deal()
    olena = api("olena")
    first = read(olena.get("/work-items?limit=2"))
    second = read(olena.get(f"/work-items?limit=2&cursor={first['next_cursor']}"))
    assert [len(page["items"]) for page in (first, second)] == [2, 1]
    assert set(faults(olena.get("/work-items?scope=everybody&q=" + "я" * 201))) == {"scope", "q"}
