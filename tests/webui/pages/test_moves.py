from __future__ import annotations

from collections.abc import Callable

from support.office import Office
from support.sales_map import sales_map
from support.versions import edited
from support.web import Browser, text_of

from engine.bpmn.deadline_rules import WorkingTime
from engine.commands.moved_deals import take_turn
from engine.commands.suspensions import resume_deal, suspend_deal
from engine.commands.version_moves import continue_version_move, turns
from engine.model.process_definition import ProcessDefinition

SignIn = Callable[[str | None], Browser]


def second_version(office: Office) -> ProcessDefinition:
    process = sales_map()
    step = process.steps["prepare"].model_copy(update={"deadline": WorkingTime(days=1)})
    return office.publish(edited(process, {"prepare": step}))


def work(office: Office, move_id: int) -> None:
    with office.database.read() as session:
        ids = turns(session, move_id, limit=100)
    for moved_deal_id in ids:
        take_turn(office.database, moved_deal_id, clock=office.clock)
    with office.database.write() as session:
        continue_version_move(session, move_id, clock=office.clock)


def test_the_owner_moves_deals_from_the_page_of_the_new_version(browse: SignIn, office: Office) -> None:
    deal = office.open_deal()
    second = second_version(office)
    owner = browse("owner")
    assert f"/maps/{second.id}/moves" in owner.get(f"/maps/{second.id}").text
    shown = text_of(owner.get(f"/maps/{second.id}/moves"))
    assert "«Підготувати пропозицію»: термін 2 робочі дні → 1 робочий день" in shown
    started = owner.post(f"/maps/{second.id}/moves", {"deadlines": "keep", "holders": "keep", "command_id": "one"})
    assert started.status_code == 303
    page = owner.get(started.headers["Location"])
    assert 'hx-trigger="every 2s"' in page.text
    move_id = int(started.headers["Location"].rpartition("/")[2])
    work(office, move_id)
    part = owner.get(f"/maps/moves/{move_id}/progress", part=True).text
    assert "every 2s" not in part
    assert deal.title in part
    assert "Повернути на попередню версію" in text_of(owner.get(f"/deals/{deal.id}"))
    undone = owner.post(f"/maps/moves/{move_id}/deals/{deal.id}/undo")
    assert undone.status_code == 303
    again = owner.post(f"/maps/moves/{move_id}/deals/{deal.id}/undo")
    assert again.status_code == 409
    assert f"/maps/{second.id}/moves?deal={deal.id}" in owner.get(f"/deals/{deal.id}").text


def test_a_deal_that_rested_when_its_move_was_undone_is_taken_back_from_the_page_of_the_move(
    browse: SignIn, office: Office
) -> None:
    deal = office.open_deal()
    second = second_version(office)
    owner = browse("owner")
    form = {"deadlines": "keep", "holders": "keep", "command_id": "one"}
    move_id = int(owner.post(f"/maps/{second.id}/moves", form).headers["Location"].rpartition("/")[2])
    work(office, move_id)
    office.do("bohdan", suspend_deal, deal.id, "Клієнт у відпустці")
    assert owner.post(f"/maps/moves/{move_id}/undo").status_code == 303
    work(office, move_id)
    take_back = f'action="/maps/moves/{move_id}/deals/{deal.id}/undo"'
    assert take_back not in owner.get(f"/maps/moves/{move_id}").text, "it rests, so that would be refused"
    office.do("bohdan", resume_deal, deal.id)
    assert take_back in owner.get(f"/maps/moves/{move_id}").text
    assert take_back not in browse("bohdan").get(f"/maps/moves/{move_id}").text
    assert owner.post(f"/maps/moves/{move_id}/deals/{deal.id}/undo").status_code == 303
    assert take_back not in owner.get(f"/maps/moves/{move_id}").text


def test_who_may_not_move_deals_may_not(browse: SignIn, office: Office) -> None:
    office.open_deal()
    second = second_version(office)
    assert browse("olena").get(f"/maps/{second.id}/moves").status_code == 404
    bohdan = browse("bohdan")
    assert "Перенести" not in text_of(bohdan.get(f"/maps/{second.id}/moves")).split("Власник процесу")[0][-200:]
    assert bohdan.post(f"/maps/{second.id}/moves", {}).status_code == 403
    assert browse("owner").get("/maps/moves/999").status_code == 404


def test_choices_on_the_page_are_judged_before_anything_moves(browse: SignIn, office: Office) -> None:
    office.open_deal()
    process = sales_map()
    offer = process.steps["prepare"].model_copy(update={"element_id": "offer", "source_id": "offer"})
    changed = edited(process, {"offer": offer}, ('id="prepare"', 'id="offer"'), ('Ref="prepare"', 'Ref="offer"'))
    steps = {name: one for name, one in changed.steps.items() if name != "prepare"}
    elements = {name: one for name, one in changed.elements.items() if name != "prepare"}
    second = office.publish(changed.model_copy(update={"steps": steps, "elements": elements}))
    owner = browse("owner")
    page = owner.get(f"/maps/{second.id}/moves").text
    name = page.split('name="choice|')[1].split('"')[0]
    assert '<option value="offer" selected>' in page  # proposed by its name
    seen = owner.post(f"/maps/{second.id}/moves/preview", {f"choice|{name}": "offer"})
    assert "потребують рішення" not in text_of(seen)
    assert "«Підготувати пропозицію» продовжиться на кроці" in text_of(seen)  # by its name, also once it is chosen
    refused = owner.post(f"/maps/{second.id}/moves", {f"choice|{name}": "nowhere"})
    assert refused.status_code == 422
