from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from support.api import ApiClient
from support.founded_offices import FoundedOffices
from support.office import Office
from support.web import shared_application

from webui.limits import limiter

ApiOf = Callable[[str | None], ApiClient]


@pytest.fixture
def office(database_url: str, founded: FoundedOffices) -> Iterator[Office]:
    """The company at work with its sales map published, on SQLite and on PostgreSQL."""
    with founded.at_work(database_url) as office:
        yield office


@pytest.fixture
def app(office: Office) -> Iterator[Flask]:
    """The application, its calls not counted: the test of limits turns counting on."""
    app = shared_application(office)
    limiter.enabled = False
    yield app
    limiter.enabled = True


@pytest.fixture
def api(app: Flask, office: Office) -> ApiOf:
    """A program with the token of a person, or without one."""

    def program_of(login: str | None) -> ApiClient:
        return ApiClient(app, office, login)

    return program_of
