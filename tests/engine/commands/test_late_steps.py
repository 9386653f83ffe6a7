from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from support.office import Office

from engine.commands.departments import DepartmentDraft, add_department, update_department
from engine.commands.work_items import (
    claim_work_item,
    comment_on_work_item,
    delegate_work_item,
    extend_work_item,
    release_work_item,
    save_draft,
)
from engine.errors import AlreadyClaimed, AlreadyCompleted, InvalidInput, NotAllowed, NotFound
from engine.model.department import Membership
from engine.model.draft import Draft
from engine.model.notice import Notice, NoticeKind


def told(office: Office) -> list[tuple[str, int | None]]:
    """What time alone has brought about."""
    with office.database.read() as session:
        notices = session.scalars(select(Notice).where(Notice.by_id.is_(None)).order_by(Notice.id))
        return [(one.kind.value, one.person_id) for one in notices]


def test_each_rung_writes_to_the_right_person(office: Office) -> None:
    office.open_deal()
    olena, bohdan = office.company.olena.id, office.company.bohdan.id
    office.wait(days=1, hours=22)
    assert told(office) == [(NoticeKind.DEADLINE_NEAR, olena)]
    office.wait(hours=3)
    assert told(office)[1:] == [(NoticeKind.STEP_LATE, bohdan), (NoticeKind.DEADLINE_PASSED, olena)]
    office.wait(days=1)
    assert told(office)[3:] == [(NoticeKind.STEP_HANDED, bohdan), (NoticeKind.STEP_TAKEN, olena)]


def test_heads_are_told_upward_rung_by_rung_and_a_late_step_goes_up(office: Office) -> None:
    company = office.company
    board = office.do("admin", add_department, DepartmentDraft("Дирекція", head_id=company.owner.id))
    ladder = "head at due; head after 1 business day; head after 2 business days; reassign after 3 business days"
    for department_id, changes in (
        (company.sales.id, {"parent_id": board.id, "escalation": ladder}),
        (board.id, {"parent_id": None}),
    ):
        office.do("admin", update_department, department_id, changes)
    office.open_deal()
    office.wait(days=15)
    late = [one for one in told(office) if one[0] in (NoticeKind.STEP_LATE, NoticeKind.STEP_HANDED)]
    expected = [(NoticeKind.STEP_LATE, one.id) for one in (company.bohdan, company.owner, company.owner)]
    assert sorted(late) == sorted([*expected, (NoticeKind.STEP_HANDED, company.bohdan.id)])


@pytest.mark.parametrize(
    ("whom", "reminded"),
    [
        ("bohdan", ["bohdan"]),
        ("Юридичний відділ", ["iryna"]),
        ("виконавцю", ["olena"]),
        ("Нікому Невідомий", ["olena"]),
    ],
)
def test_a_reminder_goes_to_whom_it_names(office: Office, whom: str, reminded: list[str]) -> None:
    ladder = {"escalation": f"нагадати {whom} за 1 р.д."}
    office.do("admin", update_department, office.company.sales.id, ladder)
    office.open_deal()
    office.wait(days=1, hours=22)
    people = [getattr(office.company, login).id for login in reminded]
    assert told(office) == [(NoticeKind.DEADLINE_NEAR, person_id) for person_id in people]


def test_a_server_that_was_down_climbs_all_rungs_at_once_each_once(office: Office) -> None:
    deal = office.open_deal()
    office.wait(days=20)
    office.wait(days=1)
    kinds = office.kinds(deal)
    assert [kinds.count(kind) for kind in ("reminder_sent", "head_told", "step_reassigned")] == [1, 1, 1]


