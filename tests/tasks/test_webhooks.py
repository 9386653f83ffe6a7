from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import func, select
from support.https_receiver import HttpsReceiver
from support.office import Office

from engine.adapters.webhook_calls import WebhookCall, WebhookFailed, signature
from engine.commands.webhooks import add_webhook, remove_webhook, try_webhook_again
from engine.db.job import Job, JobState
from engine.db.outbox import LEASE, MAX_ATTEMPTS, claim_job
from engine.errors import NotAllowed, NotFound
from engine.model.history_event import HistoryEvent
from engine.model.webhook import Webhook
from engine.queries.due_work import Work, due_work
from engine.queries.webhooks import REVIVED_AFTER, WebhookRow, webhooks
from tasks.jobs import run_job, sweep
from tasks.rounds import go_round
from tasks.services import Services, use
from tasks.turns import JOB_TURN
from tasks.webhooks import deliver_webhooks

pytestmark = pytest.mark.usefixtures("services")

MOMENT = timedelta(seconds=1)


def subscribed(office: Office, receiver: HttpsReceiver, *kinds: str) -> Webhook:
    return office.do("admin", add_webhook, receiver.url, kinds)


def told(receiver: HttpsReceiver) -> list[str]:
    return [headers["Reglament-Event"] for headers, _ in receiver.got]


def deliver() -> None:
    deliver_webhooks()
    sweep()


def jobs(office: Office) -> list[Job]:
    with office.database.read() as session:
        return list(session.scalars(select(Job).where(Job.kind == "webhook").order_by(Job.created_at)))


def test_an_address_is_told_every_event_once_and_in_order(office: Office, receiver: HttpsReceiver) -> None:
    subscribed(office, receiver)
    deal = office.open_deal()
    deliver()
    deliver()
    numbers = [orjson.loads(body)["number"] for _, body in receiver.got if orjson.loads(body)["deal_id"] == deal.id]
    assert numbers == list(range(1, len(office.history(deal)) + 1))


def test_the_receiver_can_prove_who_calls(office: Office, receiver: HttpsReceiver) -> None:
    webhook = subscribed(office, receiver, "deal_opened")
    office.open_deal()
    deliver()
    ((headers, body),) = receiver.got
    moment, _, proof = headers["Reglament-Signature"].removeprefix("t=").partition(",v1=")
    assert proof == signature(webhook.secret, int(moment), body)
    assert int(moment) == int(office.clock.now().timestamp())


def test_only_the_kinds_that_were_asked_for_are_told(office: Office, receiver: HttpsReceiver) -> None:
    subscribed(office, receiver, "step_completed")
    office.open_deal()
    office.prepare()
    deliver()
    assert told(receiver) == ["step_completed"]
    deliver()
    assert told(receiver) == ["step_completed"]


def test_what_was_refused_is_told_later_and_nothing_twice(office: Office, receiver: HttpsReceiver) -> None:
    subscribed(office, receiver)
    receiver.status = 503
    office.open_deal()
    deliver()
    refused = len(receiver.got)
    assert refused == 1, "the order is kept: nothing is told before what was refused"
    receiver.status, receiver.got = 200, []
    office.clock.advance(timedelta(seconds=11))
    deliver()
    ids = [int(headers["Reglament-Event-Id"]) for headers, _ in receiver.got]
    assert ids == sorted(set(ids))
    assert "deal_opened" in told(receiver)


def test_two_schedules_queue_one_job(office: Office, receiver: HttpsReceiver) -> None:
    subscribed(office, receiver)
    deliver_webhooks()
    deliver_webhooks()
    assert len(jobs(office)) == 1


def test_an_address_that_was_given_up_is_tried_again_after_an_hour(office: Office, receiver: HttpsReceiver) -> None:
    subscribed(office, receiver)
    deliver_webhooks()
    with office.database.write() as session:
        (job,) = session.scalars(select(Job))
        job.state = JobState.FAILED
    deliver()
    assert receiver.got == []
    office.clock.advance(REVIVED_AFTER)
    deliver()
    assert receiver.got != []


def test_an_address_that_was_removed_is_told_nothing_more(office: Office, receiver: HttpsReceiver) -> None:
    webhook = subscribed(office, receiver)
    deliver_webhooks()
    office.do("admin", remove_webhook, webhook.id)
    sweep()
    assert receiver.got == []
    assert jobs(office)[0].state is JobState.DONE


