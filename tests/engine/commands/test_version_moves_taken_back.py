from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from support.office import Office
from support.sales_map import APPROVERS, sales_map
from support.version_moves import (
    everything,
    instance_of,
    may_be_taken_back,
    move,
    rows,
    take_back,
    to_signing,
    with_step,
    without_alarm,
    work,
)

from engine.bpmn.compiled import ApprovalRule, Distribution
from engine.bpmn.deadline_rules import EscalationAction, EscalationLadder, EscalationLevel, WorkingTime
from engine.commands.cancellations import cancel_deal, reopen_deal
from engine.commands.departments import (
    DepartmentDraft,
    DepartmentIsArchived,
    add_department,
    archive_department,
    restore_department,
)
from engine.commands.moved_deals import NotMoved, WentOn, take_turn, undo_moved_deal
from engine.commands.people import update_person
from engine.commands.suspensions import resume_deal, suspend_deal
from engine.commands.version_moves import (
    MoveRequest,
    start_version_move,
    undo_version_move,
)
from engine.commands.work_items import claim_work_item, delegate_work_item, extend_work_item
from engine.errors import DealIsSuspended, DomainError, MapFailed
from engine.model.department import Membership
from engine.model.version_move import (
    DeadlinePolicy,
    HolderPolicy,
    MovedDealState,
    VersionMove,
    VersionMoveState,
)
from engine.model.work_item import WorkItem, WorkItemState


def test_a_step_is_not_taken_back_to_a_department_that_was_put_away(office: Office) -> None:
    stock = office.do("admin", add_department, DepartmentDraft("Склад"))
    office.publish(with_step(sales_map(), "legal", responsible=("Склад",)))
    deal = office.open_deal()
    office.prepare()
    started = move(office, office.publish())
    office.do("admin", archive_department, stock.id)
    before = everything(office, deal)
    office.do("owner", undo_version_move, started.id)
    work(office.database, started.id, office)
    (row,) = rows(office, started)
    assert (row.state, (row.reason or {})["code"]) == (MovedDealState.KEPT, "department_archived")
    with pytest.raises(DepartmentIsArchived):
        office.do("owner", undo_moved_deal, row.id)
    assert everything(office, deal) == before
    office.do("admin", restore_department, stock.id)
    office.do("owner", undo_moved_deal, row.id)
    assert office.step("legal").group_id == stock.id


def test_a_step_is_not_taken_back_to_who_has_left(office: Office) -> None:
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.danylo.id, department_id=office.company.legal.id))
    office.publish()
    office.open_deal()
    office.prepare()
    office.do("danylo", claim_work_item, office.step("legal").id)
    second = office.publish(with_step(sales_map(), "legal", responsible=("Логістика",)))
    (row,) = rows(office, move(office, second, holders=HolderPolicy.REASSIGN))
    office.do("admin", update_person, office.company.danylo.id, {"is_active": False})
    office.do("owner", undo_moved_deal, row.id)
    assert (office.step("legal").assignee_id, office.step("legal").group_id) == (None, office.company.legal.id)


def test_a_timer_returns_though_another_deal_has_taken_its_row_number(office: Office) -> None:
    office.publish()
    deals = [office.open_deal()]
    to_signing(office, deals[0])
    started = move(office, office.publish(without_alarm()))
    office.publish()
    deals.append(office.open_deal())
    to_signing(office, deals[1])
    (row,) = rows(office, started)
    office.do("owner", undo_moved_deal, row.id)
    assert [len(everything(office, deal)["timers"]) for deal in deals] == [1, 1]


def test_undo_restores_state_and_rows_until_the_next_step(office: Office) -> None:
    office.publish()
    deals = [office.open_deal(title=f"Угода {number}") for number in range(3)]
    for deal in deals:
        office.complete("olena", "prepare", values={"discount": "5"}, deal=deal)
        for login, step in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
            office.complete(login, step, "approved", deal=deal)
    before = [everything(office, deal) for deal in deals]
    second = office.publish(
        with_step(without_alarm(), "sign", deadline=WorkingTime(days=9), name="Інакше", stage="Погодження")
    )
    started = move(office, second, deadlines=DeadlinePolicy.RECOMPUTE)
    assert office.deal(deals[0]).stage == "Погодження"
    office.complete("olena", "sign", deal=deals[2])
    first_row, _, last_row = rows(office, started)
    with pytest.raises(WentOn):
        office.do("owner", undo_moved_deal, last_row.id)
    office.do("owner", undo_moved_deal, first_row.id)
    assert everything(office, deals[0]) == before[0]
    office.do("owner", undo_version_move, started.id)
    work(office.database, started.id, office)
    assert everything(office, deals[1]) == before[1]
    assert [row.state for row in rows(office, started)] == [
        MovedDealState.UNDONE,
        MovedDealState.UNDONE,
        MovedDealState.KEPT,
    ]
    assert (rows(office, started)[2].reason or {})["code"] == "went_on"
    assert office.kinds(deals[1])[-1] == "version_move_undone"
    with office.database.read() as session:
        assert session.get_one(VersionMove, started.id).state is VersionMoveState.UNDONE


