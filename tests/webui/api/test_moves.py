from __future__ import annotations

from collections.abc import Callable

from support.api import ApiClient, faults, problem, read
from support.office import Office
from support.sales_map import sales_map
from support.versions import edited

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.deadline_rules import WorkingTime
from engine.commands.moved_deals import take_turn
from engine.commands.version_moves import continue_version_move, turns

ApiOf = Callable[[str | None], ApiClient]


def shorter() -> CompiledProcess:
    process = sales_map()
    return edited(process, {"prepare": process.steps["prepare"].model_copy(update={"deadline": WorkingTime(days=1)})})


def renamed() -> CompiledProcess:
    """The first step under another id, with the same name."""
    process = sales_map()
    step = process.steps["prepare"].model_copy(update={"element_id": "offer", "source_id": "offer"})
    changed = edited(
        process,
        {"offer": step},
        ('id="prepare"', 'id="offer"'),
        ('Ref="prepare"', 'Ref="offer"'),
    )
    return changed.model_copy(
        update={
            "steps": {name: one for name, one in changed.steps.items() if name != "prepare"},
            "elements": {name: one for name, one in changed.elements.items() if name != "prepare"},
        }
    )


def work(office: Office, move_id: int) -> None:
    with office.database.read() as session:
        ids = turns(session, move_id, limit=100)
    for moved_deal_id in ids:
        take_turn(office.database, moved_deal_id, clock=office.clock)
    with office.database.write() as session:
        continue_version_move(session, move_id, clock=office.clock)


def test_deals_are_previewed_moved_watched_and_taken_back(api: ApiOf, office: Office) -> None:
    deals = [office.open_deal(title=f"Угода {number}") for number in range(2)]
    second = office.publish(shorter())
    owner = api("owner")
    told = read(owner.post(f"/definitions/{second.id}/moves/preview", {}))
    assert (told["total"], told["amber"], told["red"]) == (2, 2, 0)
    (change,) = told["groups"][0]["changes"]
    assert (change["kind"], change["element_id"]) == ("deadline", "prepare")
    assert "2 working days → 1 working day" in change["message"]

    answers = [owner.post(f"/definitions/{second.id}/moves", {"deadlines": "recompute"}, key="once") for _ in range(2)]
    started = read(answers[0], 201)
    assert read(answers[1], 201)["id"] == started["id"]
    assert (started["state"], started["settled"], started["total"]) == ("running", 0, 2)
    work(office, started["id"])
    done = read(owner.get(f"/moves/{started['id']}"))
    assert (done["state"], done["settled"], done["counts"]) == ("done", 2, {"moved": 2})
    assert [one["id"] for one in read(owner.get("/moves?key=sale"))["items"]] == [started["id"]]
    problem(owner.post(f"/definitions/{second.id}/moves", {}), 409, "nothing_to_move")
    problem(owner.post(f"/moves/{started['id']}/cancel"), 409, "move_is_over")

    office.complete("olena", "prepare", values={"discount": "5"}, deal=deals[1])
    read(owner.post(f"/moves/{started['id']}/deals/{deals[0].id}/undo"))
    problem(owner.post(f"/moves/{started['id']}/deals/{deals[1].id}/undo"), 409, "went_on")
    assert read(owner.post(f"/moves/{started['id']}/undo"))["state"] == "undoing"
    work(office, started["id"])
    kept = read(owner.get(f"/moves/{started['id']}/deals?state=kept"))["items"]
    assert [(one["deal"]["id"], one["code"]) for one in kept] == [(deals[1].id, "went_on")]
    assert kept[0]["message"]


def test_what_has_no_counterpart_needs_a_choice(api: ApiOf, office: Office) -> None:
    deal = office.open_deal()
    second = office.publish(renamed())
    owner = api("owner")
    told = read(owner.post(f"/definitions/{second.id}/moves/preview", {}))
    (group,) = told["groups"]
    assert (group["verdict"], group["problems"][0]["code"]) == ("red", "no_counterpart")
    assert group["proposals"] == {"prepare": "offer"}
    choice = {"group": group["key"], "element_id": "prepare", "target": "offer"}
    (seen,) = read(owner.post(f"/definitions/{second.id}/moves/preview", {"choices": [choice]}))["groups"]
    assert seen["verdict"] == "amber"
    wrong = {"choices": [choice | {"target": "nowhere"}]}
    assert faults(owner.post(f"/definitions/{second.id}/moves", wrong)) == {"choices": "choices_not_understood"}
    body = {"definition_id": second.id, "choices": [choice]}
    started = read(owner.post(f"/deals/{deal.id}/move-to-version", body), 201)
    work(office, started["id"])
    assert [one.element_id for one in office.open_steps(deal)] == ["offer"]