def test_an_address_that_is_removed_while_it_is_told_is_told_nothing_more_after_two_seconds(
    office: Office, receiver: HttpsReceiver, services: Services
) -> None:
    """A slow one with a long backlog was told for half a minute after it had been removed."""
    webhook = subscribed(office, receiver)
    for _ in range(3):
        office.open_deal()
    seconds: list[int] = []

    class Caller:
        def call(self, call: WebhookCall) -> None:
            seconds.append(call.event_id)
            office.clock.advance(MOMENT)
            if len(seconds) == 3:
                office.do("admin", remove_webhook, webhook.id)

    use(replace(services, webhooks=Caller()))
    deliver()
    assert len(seconds) == 4
    assert only_job(office).state is JobState.DONE


def only_job(office: Office) -> Job:
    (job,) = jobs(office)
    return job


def webhook_of(office: Office) -> WebhookRow:
    with office.database.read() as session:
        (row,) = webhooks(session, office.actor("admin"))
    return row


def work(office: Office) -> frozenset[Work]:
    return due_work(office.database, at=office.clock.now()) & {Work.JOBS, Work.WEBHOOKS}


def test_a_dead_address_is_tried_less_and_less_and_costs_nothing_meanwhile(
    office: Office, receiver: HttpsReceiver
) -> None:
    subscribed(office, receiver)
    receiver.status = 503
    waits = []
    for _ in range(MAX_ATTEMPTS + 3):
        go_round()
        go_round()
        tried_at, next_try_at = office.clock.now(), webhook_of(office).next_try_at
        assert next_try_at is not None
        waits.append(int((next_try_at - tried_at).total_seconds()))
        office.clock.set(next_try_at - MOMENT)
        office.open_deal()  # there is more to tell, and still nothing to be done
        assert work(office) == frozenset()
        office.clock.set(next_try_at)
        assert work(office) != frozenset()
    assert waits == [10 * 2**step for step in range(9)] + [3600] * (MAX_ATTEMPTS + 3 - 9)
    assert len(receiver.got) == MAX_ATTEMPTS + 3
    assert len({headers["Reglament-Event-Id"] for headers, _ in receiver.got}) == 1
    receiver.status, receiver.got = 200, []
    deliver()
    ids = [int(headers["Reglament-Event-Id"]) for headers, _ in receiver.got]
    assert ids == sorted(set(ids)), "what it missed comes in order, and nothing twice"
    assert told(receiver).count("deal_opened") == MAX_ATTEMPTS + 3
    assert (webhook_of(office).error, webhook_of(office).next_try_at) == ("", None)


def test_an_administrator_has_an_address_tried_again_at_once(office: Office, receiver: HttpsReceiver) -> None:
    webhook = subscribed(office, receiver)
    receiver.status = 503
    for _ in range(3):
        deliver()
        office.clock.set(webhook_of(office).next_try_at or office.clock.now())
    office.clock.set(office.clock.now() - MOMENT)
    assert webhook_of(office).error.endswith("HTTP 503")
    office.do("admin", try_webhook_again, webhook.id)
    assert only_job(office).attempts == 0
    assert webhook_of(office).next_try_at == office.clock.now()
    sweep()
    assert webhook_of(office).next_try_at == office.clock.now() + timedelta(seconds=10), "its tries are counted anew"
    receiver.status, receiver.got = 200, []
    office.do("admin", try_webhook_again, webhook.id)
    sweep()
    assert told(receiver)[0] == "webhook_added"
    assert told(receiver).count("webhook_tried_again") == 2


def test_an_address_that_was_given_up_is_tried_again_when_an_administrator_says_so(
    office: Office, receiver: HttpsReceiver
) -> None:
    webhook = subscribed(office, receiver)
    receiver.status = 503
    for _ in range(MAX_ATTEMPTS):
        deliver()
        office.clock.set(max(only_job(office).due_at, office.clock.now()))
    assert only_job(office).state is JobState.FAILED
    receiver.status = 200
    office.do("admin", try_webhook_again, webhook.id)
    sweep()
    assert only_job(office).state is JobState.DONE


def test_an_address_that_is_told_just_now_or_has_nothing_to_be_told_is_left_as_it_is(
    office: Office, receiver: HttpsReceiver
) -> None:
    webhook = subscribed(office, receiver)
    events = newest_event(office)
    office.do("admin", try_webhook_again, webhook.id)
    deliver()
    office.do("admin", try_webhook_again, webhook.id)
    assert newest_event(office) == events, "nothing was done, and nothing is told"
    receiver.status = 503
    office.open_deal()
    deliver()
    office.clock.set(only_job(office).due_at)
    with office.database.write() as session:
        claim_job(session, only_job(office), at=office.clock.now())
    before = newest_event(office)
    office.do("admin", try_webhook_again, webhook.id)
    assert (newest_event(office), only_job(office).attempts) == (before, 2)