def test_who_took_the_step_after_the_move_keeps_it_when_the_move_is_undone(office: Office) -> None:
    office.publish()
    office.open_deal()
    office.prepare()
    second = office.publish(with_step(sales_map(), "legal", name="Інша назва"))
    started = move(office, second)
    office.do("iryna", claim_work_item, office.step("legal").id)
    (row,) = rows(office, started)
    office.do("owner", undo_moved_deal, row.id)
    step = office.step("legal")
    assert (step.name, step.assignee_id) == (f"Погодити: {APPROVERS['legal']}", office.company.iryna.id)


def test_who_was_handed_a_step_after_the_move_holds_it_when_the_move_is_undone(office: Office) -> None:
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.danylo.id, department_id=office.company.legal.id))
    office.publish()
    office.open_deal()
    office.prepare()
    started = move(office, office.publish(with_step(sales_map(), "legal", distribution=Distribution.LEAST_LOADED)))
    given = office.step("legal")
    people = {office.company.iryna.id: "iryna", office.company.danylo.id: "danylo"}
    holder = people.pop(given.assignee_id or 0)
    ((other_id, other),) = people.items()
    office.do(holder, delegate_work_item, given.id, other_id)
    take_back(office, started)
    held = office.step("legal")
    assert (held.state, held.assignee_id, held.claimed_at) == (WorkItemState.CLAIMED, other_id, office.clock.now())
    office.complete(other, "legal", "approved")


@pytest.mark.parametrize("extended", [False, True])
def test_a_step_that_has_climbed_since_its_move_climbs_on_by_the_deadline_that_it_is_given_back(
    office: Office, *, extended: bool
) -> None:
    office.publish(with_step(sales_map(), "prepare", deadline=WorkingTime(days=9)))
    office.open_deal()
    due_at = office.step("prepare").due_at
    shorter = office.publish(with_step(sales_map(), "prepare", deadline=WorkingTime(days=1)))
    started = move(office, shorter, deadlines=DeadlinePolicy.RECOMPUTE)
    office.wait(days=1)
    step = office.step("prepare")
    assert step.escalation_reached > 0
    if extended:
        due_at = office.clock.now() + timedelta(days=1)
        office.do("bohdan", extend_work_item, step.id, due_at, "Клієнт думає")
    take_back(office, started)
    back = office.step("prepare")
    assert back.due_at == due_at
    assert back.next_escalation_at is not None
    assert back.due_at is not None
    assert back.next_escalation_at >= back.due_at


def test_who_was_told_before_a_move_is_not_told_again_when_it_is_taken_back(office: Office) -> None:
    remind = EscalationLevel(action=EscalationAction.REMIND, offset=WorkingTime(seconds=4 * 3600), before=True)
    tell = EscalationLevel(action=EscalationAction.TELL_HEAD)
    late = EscalationLevel(action=EscalationAction.REMIND, offset=WorkingTime(days=3))
    former, other = (EscalationLadder(levels=levels) for levels in ((remind, tell), (remind, late)))
    office.publish(with_step(sales_map(), "prepare", escalation=former))
    deal = office.open_deal()
    due_at = office.step("prepare").due_at
    assert due_at is not None
    office.clock.advance(due_at - office.clock.now())
    office.run_machinery()
    started = move(office, office.publish(with_step(sales_map(), "prepare", escalation=other)))
    office.wait(days=7)
    take_back(office, started)
    office.wait(days=3)
    told = [kind for kind in office.kinds(deal) if kind in ("reminder_sent", "head_told")]
    assert told == ["reminder_sent", "head_told", "reminder_sent"]


