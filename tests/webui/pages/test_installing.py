"""What a phone needs to install the product, and what it shows without a network."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

import pytest
from support.web import Browser

SignIn = Callable[[str | None], Browser]

_PNG_SIZE = slice(16, 24)


@pytest.mark.parametrize(("lang", "inbox"), [("uk", "Вхідні"), ("en", "Inbox")])
def test_the_manifest_names_the_product_in_the_language_asked_for(browse: SignIn, lang: str, inbox: str) -> None:
    answer = browse(None).get(f"/manifest.webmanifest?lang={lang}")
    assert answer.mimetype == "application/manifest+json"
    told = answer.get_json()
    assert told["lang"] == lang
    assert told["display"] == "standalone"
    assert told["shortcuts"][0]["name"] == inbox


def test_the_icons_have_the_sizes_that_they_state(browse: SignIn) -> None:
    browser = browse(None)
    icons = browser.get("/manifest.webmanifest").get_json()["icons"]
    assert {one["sizes"] for one in icons} == {"192x192", "512x512"}
    assert {one["purpose"] for one in icons} == {"any", "maskable"}
    for icon in icons:
        drawn = browser.get(icon["src"])
        width, height = struct.unpack(">II", drawn.data[_PNG_SIZE])
        assert f"{width}x{height}" == icon["sizes"]


def test_the_worker_serves_every_page_and_is_asked_for_anew(browse: SignIn) -> None:
    answer = browse(None).get("/service-worker.js?lang=uk")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(("lang", "title"), [("uk", "Немає звʼязку"), ("en", "No network")])
def test_the_page_without_a_network_needs_nothing_that_the_worker_does_not_keep(
    browse: SignIn, lang: str, title: str
) -> None:
    browser = browse(None)
    page = browser.get(f"/no-network?lang={lang}")
    assert f'lang="{lang}"' in page.text
    assert f">{title}</h1>" in page.text
    kept = set(re.findall(r'"(/static/[^"#]+)', page.text))
    assert {one.rsplit(".", 1)[1] for one in kept} >= {"js", "css", "svg"}
    for address in kept:
        assert browser.get(address).status_code == 200
