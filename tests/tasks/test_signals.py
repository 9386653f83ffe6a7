"""A signal wakes each deal that waited for it, once, whatever befalls the worker on its way from deal to deal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from support.canonical_maps import MapBuilder
from support.office import Office
from support.sales_map import human

from engine.clock import Clock
from engine.commands.signals import deliver_signal
from engine.commands.thrown_events import SIGNAL
from engine.db.job import Job, JobState
from engine.db.outbox import LEASE, enqueue
from engine.model.deal import Deal
from tasks import signals
from tasks.jobs import run_job, sweep

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
