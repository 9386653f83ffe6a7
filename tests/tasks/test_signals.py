"""A signal wakes each deal that waited for it, once, whatever befalls the worker on its way from deal to deal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from support.canonical_maps import MapBuilder
from support.office import Office
from support.sales_map import human

from engine.clock import Clock
from engine.commands.cancellations import cancel_deal
from engine.commands.signals import deliver_signal, waiting_for_signal
from engine.commands.thrown_events import SIGNAL
from engine.db.job import Job, JobState
from engine.db.outbox import LEASE, enqueue
from engine.model.deal import Deal
from tasks import signals
from tasks.jobs import run_job, sweep
from tasks.one_by_one import give_way
from tasks.services import Services

pytestmark = pytest.mark.usefixtures("services")


class Killed(BaseException):
    """The worker's process ends here."""


@pytest.fixture
def listening(office: Office) -> list[Deal]:
    """Deals that listen again as soon as they have heard the signal."""
    builder = MapBuilder(key="listening")
    builder.start()
    builder.gateway("exclusive", "again")
    builder.step("work")
    builder.boundary("hear", "work", builder.signal("over"))
    builder.end("done")
    builder.chain("start", "again", "work", "done")
    builder.flow("hear", "again")
    steps = {"work": human("work", "Працювати", "власник угоди", "Етап")}
    office.publish(builder.build().model_copy(update={"steps": steps}))
    return [office.open_deal(title=f"Угода {number}", definition_key="listening") for number in range(3)]


def thrown(office: Office) -> str:
    with office.database.write() as session:
        return enqueue(session, SIGNAL, {"name": "over", "instance_id": 0}, at=office.clock.now())


def waiting_jobs(office: Office) -> list[str]:
    with office.database.read() as session:
        return list(session.scalars(select(Job.id).where(Job.kind == SIGNAL, Job.state == JobState.QUEUED)))


def heard(office: Office, deals: list[Deal]) -> list[int]:
    return [office.kinds(deal).count("signal_received") for deal in deals]


def failing_at_the_second(failure: Callable[[], BaseException]) -> Callable[..., bool]:
    begun: list[int] = []

    def deliver(session: Session, subscription_id: int, name: str, *, command_id: str, clock: Clock) -> bool:
        begun.append(subscription_id)
        if len(begun) == 2:
            raise failure()
        return deliver_signal(session, subscription_id, name, command_id=command_id, clock=clock)

    return deliver


def test_a_worker_that_is_killed_on_the_way_wakes_nobody_a_second_time(
    office: Office, listening: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = thrown(office)
    with monkeypatch.context() as patched:
        patched.setattr(signals, "deliver_signal", failing_at_the_second(Killed))
        with pytest.raises(Killed):
            run_job(job_id)
    assert heard(office, listening) == [1, 0, 0]
    office.clock.advance(LEASE * 2)
    sweep()
    assert heard(office, listening) == [1, 1, 1]


def test_a_deal_for_which_the_database_was_away_hears_the_signal_later(
    office: Office, listening: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> OperationalError:
        return OperationalError("SELECT", {}, Exception("the database is away"))

    job_id = thrown(office)
    with monkeypatch.context() as patched:
        patched.setattr(signals, "deliver_signal", failing_at_the_second(away))
        run_job(job_id)
    assert heard(office, listening) == [1, 0, 1], "one that fails holds no other up"
    office.clock.advance(LEASE * 2)
    sweep()
    assert heard(office, listening) == [1, 1, 1]
    with office.database.read() as session:
        assert session.scalars(select(Job.state).where(Job.id == job_id)).one() is JobState.DONE


def test_a_signal_to_more_deals_than_one_turn_is_enough_for_goes_on_in_another_job(
    office: Office, listening: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signals, "JOB_TURN", timedelta())
    run_job(thrown(office))
    assert heard(office, listening) == [1, 0, 0]
    (second,) = waiting_jobs(office)
    run_job(second)
    assert heard(office, listening) == [1, 1, 0]
    sweep()
    assert heard(office, listening) == [1, 1, 1]
    assert not waiting_jobs(office), "nobody hears it twice, though all listen again"


def test_what_a_worker_has_told_after_its_lease_is_not_told_again_by_the_next_job(
    office: Office, listening: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = thrown(office)

    def stands_still(_services: Services) -> None:
        """For longer than its lease, behind the first deal; it goes on with the others, of which it knows."""
        if heard(office, listening) == [1, 0, 0]:
            office.clock.advance(LEASE * 2)
            with monkeypatch.context() as another:
                another.setattr(signals, "JOB_TURN", timedelta())
                another.setattr(signals, "give_way", give_way)
                run_job(job_id)

    monkeypatch.setattr(signals, "JOB_TURN", LEASE * 4)
    monkeypatch.setattr(signals, "give_way", stands_still)
    run_job(job_id)
    monkeypatch.undo()
    sweep()
    assert heard(office, listening) == [1, 1, 1]


def test_one_that_cannot_hear_it_yet_does_not_stop_those_of_the_next_turn(
    office: Office, listening: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = thrown(office)
    with monkeypatch.context() as patched:
        patched.setattr(signals, "JOB_TURN", timedelta())
        patched.setattr(signals, "deliver_signal", lambda *_, **__: (_ for _ in ()).throw(ValueError("not yet")))
        run_job(job_id)
    assert heard(office, listening) == [0, 0, 0]
    sweep()
    assert heard(office, listening) == [0, 1, 1]
    with office.database.read() as session:
        waiting = session.get_one(Job, job_id)
    assert (waiting.state, waiting.attempts, len(waiting.payload["subscriptions"])) == (JobState.QUEUED, 1, 1)
    office.clock.advance(LEASE * 2)
    sweep()
    assert heard(office, listening) == [1, 1, 1]


def test_a_deal_that_listens_since_a_signal_was_thrown_does_not_hear_it(office: Office, listening: list[Deal]) -> None:
    """SQLite gave it the number of one that was over by then, by which the signal's job knew who is to hear it."""
    with office.database.read() as session:
        last = waiting_for_signal(session, "over", thrown_by=0)[-1]
    office.do("bohdan", cancel_deal, listening[-1].id, "Клієнт передумав")
    later = office.open_deal(title="Пізніша", definition_key="listening")
    with office.database.write() as session:
        assert not deliver_signal(session, last, "over", command_id="signal", clock=office.clock)
    assert heard(office, [*listening, later]) == [0, 0, 0, 0]
