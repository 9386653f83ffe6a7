from __future__ import annotations

from collections.abc import Callable

import pytest
from support.api import ApiClient, faults, problem, read
from support.office import Office

from engine.model.deal import Deal
from engine.model.work_item import WorkItem

ApiOf = Callable[[str | None], ApiClient]

DEAL = {"title": "Насоси", "client": {"name": "ТОВ «Промінь»"}, "definition_key": "sale"}


def test_opening_a_deal_with_a_new_client_starts_its_map(api: ApiOf) -> None:
    olena = api("olena")
    answer = olena.post("/deals", DEAL | {"amount": "125000.50", "owner": "olena", "fields": {"delivery": "Київ"}})
    deal = read(answer, 201)
    assert answer.headers["Location"] == f"/api/v1/deals/{deal['id']}"
    assert deal["amount"] == 125000.5
    assert deal["client"]["name"] == "ТОВ «Промінь»"
    (step,) = read(olena.get("/work-items"))["items"]
    assert step["deal"]["id"] == deal["id"]
    assert read(olena.get(f"/deals/{deal['id']}"))["fields"] == {"delivery": "Київ"}


@pytest.mark.parametrize("amount", [125000.5, "125000.50", 125000, 9999999999999.99, "9999999999999.99", 0, 0.01])
def test_an_amount_survives_as_number_and_as_text(api: ApiOf, amount: float | str) -> None:
    deal = read(api("olena").post("/deals", DEAL | {"amount": amount}), 201)
    assert deal["amount"] == float(amount)


@pytest.mark.parametrize("owner", [[], 2**70, "", "nobody", True, 1.5])
def test_an_owner_that_is_nobody_is_refused_at_its_field(api: ApiOf, owner: object) -> None:
    assert set(faults(api("olena").post("/deals", DEAL | {"owner": owner}))) == {"owner"}


@pytest.mark.parametrize("amount", ["1.005", "-1", 1e300, "багато", True, "NaN", [1]])
def test_what_is_no_amount_is_refused_at_its_field(api: ApiOf, amount: object) -> None:
    assert set(faults(api("olena").post("/deals", DEAL | {"amount": amount}))) == {"amount"}


def test_what_was_wrong_is_told_as_it_was_sent_and_limits_as_people_write_them(api: ApiOf) -> None:
    olena = api("olena")

    def told(*, amount: object) -> str:
        return str(olena.post("/deals", DEAL | {"amount": amount}).get_json()["errors"]["amount"]["message"])

    assert told(amount=10**30) == "Outside what is possible: the limit is 9,999,999,999,999.99."
    assert told(amount=True).startswith("“true”")
    assert told(amount={"sum": None}).startswith('“{"sum": null}”')


def test_a_known_client_can_be_named_by_its_id(api: ApiOf) -> None:
    olena = api("olena")
    client = read(olena.post("/clients", {"name": "ТОВ «Промінь»"}), 201)
    deal = read(olena.post("/deals", {"title": "Насоси", "client_id": client["id"], "definition_key": "sale"}), 201)
    assert deal["client"] == {"id": client["id"], "name": "ТОВ «Промінь»"}
    both = DEAL | {"client_id": client["id"]}
    assert faults(olena.post("/deals", both)) == {"client": "field_not_understood"}


def test_a_client_that_is_not_there_is_told_at_its_field_by_a_deal_and_as_missing_by_a_contact(api: ApiOf) -> None:
    olena = api("olena")
    asked = {"title": "Насоси", "client_id": 999_999, "definition_key": "sale"}
    assert set(faults(olena.post("/deals", asked))) == {"client_id"}
    problem(olena.post("/contacts", {"client_id": 999_999, "full_name": "Ганна"}), 404, "not_found")


def test_a_deal_keeps_fields_that_no_map_reads(api: ApiOf) -> None:
    olena = api("olena")
    deal = read(olena.post("/deals", DEAL | {"fields": {"shade": "синій"}}), 201)
    assert read(olena.get(f"/deals/{deal['id']}"))["fields"]["shade"] == "синій"


