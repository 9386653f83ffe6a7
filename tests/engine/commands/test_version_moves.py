from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from support.canonical_maps import MapBuilder
from support.office import Office
from support.sales_map import APPROVERS, human, sales_map
from support.version_moves import everything, instance_of, move, preview, rows, with_step, without_alarm, work
from support.versions import edited

from engine.bpmn.compiled import ApprovalRule, CompiledProcess, Distribution, FieldDefinition, FieldType
from engine.bpmn.deadline_rules import EscalationAction, EscalationLadder, EscalationLevel, WorkingTime
from engine.bpmn.inspection import variables_in
from engine.bpmn.version_changes import ChangeKind
from engine.commands import moved_deals
from engine.commands.deals import update_deal
from engine.commands.jumps import move_token
from engine.commands.moved_deals import take_turn, undo_moved_deal
from engine.commands.version_moves import (
    MoveIsOver,
    MoveRequest,
    NothingToMove,
    NotMovableTo,
    cancel_version_move,
    start_version_move,
    undo_version_move,
)
from engine.commands.work_items import claim_work_item, save_draft
from engine.model.department import Membership
from engine.model.draft import Draft
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.model.process_instance import ProcessInstance
from engine.model.version_move import (
    DeadlinePolicy,
    HolderPolicy,
    MovedDealState,
    VersionMove,
    VersionMoveState,
)
from engine.model.work_item import WorkItemState
from engine.policy.permissions import AbilityMissing
from engine.queries import carries
from engine.queries.approval_sheets import approval_sheet
from engine.queries.move_preview import Verdict, move_preview
from engine.queries.work_items import work_item_view

DISCOUNT = FieldDefinition(name="discount", label="Знижка", type=FieldType.NUMBER)


TWO_HEADS = ApprovalRule(mode="count", count=2)


def test_a_renamed_step_is_no_unchanged_step(office: Office) -> None:
    office.open_deal()
    process = sales_map()
    renamed = process.steps["prepare"].model_copy(update={"name": "Порахувати знижку"})
    (group,) = preview(office, office.publish(edited(process, {"prepare": renamed}))).groups
    assert group.verdict is Verdict.AMBER
    assert [(one.kind, one.now) for one in group.changes] == [(ChangeKind.NAME, "Порахувати знижку")]


def test_the_same_text_published_twice_moves_everything_in_green(office: Office) -> None:
    first = office.publish()
    deals = [office.open_deal(title=f"Угода {number}") for number in range(3)]
    office.complete("olena", "prepare", values={"discount": "5"}, deal=deals[0])
    before = [everything(office, deal) for deal in deals]
    second = office.publish()
    assert second.id != first.id
    seen = preview(office, second)
    assert seen.total == 3
    assert {group.verdict for group in seen.groups} == {Verdict.GREEN}
    started = move(office, second)
    assert [row.state for row in rows(office, started)] == [MovedDealState.MOVED] * 3
    for deal, was in zip(deals, before, strict=True):
        assert everything(office, deal) == was | {"definition": second.id}
        assert office.kinds(deal)[-1] == "deal_version_moved"


def test_a_text_that_a_form_did_not_show_stays_in_its_draft_as_of_when_it_was_typed(office: Office) -> None:
    """The deal may go back to the version that shows it: what another has changed since is told then."""
    office.publish()
    deal = office.open_deal()
    step = office.step("prepare")
    office.do("olena", save_draft, step.id, {"discount": "7", "deal.amount": "90"})
    move(office, office.publish(with_step(sales_map(), "prepare", fields=(DISCOUNT,))))
    office.do("bohdan", update_deal, deal.id, {"amount": Decimal(80)})
    for discount in ("8", "9"):
        office.do("olena", save_draft, step.id, {"discount": discount})
    move(office, office.publish())
    with office.database.read() as session:
        view = work_item_view(session, office.actor("olena"), step.id, office.clock.now())
    assert set(view.outdated) == {"deal.amount"}
    office.do("olena", save_draft, step.id, {"discount": "9", "deal.amount": "90"})
    with office.database.read() as session:
        assert not work_item_view(session, office.actor("olena"), step.id, office.clock.now()).outdated


