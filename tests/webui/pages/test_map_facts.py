from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import BytesIO

import openpyxl
from support.office import Office
from support.web import Browser, text_of

from engine.model.process_definition import ProcessDefinition

SignIn = Callable[[str | None], Browser]


def test_the_owner_sees_on_the_drawing_which_step_is_late_and_why(office: Office, browse: SignIn) -> None:
    """Five offers, each done a working day behind its deadline of two."""
    for number in range(5):
        office.open_deal(title=f"Угода {number}")
    steps = office.open_steps()
    office.clock.advance(timedelta(days=7))
    for step in steps:
        office.complete("olena", "prepare", values={"discount": "5"}, work_item_id=step.id)
    with office.database.read() as session:
        definition_id = session.query(ProcessDefinition).filter_by(key="sale").one().id
    owner = browse("owner")
    page = owner.get(f"/maps/{definition_id}/facts")
    marks = json.loads(unescape(page.text.split("data-marks='")[1].split("'")[0]))
    assert [(one["mark"], one["sign"]) for one in marks] == [("hot", "100 %")]
    assert "подовжте його або розділіть крок" in text_of(page)
    sheet = openpyxl.load_workbook(BytesIO(owner.get(f"/maps/{definition_id}/facts.xlsx").data)).active
    assert sheet is not None
    first = next(sheet.iter_rows(min_row=2, values_only=True))
    assert first[2:4] == (5, 5), "the most troubled step first"
    before = owner.get(f"/maps/{definition_id}/facts?from=2020-01-01&to=2020-01-31")
    assert "За цей період кроків не зроблено" in text_of(before)
    assert "Жоден крок не запізнюється часто" not in text_of(before)
    assert browse("olena").get(f"/maps/{definition_id}/facts").status_code == 404
