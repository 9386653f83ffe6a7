"""People who sign in by an account of the company's provider, as far as their browsers go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import select
from support.office import Office
from support.openid_server import CLIENT_ID, CLIENT_SECRET, OpenIdServer
from support.web import Browser, shared_application, text_of
from werkzeug.test import TestResponse

from engine.model.linked_account import LinkedAccount

OLENA = {"sub": "108", "email": "Olena@Example.com", "email_verified": True}
"""What the provider tells of Олена's account."""


def settings_of(provider: OpenIdServer) -> dict[str, str]:
    return {
        "OIDC_ISSUER": provider.issuer,
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "OIDC_NAME": "Keycloak",
        "OIDC_DOMAINS": "example.com",
    }


def application_of(office: Office, provider: OpenIdServer, **settings: str) -> Flask:
    return shared_application(office, **settings_of(provider) | settings)


@dataclass
class Visitor:
    """A browser of somebody who has an account at the provider."""

    browser: Browser
    provider: OpenIdServer

    def begin(self, address: str = "/sign-in/company") -> str:
        """Where the browser is sent."""
        answer = self.browser.get(address)
        assert answer.status_code == 302, text_of(answer)
        return str(answer.location)

    def come_back(self, address: str) -> TestResponse:
        parts = urlsplit(address)
        return self.browser.get(f"{parts.path}?{parts.query}")

    def sign_in(self, **claims: Any) -> TestResponse:
        """To the provider and back, as far as the first page that is not theirs."""
        return self.come_back(self.provider.authorize(self.begin(), **claims))

    def connect(self, **more: str) -> TestResponse:
        self.browser.get("/sign-in/company/link")
        return self.browser.post("/sign-in/company/link", dict(more))

    def is_signed_in(self) -> bool:
        return self.browser.get("/inbox").status_code == 200


def linked(office: Office) -> list[tuple[int, str]]:
    with office.database.read() as session:
        return [(one.person_id, one.subject) for one in session.scalars(select(LinkedAccount))]


def refused(answer: TestResponse, sentence: str) -> None:
    """The sign-in page with a sentence; its button lets one choose another account."""
    assert answer.status_code in {422, 503}
    assert sentence in text_of(answer)
    assert 'href="/sign-in/company?other=1' in answer.text
