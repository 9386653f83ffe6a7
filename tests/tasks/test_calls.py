"""Calls that the machinery makes: requests as the map says, answers that move the deal on, and everything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest
from sqlalchemy import select
from support.called_maps import NO_DATA, calling_map, on_error
from support.drawn_maps import END, START, bag, chain, compiled, element, flow, step
from support.https_receiver import HttpsReceiver
from support.office import Office

from engine.adapters.https_calls import CallUnreachable, HttpsAnswer, HttpsCall, PublicHttpsCaller
from engine.adapters.sealing import Sealer, SecretNotReadable
from engine.bpmn.compiled import CompiledProcess
from engine.commands.call_permits import allow_host, set_secret
from engine.commands.call_results import CallOver
from engine.commands.hurried_calls import make_call_now
from engine.commands.incident_retries import retry_incident
from engine.commands.recalls import recall_approval
from engine.commands.suspensions import resume_deal, suspend_deal
from engine.db.job import Job, JobState
from engine.db.session import Database
from engine.errors import NotAllowed
from engine.model.deal import Deal
from engine.model.incident import Incident, IncidentState
from engine.model.service_call import CallState, ServiceCall
from engine.queries.deals import walked_path
from tasks import calls as tasks_calls
from tasks.congestion import SlowHosts
from tasks.happening import NotNow
from tasks.jobs import run_job, sweep
from tasks.services import Services, use

SECRET = "s3cret-token"
BODY = '{"client": "{{ client.name }}", "sum": {{ deal.amount }}, "limit": {{ deal.limit }}}'


@pytest.fixture
def office(sqlite_database_url: str) -> Iterator[Office]:
    """What both databases do alike is tried on one; rows and locks are tried on both with jobs of programs outside."""
    database = Database(sqlite_database_url)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()


@pytest.fixture
def permitted(services: Services, office: Office, receiver: HttpsReceiver) -> HttpsReceiver:
    """The receiver's host is allowed, and there is a secret for it."""
    office.do("admin", allow_host, receiver.host)
    office.do("admin", set_secret, "crm", receiver.host, SECRET, seal=services.sealer.seal)
    return receiver


def publish(office: Office, receiver: HttpsReceiver, *more: str, around: str = "", **said: str) -> None:
    request = {
        "connector": "http",
        "url": f"https://{receiver.host}/clients/{{{{ client.edrpou }}}}/orders?q={{{{ deal.title }}}}",
        "header.Authorization": "Bearer {{ secret.crm }}",
        "body": BODY,
        "retries": "1",
        "retry_after": "10 s",
    }
    office.publish(calling_map(*more, around=around, **(request | said)))


def standing(office: Office, deal: Deal) -> list[str]:
    return [one.element_id for one in office.open_steps(deal)]


def row(office: Office, deal: Deal) -> ServiceCall:
    with office.database.read() as session:
        return session.scalars(select(ServiceCall).where(ServiceCall.deal_id == deal.id)).one()


def open_incidents(office: Office) -> list[Incident]:
    with office.database.read() as session:
        return list(session.scalars(select(Incident).where(Incident.state == IncidentState.OPEN)))


def everything_stored(office: Office, deal: Deal) -> str:
    """Whatever of the call stands in history, incidents, the outbox and the call's own row."""
    with office.database.read() as session:
        jobs = [(one.payload, one.last_error) for one in session.scalars(select(Job))]
    incidents = [(one.params, one.variables, one.stimulus) for one in open_incidents(office)]
    return repr([[event.data for event in office.history(deal)], jobs, incidents, vars(row(office, deal))])


def test_a_request_is_made_as_the_map_says_and_its_answer_moves_the_deal_on(
    office: Office, permitted: HttpsReceiver
) -> None:
    permitted.answer = orjson.dumps({"data": {"limit": 1500.5, "echo": f"you sent {SECRET}"}})
    taken = {"result.credit": "answer.data.limit", "result.code": "status", "result.echo": "data.echo"}
    publish(office, permitted, **taken)
    deal = office.open_deal(fields={"limit": 7}, title='"; DROP/..?&=\r\nX: y')
    sweep()
    ((headers, body),) = permitted.got
    assert orjson.loads(body) == {"client": "ТОВ «Промінь»", "sum": 125000.5, "limit": 7}
    assert headers["authorization"] == f"Bearer {SECRET}"
    assert headers["idempotency-key"] == row(office, deal).id
    (line,) = permitted.lines
    assert line == "POST /clients//orders?q=%22%3B%20DROP%2F..%3F%26%3D%0D%0AX%3A%20y HTTP/1.1"
    assert standing(office, deal) == ["after"]
    fields = office.deal(deal).fields
    assert fields == {"limit": 7, "credit": "1500.5", "code": 200, "echo": "you sent •••"}
    assert row(office, deal).state is CallState.DONE
    assert SECRET not in everything_stored(office, deal)