def test_a_claimed_step_with_its_draft_keeps_both_and_its_deadline(office: Office) -> None:
    office.publish()
    deal = office.open_deal()
    step = office.step("prepare")
    office.do("olena", claim_work_item, step.id)
    office.do("olena", save_draft, step.id, {"discount": "7", "deal.amount": "90"})
    shorter = with_step(
        sales_map(),
        "prepare",
        deadline=WorkingTime(days=1),
        fields=(FieldDefinition(name="discount", label="Знижка"),),
    )
    second = office.publish(shorter)
    (group,) = preview(office, second).groups
    assert group.verdict is Verdict.AMBER
    assert {change.kind.value for change in group.changes} == {"deadline", "fields"}
    move(office, second)
    moved = office.step("prepare")
    assert (moved.id, moved.state, moved.assignee_id) == (step.id, WorkItemState.CLAIMED, office.company.olena.id)
    assert moved.due_at == step.due_at
    with office.database.read() as session:
        assert session.get_one(Draft, (step.id, office.company.olena.id)).texts == {
            "discount": "7",
            "deal.amount": "90",
        }
    office.do("olena", save_draft, step.id, {"discount": "8"})
    with office.database.read() as session:
        assert session.get_one(Draft, (step.id, office.company.olena.id)).texts == {
            "discount": "8",
            "deal.amount": "90",
        }
    office.prepare()
    assert {one.element_id for one in office.open_steps(deal)} == set(APPROVERS)


def test_recomputed_deadlines_count_from_when_the_step_was_opened(office: Office) -> None:
    office.publish()
    office.open_deal()
    step = office.step("prepare")
    due_at = step.due_at
    assert due_at is not None
    office.clock.advance(due_at - office.clock.now())
    office.run_machinery()
    reached = office.step("prepare").escalation_reached
    assert reached > 0
    second = office.publish(with_step(sales_map(), "prepare", deadline=WorkingTime(days=1)))
    move(office, second, deadlines=DeadlinePolicy.RECOMPUTE)
    moved = office.step("prepare")
    assert moved.due_at is not None
    assert moved.due_at < due_at
    assert moved.escalation_reached == reached  # levels never fall


REMIND = EscalationLevel(action=EscalationAction.REMIND, offset=WorkingTime(seconds=4 * 3600), before=True)
TELL = EscalationLevel(action=EscalationAction.TELL_HEAD)
TELL_LATER = EscalationLevel(action=EscalationAction.TELL_HEAD, offset=WorkingTime(days=1))


def climbing(*levels: EscalationLevel) -> CompiledProcess:
    return with_step(sales_map(), "prepare", escalation=EscalationLadder(levels=levels))


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ((TELL,), (REMIND, TELL), []),
        ((TELL,), (TELL, TELL_LATER), ["head_told"]),
        ((REMIND,), (TELL,), ["head_told"]),
    ],
)
def test_a_step_climbs_on_by_the_ladder_of_the_new_version(
    office: Office, before: tuple[EscalationLevel, ...], now: tuple[EscalationLevel, ...], told: list[str]
) -> None:
    """Nobody is told twice of what they know, and nobody is left out because rungs were counted."""
    office.publish(climbing(*before))
    deal = office.open_deal()
    office.wait(days=2)
    assert office.step("prepare").escalation_reached == 1
    move(office, office.publish(climbing(*now)))
    known = len(office.kinds(deal))
    office.wait(days=3)
    assert office.kinds(deal)[known:] == told


def test_who_was_told_is_not_told_again_behind_a_version_that_tells_nobody(office: Office) -> None:
    both = climbing(REMIND, TELL)
    office.publish(both)
    deal = office.open_deal()
    office.wait(days=2)
    for version in (climbing(), both):
        move(office, office.publish(version))
        office.wait(days=3)
    assert [kind for kind in office.kinds(deal) if kind in ("reminder_sent", "head_told")] == [
        "reminder_sent",
        "head_told",
    ]