def test_the_same_key_opens_one_deal_and_another_request_with_it_is_refused(api: ApiOf) -> None:
    olena = api("olena")
    first = read(olena.post("/deals", DEAL, key="one click"), 201)
    assert read(olena.post("/deals", DEAL, key="one click"), 201)["id"] == first["id"]
    assert len(read(olena.get("/deals"))["items"]) == 1
    problem(olena.post("/deals", DEAL | {"title": "Інше"}, key="one click"), 409, "idempotency_key_reused")


def test_everything_that_is_wrong_is_told_at_once_at_the_fields_that_were_sent(api: ApiOf) -> None:
    wrong = {"title": " ", "definition_key": "unknown", "client": {"name": "ТОВ"}, "currency": "XXX", "owner": "iryna"}
    assert faults(api("olena").post("/deals", wrong)) == {
        "title": "field_required",
        "definition_key": "map_not_published",
        "currency": "field_not_understood",
        "owner": "field_not_understood",
    }
    for title in ({}, {"title": "\u200b "}):
        assert faults(api("olena").post("/deals", title | {"colour": "red"})) == {
            "title": "field_required",
            "client_id": "field_required",
            "definition_key": "field_required",
            "colour": "field_unknown",
        }
    assert faults(api("olena").post("/deals", {"title": "", "client": {"name": " "}})) == {
        "title": "field_required",
        "client.name": "field_required",
        "definition_key": "field_required",
    }


def test_a_fault_of_the_new_client_stands_at_its_nested_field_and_nothing_is_stored(api: ApiOf) -> None:
    olena = api("olena")
    wrong = DEAL | {"client": {"name": "ТОВ", "edrpou": "12"}}
    assert set(faults(olena.post("/deals", wrong))) == {"client.edrpou"}
    assert read(olena.get("/clients"))["items"] == []


def test_contacts_of_a_large_client_are_sent_as_many_as_are_wanted(api: ApiOf, office: Office) -> None:
    deal, olena = office.open_deal(), api("olena")
    for name in ("Ганна", "Анна", "Віра"):
        read(olena.post("/contacts", {"client_id": deal.client_id, "full_name": name}), 201)
    told = [read(olena.get(f"/deals/{deal.id}{query}")) for query in ("", "?contacts_limit=2", "?contacts_limit=3")]
    names = [[contact["full_name"] for contact in one["contacts"]] for one in told]
    assert names == [["Анна", "Віра", "Ганна"], ["Анна", "Віра"], ["Анна", "Віра", "Ганна"]]
    assert [one["contacts_total"] for one in told] == [3, 3, 3]
    for limit in (0, 201):
        assert set(faults(olena.get(f"/deals/{deal.id}?contacts_limit={limit}"))) == {"contacts_limit"}


def test_who_may_not_open_deals_is_refused(api: ApiOf) -> None:
    problem(api("iryna").post("/deals", DEAL), 403, "ability_missing")


def test_an_outsider_finds_no_deal(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    danylo = api("danylo")
    assert read(danylo.get("/deals"))["items"] == []
    for record in ("", "/history", "/waiting", "/approval-sheet", "/approval-sheet.json", "/approval-sheet.pdf"):
        problem(danylo.get(f"/deals/{deal.id}{record}"), 404, "not_found")
    problem(danylo.patch(f"/deals/{deal.id}", {"title": "Моє"}), 404, "not_found")


def test_a_list_goes_on_where_its_cursor_says(api: ApiOf, office: Office) -> None:
    ids = [office.open_deal(title=f"Угода {number}").id for number in range(5)]
    olena = api("olena")
    first = read(olena.get("/deals?limit=2&sort=opened_at"))
    assert first["total"] is None
    second = read(olena.get(f"/deals?limit=2&sort=opened_at&cursor={first['next_cursor']}"))
    third = read(olena.get(f"/deals?limit=2&sort=opened_at&cursor={second['next_cursor']}"))
    assert [one["id"] for page in (first, second, third) for one in page["items"]] == ids
    assert third["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=201", "limit"),
        ("limit=0", "limit"),
        ("cursor=abc", "cursor"),
        ("sort=name", "sort"),
        ("colour=1", "colour"),
    ],
)
def test_a_wrong_query_is_refused_at_its_name(api: ApiOf, query: str, field: str) -> None:
    answer = api("olena").get(f"/deals?{query}")
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) == {field}