@pytest.mark.parametrize(
    ("status", "more", "told"),
    [(404, {}, "HTTP 404"), (302, {}, "HTTP 302"), (200, {"result.deal.amount": "answer.a"}, "багато")],
)
def test_an_answer_that_cannot_get_better_is_told_at_once_and_can_be_tried_anew(
    office: Office, permitted: HttpsReceiver, status: int, more: dict[str, str], told: str
) -> None:
    permitted.status, permitted.location, permitted.answer = status, "https://127.0.0.1/", '{"a": "багато"}'.encode()
    publish(office, permitted, **more)
    deal = office.open_deal()
    sweep()
    (incident,) = open_incidents(office)
    assert told in repr(incident.params)
    assert len(permitted.got) == 1, "no redirect is followed"
    assert SECRET not in everything_stored(office, deal)
    with office.database.read() as session:
        path = walked_path(session, office.actor("olena"), deal.id, office.clock.now())
    assert (path.open, path.failing) == (("call",), ("call",)), "the drawing shows where it stands and that it failed"
    permitted.status, permitted.answer = 200, b'{"a": 10}'
    office.do("admin", retry_incident, incident.id)
    sweep()
    assert standing(office, deal) == ["after"]


def asked_beside_a_call(receiver: HttpsReceiver) -> CompiledProcess:
    """start → split → ask → legal, an approval beside a request whose answer is the deal's sum → after."""
    request = {"connector": "http", "url": f"https://{receiver.host}/sum", "result.deal.amount": "answer.sum"}
    of_owner = {"відповідальний": "власник угоди", "етап": "Пропозиція", "термін": "2 р.д."}
    return compiled(
        START,
        END,
        '<parallelGateway id="split"/><parallelGateway id="join"/><exclusiveGateway id="decides"/>',
        step("ask", "Спитати", **of_owner),
        step("legal", "Погодити", approval="any", відповідальний="Продажі", етап="Пропозиція", термін="2 р.д."),
        step("after", "Підготувати", **of_owner),
        element("serviceTask", "call", "Порахувати", bag(**request)),
        chain("start", "split", "ask", "legal", "decides") + flow("decides", "join", "Погоджено"),
        flow("decides", "ask", "На доопрацювання") + chain("split", "call", "join", "after", "end"),
    )


def test_an_answer_that_would_change_what_is_being_approved_is_taken_when_the_request_was_taken_back(
    office: Office, permitted: HttpsReceiver
) -> None:
    permitted.answer = b'{"sum": 99}'
    office.publish(asked_beside_a_call(permitted))
    deal = office.open_deal()
    office.complete("olena", "ask")
    sweep()
    (incident,) = open_incidents(office)
    assert (incident.params["problem_code"], incident.stimulus["type"]) == ("content_approved", "RepeatCall")
    office.do("olena", recall_approval, office.step("legal").id, "Сума ще рахується")
    office.do("admin", retry_incident, incident.id)
    sweep()
    assert not open_incidents(office)
    assert office.deal(deal).amount == 99
    assert standing(office, deal) == ["ask"], "the approval is asked for of the sum as it is now"


def test_a_system_that_is_down_is_asked_again_later_and_at_last_the_map_catches_it(
    office: Office, permitted: HttpsReceiver
) -> None:
    permitted.status, permitted.retry_after = 503, "40"
    publish(office, permitted, *on_error("http_503", "ask"), around=NO_DATA.replace("NO_DATA", "http_503"))
    deal = office.open_deal()
    sweep()
    office.wait(seconds=39)
    sweep()
    assert (len(permitted.got), standing(office, deal)) == (1, [])
    office.wait(seconds=2)
    sweep()
    assert (len(permitted.got), standing(office, deal)) == (2, ["ask"])
    keys = {headers["idempotency-key"] for headers, _ in permitted.got}
    assert len(keys) == 1, "a repetition can be told from another call"


def test_a_call_that_waits_for_its_next_try_is_made_at_once(office: Office, permitted: HttpsReceiver) -> None:
    permitted.status, permitted.retry_after = 503, "40"
    publish(office, permitted)
    deal = office.open_deal()
    sweep()
    call_id = row(office, deal).id
    with pytest.raises(NotAllowed):
        office.do("bohdan", make_call_now, call_id)
    permitted.status = 200
    assert office.do("admin", make_call_now, call_id)
    assert not office.do("admin", make_call_now, call_id), "it is due already"
    sweep()
    assert (len(permitted.got), standing(office, deal)) == (2, ["after"])
    office.wait(seconds=60)
    sweep()
    assert len(permitted.got) == 2, "its own turn finds nothing left to do"
    assert office.kinds(deal).count("call_hurried") == 1
    with pytest.raises(CallOver):
        office.do("admin", make_call_now, call_id)