def test_a_changed_department_keeps_the_holder_unless_told_otherwise(office: Office) -> None:
    office.publish()
    deals = [office.open_deal(title=f"Угода {number}") for number in range(2)]
    for deal in deals:
        office.complete("olena", "prepare", values={"discount": "5"}, deal=deal)
    office.do("iryna", claim_work_item, office.step("legal", deals[0]).id)
    second = office.publish(with_step(sales_map(), "legal", responsible=("Фінансовий відділ",)))
    move(office, second)
    held, free = (office.step("legal", deal) for deal in deals)
    finance = office.step("finance", deals[0]).group_id
    assert (held.assignee_id, held.group_id) == (office.company.iryna.id, finance)
    assert (free.assignee_id, free.group_id) == (None, finance)
    third = office.publish(with_step(sales_map(), "legal", responsible=("Логістика",)))
    move(office, third, holders=HolderPolicy.REASSIGN)
    assert office.step("legal", deals[0]).assignee_id is None


def test_what_nobody_holds_is_given_out_by_the_new_version(office: Office) -> None:
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.danylo.id, department_id=office.company.finance.id))
    office.publish()
    deals = [office.open_deal(title=f"Угода {number}") for number in range(3)]
    for deal in deals:
        office.complete("olena", "prepare", values={"discount": "5"}, deal=deal)
    office.do("iryna", claim_work_item, office.step("legal", deals[0]).id)
    in_turn = {"responsible": ("Фінансовий відділ",), "distribution": Distribution.ROUND_ROBIN}
    started = move(office, office.publish(with_step(sales_map(), "legal", **in_turn)))
    holders = [office.step("legal", deal).assignee_id for deal in deals]
    assert holders == [office.company.iryna.id, office.company.oksana.id, office.company.danylo.id]
    assert office.kinds(deals[1]).count("step_reassigned") == 1
    office.do("owner", undo_version_move, started.id)
    work(office.database, started.id, office)
    assert [office.step("legal", deal).assignee_id for deal in deals] == [office.company.iryna.id, None, None]


@pytest.mark.parametrize("policy", list(HolderPolicy))
def test_another_way_of_giving_out_leaves_whoever_holds_a_step_in_peace(office: Office, policy: HolderPolicy) -> None:
    with office.database.write() as session:
        session.add(Membership(person_id=office.company.danylo.id, department_id=office.company.legal.id))
    office.publish()
    deal = office.open_deal()
    office.prepare()
    office.do("danylo", claim_work_item, office.step("legal", deal).id)
    given = office.publish(with_step(sales_map(), "legal", distribution=Distribution.LEAST_LOADED))
    move(office, given, holders=policy)
    kept = policy is HolderPolicy.KEEP
    assert office.step("legal", deal).assignee_id == (office.company.danylo.id if kept else office.company.iryna.id)


def test_an_added_branch_is_never_bypassed(office: Office) -> None:
    office.publish()
    deal = office.open_deal()
    office.prepare()
    second = office.publish(with_branch("security"))
    (group,) = preview(office, second).groups
    assert group.verdict is Verdict.RED
    assert {problem.code for problem in group.problems} == {"branches_differ"}
    started = move(office, second)
    (row,) = rows(office, started)
    assert (row.state, (row.reason or {})["code"]) == (MovedDealState.REFUSED, "branches_differ")
    assert instance_of(office, deal).definition_id != second.id
    started = move(office, second, choices={group.key: {"*": "prepare"}})
    assert [one.state for one in rows(office, started)] == [MovedDealState.MOVED]
    assert [one.element_id for one in office.open_steps(deal)] == ["prepare"]
    office.prepare()
    assert {one.element_id for one in office.open_steps(deal)} == {*APPROVERS, "security"}


def test_approvals_that_a_choice_leaves_behind_are_told_before_and_stand_on_the_sheet(office: Office) -> None:
    office.publish()
    deal = office.open_deal()
    second = office.publish()
    choices = {"*": {"prepare": "sign"}}
    (group,) = preview(office, second, choices=choices).groups
    passed = [change.element_id for change in group.changes if change.kind is ChangeKind.APPROVAL_PASSED]
    assert set(passed) == set(APPROVERS)
    started = move(office, second, choices=choices)
    with office.database.read() as session:
        (told,) = approval_sheet(session, office.actor("bohdan"), deal.id).passed_over
    assert len(told.approvals) == len(APPROVERS)
    assert (told.to, told.by) == ("Підписати договір", office.company.owner.full_name)
    office.do("owner", undo_moved_deal, rows(office, started)[0].id)
    with office.database.read() as session:
        assert approval_sheet(session, office.actor("bohdan"), deal.id).passed_over == ()