def test_only_what_is_named_is_changed(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    changed = read(api("olena").patch(f"/deals/{deal.id}", {"amount": "99.90", "fields": {"color": "red"}}))
    assert (changed["title"], changed["amount"]) == (deal.title, 99.9)
    problem(api("owner").patch(f"/deals/{deal.id}", {"title": "Моє"}), 403, "not_allowed")
    late = {"amount": 5, "read_version": changed["version"] - 1}
    told = problem(api("olena").patch(f"/deals/{deal.id}", late), 409, "edited_meanwhile")
    assert told["errors"].keys() == {"amount"}


def test_a_deal_handed_to_another_owner_is_told_once_more(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    changed = read(api("olena").patch(f"/deals/{deal.id}", {"owner": "taras"}))
    assert changed["owner"]["name"] == office.company.taras.full_name
    assert faults(api("bohdan").patch(f"/deals/{deal.id}", {"owner": None})) == {"owner": "field_required"}


@pytest.mark.parametrize("value", ["-5", "багато", None, {"sum": 1}, "990000"])
def test_what_is_the_deals_own_is_changed_under_its_own_name_only(api: ApiOf, office: Office, value: object) -> None:
    deal = office.open_deal()
    olena = api("olena")
    refused = olena.patch(f"/deals/{deal.id}", {"fields": {"deal.amount": value, "delivery": "Київ"}})
    assert faults(refused) == {"fields.deal.amount": "not_among_fields"}
    stands = read(olena.get(f"/deals/{deal.id}"))
    assert (stands["amount"], stands["fields"]) == (125000.5, {})


def test_a_closed_deal_cannot_be_changed(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "rejected", comment="Ні")
    office.complete("oksana", "finance", "approved")
    office.complete("petro", "logistics", "approved")
    problem(api("olena").patch(f"/deals/{deal.id}", {"title": "Знову"}), 409, "deal_closed")


def test_a_deal_tells_stages_steps_and_what_it_waits_for(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    olena = api("olena")
    told = read(olena.get(f"/deals/{deal.id}"))
    assert [stage["state"] for stage in told["stages"]] == ["current", "ahead", "ahead"]
    assert told["definition"]["key"] == "sale"
    (waiting,) = read(olena.get(f"/deals/{deal.id}/waiting"))["items"]
    assert (waiting["kind"], waiting["work_item_id"]) == ("step", told["steps"][0]["id"])


def test_the_timeline_can_be_narrowed_to_kinds(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    told = read(api("olena").get(f"/deals/{deal.id}/history?kind=deal_opened&kind=step_opened"))
    assert {one["kind"] for one in told["items"]} == {"deal_opened", "step_opened"}
    assert all(one["at"].endswith("Z") for one in told["items"])


def test_a_repetition_tells_nothing_of_a_deal_that_is_somebody_elses_by_then(office: Office, api: ApiOf) -> None:
    olena = api("olena")
    deal_id = read(olena.post("/deals", DEAL, key="one click"), 201)["id"]
    item = office.step("prepare")
    read(olena.post(f"/work-items/{item.id}/comment", {"text": "Чекаю рахунок"}, key="say"))
    with office.database.write() as session:
        session.get_one(Deal, deal_id).owner_id = office.company.taras.id
        step = session.get_one(WorkItem, item.id)
        step.assignee_id, step.group_id = office.company.taras.id, office.company.legal.id
    problem(olena.get(f"/deals/{deal_id}"), 404, "not_found")
    problem(olena.post("/deals", DEAL, key="one click"), 404, "not_found")
    problem(olena.post(f"/work-items/{item.id}/comment", {"text": "Чекаю рахунок"}, key="say"), 404, "not_found")
    with office.database.read() as session:
        assert session.query(Deal).count() == 1