def test_what_is_not_permitted_or_not_public_is_not_called(
    office: Office, receiver: HttpsReceiver, services: Services
) -> None:
    publish(office, receiver)
    office.open_deal()
    sweep()
    (incident,) = open_incidents(office)
    assert "allowed this host" in repr(incident.params)
    office.do("admin", allow_host, receiver.host)
    office.do("admin", retry_incident, incident.id)
    sweep()
    (incident,) = open_incidents(office)
    assert "a secret" in repr(incident.params)
    office.do("admin", set_secret, "crm", receiver.host, SECRET, seal=services.sealer.seal)
    use(replace(services, https=PublicHttpsCaller(tls=receiver.tls)))  # as an installation has it
    office.do("admin", retry_incident, incident.id)
    sweep()
    (incident,) = open_incidents(office)
    assert "not public" in repr(incident.params)
    assert receiver.got == []


@pytest.mark.parametrize("title", ["..", "."])
def test_a_value_leads_out_of_no_folder_and_adds_no_header(
    office: Office, permitted: HttpsReceiver, title: str
) -> None:
    publish(office, permitted, url=f"https://{permitted.host}/a/{{{{ deal.title }}}}/b")
    office.open_deal(title=title)
    publish(office, permitted, **{"header.X-Deal": "{{ deal.title }}"})
    office.open_deal(title="a\r\nX-Evil: yes")
    sweep()
    assert len(open_incidents(office)) == 2
    assert permitted.got == []


def test_killed_between_the_call_and_its_settling_it_is_made_again_under_the_same_key(
    office: Office, permitted: HttpsReceiver, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    publish(office, permitted)
    deal = office.open_deal()
    with office.database.read() as session:
        (job,) = session.scalars(select(Job.id).where(Job.kind == "call"))
    with monkeypatch.context() as patched:
        patched.setattr(tasks_calls, "settle_answer", killed)
        with pytest.raises(Killed):
            run_job(job)
    assert standing(office, deal) == []
    office.wait(seconds=61)
    sweep()
    assert standing(office, deal) == ["after"]
    first, second = (headers["idempotency-key"] for headers, _ in permitted.got)
    assert first == second
    with office.database.read() as session:
        assert session.get_one(Job, job).state is JobState.DONE


def test_a_host_that_does_not_answer_is_left_alone_and_keeps_no_worker_from_others(
    office: Office, permitted: HttpsReceiver, services: Services
) -> None:
    asked: list[str] = []

    class Silent:
        def call(self, call: HttpsCall) -> HttpsAnswer:
            asked.append(call.host)
            raise CallUnreachable(host=call.host, problem="timed out")

    use(replace(services, https=Silent()))
    publish(office, permitted)
    first, second = office.open_deal(), office.open_deal()
    sweep()
    assert len(asked) == 1
    assert sorted(row(office, deal).attempts for deal in (first, second)) == [0, 1]
    with office.database.read() as session:
        put_back = session.scalars(select(Job).where(Job.kind == "call", Job.state == JobState.QUEUED)).all()
    assert [one.attempts for one in put_back] == [0, 0], "waiting for its turn is no attempt"
    tasks_calls.slow_hosts.forget()
    use(services)
    office.wait(seconds=20)
    sweep()
    assert {tuple(standing(office, deal)) for deal in (first, second)} == {("after",)}


def test_one_request_at_a_time_leaves_a_thread_for_deadlines() -> None:
    hosts = SlowHosts()
    with hosts.calling("a"), pytest.raises(NotNow), hosts.calling("b"):
        pass
    with hosts.calling("b"):
        pass


def test_a_suspended_deal_calls_nobody_and_a_resumed_one_does_once(office: Office, permitted: HttpsReceiver) -> None:
    publish(office, permitted)
    deal = office.open_deal()
    office.do("olena", suspend_deal, deal.id, "чекаємо")
    sweep()
    assert permitted.got == []
    office.do("olena", resume_deal, deal.id)
    sweep()
    sweep()
    assert len(permitted.got) == 1
    assert standing(office, deal) == ["after"]


def test_a_secret_is_sealed_with_the_installations_key_alone() -> None:
    sealed = Sealer("one").seal(SECRET)
    assert SECRET not in sealed
    assert Sealer("one").open(sealed) == SECRET
    with pytest.raises(SecretNotReadable):
        Sealer("two").open(sealed)