def test_who_was_told_by_the_new_version_is_not_told_again_by_the_one_that_the_deal_returns_to(office: Office) -> None:
    remind = EscalationLevel(action=EscalationAction.REMIND, offset=WorkingTime(seconds=4 * 3600), before=True)
    tell = EscalationLevel(action=EscalationAction.TELL_HEAD)
    both, one = (EscalationLadder(levels=levels) for levels in ((remind, tell), (tell,)))
    office.publish(with_step(sales_map(), "prepare", escalation=both))
    deal = office.open_deal()
    started = move(office, office.publish(with_step(sales_map(), "prepare", escalation=one)))
    office.wait(days=2)
    take_back(office, started)
    assert (office.step("prepare").escalation_reached, office.step("prepare").next_escalation_at) == (2, None)
    office.wait(days=3)
    assert [kind for kind in office.kinds(deal) if kind in ("reminder_sent", "head_told")] == ["head_told"]


def test_a_move_whose_version_fails_can_be_taken_back(office: Office) -> None:
    office.publish()
    deal = office.open_deal()
    office.prepare()
    waiting = [one.id for one in office.open_steps(deal)]
    started = move(office, office.publish(sales_map({"legal": ApprovalRule(mode="count", count=2)})))
    with pytest.raises(MapFailed):  # nobody else is there to approve
        office.complete("iryna", "legal", "approved")
    assert instance_of(office, deal).open_incidents == 1
    assert may_be_taken_back(office, deal) == started.id
    assert take_back(office, started).state is MovedDealState.UNDONE
    assert [one.id for one in office.open_steps(deal)] == waiting
    assert may_be_taken_back(office, deal) is None
    for login, step in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, step, "approved")
    assert instance_of(office, deal).open_incidents == 0
    office.complete("olena", "sign")
    assert office.deal(deal).result.value == "won"


def test_moves_are_taken_back_one_after_another_the_last_one_first(office: Office) -> None:
    office.publish()
    deal = office.open_deal()
    to_signing(office, deal)
    first = everything(office, deal)
    to_second = move(office, office.publish(with_step(without_alarm(), "sign", deadline=WorkingTime(days=9))))
    second = everything(office, deal)
    to_third = move(office, office.publish(), deadlines=DeadlinePolicy.RECOMPUTE)
    with pytest.raises(WentOn):
        take_back(office, to_second)
    assert may_be_taken_back(office, deal) == to_third.id
    take_back(office, to_third)
    assert everything(office, deal) == second
    assert may_be_taken_back(office, deal) == to_second.id
    take_back(office, to_second)
    assert everything(office, deal) == first
    with pytest.raises(NotMoved):
        take_back(office, to_second)


def test_moves_that_asked_anew_are_taken_back_one_after_another(office: Office) -> None:
    office.publish()
    deal = office.open_deal()
    office.prepare()
    first = [one.id for one in office.open_steps(deal)]
    to_second = move(office, office.publish(sales_map({"legal": ApprovalRule(mode="list", approvers=("bohdan",))})))
    to_third = move(office, office.publish())
    assert len({one.id for one in office.open_steps(deal)} & set(first)) == 2
    take_back(office, to_third)
    take_back(office, to_second)
    assert [one.id for one in office.open_steps(deal)] == first
    to_fourth = move(office, office.publish(sales_map({"finance": ApprovalRule(mode="list", approvers=("bohdan",))})))
    take_back(office, to_fourth)
    assert [one.id for one in office.open_steps(deal)] == first
    for login, step in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, step, "approved")
    assert [one.element_id for one in office.open_steps(deal)] == ["sign"]


def test_a_deal_that_rested_after_its_move_can_be_taken_back_when_it_goes_on(office: Office) -> None:
    office.publish()
    deal = office.open_deal()
    to_signing(office, deal)
    before = everything(office, deal)
    started = move(office, office.publish(without_alarm()))
    office.do("olena", suspend_deal, deal.id, "Клієнт у відпустці")
    assert may_be_taken_back(office, deal) is None
    with pytest.raises(DealIsSuspended):
        take_back(office, started)
    office.do("olena", resume_deal, deal.id)
    assert may_be_taken_back(office, deal) == started.id
    take_back(office, started)
    assert everything(office, deal)["timers"] == before["timers"]
    assert everything(office, deal)["items"] == before["items"]


