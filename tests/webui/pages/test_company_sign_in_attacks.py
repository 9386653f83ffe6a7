"""Attacks on the sign-in by the company's own accounts, each against a provider that is real but for its size."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from support.office import Office
from support.openid_server import CLIENT_ID, CLIENT_SECRET, OpenIdServer
from support.openid_visitors import OLENA, Visitor, application_of, refused
from support.web import Browser


@pytest.fixture
def app(office: Office, provider: OpenIdServer) -> Flask:
    return application_of(office, provider)


@pytest.fixture
def visitor(app: Flask, provider: OpenIdServer) -> Callable[[], Visitor]:
    return lambda: Visitor(Browser(app), provider)


def test_everything_that_ties_the_answer_to_the_question_is_sent(visitor: Callable[[], Visitor]) -> None:
    asked = [dict(parse_qsl(urlsplit(visitor().begin()).query)) for _ in range(2)]
    first, second = asked
    assert first["response_type"] == "code"
    assert first["client_id"] == CLIENT_ID
    assert first["code_challenge_method"] == "S256"
    assert first["redirect_uri"] == "http://127.0.0.1:8000/sign-in/company/callback"
    assert "prompt" not in first
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43
        assert first[name] != second[name]


def test_an_answer_that_this_browser_did_not_ask_for_signs_nobody_in(
    provider: OpenIdServer, visitor: Callable[[], Visitor]
) -> None:
    """Login CSRF: an attacker's own code, in somebody else's browser."""
    attacker, victim = visitor(), visitor()
    own = provider.authorize(attacker.begin(), **OLENA)
    refused(victim.come_back(own), "begun in another browser")
    victim.begin()
    refused(victim.come_back(own), "begun in another browser")
    assert "/token" not in provider.asked
    assert not victim.is_signed_in()


def test_a_stolen_code_is_of_no_use_in_another_sign_in(provider: OpenIdServer, visitor: Callable[[], Visitor]) -> None:
    """PKCE: the code of a victim, put into an answer that the attacker did ask for."""
    victim, attacker = visitor(), visitor()
    stolen = dict(parse_qsl(urlsplit(provider.authorize(victim.begin(), **OLENA)).query))["code"]
    state = dict(parse_qsl(urlsplit(attacker.begin()).query))["state"]
    refused(attacker.browser.get(f"/sign-in/company/callback?code={stolen}&state={state}"), "This sign-in is over")


def test_an_answer_serves_once(visitor: Callable[[], Visitor]) -> None:
    olena = visitor()
    back = olena.provider.authorize(olena.begin(), **OLENA)
    assert olena.come_back(back).status_code == 303
    refused(olena.come_back(back), "begun in another browser")
    olena.connect()
    assert olena.come_back(back).location == "/", "who is signed in is left in peace"


def test_a_code_that_was_used_already_is_refused_by_the_provider(visitor: Callable[[], Visitor]) -> None:
    """Also where the browser's cookie from before is put back."""
    olena = visitor()
    back = olena.provider.authorize(olena.begin(), **OLENA)
    with olena.browser.client.session_transaction() as cookie:
        before = dict(cookie)
    olena.come_back(back)
    with olena.browser.client.session_transaction() as cookie:
        cookie.clear()
        cookie.update(before)
    refused(olena.come_back(back), "This sign-in is over")


def test_a_sign_in_that_takes_too_long_begins_again(office: Office, visitor: Callable[[], Visitor]) -> None:
    olena = visitor()
    back = olena.provider.authorize(olena.begin(), **OLENA)
    office.clock.advance(timedelta(minutes=11))
    refused(olena.come_back(back), "too long ago")
    olena.sign_in(**OLENA)
    office.clock.advance(timedelta(minutes=11))
    refused(olena.connect(), "too long ago")


def test_several_windows_may_begin_at_once(visitor: Callable[[], Visitor]) -> None:
    olena = visitor()
    first, *others = (olena.provider.authorize(olena.begin(), **OLENA) for _ in range(4))
    refused(olena.come_back(first), "begun in another browser")
    assert [olena.come_back(one).status_code for one in others] == [303, 303, 303]


def test_nothing_that_was_planted_in_the_cookie_survives_the_sign_in(visitor: Callable[[], Visitor]) -> None:
    """Session fixation."""
    olena = visitor()
    olena.sign_in(**OLENA)
    olena.connect()
    again = visitor()
    with again.browser.client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
        before = cookie["csrf_token"]
    again.sign_in(**OLENA)
    with again.browser.client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie.get("csrf_token") != before
        assert not [name for name in cookie if name.startswith(("company", "account"))]


@pytest.mark.parametrize("address", ["https://evil.example", "//evil.example", "/\\evil.example", "/sign-in/company"])
def test_nobody_is_sent_to_another_site(visitor: Callable[[], Visitor], address: str) -> None:
    olena = visitor()
    olena.sign_in(**OLENA)
    olena.connect()
    again = visitor()
    begun = again.begin(f"/sign-in/company?next={address}")
    assert again.come_back(again.provider.authorize(begun, **OLENA)).location == "/"


