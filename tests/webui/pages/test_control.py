from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import openpyxl
from support.office import Office
from support.web import Browser, text_of

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
