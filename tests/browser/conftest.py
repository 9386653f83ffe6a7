"""One server for the session, one Chromium per file, and a watched context for every person of a journey."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.installation import Installation, Sales, installed
from browser.people import People
from playwright.sync_api import Browser, expect, sync_playwright
from support.browser import OF_THIS_MACHINE_ALONE, Words

PATIENCE_MS = 60_000
"""A page of a loaded machine may be slow; a page that does not come at all is a failure."""


@pytest.fixture(scope="session")
def installation(chromium_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("var")) as running:
        yield running


@pytest.fixture(scope="session")
def sales(installation: Installation) -> Sales:
    return installation.sales


@pytest.fixture(scope="module")
def chromium(chromium_path: Path) -> Iterator[Browser]:
    """Not for the whole session: while Playwright runs, nobody else in this process could run an event loop."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=OF_THIS_MACHINE_ALONE)
        yield browser
        browser.close()


@pytest.fixture
def people(chromium: Browser, installation: Installation) -> Iterator[People]:
    """The people of a journey. Whatever failed behind any of their pages fails the test."""
    company = People(chromium, installation, PATIENCE_MS)
    yield company
    assert company.leave() == []


@pytest.fixture(scope="session")
def uk() -> Words:
    return Words("uk")


@pytest.fixture(scope="session")
def en() -> Words:
    return Words("en")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
