from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO

import openpyxl
from sqlalchemy import insert, select
from sqlalchemy.pool import QueuePool
from support.office import Office
from support.web import Browser, text_of

from engine.model.person import Person, Role
from engine.model.work_item import WorkItem

SignIn = Callable[[str | None], Browser]


def test_the_head_opens_the_product_to_what_is_late(office: Office, browse: SignIn) -> None:
    office.open_deal()
    office.wait(days=2, hours=2)
    bohdan = browse("bohdan")
    assert bohdan.get("/").location == "/control"
    page = bohdan.get("/control")
    for said in ("Щоденний контроль", "Олена Коваль", "Насоси для водоканалу", "125 000,50"):
        assert said in text_of(page)
    assert f"/control/steps?show=overdue&amp;person={office.company.olena.id}" in page.text
    # Several deals wait at steps of one name: who hears the buttons alone hears of which deal each is.
    assert re.search(r'aria-label="[^"]+ · Насоси для водоканалу»"', page.text)


def test_of_many_who_hold_steps_the_latest_are_shown_and_the_others_on_request(office: Office, browse: SignIn) -> None:
    office.open_deal()
    with office.database.write() as session:
        row = dict(session.execute(select(WorkItem.__table__)).mappings().one())
        given = row.pop("activity_id"), row.pop("id")
        people = [{"login": f"m{number}", "full_name": f"Менеджер {number}"} for number in range(70)]
        made = {"role": Role.MANAGER, "created_at": office.clock.now()}
        session.execute(insert(Person), [one | made for one in people])
        ids = session.scalars(select(Person.id).where(Person.full_name.startswith("Менеджер ")))
        held = ({"activity_id": f"{given[0]}-{one}", "assignee_id": one} for one in ids)
        session.execute(insert(WorkItem), [row | one for one in held])
    bohdan, whose = browse("bohdan"), re.compile("/control/steps\\?show=open&amp;person=")
    first = bohdan.get("/control").text
    assert len(whose.findall(first)) == 50
    assert 'href="/control?holders=all#holders"' in first
    whole = bohdan.get("/control?holders=all").text
    assert len(whose.findall(whole)) == 71
    assert "#holders" not in whole


def test_one_press_reminds_and_the_reminder_stands_among_what_concerns_its_reader(
    office: Office, browse: SignIn
) -> None:
    office.open_deal()
    step = office.step("prepare")
    bohdan = browse("bohdan")
    bohdan.get("/control")
    assert bohdan.post("/control/remind", {"only": str(step.id)}).location == "/control"
    assert "Нагадано про 1 крок." in text_of(bohdan.get("/control"))
    again = {"item": [str(step.id)], "from": "steps", "show": "open", "person": str(office.company.olena.id)}
    back = bohdan.post("/control/remind", again).location
    assert back == f"/control/steps?show=open&person={office.company.olena.id}"
    assert "менше години тому" in text_of(bohdan.get(back))
    assert "нагадує вам про цей крок" in text_of(browse("olena").get("/questions"))


def test_a_step_is_handed_on_or_given_more_time_from_its_row_and_the_list_stays_as_it_was(
    office: Office, browse: SignIn
) -> None:
    office.open_deal()
    step, company = office.step("prepare"), office.company
    bohdan, narrowed = browse("bohdan"), {"from": "steps", "show": "open", "person": str(company.olena.id)}
    listed = bohdan.get(f"/control/steps?show=open&person={company.olena.id}")
    (address,) = re.findall(rf'href="(/control/steps/{step.id}/direct[^"]*)"', listed.text)
    part = bohdan.get(address.replace("&amp;", "&"), part=True)
    assert "<html" not in part.text
    assert all(f'name="{name}" value="{value}"' in part.text for name, value in narrowed.items())
    bohdan.get("/control")
    post = f"/control/steps/{step.id}"
    refused = bohdan.post(f"{post}/extend", narrowed | {"due_at": "4 р.д.", "reason": ""})
    assert (refused.status_code, 'value="4 р.д."' in refused.text) == (422, True)
    extended = bohdan.post(f"{post}/extend", narrowed | {"due_at": "4 р.д.", "reason": "Клієнт у відпустці"})
    assert extended.location == f"/control/steps?show=open&person={company.olena.id}"
    due_at, before = office.step("prepare").due_at, step.due_at
    assert due_at is not None
    assert before is not None
    assert due_at > before
    assert bohdan.post(f"{post}/hand-on", {"to": ""}).status_code == 422
    assert bohdan.post(f"{post}/hand-on", {"to": str(company.taras.id), "note": "Відпустка"}).location == "/control"
    assert office.step("prepare").assignee_id == company.taras.id


