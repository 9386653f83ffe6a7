"""What the API says of itself holds: for any request, from any role, an answer that it describes and never a 5xx."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.core.failures import FailureGroup
from support.api import ApiClient
from support.client_mail import deal_with_a_contact, write
from support.files import add, pdf
from support.kept_sqlite import KeptSqlite
from support.office import Office
from werkzeug.wsgi import ClosingIterator

from engine.commands.deal_files import Place
from engine.commands.exchange_rates import choose_company_currency
from engine.commands.saved_reports import ReportDraft, save_report
from engine.db.session import Database
from engine.model.saved_report import ReportKind
from engine.policy.report_periods import ReportFilters

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CHECKS = (
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
)
EXAMPLES, MORE_EXAMPLES = 3, 200
PEOPLE = ("olena", "danylo", "bohdan", "iryna", "owner", "admin", None)
ASKED_MORE_BY = 2
"""People who ask an operation more than once in the short form."""
KNOWN = {
    **dict.fromkeys(("deal_id", "client_id", "definition_id", "webhook_id", "incident_id", "move_id", "import_id"), 1),
    **dict.fromkeys(("question_id", "mention_id", "substitution_id", "file_id", "contact_id", "number"), 1),
    "work_item_id": 2,
    "person_id": 1,
    "merge_id": 1,
    "letter_id": 1,
    "saved_report_id": 1,
    "position": 0,
    "job_id": "0" * 32,
    "currency": "USD",
    "day": "2026-03-02",
}
"""What is there."""


@pytest.fixture
def office(sqlite_database_url: str) -> Iterator[Office]:
    database = Database(sqlite_database_url)
    office = Office(database)
    office.publish()
    deal = deal_with_a_contact(office)
    office.prepare()
    add(office, "olena", Place(deal.id), "Договір.pdf", pdf("one"))
    write(office, deal)
    office.do("admin", choose_company_currency, "UAH")
    office.do("bohdan", save_report, ReportDraft("Прогноз", ReportKind.FORECAST, ReportFilters(group_by="month")))
    yield office
    database.dispose()


@pytest.fixture
def schema(app: Flask) -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", read_to_their_ends(app))


def read_to_their_ends(app: Flask) -> WSGIApplication:
    """Schemathesis closes no answer, and a file that is sent would stay open."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        with closing(ClosingIterator(app(environ, start_response))) as parts:
            return list(parts)

    return answer


@pytest.fixture
def headers(app: Flask, office: Office) -> Mapping[str | None, Mapping[str, str]]:
    """By who asks."""
    return {login: ApiClient(app, office, login).headers for login in PEOPLE}


def test_any_request_gets_an_answer_as_described(
    schema: Any, headers: Mapping[str | None, Mapping[str, str]], office: Office, full: bool
) -> None:
    """In the short form everybody makes the first request of each operation, and some, by turns, the further ones."""
    wrong: list[str] = []
    with closing(KeptSqlite(office.database)) as kept:
        for at, operation in enumerate(found.ok() for found in schema.get_all_operations()):
            asking_more = [PEOPLE[(at + turn) % len(PEOPLE)] for turn in range(ASKED_MORE_BY)]
            askers = itertools.chain([PEOPLE], itertools.repeat(PEOPLE if full else asking_more))
            wrong += not_as_described(operation, askers, headers, kept, MORE_EXAMPLES if full else EXAMPLES)
    assert not wrong, "\n".join(wrong)


def not_as_described(
    operation: Any,
    askers: Iterator[Sequence[str | None]],
    headers: Mapping[str | None, Mapping[str, str]],
    kept: KeptSqlite,
    examples: int,
) -> list[str]:
    """Each request is thought out once for all who make it, and each of them finds the company as it stood."""
    wrong: list[str] = []

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), of_any_id=st.booleans())  # the first example is of what is there
    def answers(case: Any, of_any_id: bool) -> None:
        if case.path_parameters and not of_any_id:
            case.path_parameters.update({name: KNOWN[name] for name in case.path_parameters})
        for login in next(askers):
            try:
                case.call_and_validate(headers=headers[login], checks=CHECKS)
            except FailureGroup as failures:
                wrong.extend(f"{login}: {failure}" for failure in failures.exceptions)
            kept.restore()

    answers()
    return wrong


def test_the_description_is_open_api_3_1_and_open_to_all(app: Flask) -> None:
    told = app.test_client().get("/api/v1/openapi.json").get_json()
    assert told["openapi"].startswith("3.1")
    for path, calls in told["paths"].items():
        for method, call in calls.items():
            assert call["summary"], f"{method} {path} is not described"
            named = [one["name"] for one in call.get("parameters", [])]
            assert ("Idempotency-Key" in named) == (method == "post"), f"{method} {path}"


def test_the_pages_need_no_host_but_ours_and_run_under_their_policy(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/api/docs")
    nonce = page.text.partition('nonce="')[2].partition('"')[0]
    assert nonce
    assert f"'nonce-{nonce}'" in page.headers["Content-Security-Policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "swagger.svg"):
        assert f"/api/docs/{name}" in page.text
        with client.get(f"/api/docs/{name}") as file:
            assert file.status_code == 200
    assert client.get("/api/docs/templates.py").status_code == 404