def test_deals_that_rest_or_were_cancelled_are_kept_with_the_reason(office: Office) -> None:
    office.publish()
    deals = [office.open_deal(title=f"Угода {number}") for number in range(4)]
    second = office.publish()
    asked = office.do("owner", start_version_move, second.id, MoveRequest())
    office.do("olena", suspend_deal, deals[0].id, "Клієнт у відпустці")
    office.do("olena", cancel_deal, deals[1].id, "Передумав")
    work(office.database, asked.id, office)
    assert [(row.reason or {}).get("code") for row in rows(office, asked)] == [
        "deal_suspended",
        "deal_not_running",
        None,
        None,
    ]
    office.do("olena", suspend_deal, deals[2].id, "Клієнт у відпустці")
    office.do("owner", undo_version_move, asked.id)
    work(office.database, asked.id, office)
    assert [(row.state.value, (row.reason or {}).get("code")) for row in rows(office, asked)][2:] == [
        ("kept", "deal_suspended"),
        ("undone", None),
    ]
    office.do("olena", resume_deal, deals[2].id)
    assert may_be_taken_back(office, deals[2]) == asked.id
    office.do("owner", undo_moved_deal, rows(office, asked)[2].id)
    assert instance_of(office, deals[2]).definition_id != second.id


def at_once(*works: Callable[[], object]) -> list[str]:
    """What each of them came to, all begun together."""
    told: list[str] = []

    def attempt(work: Callable[[], object]) -> None:
        try:
            work()
            told.append("done")
        except DomainError as refused:
            told.append(refused.code)

    threads = [threading.Thread(target=attempt, args=(one,)) for one in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_a_deal_is_moved_and_taken_back_once_whatever_happens_at_the_same_time(office: Office) -> None:
    office.publish()
    deals = [office.open_deal(title=f"Угода {number}") for number in range(3)]
    second = office.publish()
    started = office.do("owner", start_version_move, second.id, MoveRequest())
    turn = [partial(take_turn, office.database, row.id, clock=office.clock) for row in rows(office, started)]
    steps = [office.step("prepare", deal).id for deal in deals]
    finish = partial(office.complete, "olena", "prepare", values={"discount": "5"}, work_item_id=steps[0])
    assert at_once(turn[0], turn[0], finish, turn[1], turn[1], turn[2]) == ["done"] * 6
    assert [office.kinds(deal).count("deal_version_moved") for deal in deals] == [1, 1, 1]
    assert {one.element_id for one in office.open_steps(deals[0])} == set(APPROVERS)
    undo = partial(office.do, "owner", undo_moved_deal, rows(office, started)[1].id)
    told = at_once(undo, undo, undo)
    assert sorted(told) == ["done", "not_moved", "not_moved"]
    undo = partial(office.do, "owner", undo_moved_deal, rows(office, started)[2].id)
    finish = partial(office.complete, "olena", "prepare", values={"discount": "5"}, work_item_id=steps[2])
    assert sorted(at_once(undo, finish)) in (["done", "done"], ["done", "went_on"])
    for deal in (deals[0], deals[2]):
        for login, step in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
            office.complete(login, step, "approved", deal=deal)
        office.complete("olena", "sign", deal=deal)
        assert office.deal(deal).result.value == "won"


def test_a_deal_that_has_rested_since_two_moves_is_taken_back_with_the_time_that_it_had_left(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    office.approve_everywhere()
    before = everything(office, deal)
    longer = [office.publish(with_step(sales_map(), "sign", deadline=WorkingTime(days=days))) for days in (5, 9)]
    moves = [move(office, version, deadlines=DeadlinePolicy.RECOMPUTE) for version in longer]
    office.clock.advance(timedelta(hours=2))
    for pause in (suspend_deal, cancel_deal):
        office.do("olena", pause, deal.id, "Клієнт у відпустці")
        office.clock.advance(timedelta(days=7))
        if pause is suspend_deal:
            office.do("olena", resume_deal, deal.id)
        else:
            office.do("olena", reopen_deal, deal.id, "Повернувся")
    for started in reversed(moves):
        office.do("owner", undo_moved_deal, rows(office, started)[0].id)
    after, later = everything(office, deal), timedelta(days=14)
    assert after["definition"] == before["definition"]
    assert [one[1:] for one in after["timers"]] == [(*one[1:3], one[3] + later) for one in before["timers"]]
    kept = [column.key for column in WorkItem.__table__.columns if column.key != "version"].index("due_at")
    (was,), (now,) = (
        [item for item in one["items"] if item[kept] is not None and "sign" in item] for one in (before, after)
    )
    assert now[kept] == was[kept] + later
    assert office.step("sign").next_escalation_at is not None
    office.wait(days=2, hours=22, minutes=1)
    assert [one.element_id for one in office.open_steps(deal)] == ["sign", "call"]
    with pytest.raises(NotMoved):
        office.do("owner", undo_moved_deal, rows(office, moves[0])[0].id)
