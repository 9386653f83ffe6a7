"""People at their browsers: each in a context of their own, signed in, with everything that fails written down."""

from __future__ import annotations

from http.client import SEE_OTHER
from typing import Literal

from browser.installation import Installation
from playwright.sync_api import Browser, BrowserContext, Page, expect
from support.browser import Watch

Theme = Literal["auto", "light", "dark"]


class People:
    def __init__(self, chromium: Browser, installation: Installation, patience_ms: float) -> None:
        self._chromium = chromium
        self._installation = installation
        self._patience_ms = patience_ms
        self._watched: list[tuple[BrowserContext, Watch]] = []

    def visitor(self, *, width: int = 1280, installed: bool = False, speaking: str = "uk-UA") -> Page:
        """Somebody who has not signed in, at the sign-in page of a browser that speaks a language of its own.

        ``installed``: with the worker of the installed app.
        """
        page = self._context(width=width, installed=installed, speaking=speaking).new_page()
        page.goto("/sign-in")
        return page

    def _context(self, *, width: int, speaking: str, installed: bool = False) -> BrowserContext:
        """A watched browser of somebody's own."""
        context = self._chromium.new_context(
            base_url=self._installation.address,
            viewport={"width": width, "height": 800},
            locale=speaking,
            timezone_id="Europe/Kyiv",
            color_scheme="light",
            reduced_motion="reduce",
            service_workers="allow" if installed else "block",
        )
        context.set_default_timeout(self._patience_ms)
        self._watched.append((context, Watch(context, self._installation.address)))
        return context

    def at_work(
        self, login: str, *, locale: str = "uk", theme: Theme = "auto", width: int = 1280, speaking: str = "uk-UA"
    ) -> Page:
        """A person of the company on their home page, reading in ``locale``; the sign-in page was not drawn for it."""
        self._installation.sales.prefer(login, locale=locale, theme=theme)
        context = self._context(width=width, speaking=speaking)
        asked = context.request.get("/sign-in").text()
        token = asked.partition('name="csrf_token" value="')[2].partition('"')[0]
        answer = context.request.post(
            "/sign-in/demo", form={"csrf_token": token, "login": login, "next": "/"}, max_redirects=0
        )
        assert answer.status == SEE_OTHER, answer.text()
        page = context.new_page()
        page.goto("/")
        _ready(page)
        return page

    def leave(self) -> list[str]:
        """Close all contexts; what went wrong in them."""
        for context, _ in self._watched:
            context.close()
        return [trouble for _, watch in self._watched for trouble in watch.troubles]


def sign_in(page: Page, login: str) -> None:
    """The one click of the demo company."""
    page.locator(f"button.demo-person[value={login}]").click()
    _ready(page)


def _ready(page: Page) -> None:
    expect(page.locator(".person-button")).to_be_visible()
    page.wait_for_load_state()  # its scripts have run: what is pressed now does something