def test_a_head_is_offered_no_more_time_for_a_step_of_their_own(office: Office, browse: SignIn) -> None:
    office.open_deal("bohdan")
    step, bohdan = office.step("prepare"), browse("bohdan")
    listed = bohdan.get("/control/steps?show=open")
    assert re.search(r"Передати\s*: Підготувати пропозицію", text_of(listed))
    assert "Передати чи подовжити" not in text_of(listed)
    page = bohdan.get(f"/control/steps/{step.id}/direct")
    assert "Передати чи дати більше часу" not in text_of(page)
    assert 'name="due_at"' not in page.text


def test_who_heads_nobody_directs_nothing_from_the_control(office: Office, browse: SignIn) -> None:
    office.open_deal()
    step, danylo = office.step("prepare"), browse("danylo")
    assert danylo.get(f"/control/steps/{step.id}/direct").status_code == 404
    assert danylo.post(f"/control/steps/{step.id}/hand-on", {"to": str(office.company.danylo.id)}).status_code == 404
    assert "/direct" not in browse("owner").get("/control/steps?show=open").text  # who sees, and directs nobody
    owner = browse("owner")
    assert owner.get(f"/control/steps/{step.id}/direct").status_code == 403
    assert owner.post(f"/control/steps/{step.id}/hand-on", {"to": str(office.company.taras.id)}).status_code == 403
    office.prepare()
    page = browse("bohdan").get(f"/control/steps/{step.id}/direct")
    assert "уже нічого не вдієш" in text_of(page)


def test_lists_narrow_to_a_person_and_are_exported_as_they_are_shown(office: Office, browse: SignIn) -> None:
    office.open_deal()
    office.open_deal("taras", title="Чужа угода")
    bohdan, address = browse("bohdan"), f"show=open&person={office.company.taras.id}"
    page = text_of(bohdan.get(f"/control/steps?{address}"))
    assert "Чужа угода" in page
    assert "Насоси для водоканалу" not in page
    sheet = openpyxl.load_workbook(BytesIO(bohdan.get(f"/control/steps/export.xlsx?{address}").data)).active
    assert sheet is not None
    assert [row[2].value for row in sheet.iter_rows(min_row=2)] == ["Чужа угода"]
    for which in ("returned", "stalled", "silent"):
        assert bohdan.get(f"/control/deals?show={which}").status_code == 200


def test_a_look_is_noted_and_shown_to_the_owner(browse: SignIn) -> None:
    bohdan = browse("bohdan")
    bohdan.get("/control")
    assert bohdan.post("/control/looked").status_code == 303
    assert "Сьогодні переглянуто" in text_of(bohdan.get("/control"))
    assert "переглянуто" in browse("owner").get("/control").text.split('id="looks"')[1]


def test_who_heads_nobody_has_no_control(office: Office, browse: SignIn) -> None:
    deal = office.open_deal()
    olena = browse("olena")
    assert "/control" not in olena.get("/inbox").text
    for address in ("/control", "/control/steps", "/control/deals", "/control/steps/export.csv"):
        assert olena.get(address).status_code == 404, address
    assert olena.post("/control/looked").status_code == 404
    olena.post("/control/remind", {"only": str(office.step("prepare").id)})
    assert "step_reminded" not in [one.kind for one in office.history(deal)]


def test_a_file_holds_the_whole_list_however_long_it_is(office: Office, browse: SignIn) -> None:
    office.open_deal()
    copied = 10_100
    with office.database.write() as session:
        row = dict(session.execute(select(WorkItem.__table__)).mappings().one())
        given = row.pop("activity_id"), row.pop("id")
        alike = ({"activity_id": f"{given[0]}-{number}"} for number in range(copied))
        session.execute(insert(WorkItem), [row | one for one in alike])
    answer = browse("bohdan").get("/control/steps/export.csv?show=open")
    pool = office.database.engine.pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 0  # however slowly the rest is read
    assert answer.content_length == len(answer.data)
    assert len(answer.data.decode("utf-8-sig").splitlines()) == 1 + 1 + copied
