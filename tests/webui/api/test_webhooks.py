from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from support.api import ApiClient, faults, problem, read
from support.office import Office

from engine.commands.webhook_deliveries import WEBHOOK, queue_deliveries
from engine.db.job import Job

ApiOf = Callable[[str | None], ApiClient]

HOOK = {"url": "https://erp.example.com/hooks", "kinds": ["deal_won"]}


def test_a_webhook_is_added_listed_without_its_secret_and_removed(api: ApiOf) -> None:
    admin = api("admin")
    added = read(admin.post("/webhooks", HOOK, key="once"), 201)
    assert len(added["secret"]) > 30
    assert read(admin.post("/webhooks", HOOK, key="once"), 201) == added
    (listed,) = read(admin.get("/webhooks"))["items"]
    assert listed == {name: value for name, value in added.items() if name != "secret"}
    assert [admin.delete(f"/webhooks/{added['id']}").status_code for _ in range(2)] == [204, 204]
    problem(admin.delete("/webhooks/999"), 404, "not_found")
    problem(admin.post("/webhooks", HOOK, key="once"), 404, "not_found")


def test_a_webhook_says_why_it_is_not_told_and_is_told_at_once_when_asked(api: ApiOf, office: Office) -> None:
    admin = api("admin")
    added = read(admin.post("/webhooks", HOOK), 201)
    assert (added["error"], added["next_try_at"]) == ("", None)
    with office.database.write() as session:
        queue_deliveries(session, clock=office.clock)
    with office.database.write() as session:
        job = session.query(Job).filter(Job.kind == WEBHOOK).one()
        job.attempts, job.due_at = 4, office.clock.now() + timedelta(minutes=80)
        job.last_error = "WebhookFailed: erp.example.com did not take the event: HTTP 503"
    (listed,) = read(admin.get("/webhooks"))["items"]
    assert listed["error"].endswith("HTTP 503")
    assert listed["next_try_at"] == "2026-03-02T09:20:00Z"
    assert admin.post(f"/webhooks/{added['id']}/again", {}).status_code == 204
    (listed,) = read(admin.get("/webhooks"))["items"]
    assert listed["next_try_at"] == "2026-03-02T08:00:00Z"
    problem(admin.post("/webhooks/99/again", {}), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://erp.example.com"}, "url"),
        ({"url": "https://user@erp.example.com"}, "url"),
        ({"url": "https://[bad"}, "url"),
        ({"url": "https://erp.example.com:0/hooks"}, "url"),
        ({"url": "https://erp.example.com:99999/hooks"}, "url"),
        ({"url": "https://erp.example.com:hooks/"}, "url"),
        ({"url": "no address"}, "url"),
        ({"url": "https://172.16.0.1/hooks"}, "url"),
        ({"kinds": []}, "url"),
        (HOOK | {"kinds": ["deal_won", "deal_sold"]}, "kinds.1"),
        (HOOK | {"secret": "mine"}, "secret"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(api: ApiOf, body: dict[str, object], field: str) -> None:
    assert set(faults(api("admin").post("/webhooks", body))) == {field}


def test_only_the_administrator_sees_and_adds_webhooks(api: ApiOf) -> None:
    problem(api("bohdan").post("/webhooks", HOOK), 403, "ability_missing")
    problem(api("bohdan").get("/webhooks"), 404, "not_found")
