"""Chromium as a person uses it: whatever fails behind a page fails the test that opened it."""

from __future__ import annotations

import gettext
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
OF_THIS_MACHINE_ALONE = ("--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
"""What Chromium is started with: it finds no other host. A route that refuses them would switch its cache off."""

_OBSCURED = "obscured"  # axe-core's word for what lies partly under something else
_CATALOGUES = ROOT / "webui" / "translations"
_SERVER_FAILED = 500
_CLIENT_FAILED = 400

# Chromium writes a line for every answer of 400 and above; those below 500 are answers to what a person did wrong.
_ANSWERED = re.compile(r"^Failed to load resource: the server responded with a status of 4\d\d")

# What a context says whose network a test has taken away; any other reason is told by the failed request itself.
_OFFLINE = "net::ERR_INTERNET_DISCONNECTED"
_SAID_OFFLINE = re.compile(rf"{_OFFLINE}|htmx:error: Failed to fetch")


class Words:
    """The texts of the pages in one language, so that a journey is told in the words of the source."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._catalogue = gettext.translation("messages", _CATALOGUES, [locale], fallback=locale == "en")

    def __call__(self, message: str, /, **places: object) -> str:
        text = self._catalogue.gettext(message)
        if text == message and self.locale != "en":
            msg = f"{message} is not in the catalogue of {self.locale}"
            raise LookupError(msg)
        return text % places if places else text

    def all(self) -> set[str]:
        """Every text that differs from the source's, plural forms among them."""
        known: dict[object, str] = getattr(self._catalogue, "_catalog", {})
        return {text for message, text in known.items() if message and text and text != message}


class Watch:
    """What goes wrong in a context: errors of scripts, of the content policy, of the server, calls to other hosts.

    A call to another host is told when it is answered or fails: at once, in a Chromium `OF_THIS_MACHINE_ALONE`.
    """

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.troubles: list[str] = []
        self._address = address
        context.on("console", self._console)
        context.on("weberror", lambda error: self.troubles.append(f"script: {error.error}"))
        context.on("response", self._response)
        context.on("requestfailed", self._failed)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _ANSWERED.match(message.text) and not _SAID_OFFLINE.search(message.text):
            self.troubles.append(f"console: {message.text}")

    def _is_elsewhere(self, url: str) -> bool:
        return not url.startswith((f"{self._address}/", "data:", "blob:"))

    def _response(self, response: Response) -> None:
        if self._is_elsewhere(response.url):
            self.troubles.append(f"another host: {response.url}")
        is_file = response.url.startswith(f"{self._address}/static/")
        if response.status >= _SERVER_FAILED or (is_file and response.status >= _CLIENT_FAILED):
            self.troubles.append(f"{response.status}: {response.request.method} {response.url}")

    def _failed(self, request: Request) -> None:
        """A page that is left withdraws its questions, and a download is no page: neither is a failure."""
        if self._is_elsewhere(request.url):
            self.troubles.append(f"another host: {request.url}")
        elif request.failure not in ("net::ERR_ABORTED", _OFFLINE):
            self.troubles.append(f"{request.failure}: {request.method} {request.url}")


def drop_file(page: Page, target: str, name: str, content: bytes) -> None:
    """Drop a file on the element that ``target`` selects, as a hand with a mouse does: once the page's scripts run."""
    page.locator(target).wait_for()
    page.wait_for_load_state("load")
    held = page.evaluate_handle(
        """([name, bytes]) => {
            const held = new DataTransfer();
            held.items.add(new File([new Uint8Array(bytes)], name));
            return held;
        }""",
        [name, list(content)],
    )
    page.dispatch_event(target, "dragover", {"dataTransfer": held})
    page.dispatch_event(target, "drop", {"dataTransfer": held})


def overflow(page: Page) -> int:
    """By how many pixels the body of the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


# Where a text has no room: it stands letter under letter, or sticks out of its card where nobody can scroll to it.
_CRAMPED = """
    () => {
        const told = [];
        for (const each of document.querySelectorAll("main :is(strong, a, p, span, td, th, dd, h1, h2, h3, button)")) {
            const texts = [...each.childNodes].filter(one => one.nodeType === Node.TEXT_NODE);
            const said = texts.map(one => one.data).join("").trim();
            const box = each.getBoundingClientRect();
            const heads = each.closest("thead"); // clipped where the rows of a table fold into cards
            if (heads && getComputedStyle(heads).clipPath !== "none") continue;
            if (said.length < 4 || !each.checkVisibility({visibilityProperty: true}) || box.width < 2) continue;
            const style = getComputedStyle(each);
            if (box.width < 3 * parseFloat(style.fontSize) && box.height > 3.5 * parseFloat(style.lineHeight))
                told.push(`letter under letter: ${said.slice(0, 40)}`);
            const card = each.closest(".card");
            if (!card || box.right <= card.getBoundingClientRect().right + 1) continue;
            let frame = each.parentElement;
            const isFrame = () => frame === card || /auto|scroll|hidden/.test(getComputedStyle(frame).overflowX);
            while (!isFrame()) frame = frame.parentElement;
            if (frame === card) told.push(`out of its card: ${said.slice(0, 40)}`);
        }
        return [...new Set(told)];
    }
"""


def cramped(page: Page) -> list[str]:
    """Which texts have too little room to be read."""
    told: list[str] = page.evaluate(_CRAMPED)
    return told


# Where the browser itself would refuse what is typed: in a bubble of its own, in its own language, one field at a time.
_BUBBLING = """
    () => [...document.forms].filter(form => !form.noValidate).flatMap(form =>
        [...form.elements].filter(each => each.required || each.pattern || each.minLength > 0 || each.min || each.max
            || ["email", "url", "number", "date", "time", "datetime-local", "month", "week"].includes(each.type))
            .map(each => `the browser checks ${each.name || each.id} of ${form.getAttribute("action")}`))
"""


def bubbling(page: Page) -> list[str]:
    """Which fields the browser would refuse in its own words instead of the product's."""
    told: list[str] = page.evaluate(_BUBBLING)
    return told


def bring_axe(context: BrowserContext) -> None:
    """Every page that is opened from now on has axe-core, which costs less than to send it to one after another."""
    context.add_init_script(path=AXE)


def barriers(page: Page) -> list[str]:
    """What axe-core finds in people's way, targets too small for a thumb among it: a line per rule and element."""
    page.wait_for_load_state("load")  # what is sent already may still want its style
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = _blamed(page)
    if any(_OBSCURED in said for said in found.values()):
        # What a bar at the bottom hides at this moment is no barrier, what it hides wherever one scrolls to is.
        page.evaluate("scrollBy(0, scrollY > innerHeight / 3 ? -innerHeight / 3 : innerHeight / 3)")
        again = _blamed(page)
        found = {place: said for place, said in found.items() if _OBSCURED not in said or place in again}
    return [f"{place} {said}" for place, said in found.items()]


def _blamed(page: Page) -> dict[str, str]:
    """By rule and element, why axe-core blames it where the page is scrolled to."""
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run({resultTypes: ['violations'], rules: {'target-size': {enabled: true}}}).then(told => told.violations)"
    )
    return {f"{one['id']}: {node['target']}": _said(node) for one in found for node in one["nodes"]}


def _said(node: dict[str, Any]) -> str:
    """Why axe-core blames an element, with the colours where it is about them."""
    return "; ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])
