"""A decision confirmed by signing in anew at the provider: fresh, one's own, for one step and session, and once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from support.approval_maps import DISCOUNT, naming
from support.office import Office
from support.openid_server import OpenIdServer
from support.openid_visitors import Visitor, application_of
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.bpmn.compiled import Reauthentication
from engine.commands.people import set_password
from engine.model.history_event import HistoryEvent
from engine.model.linked_account import LinkedAccount
from engine.policy.reauthentication import VALID_FOR

IRYNA = {"sub": "77", "email": "iryna@example.com", "email_verified": True}
_HIDDEN = re.compile(r'name="(content_hash|seen_content|command_id)" value="([^"]*)"')


@pytest.fixture
def app(office: Office, provider: OpenIdServer) -> Flask:
    return application_of(office, provider)


@pytest.fixture
def step(office: Office, provider: OpenIdServer) -> int:
    """An approval that Ірина, who has no password and signs in by the company's account, has to confirm."""
    office.publish(naming({"legal": DISCOUNT}, reauthenticate=Reauthentication.PASSWORD))
    with office.database.write() as session:
        session.add(
            LinkedAccount(
                issuer=provider.issuer,
                subject="77",
                person_id=office.company.iryna.id,
                linked_at=office.clock.now(),
            )
        )
    office.open_deal()
    office.prepare()
    return office.step("legal").id


@pytest.fixture
def iryna(app: Flask, provider: OpenIdServer) -> Visitor:
    return Visitor(Browser(app, "iryna"), provider)


def decide(browser: Browser, step: int, **form: str) -> TestResponse:
    shown = browser.get(f"/work-items/{step}", part=True).text
    hidden = {name: value.replace("&#34;", '"') for name, value in _HIDDEN.findall(shown)}
    return browser.post(f"/work-items/{step}/complete", hidden | {"outcome": "approved"} | form, part=True)


def confirm(office: Office, visitor: Visitor, step: int, **claims: Any) -> TestResponse:
    """As the link beside the decision leads, through the provider and back."""
    address = f"/sign-in/company/confirm/{step}?next=/work-items/{step}"
    told = {**IRYNA, "auth_time": int(office.clock.now().timestamp()), **claims}
    told = {name: value for name, value in told.items() if value is not None}
    return visitor.come_back(visitor.provider.authorize(visitor.begin(address), **told))


def test_who_has_no_password_confirms_by_signing_in_anew_and_the_proof_serves_once(
    office: Office, iryna: Visitor, step: int
) -> None:
    page = iryna.browser.get(f"/work-items/{step}", part=True)
    assert f"/sign-in/company/confirm/{step}" in page.text
    assert decide(iryna.browser, step).status_code == 403
    asked = dict(parse_qsl(urlsplit(iryna.begin(f"/sign-in/company/confirm/{step}")).query))
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    assert confirm(office, iryna, step).location == f"/work-items/{step}"
    assert "Підтверджено через Keycloak" in text_of(iryna.browser.get(f"/work-items/{step}", part=True))
    refused = decide(iryna.browser, step, outcome="returned")
    assert refused.status_code == 422, "a return wants a reason"
    with iryna.browser.client.session_transaction() as cookie:
        before = dict(cookie)
    assert decide(iryna.browser, step).status_code == 200, "what was refused has used nothing up"
    with office.database.read() as session:
        last = session.scalars(select(HistoryEvent).where(HistoryEvent.work_item_id == step)).all()[-1]
    assert last.data["authentication"]["by"] == "provider"
    with iryna.browser.client.session_transaction() as cookie:  # somebody kept the cookie from before
        cookie.clear()
        cookie.update(before)
    assert "Підтверджено через Keycloak" not in text_of(iryna.browser.get(f"/work-items/{step}", part=True))


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"auth_time": 1_600_000_000}, "не спитавши, хто ви"),
        ({"auth_time": None}, "не каже, коли ви там увійшли"),
        ({"auth_time": True}, "не можна довіряти"),
        ({"auth_time": 4_000_000_000}, "не можна довіряти"),
        ({"sub": "78"}, "Це не той обліковий запис"),
        ({"nonce": "another"}, "не можна довіряти"),
    ],
)
def test_what_is_old_untold_or_anothers_confirms_nothing(
    office: Office, iryna: Visitor, step: int, claims: dict[str, Any], sentence: str
) -> None:
    answer = confirm(office, iryna, step, **claims)
    assert answer.location == f"/work-items/{step}"
    assert sentence in text_of(iryna.browser.get(f"/work-items/{step}"))
    assert decide(iryna.browser, step).status_code == 403
    assert office.step("legal").is_live


def test_a_proof_is_for_its_step_its_session_and_five_minutes(
    office: Office, app: Flask, provider: OpenIdServer, iryna: Visitor, step: int
) -> None:
    confirm(office, iryna, step)
    other = Browser(app, "iryna")
    assert decide(other, step).status_code == 403, "another browser of the same person"
    with iryna.browser.client.session_transaction() as cookie:
        (held,) = cookie["provider_proofs"]
    office.open_deal(title="Друга")
    office.prepare()
    second = max(one.id for one in office.open_steps() if one.element_id == "legal")
    with iryna.browser.client.session_transaction() as cookie:
        cookie["provider_proofs"] = [[second, held[1]]]
    assert decide(iryna.browser, second).status_code == 403, "another step"
    with iryna.browser.client.session_transaction() as cookie:
        cookie["provider_proofs"] = [held]
    office.clock.advance(VALID_FOR + timedelta(seconds=1))
    assert decide(iryna.browser, step).status_code == 403, "too late"
    confirm(office, iryna, step)
    with iryna.browser.client.session_transaction() as cookie:
        (held,) = cookie["provider_proofs"]
    office.do("iryna", set_password, office.company.iryna.id, "three calm horses")
    anew = Browser(app, "iryna")
    with anew.client.session_transaction() as cookie:
        cookie["provider_proofs"] = [held]
    assert decide(anew, step).status_code == 403, "a session from before the change of the password"


def test_the_answer_counts_only_where_it_was_asked_and_only_once(
    office: Office, app: Flask, provider: OpenIdServer, iryna: Visitor, step: int
) -> None:
    at = int(office.clock.now().timestamp())
    back = provider.authorize(iryna.begin(f"/sign-in/company/confirm/{step}"), **IRYNA, auth_time=at)
    elsewhere = Visitor(Browser(app, "iryna"), provider)
    elsewhere.come_back(back)
    assert decide(elsewhere.browser, step).status_code == 403
    assert "/token" not in provider.asked
    iryna.come_back(back)
    with iryna.browser.client.session_transaction() as cookie:
        cookie.pop("provider_proofs")
    iryna.come_back(back)
    assert decide(iryna.browser, step).status_code == 403


def test_nobody_leaves_for_a_step_that_they_may_not_see(app: Flask, provider: OpenIdServer, step: int) -> None:
    assert Browser(app, "danylo").get(f"/sign-in/company/confirm/{step}").status_code == 404
    visitor = Browser(app)
    assert "/sign-in" in str(visitor.get(f"/sign-in/company/confirm/{step}").location)


def test_a_proof_outlives_what_was_refused_among_ticked_steps(office: Office, iryna: Visitor, step: int) -> None:
    confirm(office, iryna, step)
    ticked = {"step": [str(step)], "looked": "yes", f"content_hash:{step}": "another"}
    assert iryna.browser.post("/inbox/together/approve", ticked, part=True).status_code == 200
    assert office.step("legal").is_live
    assert decide(iryna.browser, step).status_code == 200
