"""Jobs of programs outside: fetched and locked, answered once, failed and tried again, whatever happens to the deal."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from support.called_maps import NO_DATA, job_map, on_error, rated_map
from support.office import Office

from engine.commands.call_results import CallOver
from engine.commands.cancellations import cancel_deal, reopen_deal
from engine.commands.external_jobs import (
    Failure,
    LockLost,
    complete_job,
    extend_job,
    fail_job,
    fetch_jobs,
    raise_job_error,
)
from engine.commands.incident_retries import retry_incident
from engine.commands.jumps import move_token, undo_move
from engine.commands.moved_deals import take_turn
from engine.commands.suspensions import resume_deal, suspend_deal
from engine.commands.version_moves import MoveRequest, start_version_move, turns
from engine.errors import DealIsSuspended, InvalidInput, MapFailed, NotAllowed
from engine.model.deal import Deal
from engine.model.incident import Incident, IncidentState
from engine.model.process_instance import ProcessInstance
from engine.model.service_call import CallState, ServiceCall
from engine.policy.call_answers import ValueNotTaken, ValuesTooLong
from engine.queries.external_jobs import Job, jobs_of

OWNER = "owner"  # of the maps: whose token the programs use


def fetch(office: Office, worker: str = "w1", login: str = OWNER, **more: Any) -> list[Job]:
    wanted = {"limit": 10, "lock_s": 60} | more
    ids = office.do(login, fetch_jobs, ["score"], worker, **wanted)
    with office.database.read() as session:
        return list(jobs_of(session, office.actor(login), ids))


def complete(office: Office, job: Job, worker: str = "w1", command_id: str | None = None, **values: Any) -> None:
    actor = office.actor(OWNER)
    complete_job(office.database, job.id, worker, values, actor=actor, clock=office.clock, command_id=command_id)


def raise_error(office: Office, job: Job, code: str) -> None:
    raise_job_error(office.database, job.id, "w1", code, actor=office.actor(OWNER), clock=office.clock)


def row(office: Office, deal: Deal) -> ServiceCall:
    with office.database.read() as session:
        return session.scalars(select(ServiceCall).where(ServiceCall.deal_id == deal.id)).one()


def open_incidents(office: Office) -> list[Incident]:
    with office.database.read() as session:
        return list(session.scalars(select(Incident).where(Incident.state == IncidentState.OPEN)))


def standing(office: Office, deal: Deal) -> list[str]:
    return [one.element_id for one in office.open_steps(deal)]


@pytest.fixture
def deal(office: Office) -> Deal:
    office.publish(job_map())
    return office.open_deal(fields={"limit": 7})


def test_a_job_is_fetched_with_its_values_and_its_answer_moves_the_deal_on(office: Office, deal: Deal) -> None:
    (job,) = fetch(office)
    assert (job.deal_number, job.name, job.values) == (
        deal.number,
        "Перевірити клієнта",
        {"amount": deal.amount, "limit": 7},
    )
    assert fetch(office, "w2") == [], "nobody else gets what is locked"
    complete(office, job, rating=5, **{"deal.amount": "99.50"})
    assert standing(office, deal) == ["after"]
    now = office.deal(deal)
    assert (now.fields["rating"], str(now.amount)) == (5, "99.50")
    assert office.kinds(deal)[-4:] == ["call_opened", "call_completed", "step_opened", "stage_changed"]
    assert row(office, deal).state is CallState.DONE


def test_a_job_is_answered_once_and_a_repetition_is_answered_again(office: Office, deal: Deal) -> None:
    (job,) = fetch(office)
    for _ in range(2):
        complete(office, job, command_id="k1", rating=5)
    with pytest.raises(CallOver):
        complete(office, job, rating=9)
    assert office.kinds(deal).count("call_completed") == 1
    assert office.deal(deal).fields["rating"] == 5


def test_a_lost_lock_does_not_count_and_a_late_answer_does_while_nobody_took_the_job(
    office: Office, deal: Deal
) -> None:
    (job,) = fetch(office, lock_s=30)
    office.wait(seconds=31)
    (again,) = fetch(office, "w2")
    assert again.id == job.id
    with pytest.raises(LockLost):
        complete(office, job, "w1", rating=1)
    with pytest.raises(LockLost):
        office.do(OWNER, extend_job, job.id, "w1", 60)
    office.wait(seconds=120)
    complete(office, job, "w2", rating=2)
    assert office.deal(deal).fields["rating"] == 2


def test_a_longer_lock_is_kept_from_others(office: Office, deal: Deal) -> None:
    (job,) = fetch(office, lock_s=30)
    office.do(OWNER, extend_job, job.id, "w1", 300)
    office.wait(seconds=31)
    assert fetch(office, "w2") == []


def test_two_workers_that_race_for_many_jobs_get_each_once(office: Office) -> None:
    office.publish(job_map())
    for _ in range(6):
        office.open_deal()
    got: list[str] = []
    lock = threading.Lock()

    def work(worker: str) -> None:
        while jobs := fetch(office, worker, limit=1):
            with lock:
                got.extend(one.id for one in jobs)

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 6


def test_a_repeated_fetch_is_answered_with_the_same_jobs(office: Office, deal: Deal) -> None:
    first = fetch(office, command_id="f1")
    assert fetch(office, command_id="f1") == first
    assert [one.deal_id for one in first] == [deal.id]


def test_a_failure_is_given_out_again_later_and_at_last_told_to_an_administrator(office: Office) -> None:
    office.publish(job_map(retries="1", retry_after="10 s"))
    deal = office.open_deal()
    (job,) = fetch(office)
    office.do(OWNER, fail_job, job.id, "w1", Failure("no connection"))
    assert fetch(office) == []
    office.wait(seconds=11)
    (job,) = fetch(office)
    assert (job.attempts, job.last_error) == (1, "no connection")
    office.do(OWNER, fail_job, job.id, "w1", Failure("no connection"))
    (incident,) = open_incidents(office)
    assert (incident.element_id, incident.params["problem_code"]) == ("call", "call_failed")
    assert fetch(office) == []
    assert row(office, deal).state is CallState.FAILED
    office.do("admin", retry_incident, incident.id)
    assert open_incidents(office) == []
    (job,) = fetch(office)
    complete(office, job)
    assert standing(office, deal) == ["after"]


def test_a_worker_may_say_how_often_and_when(office: Office, deal: Deal) -> None:
    (job,) = fetch(office)
    office.do(OWNER, fail_job, job.id, "w1", Failure("busy", retries=1, after_s=5))
    office.wait(seconds=6)
    (job,) = fetch(office)
    office.do(OWNER, fail_job, job.id, "w1", Failure("refused", retries=0))
    assert [one.deal_id for one in open_incidents(office)] == [deal.id]


def test_an_error_goes_to_the_maps_handler_and_one_that_it_lacks_to_an_administrator(office: Office) -> None:
    office.publish(job_map(*on_error("NO_DATA", "ask"), around=NO_DATA))
    handled, unhandled = office.open_deal(), office.open_deal()
    jobs = {one.deal_id: one for one in fetch(office)}
    raise_error(office, jobs[handled.id], "NO_DATA")
    assert standing(office, handled) == ["ask"]
    raise_error(office, jobs[unhandled.id], "TEAPOT")
    assert standing(office, unhandled) == []
    assert [incident.deal_id for incident in open_incidents(office)] == [unhandled.id]


def test_a_map_that_fails_at_the_answer_keeps_it_for_the_administrator_and_the_job_is_not_done_twice(
    office: Office,
) -> None:
    office.publish(rated_map())
    failing = office.open_deal()
    (job,) = fetch(office, lock_s=5)
    with pytest.raises(MapFailed):
        complete(office, job, rating=None)
    (incident,) = open_incidents(office)
    assert incident.deal_id == failing.id
    office.wait(seconds=60)
    assert fetch(office) == []
    with pytest.raises(MapFailed):  # the answer itself is tried again: it was not lost
        office.do("admin", retry_incident, incident.id)


def test_a_suspended_deal_gives_no_jobs_out_and_takes_no_answer_until_it_goes_on(office: Office, deal: Deal) -> None:
    (job,) = fetch(office)
    office.do("olena", suspend_deal, deal.id, "чекаємо")
    with pytest.raises(DealIsSuspended):
        complete(office, job)
    office.wait(seconds=120)
    assert fetch(office, "w2") == []
    office.do("olena", resume_deal, deal.id)
    (again,) = fetch(office, "w2")
    assert again.id == job.id


def test_a_cancelled_deal_cancels_its_job_and_a_reopened_one_gives_it_out_again(office: Office, deal: Deal) -> None:
    (job,) = fetch(office)
    office.do("olena", cancel_deal, deal.id, "передумали")
    with pytest.raises(CallOver):
        complete(office, job)
    office.do("olena", reopen_deal, deal.id, "повернулися")
    (again,) = fetch(office)
    assert again.id == job.id


def test_a_deal_that_is_moved_away_needs_the_job_no_more_and_one_that_is_moved_back_does(
    office: Office, deal: Deal
) -> None:
    (job,) = fetch(office)
    office.do("admin", move_token, deal.id, "after", "робимо самі")
    assert row(office, deal).state is CallState.CANCELLED
    assert "call_cancelled" in office.kinds(deal)
    with pytest.raises(CallOver):
        complete(office, job)
    office.do("admin", undo_move, deal.id)
    (again,) = fetch(office, "w2")
    assert again.id == job.id


def test_moving_on_closes_the_failure_of_the_job(office: Office, deal: Deal) -> None:
    (job,) = fetch(office)
    office.do(OWNER, fail_job, job.id, "w1", Failure("refused", retries=0))
    office.do("admin", move_token, deal.id, "after", "робимо самі")
    assert open_incidents(office) == []


def test_only_who_serves_jobs_may_and_facts_of_others_are_not_written(office: Office, deal: Deal) -> None:
    for login in ("olena", "bohdan", "iryna"):
        with pytest.raises(NotAllowed):
            fetch(office, login=login)
    assert standing(office, deal) == []
    (job,) = fetch(office)
    with pytest.raises(ValueNotTaken):
        complete(office, job, **{"client.name": "X"})
    with pytest.raises(InvalidInput):
        complete(office, job, **{"deal.amount": "a lot"})
    with pytest.raises(ValuesTooLong):
        complete(office, job, text="x" * 70_000)
    assert fetch(office, "w2") == [], "what was refused can be corrected under the same lock"


def test_a_deal_that_moves_to_another_version_gives_its_job_the_values_that_that_one_asks_for(office: Office) -> None:
    office.publish(job_map())
    deal = office.open_deal(fields={"limit": 7})
    (before,) = fetch(office, lock_s=1)
    changed = job_map(topic="rating", **{"input.limit": "deal.limit + 1"})
    to = office.publish(changed.model_copy(update={"content_hash": "another"}))
    started = office.do(OWNER, start_version_move, to.id, MoveRequest())
    with office.database.read() as session:
        (moved_deal_id,) = turns(session, started.id, limit=10)
    take_turn(office.database, moved_deal_id, clock=office.clock)
    office.wait(seconds=2)
    assert fetch(office) == []
    ids = office.do(OWNER, fetch_jobs, ["rating"], "w1", limit=10, lock_s=60)
    with office.database.read() as session:
        (job,) = jobs_of(session, office.actor(OWNER), ids)
    assert (job.id, job.values["limit"]) == (before.id, 8)
    complete(office, job)
    assert standing(office, deal) == ["after"]


def test_a_job_that_fails_each_time_that_it_is_made_anew_is_one_failure_with_its_count(
    office: Office, deal: Deal
) -> None:
    first = office.clock.now()
    for number, said in enumerate(("refused", "refused", "out of paper"), start=1):
        (job,) = fetch(office)
        office.do(OWNER, fail_job, job.id, "w1", Failure(said, retries=0))
        (incident,) = open_incidents(office)
        assert incident.attempts == number
        assert (incident.occurred_at, incident.last_failed_at) == (first, office.clock.now())
        assert incident.params["problem_params"]["reason"] == said
        office.clock.advance(timedelta(hours=1))
        if number < 3:
            office.do("admin", retry_incident, incident.id)
            assert open_incidents(office) == []
    told = [one for one in office.history(deal) if one.kind.startswith("incident")]
    assert [one.kind for one in told] == ["incident_recorded", "incident_resolved"] * 2 + ["incident_recorded"]
    assert [one.data["is_under_way"] for one in told if one.kind == "incident_resolved"] == [True, True]
    office.do("admin", retry_incident, incident.id)
    (job,) = fetch(office)
    complete(office, job, score="5")
    with office.database.read() as session:
        assert session.query(Incident).one().state is IncidentState.RESOLVED
        assert session.query(ProcessInstance).one().open_incidents == 0
