from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from support.compiling import compiles_here
from support.founded_offices import FoundedOffices
from support.office import Office
from support.openid_server import OpenIdServer
from support.web import Browser, web_application

SignIn = Callable[[str | None], Browser]

__all__ = ["SignIn", "app", "browse", "compiles_here", "office", "speaking_app"]


@pytest.fixture
def office(sqlite_database_url: str, founded: FoundedOffices) -> Iterator[Office]:
    """The company at work with its sales map published."""
    with founded.at_work(sqlite_database_url) as office:
        yield office


@pytest.fixture
def app(office: Office) -> Flask:
    return web_application(office)


@pytest.fixture(scope="session")
def speaking_app(
    sqlite_template: Path, founded: FoundedOffices, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """One application for all tests that only ask what it would say: nothing is written, nobody is signed in."""
    file = shutil.copy(sqlite_template, tmp_path_factory.mktemp("speaking") / "reglament.sqlite")
    with founded.at_work(f"sqlite:///{file}") as office:
        yield web_application(office)


@pytest.fixture
def browse(app: Flask) -> SignIn:
    """A browser for a person, or for a visitor."""

    def signed_in_as(login: str | None = None) -> Browser:
        return Browser(app, login)

    return signed_in_as


@pytest.fixture(scope="session")
def openid_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdServer]:
    server = OpenIdServer(tmp_path_factory.mktemp("provider"))
    server.open()
    yield server
    server.close()


@pytest.fixture
def provider(openid_server: OpenIdServer, office: Office, monkeypatch: pytest.MonkeyPatch) -> OpenIdServer:
    """Who keeps the company's own accounts; its certificate is trusted as the system's are."""
    monkeypatch.setenv("SSL_CERT_FILE", str(openid_server.certificate))
    openid_server.behave(office.clock)
    return openid_server
