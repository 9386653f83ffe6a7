"""Approvals over the API: bound to what was read, confirmed where the map asks for it, taken back by who asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from support.api import ApiClient, problem, read
from support.approval_maps import DISCOUNT, SUM, naming
from support.office import Office

from engine.bpmn.compiled import Reauthentication
from engine.commands.people import set_password
from engine.db.session import Database
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.policy.history_chain import content_hash

ApiOf = Callable[[str | None], ApiClient]

PASSWORD = "correct horse"  # of a test


@pytest.fixture
def office(sqlite_database_url: str) -> Iterator[Office]:
    database = Database(sqlite_database_url)
    yield Office(database)
    database.dispose()


def test_a_decision_names_the_content_that_was_read(api: ApiOf, office: Office) -> None:
    office.publish(naming({"legal": DISCOUNT}))
    deal = office.open_deal()
    office.prepare()
    iryna = api("iryna")
    (step,) = read(iryna.get("/work-items?scope=groups"))["items"]
    assert step["content"] == {"fields": {"discount": "7.5"}, "files": []}
    assert step["content_hash"] == content_hash(step["content"])
    with office.database.write() as session:
        session.get_one(Deal, deal.id).fields = {"discount": "9"}
    told = {"outcome": "approved", "content_hash": step["content_hash"]}
    problem(iryna.post(f"/work-items/{step['id']}/complete", told), 409, "content_changed")
    fresh = read(iryna.get(f"/work-items/{step['id']}"))
    done = iryna.post(f"/work-items/{step['id']}/complete", told | {"content_hash": fresh["content_hash"]})
    assert read(done)["outcome"] == "approved"


def test_a_proof_is_asked_for_by_its_code_and_given_once_for_several(api: ApiOf, office: Office) -> None:
    office.publish(naming({"legal": DISCOUNT}, reauthenticate=Reauthentication.PASSWORD))
    office.do("iryna", set_password, office.company.iryna.id, PASSWORD)
    for _ in range(2):
        office.open_deal()
        office.complete(
            "olena", "prepare", values={"discount": "5"}, work_item_id=max(one.id for one in office.open_steps())
        )
    iryna = api("iryna")
    steps = read(iryna.get("/work-items?scope=groups"))["items"]
    assert {one["reauthenticate"] for one in steps} == {"password"}
    address = f"/work-items/{steps[0]['id']}/complete"
    problem(iryna.post(address, {"outcome": "approved"}), 403, "reauthentication_required")
    wrong = problem(iryna.post(address, {"outcome": "approved", "password": "guess"}), 403, "reauthentication_failed")
    assert list(wrong["errors"]) == ["password"]
    several = {"items": [{"id": one["id"], "outcome": "approved"} for one in steps]}
    results = read(iryna.post("/work-items/complete-many", several))["items"]
    assert {one["error"]["code"] for one in results} == {"reauthentication_required"}
    results = read(iryna.post("/work-items/complete-many", several | {"password": PASSWORD}))["items"]
    assert [one["done"] for one in results] == [True, True]


def test_who_asked_takes_a_request_back(api: ApiOf, office: Office) -> None:
    office.publish(naming({"legal": SUM}))
    office.open_deal()
    office.prepare()
    address = f"/work-items/{office.step('legal').id}/recall"
    problem(api("iryna").post(address, {"reason": "Помилка"}), 403, "not_yours_to_recall")
    assert read(api("olena").post(address, {"reason": "Помилка"}, key="back"))["state"] == "cancelled"
    assert read(api("olena").post(address, {"reason": "Помилка"}, key="back"))["state"] == "cancelled"
    problem(api("olena").post(address, {"reason": "Помилка"}), 409, "already_cancelled")
    assert office.step("prepare").is_live


def test_four_eyes_hold_for_programs_heads_and_several_at_once(api: ApiOf, office: Office) -> None:
    process = naming({"legal": SUM}, four_eyes=True)
    prepare = process.steps["prepare"].model_copy(update={"responsible": ("Юридичний відділ",)})
    office.publish(process.model_copy(update={"steps": {**process.steps, "prepare": prepare}}))
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.petro.id, department_id=office.company.legal.id))
    office.open_deal()
    office.prepare("iryna")  # the head of the lawyers, who would approve next
    legal = office.step("legal").id
    iryna = api("iryna")
    problem(iryna.post(f"/work-items/{legal}/complete", {"outcome": "approved"}), 403, "four_eyes")
    (result,) = read(iryna.post("/work-items/complete-many", {"items": [{"id": legal, "outcome": "approved"}]}))[
        "items"
    ]
    assert result["error"]["code"] == "four_eyes"
    problem(iryna.post(f"/work-items/{legal}/delegate", {"to": "iryna"}), 403, "four_eyes")
    problem(iryna.post(f"/work-items/{legal}/claim"), 403, "four_eyes")


def test_what_was_approved_changes_where_the_map_allows_it_and_who_changes_it_says_so(
    api: ApiOf, office: Office
) -> None:
    office.publish(naming({"legal": SUM, "finance": DISCOUNT, "logistics": DISCOUNT}, reask=True))
    deal = office.open_deal()
    office.prepare()
    for login, element in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, element, "approved")
    problem(api("olena").patch(f"/deals/{deal.id}", {"amount": "99000"}), 409, "content_approved")
    changed = read(api("olena").patch(f"/deals/{deal.id}", {"amount": "99000", "ask_again": True}))
    assert (changed["amount"], office.step("prepare").is_live) == (99000, True)


def test_where_the_map_wants_it_no_program_approves_without_naming_what_it_read(api: ApiOf, office: Office) -> None:
    office.publish(naming({"legal": SUM}, content_seen=True))
    office.open_deal()
    office.prepare()
    iryna, legal = api("iryna"), office.step("legal").id
    step = read(iryna.get(f"/work-items/{legal}"))
    assert step["content_seen"] is True
    refused = problem(iryna.post(f"/work-items/{legal}/complete", {"outcome": "approved"}), 422, "invalid_input")
    assert refused["errors"]["content_hash"]["code"] == "content_not_named"
    blind = {"items": [{"id": legal, "outcome": "approved"}]}
    (result,) = read(iryna.post("/work-items/complete-many", blind))["items"]
    assert list(result["error"]["errors"]) == ["content_hash"]
    seeing = {"outcome": "approved", "content_hash": step["content_hash"]}
    assert read(iryna.post(f"/work-items/{legal}/complete", seeing))["outcome"] == "approved"


def test_whom_an_approval_can_be_handed_to_is_told_as_handing_it_on_would(api: ApiOf, office: Office) -> None:
    office.publish(naming({"legal": DISCOUNT}, four_eyes=True))
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.olena.id, department_id=office.company.legal.id))
    office.open_deal()
    office.prepare()
    iryna, legal = api("iryna"), office.step("legal").id
    (olena,) = read(iryna.get(f"/work-items/{legal}/receivers?q=Олена"))["items"]
    (taras,) = read(iryna.get(f"/work-items/{legal}/receivers?q=Тарас"))["items"]
    assert (olena["refusal"], taras["refusal"]) == ("four_eyes", "other_department")
    assert [one["refusal"] for one in read(iryna.get(f"/work-items/{legal}/receivers"))["items"]] == [None]
    iryna.post(f"/work-items/{legal}/claim")
    problem(iryna.post(f"/work-items/{legal}/delegate", {"to": "olena"}), 403, "four_eyes")
    problem(iryna.post(f"/work-items/{legal}/delegate", {"to": "taras"}), 403, "not_allowed")
    problem(api("danylo").get(f"/work-items/{legal}/receivers"), 404, "not_found")
