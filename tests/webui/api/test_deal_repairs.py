"""Repairs over HTTP: the answers that programs get."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.api import ApiClient, faults
from support.office import Office
from support.sales_map import losing_map

from engine.commands.loss_reasons import add_loss_reason
from engine.db.session import Database
from engine.model.deal import Deal

ApiOf = Callable[[str | None], ApiClient]

WHY = "Клієнт змінив умови"


@pytest.fixture
def office(sqlite_database_url: str) -> Office:
    """On SQLite: the commands are tested on both."""
    office = Office(Database(sqlite_database_url))
    office.publish()
    return office


@pytest.fixture
def deal(office: Office) -> Deal:
    deal = office.open_deal()
    office.prepare()
    return deal


def test_targets_say_what_a_move_would_do_or_why_not(deal: Deal, api: ApiOf) -> None:
    found = {one["element_id"]: one for one in api("admin").get(f"/deals/{deal.id}/move-targets").get_json()["items"]}
    assert list(found) == ["prepare", "legal", "finance", "logistics", "sign", "call"]
    assert found["prepare"]["refusal"] is None
    assert found["prepare"]["withdrawn"] == [found[one]["name"] for one in ("legal", "finance", "logistics")]
    assert found["sign"]["passed_over"] == found["prepare"]["withdrawn"]
    assert found["legal"]["refusal"]["code"] == "move_already_there"
    assert found["call"]["refusal"]["code"] == "move_beside_way"
    strict = api("olena").get(f"/deals/{deal.id}/move-targets").get_json()["items"][0]
    assert strict["refusal"]["code"] == "map_is_strict"


def test_a_deal_is_moved_by_a_steps_name_once_per_key_and_back(office: Office, deal: Deal, api: ApiOf) -> None:
    admin = api("admin")
    body = {"to": "Підготувати пропозицію", "reason": WHY}
    for _ in range(2):
        answer = admin.post(f"/deals/{deal.id}/move", body, key="m-1")
        assert (answer.status_code, answer.get_json()["stage"]) == (200, "Пропозиція")
    assert office.kinds(deal).count("deal_moved") == 1
    assert admin.post(f"/deals/{deal.id}/move", body | {"reason": "Інша"}, key="m-1").status_code == 409
    assert admin.post(f"/deals/{deal.id}/move/undo", {}).get_json()["stage"] == "Погодження"


def test_only_named_steps_are_taken_back(office: Office, deal: Deal, api: ApiOf) -> None:
    legal = office.step("legal", deal).id
    answer = api("admin").post(f"/deals/{deal.id}/move", {"to": "prepare", "from": [legal], "reason": WHY})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "move_strands_branch")


def test_a_suspended_deal_answers_409(office: Office, deal: Deal, api: ApiOf) -> None:
    legal = office.step("legal", deal).id
    olena = api("olena")
    assert olena.post(f"/deals/{deal.id}/suspend", {"reason": WHY}).get_json()["open_steps"] == 0
    waiting = olena.get(f"/deals/{deal.id}/waiting").get_json()
    assert (waiting["standing"], waiting["items"]) == ("suspended", [])
    assert WHY in waiting["sentence"]
    done = api("iryna").post(f"/work-items/{legal}/complete", {"outcome": "approved"})
    assert (done.status_code, done.get_json()["code"]) == (409, "deal_suspended")
    assert olena.post(f"/deals/{deal.id}/resume", {"deadlines": "keep"}).get_json()["open_steps"] == 3


def test_a_cancelled_deal_is_reopened(deal: Deal, api: ApiOf) -> None:
    olena = api("olena")
    assert olena.post(f"/deals/{deal.id}/cancel", {"reason": WHY}).get_json()["result"] == "cancelled"
    assert olena.post(f"/deals/{deal.id}/reopen", {"reason": WHY}).get_json()["result"] == "open"


def test_variables_are_set_by_their_types(office: Office, deal: Deal, api: ApiOf) -> None:
    admin = api("admin")
    admin.post(f"/deals/{deal.id}/move", {"to": "prepare", "reason": WHY})
    answer = admin.post(f"/deals/{deal.id}/variables", {"values": {"discount": "80"}, "reason": WHY})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["discount"])
    assert admin.post(f"/deals/{deal.id}/variables", {"values": {"discount": 9}, "reason": WHY}).status_code == 200
    assert office.deal(deal).fields["discount"] == "9"


def test_a_reason_is_chosen_from_the_list_or_said_in_words_as_ever(office: Office, api: ApiOf) -> None:
    reason = office.do("owner", add_loss_reason, "Ціна")
    olena, told = api("olena"), ("loss_reason_id", "loss_reason")
    offered = {"id": reason.id, "name": "Ціна", "is_archived": False}
    assert olena.get("/loss-reasons").get_json() == {"items": [offered], "next_cursor": None, "total": 1}
    ended = []
    for body in ({"reason": WHY}, {"reason_id": reason.id}, {"reason_id": reason.id, "reason": WHY}):
        answer = olena.post(f"/deals/{office.open_deal().id}/cancel", body).get_json()
        ended.append([answer[name] for name in told])
    assert ended == [[None, WHY], [reason.id, "Ціна"], [reason.id, f"Ціна: {WHY}"]]
    assert faults(olena.post(f"/deals/{office.open_deal().id}/cancel", {})) == {"reason": "reason_required"}
    listed = olena.get(f"/deals?loss_reason_id={reason.id}").get_json()["items"]
    assert len(listed) == len(ended) - 1
    changed = olena.patch(f"/deals/{listed[0]['id']}", {"loss_reason_id": None, "loss_reason": "Інше"}).get_json()
    assert [changed[name] for name in told] == [None, "Інше"]


def test_a_program_is_told_that_a_lost_deal_lacks_its_reason_and_may_give_it_with_many(
    office: Office, api: ApiOf
) -> None:
    office.publish(losing_map())
    olena, deals = api("olena"), [office.open_deal() for _ in range(4)]
    steps = [office.step("ask", deal).id for deal in deals]
    unlisted = olena.post(f"/work-items/{steps[0]}/complete", {"outcome": "completed"}).get_json()
    assert unlisted["loss_reason_missing"] is False  # the company has no list
    reason = office.do("owner", add_loss_reason, "Ціна")
    alone = olena.post(f"/work-items/{steps[1]}/complete", {"outcome": "completed"}).get_json()
    assert alone["loss_reason_missing"] is True
    items = [
        {"id": steps[2], "outcome": "completed", "loss_reason_id": reason.id},
        {"id": steps[3], "outcome": "completed"},
    ]
    told = olena.post("/work-items/complete-many", {"items": items}).get_json()["items"]
    assert [(one["done"], one["loss_reason_missing"]) for one in told] == [(True, False), (True, True)]
    assert office.deal(deals[2]).loss_reason == "Ціна"
    wrong = {"items": [{"id": steps[3], "outcome": "completed", "loss_reason_id": 999}]}
    assert olena.post("/work-items/complete-many", wrong).get_json()["items"][0]["done"] is False