def test_an_answer_of_another_provider_is_not_mixed_up_with_ours(
    provider: OpenIdServer, visitor: Callable[[], Visitor]
) -> None:
    """RFC 9207: where the provider names itself, an answer without its name, or with another, is nobody's."""
    olena = visitor()
    back = provider.authorize(olena.begin(), **OLENA)
    refused(olena.come_back(f"{back}&iss=https://evil.example"), "cannot be trusted")
    assert "/token" not in provider.asked
    back = provider.authorize(olena.begin(), **OLENA)
    assert olena.come_back(f"{back}&iss={provider.issuer}").status_code == 303


def test_a_provider_that_names_itself_must_do_so(
    office: Office, provider: OpenIdServer, visitor: Callable[[], Visitor]
) -> None:
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    refused(visitor().sign_in(**OLENA), "cannot be trusted")


def _by_another_key(_: OpenIdServer, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, RSAKey.generate_key(2048))


def _unsigned(provider: OpenIdServer, claims: dict[str, Any]) -> str:
    _, payload, _ = provider.sign(claims).split(".")
    return f"eyJhbGciOiJub25lIn0.{payload}."


def _by_our_secret(_: OpenIdServer, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256", "kid": "first"}, claims, OctKey.import_key(CLIENT_SECRET))


def _by_the_public_key(provider: OpenIdServer, claims: dict[str, Any]) -> str:
    """The oldest trick: the provider's public key as the secret of HS256."""
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"first"}').rstrip(b"=")
    signed = head + b"." + provider.sign(claims).split(".")[1].encode()
    digest = hmac.new(provider.key.as_pem(private=False), signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()


def _altered(provider: OpenIdServer, claims: dict[str, Any]) -> str:
    head, _, signature = provider.sign(claims | {"sub": "1"}).split(".")
    _, payload, _ = provider.sign(claims).split(".")
    return f"{head}.{payload}.{signature}"


def _with(**changes: Any) -> Callable[[OpenIdServer, dict[str, Any]], str]:
    def forged(provider: OpenIdServer, claims: dict[str, Any]) -> str:
        now = claims["iat"]
        made = claims | {
            name: now + value if name in {"iat", "nbf", "exp"} and value is not None else value
            for name, value in changes.items()
        }
        return provider.sign({name: value for name, value in made.items() if value is not None})

    return forged


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(_by_another_key, id="signed by another key"),
        pytest.param(_unsigned, id="alg none"),
        pytest.param(_by_our_secret, id="HS256 with the client's secret"),
        pytest.param(_by_the_public_key, id="HS256 with the public key"),
        pytest.param(_altered, id="altered after signing"),
        pytest.param(_with(iss="https://evil.example"), id="of another issuer"),
        pytest.param(_with(iss=None), id="of no issuer"),
        pytest.param(_with(aud="another client"), id="for another client"),
        pytest.param(_with(aud=["another client"]), id="for other clients"),
        pytest.param(_with(aud=[CLIENT_ID, "another"]), id="for several, and none of them asked"),
        pytest.param(_with(aud=[CLIENT_ID, "another"], azp="another"), id="asked for by another client"),
        pytest.param(_with(aud=None), id="for nobody"),
        pytest.param(_with(exp=-121), id="over"),
        pytest.param(_with(exp=None), id="without an end"),
        pytest.param(_with(iat=121), id="from the future"),
        pytest.param(_with(nbf=121), id="not yet"),
        pytest.param(_with(nonce="another"), id="of another sign-in"),
        pytest.param(_with(nonce=None), id="of no sign-in"),
        pytest.param(_with(sub=None), id="of nobody"),
        pytest.param(_with(at_hash="another"), id="with another access token"),
        pytest.param(lambda *_: "no token", id="no token at all"),
        pytest.param(lambda *_: "", id="empty"),
    ],
)
def test_a_token_that_is_not_the_providers_word_for_us_signs_nobody_in(
    provider: OpenIdServer,
    visitor: Callable[[], Visitor],
    forge: Callable[[OpenIdServer, dict[str, Any]], str],
) -> None:
    provider.forge = lambda claims: forge(provider, claims)
    attacker = visitor()
    refused(attacker.sign_in(**OLENA), "What came back from Keycloak cannot be trusted")
    assert not attacker.is_signed_in()


def test_clocks_may_differ_a_little(provider: OpenIdServer, visitor: Callable[[], Visitor]) -> None:
    provider.forge = lambda claims: _with(iat=100, exp=-100)(provider, claims)
    assert visitor().sign_in(**OLENA).location == "/sign-in/company/link"


def test_tries_are_limited_and_those_that_succeed_are_not(visitor: Callable[[], Visitor]) -> None:
    olena = visitor()
    for _ in range(61):
        olena.begin()
    for _ in range(60):
        olena.browser.get("/sign-in/company/callback?state=guessed")
    assert olena.browser.get("/sign-in/company/callback?state=guessed").status_code == 429
