"""A deal is sent back or forward by who may, never past an approval in silence, and comes back as it was."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.canonical_maps import MapBuilder, after
from support.free_maps import map_with
from support.office import Office
from support.sales_map import human

from engine.bpmn.compiled import Freedom, Stage
from engine.bpmn.jumps import AlreadyThere, InsideBranches, NoSuchTarget
from engine.commands.approved_changes import ContentApproved
from engine.commands.cancellations import cancel_deal
from engine.commands.deals import comment_on_deal, update_deal
from engine.commands.interventions import DealNotRunning, NothingToUndo
from engine.commands.jumps import move_token, undo_move
from engine.commands.work_items import claim_work_item
from engine.errors import AlreadyCancelled, AlreadyCompleted, DomainError, InvalidInput, NotAllowed, NotFound
from engine.model.deal import Deal
from engine.model.intervention import Intervention
from engine.model.person import Person, Role
from engine.model.timer import Timer
from engine.model.work_item import WorkItem, WorkItemState
from engine.policy.freedom import ApprovalAhead, MapIsStrict, NotYoursToMove
from engine.queries.interventions import departures_of_map

WHY = "Клієнт змінив умови"


@pytest.fixture
def database_url(sqlite_database_url: str) -> str:
    """On SQLite; test_repairs_on_both.py takes the same commands over PostgreSQL, too."""
    return sqlite_database_url


@pytest.fixture
def advised(office: Office) -> Office:
    office.publish(map_with(Freedom.ADVISED))
    return office


def open_elements(office: Office, deal: Deal) -> list[str]:
    return sorted(one.element_id for one in office.open_steps(deal))


def timers(office: Office) -> list[Any]:
    with office.database.read() as session:
        return [(one.node_id, one.due_at) for one in session.query(Timer)]


def test_an_administrator_sends_a_deal_back_and_everything_is_asked_again(office: Office) -> None:
    deal = office.deal_at_signing()
    office.do("admin", move_token, deal.id, "prepare", WHY)
    assert open_elements(office, deal) == ["prepare"]
    assert timers(office) == []
    assert office.deal(deal).stage == "Пропозиція"
    (moved,) = (event for event in office.history(deal) if event.kind == "deal_moved")
    assert moved.data["to"] == "Підготувати пропозицію"
    assert (moved.data["left"], moved.data["passed_over"]) == (["Підписати договір"], [])
    assert (moved.data["goes_back"], moved.data["reason"], moved.actor_name) == (True, WHY, "Андрій Савченко")
    office.prepare()
    assert open_elements(office, deal) == ["finance", "legal", "logistics"]
    office.complete("iryna", "legal", "approved")
    office.complete("oksana", "finance", "rejected", comment="Дорого")
    office.complete("petro", "logistics", "approved")
    assert office.deal(deal).result == "lost"


def test_a_deal_sent_back_before_its_approvals_may_change_and_is_asked_anew(office: Office) -> None:
    deal = office.deal_at_signing()
    with pytest.raises(ContentApproved):
        office.do("olena", update_deal, deal.id, {"amount": Decimal(5)})
    office.do("admin", move_token, deal.id, "prepare", WHY)
    office.do("olena", update_deal, deal.id, {"amount": Decimal(5)})
    with pytest.raises(NothingToUndo):
        office.do("admin", undo_move, deal.id)
    office.prepare()
    with pytest.raises(ContentApproved):
        office.do("olena", update_deal, deal.id, {"amount": Decimal(6)})
    assert open_elements(office, deal) == ["finance", "legal", "logistics"]


def test_a_step_is_named_as_people_name_it(office: Office) -> None:
    deal = office.deal_at_signing()
    office.do("admin", move_token, deal.id, "підготувати пропозицію", WHY)
    assert open_elements(office, deal) == ["prepare"]
    with pytest.raises(NoSuchTarget):
        office.do("admin", move_token, deal.id, "щось інше", WHY)


def test_a_token_in_a_join_does_not_survive_a_move_out_of_its_branches(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "approved")
    office.do("admin", move_token, deal.id, "prepare", WHY)
    office.prepare()
    office.complete("oksana", "finance", "approved")
    office.complete("petro", "logistics", "approved")
    assert open_elements(office, deal) == ["legal"], "the first round's approval must not count"


def test_one_branch_is_asked_again_while_the_others_stay(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "approved")
    waiting = {one.element_id: one.id for one in office.open_steps(deal)}
    office.do("admin", move_token, deal.id, "legal", WHY)
    after = {one.element_id: one.id for one in office.open_steps(deal)}
    assert after.keys() == {"legal", "finance", "logistics"}
    assert (after["finance"], after["logistics"]) == (waiting["finance"], waiting["logistics"])


def test_a_move_into_one_of_several_branches_is_refused(office: Office) -> None:
    deal = office.deal_at_signing()
    with pytest.raises(InsideBranches):
        office.do("admin", move_token, deal.id, "legal", WHY)
    with pytest.raises(AlreadyThere):
        office.do("admin", move_token, deal.id, "sign", WHY)
    assert open_elements(office, deal) == ["sign"]
    assert "deal_moved" not in office.kinds(deal)


def test_a_strict_map_is_left_only_by_an_administrator(office: Office) -> None:
    deal = office.deal_at_signing()
    for login in ("olena", "bohdan"):
        with pytest.raises(MapIsStrict):
            office.do(login, move_token, deal.id, "prepare", WHY)
    with pytest.raises(NotFound):
        office.do("danylo", move_token, deal.id, "prepare", WHY)


def test_an_advised_map_is_left_by_the_owner_and_heads_with_a_reason(advised: Office) -> None:
    deal = advised.deal_at_signing()
    with pytest.raises(InvalidInput) as refused:
        advised.do("olena", move_token, deal.id, "prepare", "  ")
    assert refused.value.errors.keys() == {"reason"}
    with pytest.raises(NotYoursToMove):
        advised.do("iryna", move_token, deal.id, "prepare", WHY)
    advised.do("olena", move_token, deal.id, "prepare", WHY)
    assert open_elements(advised, deal) == ["prepare"]


def test_the_strictest_step_of_a_move_decides(office: Office) -> None:
    office.publish(map_with(Freedom.FREE, {"prepare": Freedom.STRICT}))
    deal = office.deal_at_signing()
    with pytest.raises(MapIsStrict):
        office.do("olena", move_token, deal.id, "prepare", WHY)


def test_a_free_map_is_left_by_whoever_works_on_the_deal(office: Office) -> None:
    office.publish(map_with(Freedom.FREE))
    deal = office.open_deal()
    office.prepare()
    office.do("iryna", move_token, deal.id, "prepare")
    assert open_elements(office, deal) == ["prepare"]


def test_an_approval_ahead_is_passed_over_only_by_heads_and_it_is_written_down(advised: Office) -> None:
    deal = advised.open_deal()
    advised.prepare()
    advised.complete("iryna", "legal", "approved")
    with pytest.raises(ApprovalAhead):
        advised.do("olena", move_token, deal.id, "sign", WHY)
    advised.do("bohdan", move_token, deal.id, "sign", WHY)
    assert open_elements(advised, deal) == ["sign"]
    (moved,) = (event for event in advised.history(deal) if event.kind == "deal_moved")
    assert moved.data["passed_over"] == ["Погодити: Фінансовий відділ", "Погодити: Логістика"]
    with pytest.raises(AlreadyCancelled):
        advised.complete("oksana", "finance", "approved", work_item_id=_item(advised, "finance").id)


def _item(office: Office, element_id: str) -> WorkItem:
    with office.database.read() as session:
        return session.query(WorkItem).filter_by(element_id=element_id).one()


def test_an_undone_move_leaves_everything_as_it_was(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "approved")
    waiting = [(one.id, one.assignee_id, one.due_at, one.next_escalation_at) for one in office.open_steps(deal)]
    office.do("admin", move_token, deal.id, "prepare", WHY)
    office.do("olena", comment_on_deal, deal.id, "Бачу")
    office.do("admin", undo_move, deal.id)
    assert [(one.id, one.assignee_id, one.due_at, one.next_escalation_at) for one in office.open_steps(deal)] == waiting
    assert office.deal(deal).stage == "Погодження"
    assert office.kinds(deal)[-1] in {"move_undone", "stage_changed"}
    office.complete("oksana", "finance", "approved")
    office.complete("petro", "logistics", "approved")
    assert open_elements(office, deal) == ["sign"]


def test_an_undone_move_gives_a_deal_without_open_steps_its_stage_back(office: Office) -> None:
    builder = MapBuilder(key="pausing")
    builder.start()
    builder.step("first")
    builder.catch("pause", builder.timer("pause", after(days=3)))
    builder.step("last")
    builder.end("done")
    builder.chain("start", "first", "pause", "last", "done")
    steps = {one: human(one, one, "власник угоди", one) for one in ("first", "last")}
    stages = tuple(Stage(name=one, position=at) for at, one in enumerate(steps))
    office.publish(builder.build().model_copy(update={"steps": steps, "stages": stages}))
    deal = office.open_deal(definition_key="pausing")
    office.complete("olena", "first")
    before = office.deal(deal)
    office.clock.advance(timedelta(hours=1))
    office.do("admin", move_token, deal.id, "last", WHY)
    assert office.deal(deal).stage == "last"
    office.clock.advance(timedelta(hours=1))
    office.do("admin", undo_move, deal.id)
    after_undo = office.deal(deal)
    assert (after_undo.stage, after_undo.stage_since) == ("first", before.stage_since)
    office.wait(days=4)
    assert open_elements(office, deal) == ["last"]


def test_timers_come_back_with_an_undone_move_and_late_ones_fire(office: Office) -> None:
    deal = office.deal_at_signing()
    before = timers(office)
    office.do("admin", move_token, deal.id, "prepare", WHY)
    office.do("admin", undo_move, deal.id)
    assert timers(office) == before
    office.wait(days=4)
    assert open_elements(office, deal) == ["call", "sign"]


def test_a_move_is_not_undone_once_the_deal_has_gone_on(office: Office) -> None:
    deal = office.deal_at_signing()
    office.do("admin", move_token, deal.id, "prepare", WHY)
    office.prepare()
    with pytest.raises(NothingToUndo):
        office.do("admin", undo_move, deal.id)
    assert open_elements(office, deal) == ["finance", "legal", "logistics"]


def test_a_move_is_undone_once(office: Office) -> None:
    deal = office.deal_at_signing()
    office.do("admin", move_token, deal.id, "prepare", WHY)
    office.do("admin", undo_move, deal.id)
    with pytest.raises(NothingToUndo):
        office.do("admin", undo_move, deal.id)
    office.complete("olena", "sign")
    assert office.deal(deal).result == "won"


def test_a_colleague_does_not_undo_what_they_could_not_do(office: Office) -> None:
    deal = office.deal_at_signing()
    office.do("admin", move_token, deal.id, "prepare", WHY)
    with pytest.raises(NotAllowed):
        office.do("olena", undo_move, deal.id)


def test_who_may_not_move_deals_any_more_takes_no_move_back(advised: Office) -> None:
    deal = advised.deal_at_signing()
    advised.do("bohdan", move_token, deal.id, "prepare", WHY)
    with advised.database.write() as session:
        session.get_one(Person, advised.company.bohdan.id).role = Role.MANAGER
    with pytest.raises(NotYoursToMove):
        advised.do("bohdan", undo_move, deal.id)
    assert open_elements(advised, deal) == ["prepare"]
    advised.do("olena", undo_move, deal.id)
    assert open_elements(advised, deal) == ["sign"]


def test_who_works_on_a_deal_of_a_free_map_takes_back_their_own_move(office: Office) -> None:
    office.publish(map_with(Freedom.FREE))
    deal = office.open_deal()
    office.prepare()
    office.do("iryna", move_token, deal.id, "prepare")
    office.do("iryna", undo_move, deal.id)
    assert open_elements(office, deal) == ["finance", "legal", "logistics"]


def test_a_repeated_command_moves_once(office: Office) -> None:
    deal = office.deal_at_signing()
    for _ in range(2):
        office.do("admin", move_token, deal.id, "prepare", WHY, command_id="m-1")
    assert office.kinds(deal).count("deal_moved") == 1
    office.prepare()
    office.do("admin", move_token, deal.id, "prepare", WHY, command_id="m-1")
    assert open_elements(office, deal) == ["finance", "legal", "logistics"]


def test_steps_opened_after_an_undo_are_new_activities(office: Office) -> None:
    deal = office.deal_at_signing()
    for _ in range(3):
        office.do("admin", move_token, deal.id, "prepare", WHY)
        office.do("admin", undo_move, deal.id)
    office.do("admin", move_token, deal.id, "prepare", WHY)
    office.prepare()
    with office.database.read() as session:
        ids = [one.activity_id for one in session.query(WorkItem)]
    assert len(ids) == len(set(ids))


def test_a_deal_that_has_ended_is_not_moved(office: Office) -> None:
    deal = office.deal_at_signing()
    office.complete("olena", "sign")
    with pytest.raises(DealNotRunning):
        office.do("admin", move_token, deal.id, "prepare", WHY)
    other = office.open_deal(title="Інша")
    office.do("olena", cancel_deal, other.id, WHY)
    with pytest.raises(DealNotRunning):
        office.do("admin", move_token, other.id, "sign", WHY)


def test_only_named_open_steps_of_the_deal_are_taken_back(office: Office) -> None:
    deal = office.open_deal()
    prepared = office.prepare()
    with pytest.raises(InvalidInput):
        office.do("admin", move_token, deal.id, "prepare", WHY, withdrawn=[prepared.id])
    legal = office.step("legal", deal).id
    with pytest.raises(DomainError) as refused:
        office.do("admin", move_token, deal.id, "prepare", WHY, withdrawn=[legal])
    assert refused.value.code == "move_strands_branch"
    everything = [one.id for one in office.open_steps(deal)]
    office.do("admin", move_token, deal.id, "prepare", WHY, withdrawn=everything)
    assert open_elements(office, deal) == ["prepare"]


def test_a_claimed_step_that_was_moved_away_cannot_be_completed(office: Office) -> None:
    deal = office.open_deal()
    office.prepare()
    legal = office.step("legal", deal).id
    office.do("iryna", claim_work_item, legal)
    office.do("admin", move_token, deal.id, "prepare", WHY)
    with pytest.raises(AlreadyCancelled):
        office.complete("iryna", "legal", "approved", work_item_id=legal)


def test_departures_are_counted_for_the_maps_owner(office: Office) -> None:
    deal = office.deal_at_signing()
    office.do("admin", move_token, deal.id, "prepare", WHY)
    office.do("admin", undo_move, deal.id)
    office.do("admin", move_token, deal.id, "prepare", WHY)
    office.clock.advance(timedelta(hours=1))
    office.do("admin", move_token, deal.id, "sign", WHY)
    with office.database.read() as session:
        counts = departures_of_map(session, office.actor("owner"), "sale")
        assert session.query(Intervention).count() == 3
        with pytest.raises(NotFound):
            departures_of_map(session, office.actor("olena"), "sale")
    assert {name: (one.moves, one.past_approvals) for name, one in counts.items()} == {
        "prepare": (1, 0),
        "sign": (1, 1),
    }


def test_what_is_done_stays_done_when_a_move_is_undone(office: Office) -> None:
    deal = office.deal_at_signing()
    office.do("admin", move_token, deal.id, "prepare", WHY)
    office.do("admin", undo_move, deal.id)
    with office.database.read() as session:
        legal = session.query(WorkItem).filter_by(element_id="legal").one()
    assert legal.state is WorkItemState.COMPLETED
    with pytest.raises(AlreadyCompleted):
        office.complete("iryna", "legal", "approved", work_item_id=legal.id)