def test_a_finished_branch_waits_on_in_the_new_join_and_the_deal_is_won(office: Office) -> None:
    office.publish()
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "approved")
    second = office.publish(with_step(sales_map(), "sign", name="Підписати"))
    move(office, second)
    office.complete("oksana", "finance", "approved")
    assert "sign" not in {one.element_id for one in office.open_steps(deal)}
    office.complete("petro", "logistics", "approved")
    assert office.step("sign").name == "Підписати"
    office.complete("olena", "sign")
    assert office.deal(deal).result.value == "won"


def test_a_half_decided_approval_with_another_rule_is_refused_and_may_be_asked_again(office: Office) -> None:
    office.publish(sales_map({"legal": ApprovalRule(mode="list", approvers=("iryna", "bohdan"))}))
    deal = office.open_deal()
    office.prepare()
    first = next(one for one in office.open_steps(deal) if one.element_id == "legal" and one.approver == "iryna")
    office.complete("iryna", "legal", "approved", work_item_id=first.id)
    second = office.publish()
    started = move(office, second)
    (row,) = rows(office, started)
    assert (row.reason or {})["code"] == "half_decided"
    started = move(office, second, choices={"*": {"legal": "legal"}})
    assert [one.state for one in rows(office, started)] == [MovedDealState.MOVED]
    asked = [one for one in office.open_steps(deal) if one.element_id == "legal"]
    assert [(one.assignee_id, one.approver) for one in asked] == [(None, "")]


def test_a_rule_that_asks_more_people_asks_anew(office: Office) -> None:
    office.publish()
    deal = office.open_deal()
    office.prepare()
    asked_before = office.step("legal").id
    second = office.publish(sales_map({"legal": ApprovalRule(mode="list", approvers=("iryna", "bohdan"))}))
    (group,) = preview(office, second).groups
    assert "asked_anew" in {change.kind.value for change in group.changes}
    started = move(office, second)
    asked = [one for one in office.open_steps(deal) if one.element_id == "legal"]
    assert [one.approver for one in asked] == ["iryna", "bohdan"]
    assert asked_before not in {one.id for one in asked}
    (row,) = rows(office, started)
    office.do("owner", undo_moved_deal, row.id)
    assert office.step("legal").id == asked_before
    office.complete("iryna", "legal", "approved")  # activity ids go on counting: nothing is opened twice
    office.complete("oksana", "finance", "approved")
    office.complete("petro", "logistics", "approved")
    assert [one.element_id for one in office.open_steps(deal)] == ["sign"]


def test_two_approvals_are_asked_anew_at_once(office: Office) -> None:
    office.publish()
    deal = office.open_deal()
    office.prepare()
    both = {
        "legal": ApprovalRule(mode="list", approvers=("iryna", "bohdan")),
        "finance": ApprovalRule(mode="list", approvers=("oksana", "bohdan")),
    }
    started = move(office, office.publish(sales_map(both)))
    assert [row.state for row in rows(office, started)] == [MovedDealState.MOVED]
    assert len(office.open_steps(deal)) == 5


def test_a_new_alarm_begins_and_a_removed_one_is_gone(office: Office) -> None:
    first = office.publish()
    deal = office.open_deal()
    office.prepare()
    for login, step in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
        office.complete(login, step, "approved")
    with_alarm = everything(office, deal)
    assert len(with_alarm["timers"]) == 1
    second = office.publish(without_alarm())
    started = move(office, second)
    assert everything(office, deal)["timers"] == []
    office.wait(days=4)
    assert [one.element_id for one in office.open_steps(deal)] == ["sign"]
    back = office.do("owner", start_version_move, first.id, MoveRequest())
    work(office.database, back.id, office)
    assert len(everything(office, deal)["timers"]) == 1
    assert rows(office, started)[0].state is MovedDealState.MOVED


