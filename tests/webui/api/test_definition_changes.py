from __future__ import annotations

from collections.abc import Callable

from support.api import ApiClient, problem, read
from support.office import Office
from support.sale_versions import NEXT_SALE, SALE

from engine.commands.definitions import check_map, deploy_definition
from processes import shipped_sources

ApiOf = Callable[[str | None], ApiClient]


def deploy(office: Office, content: bytes) -> int:
    checked = check_map({"sale.bpmn": content}, library=shipped_sources())
    return office.do("owner", deploy_definition, checked).id


def test_what_changed_is_told_as_data_and_as_sentences(api: ApiOf, office: Office) -> None:
    first, second = deploy(office, SALE), deploy(office, NEXT_SALE)
    told = read(api("owner").get(f"/definitions/{second}/changes?since={first}"))
    assert (told["since"], told["version"], told["comparable"], told["moved"]) == (1, 2, True, [])
    changes = {one["now_id"]: one for one in told["changes"]}
    assert changes["thank"]["mark"] == "added"
    first_step = changes["accept_lead"]
    assert {"what": "deadline", "before": "4 working hours", "now": "1 working day"} in first_step["details"]
    assert "deadline of the step “Прийняти лід у роботу”: 4 working hours → 1 working day" in first_step["text"]


def test_only_versions_of_one_map_are_compared_and_only_by_those_who_see_maps(api: ApiOf, office: Office) -> None:
    first, second = deploy(office, SALE), deploy(office, NEXT_SALE)
    other = office.publish().id
    problem(api("owner").get(f"/definitions/{second}/changes?since={other}"), 404, "not_found")
    problem(api("owner").get(f"/definitions/{second}/changes?since=999"), 404, "not_found")
    problem(api("olena").get(f"/definitions/{second}/changes?since={first}"), 404, "not_found")


def test_the_note_of_publishing_is_taken_and_told(api: ApiOf, office: Office) -> None:
    first = deploy(office, SALE)
    owner = api("owner")
    read(owner.post(f"/definitions/{first}/publish", {"note": "Перша редакція"}, key="publish-1"))
    assert read(owner.get(f"/definitions/{first}"))["published_note"] == "Перша редакція"
    second = deploy(office, NEXT_SALE)
    read(owner.post(f"/definitions/{second}/publish"))
    assert read(owner.get(f"/definitions/{second}"))["published_note"] == ""


def test_figures_tell_how_deals_went_on_a_version(api: ApiOf, office: Office) -> None:
    office.open_deal()
    office.wait(hours=3)  # from ten to one o'clock
    office.prepare()
    told = read(api("owner").get("/definitions/1/figures"))
    assert (told["won"], told["share_won"], told["enough"]) == (0, None, False)
    assert told["time_to_win"] == {"median_s": None, "count": 0}
    (step,) = told["steps"]
    assert (step["element_id"], step["time"]) == ("prepare", {"median_s": 3 * 3600, "count": 1})
    later = read(api("owner").get("/definitions/1/figures?since=2030-01-01T00:00:00Z"))
    assert later["steps"] == []
    problem(api("owner").get("/definitions/999/figures"), 404, "not_found")


def test_facts_tell_how_the_steps_of_a_map_go_in_work(api: ApiOf, office: Office) -> None:
    office.open_deal()
    office.open_deal(title="Друга")
    office.wait(hours=3)
    first, second = office.open_steps()
    office.complete("olena", "prepare", values={"discount": "5"}, work_item_id=first.id)
    told = read(api("owner").get("/definitions/1/facts"))["steps"]
    step = next(one for one in told if one["element_id"] == second.element_id)
    assert (step["done"], step["late"], step["open"], step["open_late"], step["share_late"]) == (1, 0, 1, 0, None)
    assert step["time"] == {"median_s": 3 * 3600, "count": 1}
    later = read(api("owner").get("/definitions/1/facts?since=2030-01-01T00:00:00Z"))["steps"]
    assert {one["done"] for one in later} == {0}
    problem(api("owner").get("/definitions/999/facts"), 404, "not_found")
