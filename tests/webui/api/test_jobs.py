from __future__ import annotations

from collections.abc import Callable

import pytest
from support.api import ApiClient, faults, problem, read
from support.called_maps import NO_DATA, job_map, on_error
from support.office import Office

from engine.model.deal import Deal

ApiOf = Callable[[str | None], ApiClient]
FETCH = {"topics": ["score"], "worker": "w1", "lock_s": 60}


@pytest.fixture
def deal(office: Office) -> Deal:
    office.publish(job_map(*on_error("NO_DATA", "ask"), around=NO_DATA, retry_after="10 s"))
    return office.open_deal(fields={"limit": 7})


def test_a_program_fetches_a_job_and_answers_it(api: ApiOf, office: Office, deal: Deal) -> None:
    program = api("owner")
    waiting = read(api("olena").get(f"/deals/{deal.id}/waiting"))
    assert [(one["kind"], one["name"]) for one in waiting["items"]] == [("call", "Перевірити клієнта")]
    (job,) = read(program.post("/jobs/fetch-and-lock", FETCH, key="f1"))["items"]
    assert (job["values"], job["deal"]["number"]) == ({"amount": 125000.5, "limit": 7}, deal.number)
    assert read(program.post("/jobs/fetch-and-lock", FETCH, key="f1"))["items"] == [job]
    assert read(program.post("/jobs/fetch-and-lock", {**FETCH, "worker": "w2"}))["items"] == []
    read(program.post(f"/jobs/{job['id']}/extend", {"worker": "w1", "lock_s": 600}))
    problem(program.post(f"/jobs/{job['id']}/complete", {"worker": "w2"}), 409, "lock_lost")
    done = {"worker": "w1", "values": {"rating": 4.5}}
    for _ in range(2):
        assert read(program.post(f"/jobs/{job['id']}/complete", done, key="c1"))["state"] == "done"
    problem(program.post(f"/jobs/{job['id']}/complete", done), 409, "job_over")
    assert read(api("olena").get(f"/deals/{deal.id}"))["fields"]["rating"] == "4.5"
    assert [one.element_id for one in office.open_steps(deal)] == ["after"]


def test_a_program_says_what_went_wrong(api: ApiOf, office: Office, deal: Deal) -> None:
    program = api("owner")
    (job,) = read(program.post("/jobs/fetch-and-lock", FETCH))["items"]
    failed = read(program.post(f"/jobs/{job['id']}/fail", {"worker": "w1", "message": "busy"}))
    assert (failed["attempts"], failed["last_error"], failed["worker"]) == (1, "busy", "")
    office.wait(seconds=11)
    read(program.post("/jobs/fetch-and-lock", FETCH))
    read(program.post(f"/jobs/{job['id']}/error", {"worker": "w1", "code": "NO_DATA"}))
    assert [one.element_id for one in office.open_steps(deal)] == ["ask"]


def test_what_is_no_request_for_jobs_says_where(api: ApiOf) -> None:
    wrong = {"topics": [], "worker": "", "lock_s": 0}
    assert {"topics", "worker", "lock_s"} <= faults(api("owner").post("/jobs/fetch-and-lock", wrong)).keys()