def test_a_move_can_be_stopped_and_repeating_a_turn_does_nothing(office: Office) -> None:
    office.publish()
    deals = [office.open_deal(title=f"Угода {number}") for number in range(3)]
    second = office.publish()
    started = office.do("owner", start_version_move, second.id, MoveRequest())
    first = rows(office, started)[0]
    for _ in range(2):
        take_turn(office.database, first.id, clock=office.clock)
    assert office.kinds(deals[0]).count("deal_version_moved") == 1
    office.do("owner", cancel_version_move, started.id)
    work(office.database, started.id, office)
    assert [row.state for row in rows(office, started)] == [
        MovedDealState.MOVED,
        MovedDealState.CANCELLED,
        MovedDealState.CANCELLED,
    ]
    with pytest.raises(MoveIsOver):
        office.do("owner", cancel_version_move, started.id)


def test_a_deal_in_which_the_program_itself_fails_stops_none_of_the_others(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.publish()
    broken, sound = office.open_deal(), office.open_deal(title="Ще одна")
    there = carries.carry_of

    def carry_of(session: Session, instance: ProcessInstance, *more: Any, **named: Any) -> Any:
        if instance.deal_id == broken.id:
            raise KeyError("unthought of")
        return there(session, instance, *more, **named)

    monkeypatch.setattr(moved_deals, "carry_of", carry_of)
    started = move(office, office.publish())
    assert [row.state for row in rows(office, started)] == [MovedDealState.REFUSED, MovedDealState.MOVED]
    assert (rows(office, started)[0].reason or {})["code"] == "turn_failed"
    assert "unthought of" not in str(rows(office, started)[0].reason)
    with office.database.read() as session:
        assert session.get_one(VersionMove, started.id).state is VersionMoveState.DONE
    monkeypatch.undo()
    assert [office.step("prepare", deal).is_live for deal in (broken, sound)] == [True, True]


def test_a_database_that_is_away_refuses_no_deal(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.publish()
    office.open_deal()
    started = office.do("owner", start_version_move, office.publish().id, MoveRequest())

    def carry_of(*_: Any, **__: Any) -> Any:
        raise OperationalError(None, None, Exception("deadlock detected"))

    monkeypatch.setattr(moved_deals, "carry_of", carry_of)
    with pytest.raises(OperationalError):
        work(office.database, started.id, office)
    assert [row.state for row in rows(office, started)] == [MovedDealState.WAITING]


def test_only_process_owners_move_and_only_to_what_was_published(office: Office) -> None:
    office.publish()
    office.open_deal()
    second = office.publish()
    for login in ("olena", "bohdan", "admin"):
        with pytest.raises(AbilityMissing):
            office.do(login, start_version_move, second.id, MoveRequest())
    with office.database.write() as session:
        session.get_one(ProcessDefinition, second.id).state = DefinitionState.DRAFT
    with pytest.raises(NotMovableTo):
        office.do("owner", start_version_move, second.id, MoveRequest())
    with office.database.write() as session:
        session.get_one(ProcessDefinition, second.id).state = DefinitionState.PUBLISHED
    move(office, second)
    with pytest.raises(NothingToMove):
        office.do("owner", start_version_move, second.id, MoveRequest())


def test_a_repeated_request_starts_one_move(office: Office) -> None:
    office.publish()
    office.open_deal()
    second = office.publish()
    ids = {office.do("owner", start_version_move, second.id, MoveRequest(), command_id="once").id for _ in range(2)}
    assert len(ids) == 1


def watched_map(*, alarm: bool) -> CompiledProcess:
    """One step; with ``alarm``, a condition beside it that looks at the deal's discount."""
    builder = MapBuilder(key="watched")
    builder.start()
    builder.step("work")
    builder.end("done")
    builder.chain("start", "work", "done")
    steps = {"work": human("work", "Працювати", "власник угоди", "Етап")}
    if alarm:
        builder.boundary("large", "work", builder.conditional("large", "discount > 10"))
        builder.step("check")
        builder.chain("large", "check", "done")
        steps["check"] = human("check", "Перевірити", "власник угоди", "Етап")
    steps["work"] = steps["work"].model_copy(update={"fields": (DISCOUNT,)})
    return builder.build({"discount"}).model_copy(update={"steps": steps})


def test_deals_that_stand_alike_are_told_apart_where_their_data_decide(office: Office) -> None:
    office.publish(watched_map(alarm=False))
    small, large, larger = (
        office.open_deal(definition_key="watched", fields={"discount": discount}) for discount in ("5", "12", "20")
    )
    second = office.publish(watched_map(alarm=True))
    red, amber = preview(office, second).groups
    assert (red.verdict, red.deals, [one.code for one in red.problems]) == (Verdict.RED, 2, ["would_go_on"])
    assert (amber.verdict, amber.deals) == (Verdict.AMBER, 1)
    assert [one.deal_id for one in (*red.examples, *amber.examples)] == [large.id, larger.id, small.id]
    started = move(office, second)
    assert [row.state.value for row in rows(office, started)] == ["moved", "refused", "refused"]
    choices = {red.key: {"work": "check"}}
    (chosen,) = preview(office, second, choices=choices).groups
    assert (chosen.verdict, chosen.deals, chosen.key) == (Verdict.AMBER, 2, red.key)
    third = office.publish(watched_map(alarm=True))
    assert [group.deals for group in preview(office, third, choices=choices).groups] == [2, 1]
    started = move(office, third, choices=choices)
    assert [row.state.value for row in rows(office, started)] == ["moved", "moved", "moved"]
    assert [office.open_steps(deal)[0].element_id for deal in (small, large, larger)] == ["work", "check", "check"]


def test_no_more_deals_are_looked_at_one_by_one_than_a_page_can_wait_for(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.publish(watched_map(alarm=False))
    for discount in ("5", "12", "20"):
        office.open_deal(definition_key="watched", fields={"discount": discount})
    monkeypatch.setattr("engine.queries.move_preview._JUDGED_BY_DATA", 1)
    red, amber = preview(office, office.publish(watched_map(alarm=True))).groups
    assert (red.verdict, red.deals, amber.verdict, amber.deals) == (Verdict.RED, 1, Verdict.AMBER, 2)


def test_of_very_many_deals_whose_data_decide_those_not_looked_at_are_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.queries.move_preview._JUDGED_EACH", 2)
    office.publish(watched_map(alarm=False))
    for discount in ("5", "12", "5", "5", "20"):
        office.open_deal(definition_key="watched", fields={"discount": discount})
    second = office.publish(watched_map(alarm=True))
    red, amber = preview(office, second).groups
    assert (red.verdict, red.deals, red.unseen) == (Verdict.RED, 1, 0)
    assert (amber.verdict, amber.deals, amber.unseen) == (Verdict.AMBER, 4, 2)
    started = move(office, second)
    assert [row.state.value for row in rows(office, started)] == ["moved", "refused", "moved", "moved", "refused"]


def with_branch(element_id: str) -> CompiledProcess:
    """The sales map with one more approval beside the others."""
    process = sales_map()
    step = process.steps["legal"].model_copy(update={"element_id": element_id, "source_id": element_id})
    branch = (
        f'<userTask id="{element_id}"/><sequenceFlow id="in" sourceRef="split" targetRef="{element_id}"/>'
        f'<sequenceFlow id="out" sourceRef="{element_id}" targetRef="join"/>'
    )
    return edited(process, {element_id: step}, ("</process>", f"{branch}</process>"))


def test_a_deal_whose_state_cannot_be_read_is_refused_and_holds_no_other_up(office: Office) -> None:
    broken, sound = office.open_deal(title="Зіпсована"), office.open_deal(title="Ціла")
    with office.database.write() as session:
        session.scalars(
            select(ProcessInstance).where(ProcessInstance.deal_id == broken.id)
        ).one().execution_state = b"?"
    newer = office.publish(with_step(sales_map(), "prepare", name="Скласти пропозицію"))

    with office.database.read() as session:
        preview = move_preview(session, office.actor("owner"), newer.id, at=office.clock.now())
    assert Verdict.RED in {group.verdict for group in preview.groups}
    started = move(office, newer)

    assert [(one.deal_id, one.state) for one in rows(office, started)] == [
        (broken.id, MovedDealState.REFUSED),
        (sound.id, MovedDealState.MOVED),
    ]


def test_an_outcome_that_a_deal_has_forgotten_is_not_remembered_by_a_move(office: Office) -> None:
    process = sales_map()
    office.publish(process)
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "approved")
    office.do("admin", move_token, deal.id, "prepare", "Усе спочатку")
    assert "legal_outcome" not in variables_in(instance_of(office, deal).execution_state)
    move(office, office.publish(with_step(process, "sign", name="Підпис")))
    assert "legal_outcome" not in variables_in(instance_of(office, deal).execution_state)
