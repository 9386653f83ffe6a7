from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select
from support.https_receiver import HttpsReceiver
from support.office import Office

from engine.adapters.webhook_calls import signature
from engine.commands.webhook_deliveries import REVIVED_AFTER
from engine.commands.webhooks import add_webhook, remove_webhook
from engine.db.job import Job, JobState
from engine.model.webhook import Webhook
from tasks.jobs import sweep
from tasks.webhooks import deliver_webhooks

pytestmark = pytest.mark.usefixtures("services")


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
