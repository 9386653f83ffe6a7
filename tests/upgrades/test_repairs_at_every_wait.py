"""Each repair and its opposite, at every kind of wait: the deal stands as before, and comes to the end that it had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from support.versions import edited
from upgrades.arranged_company import TITLES, Arranged, Waiting, assert_rows_agree_with_state
from upgrades.waiting_deals import Ending, finish

from engine.bpmn.deadline_rules import WorkingTime
from engine.commands.cancellations import cancel_deal, reopen_deal
from engine.commands.jumps import move_token, undo_move
from engine.commands.moved_deals import NotMoved, take_turn, undo_deal_of_move
from engine.commands.suspensions import Deadlines, resume_deal, suspend_deal
from engine.commands.variables import set_variables, settable_variables, undo_variables
from engine.commands.version_moves import MoveRequest, continue_version_move, start_version_move, turns
from engine.errors import DomainError, NotAllowed, NotFound
from engine.model.intervention import Intervention
from engine.model.version_move import DeadlinePolicy, MovedDeal, MovedDealState
from engine.model.work_item import WorkItemState
from engine.queries.deal_waiting import Standing, WaitingKind
from engine.queries.move_targets import move_targets
from engine.queries.processes import process_of

WHY = "Клієнт змінив умови"


def refused(waiting: Waiting, logins: tuple[str, ...], command: Callable[..., Any], *arguments: Any) -> None:
    """To each of these people, and nothing changes by it."""
    before = waiting.length()
    for login in logins:
        with pytest.raises((NotAllowed, NotFound)):
            waiting.do(login, command, *arguments)
    assert waiting.length() == before


def once(waiting: Waiting, login: str, command: Callable[..., Any], *arguments: Any) -> None:
    """Perform it, and again under the same id, as a second press of one button does: that changes nothing."""
    key = f"{command.__name__} {waiting.length()}"
    waiting.do(login, command, *arguments, command_id=key)
    after = waiting.rows(), waiting.length()
    waiting.do(login, command, *arguments, command_id=key)
    assert (waiting.rows(), waiting.length()) == after


def since(waiting: Waiting, length: int) -> list[str]:
    return waiting.office.kinds(waiting.deal)[length:]


def rest(waiting: Waiting) -> None:
    before, length = waiting.stands(), waiting.length()
    for deadlines in (Deadlines.SHIFT, Deadlines.KEEP):
        refused(waiting, ("taras", "danylo"), suspend_deal, WHY)
        once(waiting, "olena", suspend_deal, WHY)
        resting = waiting.stands()
        assert all(item[3] is WorkItemState.SUSPENDED for item in resting["items"])
        assert resting["timers"] == []
        assert resting["told"].standing is Standing.SUSPENDED
        refused(waiting, ("taras", "danylo"), resume_deal, deadlines)
        if deadlines is Deadlines.KEEP:
            waiting.office.clock.advance(timedelta(hours=3))
        once(waiting, "olena", resume_deal, deadlines)
        assert waiting.stands() == before, deadlines
    assert since(waiting, length).count("deal_suspended") == since(waiting, length).count("deal_resumed") == 2


def end(waiting: Waiting) -> None:
    before, length = waiting.stands(), waiting.length()
    refused(waiting, ("taras", "danylo"), cancel_deal, WHY)
    once(waiting, "olena", cancel_deal, WHY)
    ended = waiting.stands()
    assert ended["items"] == ended["timers"] == ended["waiting"] == ended["calls"] == []
    assert ended["told"].standing is Standing.CANCELLED
    refused(waiting, ("taras", "danylo"), reopen_deal, WHY)
    once(waiting, "olena", reopen_deal, WHY)
    failures = [one for one in before["told"].items if one.kind is WaitingKind.INCIDENT]
    told = replace(before["told"], items=before["told"].items[len(failures) :])
    assert waiting.stands() == before | {"told": told}
    assert {"deal_cancelled", "deal_reopened"} <= set(since(waiting, length))


def set_and_undo(waiting: Waiting) -> None:
    with waiting.office.database.read() as session:
        known = settable_variables(process_of(session, waiting.instance.definition_id))
    before, length = waiting.stands(), waiting.length()
    for name in known:
        refused(waiting, ("olena", "danylo"), set_variables, {name: "7"}, WHY)
        try:
            once(waiting, "admin", set_variables, {name: "7"}, WHY)
        except DomainError:
            assert waiting.stands() == before
            continue
        with waiting.office.database.read() as session:
            setting = session.scalars(select(Intervention.id).order_by(Intervention.id.desc())).first()
        refused(waiting, ("olena", "danylo"), undo_variables, setting)
        once(waiting, "admin", undo_variables, setting)
        assert waiting.stands() == before, name
        assert since(waiting, length).count("variables_set") == 2


def move_and_undo(waiting: Waiting) -> None:
    before = waiting.stands()
    with waiting.office.database.read() as session:
        targets = move_targets(session, waiting.office.actor("admin"), waiting.deal.id)
    for target in targets:
        length = waiting.length()
        refused(waiting, ("danylo",), move_token, target.element_id, WHY)
        if target.refusal is not None:
            with pytest.raises(DomainError):
                waiting.do("admin", move_token, target.element_id, WHY)
            assert waiting.length() == length
            continue
        once(waiting, "admin", move_token, target.element_id, WHY)
        moved = waiting.stands()
        assert target.element_id in {item[1] for item in moved["items"]}, target
        assert moved["told"].standing is Standing.RUNNING
        assert target.name in {one.name for one in moved["told"].items}
        assert "deal_moved" in since(waiting, length)
        refused(waiting, ("danylo",), undo_move)
        once(waiting, "admin", undo_move)
        assert waiting.stands() == before, target
        assert since(waiting, length)[-1:] != ["deal_moved"]
        assert "move_undone" in since(waiting, length)


def other_version(waiting: Waiting) -> None:
    office, before = waiting.office, waiting.stands()
    with office.database.read() as session:
        process = process_of(session, waiting.instance.definition_id)
    steps = {
        name: step.model_copy(update={"deadline": WorkingTime(days=5)} if step.deadline else {})
        for name, step in process.steps.items()
    }
    version = office.publish(edited(process, steps))
    for deadlines in DeadlinePolicy:
        length = waiting.length()
        request = MoveRequest(deadlines=deadlines, deal_ids=[waiting.deal.id])
        for login in ("olena", "danylo"):
            with pytest.raises((NotAllowed, NotFound)):
                office.do(login, start_version_move, version.id, request)
        move_id = office.do("owner", start_version_move, version.id, request).id
        with office.database.read() as session:
            (turn,) = turns(session, move_id, limit=10)
        for _ in range(2):
            take_turn(office.database, turn, clock=office.clock)
        with office.database.write() as session:
            assert continue_version_move(session, move_id, clock=office.clock)
            row = session.get_one(MovedDeal, turn)
            if waiting.deal.title == "a step that undoes another":
                assert (row.state, (row.reason or {})["code"]) == (MovedDealState.REFUSED, "being_undone")
                continue
            assert row.state is MovedDealState.MOVED, row.reason
        moved = waiting.stands()
        assert [item[:6] for item in moved["items"]] == [item[:6] for item in before["items"]]
        if deadlines is DeadlinePolicy.KEEP:
            assert moved == before
        else:
            pairs = zip(moved["items"], before["items"], strict=True)
            assert all(now[6] is None or now[6] > was[6] for now, was in pairs)
        assert since(waiting, length) == ["deal_version_moved"]
        waiting.do("olena", suspend_deal, WHY)
        waiting.do("olena", resume_deal)
        for login in ("olena", "danylo"):
            with pytest.raises((NotAllowed, NotFound)):
                office.do(login, undo_deal_of_move, move_id, waiting.deal.id)
        office.do("owner", undo_deal_of_move, move_id, waiting.deal.id)
        assert waiting.stands() == before, deadlines
        assert since(waiting, length)[-1] == "version_move_undone"
        with pytest.raises(NotMoved):
            office.do("owner", undo_deal_of_move, move_id, waiting.deal.id)


ACTS = (rest, set_and_undo, move_and_undo, other_version, end)


@pytest.mark.timeout(120)
def test_a_repair_and_its_opposite_leave_the_deal_as_it_stood(
    title: str, arranged: Arranged, ending_of: Callable[[str], Ending], full: bool
) -> None:
    """In the long form each by itself and all of them one after the other; in the short one two, by turns."""
    turn = TITLES.index(title)
    two = ACTS[turn % len(ACTS)], ACTS[(turn + 2) % len(ACTS)]
    for acts in (ACTS, *((one,) for one in ACTS)) if full else (two,):
        with arranged.copy() as company:
            waiting = Waiting.of(company, title)
            waiting.draft_everything()
            for act in acts:
                act(waiting)
                assert_rows_agree_with_state(waiting)
            finish(company, title)
            ending, unrepaired = Ending.of(company, title), ending_of(title)
            assert (ending.result, ending.completed) == (unrepaired.result, unrepaired.completed), acts