def test_nobody_is_reminded_of_a_step_that_is_done(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    office.wait(days=1)
    assert "head_told" not in office.kinds(deal)


def test_more_time_moves_the_deadline_but_no_rung_is_climbed_twice(office: Office) -> None:
    deal = office.open_deal()
    office.wait(days=2, hours=1)
    item = office.step("prepare")
    office.do("bohdan", extend_work_item, item.id, "3 р.д.", "Чекаємо на клієнта")
    extended = office.step("prepare").due_at
    assert extended is not None
    assert extended > office.clock.now() + timedelta(days=2)
    office.wait(days=3, hours=1)
    kinds = office.kinds(deal)
    assert (kinds.count("reminder_sent"), kinds.count("head_told")) == (1, 1)


@pytest.mark.parametrize(
    ("until", "reason", "fields"),
    [
        ("вчора", "так", {"due_at"}),
        ("2 р.д.", " ", {"reason"}),
        ("2020-01-01", "x", {"due_at"}),
        (" ", "", {"due_at", "reason"}),
    ],
)
def test_more_time_needs_a_reason_and_a_time_to_come(office: Office, until: str, reason: str, fields: set[str]) -> None:
    office.open_deal()
    with pytest.raises(InvalidInput) as refused:
        office.do("bohdan", extend_work_item, office.step("prepare").id, until, reason)
    assert set(refused.value.errors) == fields


def test_who_holds_a_step_does_not_give_themselves_more_time(office: Office) -> None:
    office.open_deal()
    with pytest.raises(NotAllowed):
        office.do("olena", extend_work_item, office.step("prepare").id, "9 р.д.", "Не встигаю")


def test_a_step_of_a_department_is_claimed_by_one_and_given_back(office: Office) -> None:
    office.open_deal()
    office.prepare()
    item = office.step("legal")
    office.do("iryna", claim_work_item, item.id)
    office.do("iryna", claim_work_item, item.id)
    with pytest.raises(NotAllowed):
        office.do("oksana", claim_work_item, office.step("logistics").id)
    office.do("iryna", release_work_item, item.id)
    assert office.step("legal").assignee_id is None


def test_the_second_to_claim_is_told_who_was_faster(office: Office) -> None:
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.petro.id, department_id=office.company.legal.id))
    office.open_deal()
    office.prepare()
    item = office.step("legal")
    office.do("iryna", claim_work_item, item.id)
    office.do("iryna", delegate_work_item, item.id, office.company.petro.id, "Глянь, будь ласка")
    with pytest.raises(AlreadyClaimed) as late:
        office.do("iryna", claim_work_item, item.id)
    assert late.value.params["by"] == office.company.petro.full_name


def test_a_personal_step_is_handed_on_but_not_released(office: Office) -> None:
    office.open_deal(owner_id=None)
    office.prepare()
    for login, element in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, element, "approved")
    office.wait(days=4)
    call = office.step("call")
    with pytest.raises(NotAllowed):
        office.do("olena", release_work_item, call.id)
    office.do("olena", delegate_work_item, call.id, office.company.taras.id)
    assert office.step("call").assignee_id == office.company.taras.id
    with pytest.raises(InvalidInput):
        office.do("taras", delegate_work_item, call.id, 987654)


def test_a_draft_is_kept_as_typed_and_goes_with_the_step(office: Office) -> None:
    office.open_deal()
    item = office.step("prepare")
    office.do("olena", save_draft, item.id, {"discount": "сім?"})
    office.do("olena", save_draft, item.id, {"discount": "7"})
    with office.database.read() as session:
        assert session.get_one(Draft, (item.id, office.company.olena.id)).texts == {"discount": "7"}
    office.prepare()
    with office.database.read() as session:
        assert session.query(Draft).count() == 0
    with pytest.raises(AlreadyCompleted):
        office.do("olena", save_draft, item.id, {"discount": "8"})


def test_a_comment_stands_in_the_timeline_and_outsiders_write_none(office: Office) -> None:
    deal = office.open_deal()
    item = office.step("prepare")
    office.do("bohdan", comment_on_work_item, item.id, "Поспішай")
    assert office.history(deal)[-1].data == {"text": "Поспішай", "step": item.name, "files": [], "mentions": {}}
    with pytest.raises(NotFound):
        office.do("danylo", comment_on_work_item, item.id, "І я")
    with pytest.raises(InvalidInput):
        office.do("bohdan", comment_on_work_item, item.id, "  ")
