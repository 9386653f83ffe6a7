"""The browsers of the tests reach nobody but the product, and whatever is asked of others fails a test."""

from __future__ import annotations

import pytest
from browser.installation import Installation
from browser.people import People
from playwright.sync_api import Browser, Error

PATIENCE_MS = 60_000


@pytest.mark.parametrize("host", ["elsewhere.example", "192.0.2.1", "localhost"])
def test_another_host_is_not_found_and_the_call_is_told(
    chromium: Browser, installation: Installation, host: str
) -> None:
    people = People(chromium, installation, PATIENCE_MS)
    page = people.visitor()
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto(f"http://{host}/")
    assert f"another host: http://{host}/" in people.leave()
