"""Every route, every role, one's own and a foreign record: the status that the permission rule says."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from support.office import Office
from support.permissions import PEOPLE, Records, World, events_recorded

from engine.db.session import Database

ALL, MANAGERS = "200 200 200 200 200 200 200", "201 201 201 403 403 403 403"
OWN_DEAL, FOREIGN_DEAL = "200 404 200 200 200 200 200", "200 404 200 404 404 200 200"
READERS_OF_MAPS, READERS_OF_REPORTS = "404 404 200 404 404 200 200", "404 404 200 200 200 200 200"
READERS_OF_ALL_DEALS = "404 404 200 404 404 200 200"
OWNER_TOO_LATE = "403 403 403 403 403 409 403"
HEAD = "404 404 200 404 404 404 404"
NOBODY = "404 404 404 404 404 404 404"
ADMINISTRATOR = "404 404 404 404 404 404 200"
OF_WHO_MAY_EDIT, OF_WHO_MAY_EDIT_FOREIGN = "200 404 200 403 403 403 200", "403 404 200 404 404 403 200"
NO_DOCUMENT, FOREIGN_NO_DOCUMENT = "422 404 422 422 422 422 422", "422 404 422 404 404 422 422"
ERASED, FOREIGN_ERASED = "403 404 403 403 403 403 200", "403 404 403 404 404 403 200"
OF_WHO_BROUGHT, OF_WHO_BROUGHT_FOREIGN = "200 404 200 403 403 403 200", "404 404 200 403 403 403 200"
OF_OPENER, OF_OPENER_FOREIGN = "200 404 200 403 403 403 403", "404 404 200 403 403 403 403"
NOT_READ, NOT_READ_FOREIGN = "409 404 409 403 403 403 403", "404 404 409 403 403 403 403"
NOT_CHECKED, FOREIGN_NOT_CHECKED = "409 404 409 403 403 403 409", "404 404 409 403 403 403 409"
REPAIRED, FOREIGN_REPAIRED = "200 404 200 403 403 403 200", "403 404 200 404 404 403 200"


@dataclass(frozen=True)
class Expected:
    """Statuses by person in the order of PEOPLE: on olena's records, and on taras's where they differ by record."""

    own: str
    foreign: str | None = None
    body: Any = None
    foreign_body: Any = None
    uploads: bool = False


NO_JOB = "403 403 403 403 403 404 404"
SAVED, BOHDANS = "/reports/saved/<int:saved_report_id>", "404 404 200 404 404 404 404"
JOB = "/jobs/<string:job_id>"
STEP = "/work-items/<int:work_item_id>"
EXPECTED = {
    "GET /me": Expected(ALL),
    "GET /me/mail": Expected(ALL),
    "PATCH /me/mail": Expected(ALL, body={"keeps_quiet": False}),
    "GET /people": Expected(ALL),
    "GET /departments": Expected(ALL),
    "GET /history": Expected(ALL),
    "GET /journal": Expected(ADMINISTRATOR),
    "GET /journal/sign-ins": Expected(ADMINISTRATOR),
    "GET /work-items": Expected(ALL),
    "GET /deals": Expected(ALL),
    "GET /clients": Expected(ALL),
    "GET /clients/doubles": Expected("200 200 200 403 403 403 200"),
    "GET /contacts": Expected(ALL),
    "GET /loss-reasons": Expected(ALL),
    "GET /exchange-rates": Expected(ALL),
    "PUT /exchange-rates/<currency>/<day>": Expected(
        "403 403 403 403 403 403 409",
        body={"rate": "41.52"},  # no currency is chosen yet
    ),
    "GET /own-fields": Expected(ALL),
    "PUT /own-fields": Expected("403 403 403 403 403 200 200", body={"items": [{"label": "Галузь"}]}),
    "POST /deals": Expected(
        MANAGERS, body={"title": "Насоси", "definition_key": "sale", "client": {"name": "ТОВ «Обрій»"}}
    ),
    "POST /deals/import": Expected(
        "200 200 200 403 403 403 403",
        body={"items": [{"title": "Насоси", "definition_key": "sale", "client": {"name": "ТОВ «Обрій»"}}]},
    ),
    "POST /deals/import/file": Expected(
        "422 422 422 403 403 403 403",
        uploads=True,  # it is no sheet
    ),
    "GET /deal-imports": Expected("200 200 200 403 403 403 403"),
    "GET /deal-imports/<int:import_id>": Expected(OF_OPENER, OF_OPENER_FOREIGN),
    "GET /deal-imports/<int:import_id>/rows": Expected(OF_OPENER, OF_OPENER_FOREIGN),
    "POST /deal-imports/<int:import_id>/open": Expected(NOT_READ, NOT_READ_FOREIGN),
    "POST /deal-imports/<int:import_id>/stop": Expected(NOT_READ, NOT_READ_FOREIGN),
    "GET /deals/<int:deal_id>": Expected(OWN_DEAL, FOREIGN_DEAL),
    "GET /deals/<int:deal_id>/history": Expected(OWN_DEAL, FOREIGN_DEAL),
    "GET /deals/<int:deal_id>/files": Expected(OWN_DEAL, FOREIGN_DEAL),
    "GET /deals/<int:deal_id>/files/<int:file_id>/content": Expected(OWN_DEAL, FOREIGN_DEAL),
    # A map is no document: whoever sees the deal is told so.
    "POST /deals/<int:deal_id>/files": Expected(NO_DOCUMENT, FOREIGN_NO_DOCUMENT, uploads=True),
    "POST /deals/<int:deal_id>/files/<int:file_id>/remove": Expected(OF_WHO_MAY_EDIT, OF_WHO_MAY_EDIT_FOREIGN, body={}),
    "POST /deals/<int:deal_id>/files/<int:file_id>/erase": Expected(ERASED, FOREIGN_ERASED, body={"basis": "лист"}),
    "POST /deals/<int:deal_id>/files/<int:file_id>/put-back": Expected(
        OF_WHO_MAY_EDIT, OF_WHO_MAY_EDIT_FOREIGN, body={}
    ),
    "GET /deals/<int:deal_id>/waiting": Expected(OWN_DEAL, FOREIGN_DEAL),
    "GET /deals/<int:deal_id>/approval-sheet": Expected(OWN_DEAL, FOREIGN_DEAL),
    "GET /deals/<int:deal_id>/approval-sheet.json": Expected(OWN_DEAL, FOREIGN_DEAL),
    "GET /deals/<int:deal_id>/approval-sheet.pdf": Expected(OWN_DEAL, FOREIGN_DEAL),
    "GET /deals/<int:deal_id>/move-targets": Expected(OWN_DEAL, FOREIGN_DEAL),
    # The map is strict: only an administrator leaves its order.
    "POST /deals/<int:deal_id>/move": Expected(
        "403 404 403 403 403 403 200",
        "403 404 403 404 404 403 200",
        body={"to": "prepare", "reason": "Треба"},
        foreign_body={"to": "sign", "reason": "Треба"},
    ),
    "POST /deals/<int:deal_id>/move/undo": Expected(
        "409 404 409 409 409 409 409", "409 404 409 404 404 409 409", body={}
    ),
    "POST /deals/<int:deal_id>/ask-again": Expected(
        "409 404 409 403 403 403 403", "403 404 409 404 404 403 403", body={}
    ),
    "POST /deals/<int:deal_id>/suspend": Expected(REPAIRED, FOREIGN_REPAIRED, body={"reason": "Треба"}),
    "POST /deals/<int:deal_id>/resume": Expected("409 404 409 403 403 403 409", "403 404 409 404 404 403 409", body={}),
    "POST /deals/<int:deal_id>/cancel": Expected(REPAIRED, FOREIGN_REPAIRED, body={"reason": "Треба"}),
    "POST /deals/<int:deal_id>/reopen": Expected(
        "409 404 409 403 403 403 409", "403 404 409 404 404 403 409", body={"reason": "Треба"}
    ),
    # Approvals of the first one are asked for: its discount stays.
    "POST /deals/<int:deal_id>/variables": Expected(
        "403 404 403 403 403 403 409",
        "403 404 403 404 404 403 200",
        body={"values": {"discount": "5"}, "reason": "Треба"},
    ),
    "POST /deals/<int:deal_id>/variables/undo": Expected(
        "403 404 403 403 403 403 409", "403 404 403 404 404 403 409", body={"intervention_id": 1}
    ),
    "GET /incidents": Expected(ADMINISTRATOR),
    "GET /incidents/<int:incident_id>": Expected(ADMINISTRATOR),
    "POST /incidents/<int:incident_id>/retry": Expected(ADMINISTRATOR),
    "POST /incidents/<int:incident_id>/retry-alike": Expected(ADMINISTRATOR),
    "POST /incidents/<int:incident_id>/close": Expected(ADMINISTRATOR, body={"reason": "Треба"}),
    "PATCH /deals/<int:deal_id>": Expected(
        "200 404 200 403 403 403 403", "403 404 200 404 404 403 403", body={"title": "Помпи"}
    ),
    "POST /clients": Expected("201 201 201 403 403 403 201", body={"name": "ТОВ «Обрій»"}),
    "GET /clients/<int:client_id>": Expected(OWN_DEAL, FOREIGN_DEAL),
    "POST /clients/<int:client_id>/data.zip": Expected(ERASED, FOREIGN_ERASED),
    "GET /clients/<int:client_id>/notes": Expected(OWN_DEAL, FOREIGN_DEAL),
    "POST /clients/<int:client_id>/merge": Expected(
        "200 404 200 403 403 403 200", body={"client_ids": [2]}, foreign_body={"client_ids": [1]}
    ),
    "POST /clients/told-apart": Expected("204 404 204 403 403 403 204", body={"client_ids": [1, 2]}),
    "POST /client-merges/<int:merge_id>/undo": Expected("404 404 404 403 403 403 404"),  # nothing was merged
    "POST /client-imports": Expected("422 422 422 403 403 403 422", uploads=True),  # it has no rows
    "GET /client-imports": Expected("200 200 200 403 403 403 200"),
    "GET /client-imports/<int:import_id>": Expected(OF_WHO_BROUGHT, OF_WHO_BROUGHT_FOREIGN),
    "GET /client-imports/<int:import_id>/rows": Expected(OF_WHO_BROUGHT, OF_WHO_BROUGHT_FOREIGN),
    "POST /client-imports/<int:import_id>/take-over": Expected(NOT_CHECKED, FOREIGN_NOT_CHECKED),
    "POST /client-imports/<int:import_id>/stop": Expected(NOT_CHECKED, FOREIGN_NOT_CHECKED),
    "POST /client-imports/<int:import_id>/take-back": Expected(NOT_CHECKED, FOREIGN_NOT_CHECKED),
    "PATCH /clients/<int:client_id>": Expected(
        "200 404 200 403 403 403 200", "200 404 200 403 403 403 200", body={"segment": "B2G"}
    ),
    "GET /contacts/<int:contact_id>": Expected(OWN_DEAL, FOREIGN_DEAL),
    "PATCH /contacts/<int:contact_id>": Expected(
        "200 404 200 403 403 403 200", "200 404 200 403 403 403 200", body={"position": "Закупівлі"}
    ),
    "POST /clients/<int:client_id>/erase": Expected(ERASED, FOREIGN_ERASED, body={"basis": "лист"}),
    "POST /contacts/<int:contact_id>/erase": Expected(ERASED, FOREIGN_ERASED, body={"basis": "лист"}),
    # Olena, who can sign in.
    "POST /people/<int:person_id>/erase": Expected("403 403 403 403 403 403 409", body={"basis": "лист"}),
    # The first entry holds nothing that somebody wrote.
    "POST /deals/<int:deal_id>/history/<int:number>/erase": Expected(
        "403 404 403 403 403 403 422", "403 404 403 404 404 403 422", body={"basis": "лист"}
    ),
    "GET /deals/<int:deal_id>/comments": Expected(OWN_DEAL, FOREIGN_DEAL),
    "POST /deals/<int:deal_id>/comments": Expected(NO_DOCUMENT, FOREIGN_NO_DOCUMENT, uploads=True),
    "GET /deals/<int:deal_id>/letters": Expected(OWN_DEAL, FOREIGN_DEAL),
    "GET /deals/<int:deal_id>/letters.zip": Expected(OWN_DEAL, FOREIGN_DEAL),
    # There is no letter: who may what is tried in test_letters.
    "GET /deals/<int:deal_id>/letters/<int:letter_id>": Expected(NOBODY),
    "POST /deals/<int:deal_id>/letters/<int:letter_id>/read": Expected(NOBODY),
    "POST /deals/<int:deal_id>/letters/<int:letter_id>/send-again": Expected(NOBODY),
    "POST /deals/<int:deal_id>/letters": Expected(
        "201 404 201 403 403 403 403",
        "403 404 201 404 404 403 403",
        body={"to": ["maria@client.example.com"], "subject": "Лист", "text": "Добрий день"},
    ),
    f"GET {STEP}/comments": Expected(OWN_DEAL, FOREIGN_DEAL),
    f"POST {STEP}/comments": Expected(NO_DOCUMENT, FOREIGN_NO_DOCUMENT, uploads=True),
    "POST /contacts": Expected(
        "201 404 201 403 403 403 201", "201 404 201 403 403 403 201", body={"client_id": None, "full_name": "Марія"}
    ),
    f"GET {STEP}": Expected(OWN_DEAL, FOREIGN_DEAL),
    f"GET {STEP}/receivers": Expected(OWN_DEAL, FOREIGN_DEAL),
    f"GET {STEP}/files": Expected(OWN_DEAL, FOREIGN_DEAL),
    f"POST {STEP}/files": Expected(NO_DOCUMENT, FOREIGN_NO_DOCUMENT, uploads=True),
    f"POST {STEP}/claim": Expected("403 404 403 200 403 403 403", "409 404 409 404 404 409 409"),
    # Nobody holds the first one: giving it back changes nothing, for whoever sees it.
    f"POST {STEP}/release": Expected(OWN_DEAL, "403 404 200 404 404 403 200"),
    f"POST {STEP}/complete": Expected(
        "403 404 403 200 403 403 403",
        "403 404 403 404 404 403 403",
        body={"outcome": "approved"},
        foreign_body={"values": {"discount": 5}},
    ),
    f"POST {STEP}/recall": Expected(
        "200 404 403 403 403 403 403", "403 404 403 404 404 403 403", body={"reason": "Клієнт змінив умови"}
    ),
    f"POST {STEP}/delegate": Expected(
        "403 404 200 200 403 403 200", "403 404 200 404 404 403 200", body={"to": "iryna"}
    ),
    f"POST {STEP}/extend": Expected(
        "403 404 200 200 403 403 200", "403 404 200 404 404 403 200", body={"due_at": "9 р.д.", "reason": "Треба"}
    ),
    f"POST {STEP}/remind": Expected("403 404 200 409 403 403 200", "403 404 200 404 404 403 200"),
    f"POST {STEP}/comment": Expected(OWN_DEAL, FOREIGN_DEAL, body={"text": "Так"}),
    f"POST {STEP}/hand-back": Expected(
        "403 404 403 403 403 403 403", "403 404 403 404 404 403 403", body={"answer": "Так"}
    ),
    f"POST {STEP}/consult": Expected(
        "403 404 200 200 403 403 200", "403 404 200 404 404 403 200", body={"to": "owner", "question": "Як бути?"}
    ),
    "GET /questions": Expected(ALL),
    "POST /questions/<int:question_id>/answer": Expected(ADMINISTRATOR, ADMINISTRATOR, body={"answer": "Так"}),
    "POST /questions/<int:question_id>/withdraw": Expected(HEAD, HEAD),
    "POST /questions/<int:question_id>/read": Expected("404 404 404 404 404 404 404"),  # it is not answered yet
    "GET /mentions": Expected(ALL),
    "POST /mentions/<int:mention_id>/read": Expected(HEAD, HEAD),
    "POST /deals/<int:deal_id>/watch": Expected(OWN_DEAL, FOREIGN_DEAL),
    "POST /deals/<int:deal_id>/unwatch": Expected(OWN_DEAL, FOREIGN_DEAL),
    "GET /substitutions": Expected(ALL),
    "POST /substitutions": Expected(
        "201 201 201 201 201 201 201",
        body={"substitute": "taras", "starts_on": "2027-08-01", "ends_on": "2027-08-14"},
    ),
    "POST /substitutions/<int:substitution_id>/end": Expected(
        "204 404 204 404 404 404 204", "404 404 204 404 404 404 204"
    ),
    "POST /work-items/complete-many": Expected(ALL, body={"items": [{"id": 999_999}]}),
    "POST /messages": Expected("422 422 422 422 422 422 422", body={"name": "payment"}),
    "POST /jobs/fetch-and-lock": Expected("403 403 403 403 403 200 200", body={"topics": ["score"], "worker": "w"}),
    f"GET {JOB}": Expected("404 404 404 404 404 404 404"),
    f"POST {JOB}/complete": Expected(NO_JOB, body={"worker": "w"}),
    f"POST {JOB}/fail": Expected(NO_JOB, body={"worker": "w", "message": "busy"}),
    f"POST {JOB}/error": Expected(NO_JOB, body={"worker": "w", "code": "NO_DATA"}),
    f"POST {JOB}/extend": Expected(NO_JOB, body={"worker": "w"}),
    "GET /definitions": Expected("200 200 200 404 404 200 200"),
    "GET /definitions/<int:definition_id>": Expected(READERS_OF_MAPS),
    "GET /definitions/<int:definition_id>/steps": Expected(READERS_OF_MAPS),
    "PATCH /definitions/<int:definition_id>/steps": Expected(
        OWNER_TOO_LATE, body={"read_revision": 9, "edits": {"prepare": {"stage": "Перший"}}}
    ),
    "GET /definitions/<int:definition_id>/decisions": Expected(READERS_OF_MAPS),
    "GET /definitions/<int:definition_id>/files/<int:position>": Expected(READERS_OF_MAPS),
    "GET /definitions/<int:definition_id>/changes": Expected(READERS_OF_MAPS),
    "GET /definitions/<int:definition_id>/facts": Expected(READERS_OF_MAPS),
    "GET /definitions/<int:definition_id>/figures": Expected(READERS_OF_MAPS),
    "GET /definitions/<int:definition_id>/handbook": Expected(ALL),
    "GET /definitions/<int:definition_id>/handbook.pdf": Expected(ALL),
    "GET /definitions/<int:definition_id>/handbook.docx": Expected(ALL),
    "GET /definitions/<int:definition_id>/xml": Expected(OWN_DEAL),
    "POST /definitions/check": Expected("403 403 403 403 403 200 403", uploads=True),
    "POST /definitions": Expected("403 403 403 403 403 422 403", uploads=True),
    "GET /definitions/<int:definition_id>/questions": Expected(READERS_OF_MAPS),
    "POST /definitions/<int:definition_id>/questions": Expected(
        "403 403 403 403 403 422 403", body={"revision": 1, "answers": {"stage:nowhere": "Етап"}}
    ),
    "POST /definitions/<int:definition_id>/publish": Expected("403 403 403 403 403 409 403"),
    "POST /definitions/<int:definition_id>/discard": Expected("403 403 403 403 403 409 403"),
    "GET /definitions/<int:definition_id>/rules": Expected(READERS_OF_MAPS),
    "PUT /definitions/<int:definition_id>/rules": Expected("403 403 403 403 403 200 403", body={"rules": []}),
    "POST /definitions/<int:definition_id>/rules/run": Expected(READERS_OF_MAPS),
    "POST /definitions/<int:definition_id>/moves/preview": Expected(READERS_OF_MAPS, body={}),
    "POST /definitions/<int:definition_id>/moves": Expected(OWNER_TOO_LATE, body={}),
    "POST /deals/<int:deal_id>/move-to-version": Expected(OWNER_TOO_LATE, body={"definition_id": 1}),
    "GET /moves": Expected(READERS_OF_MAPS),
    "GET /moves/<int:move_id>": Expected(READERS_OF_MAPS),
    "GET /moves/<int:move_id>/deals": Expected(READERS_OF_MAPS),
    "POST /moves/<int:move_id>/cancel": Expected(OWNER_TOO_LATE),
    "POST /moves/<int:move_id>/undo": Expected(OWNER_TOO_LATE),
    "POST /moves/<int:move_id>/deals/<int:deal_id>/undo": Expected("403 403 403 403 403 404 403"),
    "GET /reports/activity": Expected(READERS_OF_REPORTS),
    "GET /reports/approvals": Expected(READERS_OF_REPORTS),
    "GET /reports/control": Expected(READERS_OF_REPORTS),
    "GET /reports/forecast": Expected(READERS_OF_REPORTS),
    "GET /reports/forecast/outcomes": Expected(READERS_OF_ALL_DEALS),
    "GET /reports/funnel": Expected(READERS_OF_REPORTS),
    "GET /reports/lateness": Expected(READERS_OF_REPORTS),
    "GET /reports/saved": Expected(READERS_OF_REPORTS),
    "POST /reports/saved": Expected("404 404 201 201 201 201 201", body={"name": "Активність", "report": "activity"}),
    # The first one is bohdan's: a saved report is nobody else's.
    f"GET {SAVED}": Expected(BOHDANS),
    f"PATCH {SAVED}": Expected(BOHDANS, body={"name": "Прогноз"}),
    f"DELETE {SAVED}": Expected("404 404 204 404 404 404 404"),
    f"POST {SAVED}/send": Expected("404 404 204 404 404 404 404"),
    f"GET {SAVED}/file.csv": Expected(BOHDANS),
    f"GET {SAVED}/file.xlsx": Expected(BOHDANS),
    "GET /reports/workload": Expected(READERS_OF_REPORTS),
    "POST /webhooks": Expected("403 403 403 403 403 403 201", body={"url": "https://erp.example.com/hooks"}),
    "GET /webhooks": Expected(ADMINISTRATOR),
    "POST /webhooks/<int:webhook_id>/again": Expected("403 403 403 403 403 403 204"),
    "DELETE /webhooks/<int:webhook_id>": Expected("403 403 403 403 403 403 204"),
}
QUERIES = {
    "GET /reports/forecast": "?definition_key=sale",
    "GET /reports/funnel": "?definition_key=sale",
    "GET /definitions/<int:definition_id>/changes": "?since=1",
}


@pytest.fixture
def office(sqlite_database_url: str) -> Iterator[Office]:
    database = Database(sqlite_database_url)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()


@pytest.fixture
def world(app: Flask, office: Office) -> Iterator[World]:
    world = World(app, office)
    yield world
    world.close()


def routes(app: Flask) -> set[str]:
    return {
        f"{method} {rule.rule.removeprefix('/api/v1')}"
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def sent(route: str, records: Records, expected: Expected, *, foreign: bool) -> tuple[str, str, dict[str, Any]]:
    """Method, address and body of the call."""
    method, address = route.split(" ")
    for name in (
        "deal_id",
        "client_id",
        "work_item_id",
        "definition_id",
        "webhook_id",
        "move_id",
        "incident_id",
        "file_id",
        "question_id",
        "mention_id",
        "substitution_id",
        "contact_id",
        "import_id",
        "saved_report_id",
    ):
        address = address.replace(f"<int:{name}>", str(getattr(records, name)))
    address = address.replace("<string:job_id>", "0" * 32)
    address = address.replace("<currency>/<day>", "USD/2026-03-02")
    address = address.replace("<int:number>", "1").replace("<int:person_id>", "1")
    address = address.replace("<int:merge_id>", "1").replace("<int:letter_id>", "1")
    address = address.replace("<int:position>", "0") + QUERIES.get(route, "")
    if expected.uploads:
        return method, address, {"data": {"file": (io.BytesIO(b"no map"), "map.bpmn")}}
    body = expected.foreign_body if foreign and expected.foreign_body is not None else expected.body
    if isinstance(body, dict) and "client_id" in body:
        body = body | {"client_id": records.client_id}
    return method, address, {"body": body}


def test_every_route_has_an_expectation(app: Flask) -> None:
    assert routes(app) == set(EXPECTED)


def test_every_role_gets_the_status_that_the_rule_says_on_own_and_foreign_records(world: World) -> None:
    wrong: list[str] = []
    for route, expected in EXPECTED.items():
        for foreign, statuses in ((False, expected.own), (True, expected.foreign)):
            for login, status in zip(PEOPLE, (statuses or "").split(), strict=statuses is not None):
                records = world.foreign if foreign else world.own
                method, address, body = sent(route, records, expected, foreign=foreign)
                answer = world.programs[login].call(method, address, **body)
                if answer.status_code != int(status):
                    wrong.append(f"{login} {method} {address}: {answer.status_code}, not {status}: {answer.text[:200]}")
                if method != "GET":
                    world.restore()
    assert not wrong, "\n".join(wrong)


def test_nobody_gets_anything_without_a_token(world: World) -> None:
    for route, expected in EXPECTED.items():
        method, address, body = sent(route, world.own, expected, foreign=False)
        answer = world.nobody.call(method, address, **body)
        assert (answer.status_code, answer.get_json()["code"]) == (401, "not_identified"), route
        assert answer.headers["WWW-Authenticate"].startswith("Bearer"), route


def test_a_session_alone_writes_nothing(world: World, office: Office) -> None:
    """A foreign page can make the browser send its cookie, but not the token of our own page."""
    before = events_recorded(office)
    for route, expected in EXPECTED.items():
        method, address, _ = sent(route, world.own, expected, foreign=False)
        if method == "GET":
            continue
        for login in PEOPLE:
            body = sent(route, world.own, expected, foreign=False)[2]
            more = {"data": body["data"]} if expected.uploads else {"json": body["body"]}
            answer = world.browsers[login].client.open(f"/api/v1{address}", method=method, **more)
            assert (answer.status_code, answer.get_json()["code"]) == (403, "csrf_failed"), f"{login} {route}"
    assert events_recorded(office) == before
