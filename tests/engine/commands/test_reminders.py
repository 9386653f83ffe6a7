from __future__ import annotations

import pytest
from sqlalchemy import select
from support.office import Office

from engine.commands.reminders import NobodyToRemind, RemindedAlready, note_control_look, remind_of_work_item
from engine.errors import NotAllowed, NotFound
from engine.model import ControlLook, Mention, Notice, NoticeKind


def reminded(office: Office) -> list[int | None]:
    with office.database.read() as session:
        return list(session.scalars(select(Notice.person_id).where(Notice.kind == NoticeKind.REMINDED)))


def test_a_head_reminds_whoever_holds_a_step_and_the_deal_keeps_it(office: Office) -> None:
    deal = office.open_deal()
    step = office.step("prepare")
    office.do("bohdan", remind_of_work_item, step.id)
    olena = office.company.olena.id
    assert reminded(office) == [olena]
    event = office.history(deal)[-1]
    assert (event.kind, event.actor_name, event.data["step"], event.data["to"]) == (
        "step_reminded",
        "Богдан Шевченко",
        step.name,
        "Олена Коваль",
    )
    with office.database.read() as session:
        (mention,) = session.scalars(select(Mention))
        assert (mention.person_id, mention.number, mention.read_at) == (olena, event.number, None)


def test_a_step_is_reminded_of_once_an_hour_whoever_reminds(office: Office) -> None:
    office.open_deal()
    step = office.step("prepare")
    office.do("bohdan", remind_of_work_item, step.id)
    with pytest.raises(RemindedAlready) as told:
        office.do("admin", remind_of_work_item, step.id)
    assert told.value.params["by"] == "Богдан Шевченко"
    office.wait(hours=1)
    office.do("admin", remind_of_work_item, step.id)
    assert len(reminded(office)) == 2


def test_everybody_who_may_take_an_untaken_step_is_reminded(office: Office) -> None:
    office.open_deal()
    office.prepare()
    legal = next(one for one in office.open_steps() if one.group_id == office.company.legal.id)
    with pytest.raises(NobodyToRemind):
        office.do("iryna", remind_of_work_item, legal.id)
    office.do("bohdan", remind_of_work_item, legal.id)
    assert reminded(office) == [office.company.iryna.id]


def test_only_a_head_of_the_responsible_reminds(office: Office) -> None:
    office.open_deal()
    step = office.step("prepare")
    for login, refusal in (("olena", NotAllowed), ("owner", NotAllowed), ("danylo", NotFound)):
        with pytest.raises(refusal):
            office.do(login, remind_of_work_item, step.id)
    assert reminded(office) == []


def test_a_look_is_noted_once_a_day_in_the_companys_zone(office: Office) -> None:
    first = office.do("bohdan", note_control_look)
    office.do("bohdan", note_control_look)
    office.wait(days=1)
    second = office.do("bohdan", note_control_look)
    assert (second - first).days == 1
    with office.database.read() as session:
        assert list(session.scalars(select(ControlLook.day).order_by(ControlLook.day))) == [first, second]
    with pytest.raises(NotFound):
        office.do("olena", note_control_look)
