from __future__ import annotations

import sys
from datetime import timedelta

import pytest
from sqlalchemy import select
from support.office import Office

from engine.commands.moved_deals import take_turn
from engine.commands.version_moves import (
    VERSION_MOVE,
    MoveRequest,
    cancel_version_move,
    start_version_move,
    undo_version_move,
)
from engine.db.job import Job
from engine.db.outbox import LEASE
from engine.model.person import Person, Role
from engine.model.process_instance import ProcessInstance
from engine.model.version_move import MovedDeal, MovedDealState, VersionMove, VersionMoveState
from tasks import effects
from tasks.jobs import run_job
from tasks.services import Services

pytestmark = pytest.mark.usefixtures("services")


def waiting_jobs(office: Office) -> list[str]:
    with office.database.read() as session:
        return list(session.scalars(select(Job.id).where(Job.kind == VERSION_MOVE, Job.done_at.is_(None))))


def test_a_worker_moves_all_deals_and_closes_the_move(office: Office) -> None:
    deals = [office.open_deal(title=f"Угода {number}") for number in range(3)]
    second = office.publish()
    move = office.do("owner", start_version_move, second.id, MoveRequest())
    for job_id in waiting_jobs(office):
        run_job(job_id)
        run_job(job_id)
    with office.database.read() as session:
        assert session.get_one(VersionMove, move.id).state is VersionMoveState.DONE
        assert {one.definition_id for one in session.scalars(select(ProcessInstance))} == {second.id}
    assert [office.kinds(deal).count("deal_version_moved") for deal in deals] == [1, 1, 1]


def test_a_worker_that_dies_between_two_deals_loses_and_doubles_none(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    deals = [office.open_deal(title=f"Угода {number}") for number in range(4)]
    second = office.publish()
    move = office.do("owner", start_version_move, second.id, MoveRequest())
    turns_taken: list[tuple[object, ...]] = []

    def dies_after_two(*arguments: object, **more: object) -> None:
        if len(turns_taken) == 2:
            raise SystemExit
        turns_taken.append(arguments)
        take_turn(*arguments, **more)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(effects, "take_turn", dies_after_two)
    (job_id,) = waiting_jobs(office)
    with pytest.raises(SystemExit):
        run_job(job_id)
    monkeypatch.setattr(effects, "take_turn", take_turn)
    run_job(job_id)  # another worker still holds it, as far as anybody knows
    with office.database.read() as session:
        states = list(session.scalars(select(MovedDeal.state).order_by(MovedDeal.id)))
    assert states.count(MovedDealState.MOVED) == 2
    office.clock.advance(LEASE + timedelta(seconds=1))
    run_job(job_id)
    with office.database.read() as session:
        assert session.get_one(VersionMove, move.id).state is VersionMoveState.DONE
    assert [office.kinds(deal).count("deal_version_moved") for deal in deals] == [1, 1, 1, 1]


def test_a_move_longer_than_a_lease_goes_on_in_another_job(
    office: Office, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.open_deal()
    second = office.publish()
    move = office.do("owner", start_version_move, second.id, MoveRequest())
    monkeypatch.setattr(effects, "JOB_TURN", timedelta())
    (first,) = waiting_jobs(office)
    run_job(first)
    monkeypatch.undo()
    (following,) = waiting_jobs(office)
    assert following != first
    run_job(following)
    with services.database.read() as session:
        assert session.get_one(VersionMove, move.id).state is VersionMoveState.DONE


def test_taking_back_is_written_down_as_done_by_who_asked_for_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office.database.write() as session:
        session.get_one(Person, office.company.bohdan.id).role = Role.OWNER
    deals = [office.open_deal(title=f"Угода {number}") for number in range(2)]
    move = office.do("owner", start_version_move, office.publish().id, MoveRequest())
    run_job(*waiting_jobs(office))
    office.do("bohdan", undo_version_move, move.id)
    monkeypatch.setattr(effects, "JOB_TURN", timedelta())
    run_job(*waiting_jobs(office))  # is over at once, and another job goes on
    monkeypatch.undo()
    run_job(*waiting_jobs(office))
    for deal in deals:
        moved, undone = office.history(deal)[-2:]
        assert (moved.kind, moved.actor_name) == ("deal_version_moved", office.company.owner.full_name)
        assert (undone.kind, undone.actor_name) == ("version_move_undone", office.company.bohdan.full_name)


def test_a_late_job_of_a_stopped_move_takes_nothing_back_in_the_name_of_who_moved(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office.database.write() as session:
        session.get_one(Person, office.company.bohdan.id).role = Role.OWNER
    deal = office.open_deal()
    office.open_deal(title="Друга")
    move = office.do("owner", start_version_move, office.publish().id, MoveRequest())
    with monkeypatch.context() as dying:
        dying.setattr(effects, "_MOVES_AT_ONCE", 1)
        dying.setattr(effects, "give_way", lambda _services: sys.exit())
        (late,) = waiting_jobs(office)
        with pytest.raises(SystemExit):
            run_job(late)
    office.do("owner", cancel_version_move, move.id)
    office.do("bohdan", undo_version_move, move.id)
    office.clock.advance(LEASE + timedelta(seconds=1))
    (asked,) = set(waiting_jobs(office)) - {late}
    run_job(late)
    assert "version_move_undone" not in office.kinds(deal)
    run_job(asked)
    undone = office.history(deal)[-1]
    assert (undone.kind, undone.actor_name) == ("version_move_undone", office.company.bohdan.full_name)
    assert not waiting_jobs(office)