def test_an_address_that_took_a_part_goes_on_from_there_with_its_one_job(
    office: Office, receiver: HttpsReceiver, services: Services
) -> None:
    """A second job told it at the same time what the first had not told yet, and out of order."""
    subscribed(office, receiver)
    office.open_deal()
    calls: list[int] = []

    class Caller:
        def call(self, call: WebhookCall) -> None:
            calls.append(call.event_id)
            deliver_webhooks()  # another worker looks meanwhile
            if len(calls) in {1, 2, 5}:
                raise WebhookFailed(host="example.com", answer="HTTP 503")

    use(replace(services, webhooks=Caller()))
    for attempts in (1, 2, 1):
        deliver()
        assert only_job(office).attempts == attempts
        office.clock.set(only_job(office).due_at)
    deliver()
    taken = [event for at, event in enumerate(calls, 1) if at not in {1, 2, 5}]
    assert taken == sorted(set(taken))
    assert taken[-1] == newest_event(office)


def test_an_address_with_a_long_way_to_go_lets_others_have_their_turn(
    office: Office, receiver: HttpsReceiver, services: Services
) -> None:
    """Two of them kept both threads of an embedded worker for half a minute, and all letters waited."""
    subscribed(office, receiver)
    for number in range(4):
        office.open_deal(title=f"Насоси {number}")
    calls: list[int] = []

    class SlowCaller:
        def call(self, call: WebhookCall) -> None:
            calls.append(call.event_id)
            office.clock.advance(MOMENT)

    use(replace(services, webhooks=SlowCaller()))
    deliver()
    assert len(calls) == JOB_TURN / MOMENT
    assert [one.state for one in jobs(office)] == [JobState.DONE]
    while calls[-1] != newest_event(office):
        deliver()
    assert calls == sorted(set(calls))


def test_whoever_presses_twice_has_an_address_tried_again_once(office: Office, receiver: HttpsReceiver) -> None:
    webhook = subscribed(office, receiver)
    receiver.status = 503
    deliver()
    before = newest_event(office)
    for _ in range(2):
        office.do("admin", try_webhook_again, webhook.id)
    assert newest_event(office) == before + 1


def test_the_job_of_an_address_that_was_removed_tells_the_next_one_nothing(
    office: Office, receiver: HttpsReceiver
) -> None:
    """SQLite gives the number of a removed address again: two jobs told it at once, each in its own order."""
    webhook = subscribed(office, receiver)
    receiver.status = 503
    deliver()
    former = only_job(office)
    office.do("admin", remove_webhook, webhook.id)
    receiver.status, receiver.got = 200, []
    with office.database.write() as session:
        session.add(Webhook(**new_webhook(webhook), delivered_event_id=0))
    office.clock.set(former.due_at)
    run_job(former.id)
    assert receiver.got == []
    assert only_job(office).state is JobState.DONE
    deliver()
    ids = [int(headers["Reglament-Event-Id"]) for headers, _ in receiver.got]
    assert ids == list(range(1, newest_event(office) + 1))


def new_webhook(like: Webhook) -> dict[str, object]:
    """One with the same number, as SQLite would number it."""
    names = ("id", "url", "secret", "kinds", "created_by_id", "created_at")
    return {name: getattr(like, name) for name in names}


@pytest.mark.parametrize("answers", [True, False])
def test_a_worker_that_was_thought_dead_leaves_an_address_to_the_next_one(
    office: Office, services: Services, receiver: HttpsReceiver, *, answers: bool
) -> None:
    """A machine that slept: the schedule queued the job anew while the next worker was at it, and both told."""
    subscribed(office, receiver)
    office.open_deal()
    told_after: list[int] = []

    class Caller:
        def call(self, call: WebhookCall) -> None:
            told_after.append(call.event_id)
            if len(told_after) == 2:
                office.clock.advance(LEASE + MOMENT)
                with office.database.write() as session:
                    claim_job(session, only_job(office), at=office.clock.now())
                if not answers:
                    raise WebhookFailed(host="example.com", answer="HTTP 503")

    use(replace(services, webhooks=Caller()))
    deliver()
    held = only_job(office)
    assert (held.state, held.attempts, held.lease_until) == (JobState.QUEUED, 2, office.clock.now() + LEASE)
    deliver()
    assert len(told_after) == 2


def newest_event(office: Office) -> int:
    with office.database.read() as session:
        return session.scalars(select(func.max(HistoryEvent.id))).one()


@pytest.mark.parametrize("login", ["olena", "bohdan", "owner"])
def test_nobody_else_has_an_address_tried_again(office: Office, receiver: HttpsReceiver, login: str) -> None:
    webhook = subscribed(office, receiver)
    with pytest.raises(NotAllowed):
        office.do(login, try_webhook_again, webhook.id)
    with pytest.raises(NotFound):
        office.do("admin", try_webhook_again, webhook.id + 1)
