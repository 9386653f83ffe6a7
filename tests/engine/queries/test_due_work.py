"""One look tells a worker what there may be to do."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import func, select, update
from support.office import Office

from engine.commands.heartbeats import beat_heart
from engine.commands.mailing import plan_notices
from engine.commands.saved_reports import ReportDraft, save_report, schedule_saved_report
from engine.commands.timers import LEASE as TIMER_LEASE
from engine.commands.timers import claim_due_timers
from engine.commands.webhooks import add_webhook
from engine.db.job import Job
from engine.db.outbox import claim_job, due_jobs, enqueue, finish_job
from engine.model.heartbeat import WORKER
from engine.model.history_event import HistoryEvent
from engine.model.notice import Notice, NoticeState
from engine.model.process_instance import ProcessInstance
from engine.model.saved_report import ReportKind, Rhythm
from engine.model.timer import Timer
from engine.model.webhook import Webhook
from engine.model.work_item import WorkItem
from engine.policy.report_periods import ReportFilters
from engine.policy.report_schedule import Schedule
from engine.queries.due_work import BEATS_EVERY, Work, due_work

MOMENT = timedelta(seconds=1)


def newest_event(office: Office) -> int:
    with office.database.read() as session:
        return session.scalar(select(func.max(HistoryEvent.id))) or 0


def due(office: Office, at: datetime | None = None) -> frozenset[Work]:
    """What a worker hears that has signed everything and has just given a sign of life."""
    at = at or office.clock.now()
    found = due_work(office.database, at=at, signed_up_to=newest_event(office))
    return found - {Work.HEARTBEAT, Work.TELEGRAM, Work.MAILBOX}


def test_a_company_in_which_nothing_happened_has_no_work(office: Office) -> None:
    assert due(office) == frozenset()


def test_a_job_is_due_from_its_moment_until_it_is_done(office: Office) -> None:
    with office.database.write() as session:
        job_id = enqueue(session, "letter", {}, at=office.clock.now() + MOMENT)
    assert due(office) == frozenset()
    assert due(office, office.clock.now() + MOMENT) == {Work.JOBS}
    with office.database.write() as session:
        finish_job(session, job_id, at=office.clock.now())
    assert due(office, office.clock.now() + MOMENT) == frozenset()


def test_what_a_killed_worker_held_stays_due(office: Office) -> None:
    """Whoever looks behind its lease finds it; until then a look costs a little more."""
    at = office.clock.now()
    office.open_deal()
    with office.database.write() as session:
        session.execute(update(WorkItem).values(next_escalation_at=None))
        instance_id = session.scalars(select(ProcessInstance.id)).one()
        session.add(Timer(instance_id=instance_id, activity_id="wait", node_id="wait", due_at=at))
        job_id = enqueue(session, "letter", {}, at=at)
    with office.database.write() as session:
        claim_job(session, session.get_one(Job, job_id), at=at)
        assert len(claim_due_timers(session, clock=office.clock)) == 1
    for moment in (at, at + TIMER_LEASE + MOMENT):
        assert due(office, moment) >= {Work.JOBS, Work.TIMERS}
    office.clock.advance(TIMER_LEASE + MOMENT)
    with office.database.write() as session:
        assert due_jobs(session, at=office.clock.now(), limit=9) == [job_id]
        assert len(claim_due_timers(session, clock=office.clock)) == 1


def test_timers_and_rungs_are_due_at_the_earliest_moment(office: Office) -> None:
    office.open_deal()
    now, later = office.clock.now(), office.clock.now() + timedelta(days=2)
    with office.database.write() as session:
        session.execute(update(WorkItem).values(next_escalation_at=None))
        instance_id = session.scalars(select(ProcessInstance.id)).one()
        for node_id, due_at in (("second", later + MOMENT), ("first", later)):
            session.add(Timer(instance_id=instance_id, activity_id="wait", node_id=node_id, due_at=due_at))
    assert due(office, later - MOMENT) == frozenset()
    assert due(office, later) == {Work.TIMERS}
    with office.database.write() as session:
        session.execute(update(WorkItem).values(next_escalation_at=now))
    assert due(office) == {Work.ESCALATIONS}


def test_a_notice_is_due_to_be_planned_and_again_to_be_written(office: Office) -> None:
    office.tell_at_any_hour()
    office.open_deal()
    assert Work.NOTICES not in due(office)
    office.prepare()
    assert Work.NOTICES in due(office)
    with office.database.write() as session:
        assert plan_notices(session, clock=office.clock) > 0
    assert Work.NOTICES in due(office)
    with office.database.write() as session:
        session.execute(update(Notice).values(state=NoticeState.TOLD))
    assert Work.NOTICES not in due(office)


def test_a_report_is_due_at_its_next_moment(office: Office) -> None:
    filters = ReportFilters(definition_key="sale", group_by="", months=3)
    saved = office.do("bohdan", save_report, ReportDraft("Воронка", ReportKind.FUNNEL, filters))
    assert Work.REPORTS not in due(office, office.clock.now() + timedelta(days=2))
    office.do("bohdan", schedule_saved_report, saved.id, Schedule(Rhythm.DAY, time(9)))
    assert Work.REPORTS not in due(office)
    assert Work.REPORTS in due(office, office.clock.now() + timedelta(days=2))


@pytest.mark.parametrize("signed_up_to", [-1, 1])
def test_entries_are_to_be_signed_unless_the_newest_is_known_to_be(office: Office, signed_up_to: int) -> None:
    """A number above the newest is that of a history which a backup has replaced."""
    newest, at = newest_event(office), office.clock.now()
    assert Work.SIGNATURES not in due_work(office.database, at=at, signed_up_to=newest)
    assert Work.SIGNATURES in due_work(office.database, at=at, signed_up_to=newest + signed_up_to)


def test_an_address_that_is_behind_is_to_be_told(office: Office) -> None:
    webhook = office.do("admin", add_webhook, "https://example.com/events", ())

    def has_taken(event_id: int, *, is_active: bool = True) -> bool:
        with office.database.write() as session:
            values = {"delivered_event_id": event_id, "is_active": is_active}
            session.execute(update(Webhook).where(Webhook.id == webhook.id).values(values))
        return Work.WEBHOOKS not in due(office)

    assert has_taken(newest_event(office))
    assert not has_taken(newest_event(office) - 1)
    assert has_taken(newest_event(office) - 1, is_active=False)


def test_a_sign_of_life_is_due_when_the_last_one_is_old_or_from_the_future(office: Office) -> None:
    at = office.clock.now()

    def is_due(moment: datetime) -> bool:
        return Work.HEARTBEAT in due_work(office.database, at=moment)

    assert is_due(at)
    with office.database.write() as session:
        beat_heart(session, WORKER, clock=office.clock)
    assert not is_due(at)
    assert not is_due(at + BEATS_EVERY)
    assert is_due(at + BEATS_EVERY + MOMENT)
    assert is_due(at - MOMENT)
