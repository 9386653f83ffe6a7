"""The main pages and who opens them: what every page must keep is checked on each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from browser.installation import LATE_DEALS, Sales
from browser.people import People, Theme
from playwright.sync_api import Page, expect
from support.browser import bring_axe

_tours = count(1)

_OF_DEALS = ("/deals", "/deals/columns", "/deals/board", "/deals/new", "/deals/import")
_OF_CLIENTS = (
    "/clients",
    "/clients/columns",
    "/clients/1",
    "/clients/1/contacts/1",
    "/clients/new",
    "/clients/import",
    "/search?q=школ",
)
_OF_SETTINGS = tuple(
    f"/settings{one}"
    for one in (
        "",
        "/substitutions",
        "/authenticator",
        "/tokens",
        "/sign-in",
        "/calendars",
        "/calendars/1",
        "/fields",
        "/fields/1",
        "/webhooks",
        "/connectors",
        "/seal",
        "/journal",
        "/journal/sign-ins",
        "/incidents",
        "/machinery",
        "/mail",
        "/deadlines",
        "/loss-reasons",
        "/letter-templates",
        "/rates",
    )
)


@dataclass(frozen=True)
class View:
    """How somebody reads: ``width`` is that of the window, in pixels."""

    locale: str
    theme: Theme
    width: int

    def __str__(self) -> str:
        return f"{self.locale}-{self.theme}-{self.width}"


@dataclass(frozen=True)
class Opened:
    """``page`` shows what ``name`` names."""

    name: str
    page: Page


_OF_A_MAP = (
    "",
    "/questions",
    "/practice",
    "/ways",
    "/rules",
    "/rules/new",
    "/facts",
    "/compare",
    "/handbook",
    "/edit",
    "/decisions/new",
)


READERS = ("a visitor", "olena", "iryna", "bohdan", "owner", "admin")


def main_pages(people: People, sales: Sales, view: View, reader: str) -> Iterator[Opened]:
    """Each main page in turn of those that are ``reader``'s work, one of READERS, with axe-core."""
    if reader == "a visitor":
        yield from _pages_of_visitors(people, sales, view)
        return
    page = people.at_work(reader, locale=view.locale, theme=view.theme, width=view.width)
    bring_axe(page.context)
    for address in _addresses(sales, f"Насоси для огляду № {next(_tours)}")[reader]:
        answer = page.goto(address)
        assert answer is not None, address
        assert answer.status == 200, address
        _wait_for_drawing(page)
        yield Opened(address, page)


def _pages_of_visitors(people: People, sales: Sales, view: View) -> Iterator[Opened]:
    """Before anybody has signed in."""
    visitor = people.visitor(width=view.width)
    chosen = {"locale": view.locale, "theme": view.theme}
    bring_axe(visitor.context)
    visitor.context.add_cookies([{"name": name, "value": value, "url": visitor.url} for name, value in chosen.items()])
    visitor.reload()
    yield Opened("/sign-in", visitor)
    for address in ("/forgotten-password", sales.password_link("iryna")):
        visitor.goto(address)
        yield Opened(address[:20], visitor)


def _addresses(sales: Sales, asked: str) -> dict[str, list[str]]:
    """By login. ``asked``: the title of a deal that is opened for it, and waits for two departments."""
    deal_id = sales.deal_named(LATE_DEALS[0])
    step_id = sales.step(deal_id, "qualify_client")
    deal, step = f"/deals/{deal_id}", f"/work-items/{step_id}"
    asked_id = sales.ask_departments(asked)
    sales.complete("oksana", asked_id, "approve_finance", {}, "approved")
    file_id, leaver_id = sales.file_of(deal_id), sales.leaver()
    return {
        "olena": [
            "/inbox",
            "/inbox/filter",
            "/questions",
            step,
            *_OF_DEALS,
            deal,
            f"{deal}/approval-sheet",
            f"{deal}/letters?write=1",
            *_OF_CLIENTS,
            *(f"/clients/import/{one}" for one in sales.lists_of_clients()),
            "/clients/doubles",
            f"/clients/merge?id=1&id={sales.double_of(1)}",
            "/maps",
        ],
        "iryna": [
            "/inbox?tab=groups",
            f"/work-items/{sales.step(asked_id, 'approve_legal')}",
            f"/deals/{asked_id}/approval-sheet",
            f"/verify/{sales.entry(asked_id)}",
        ],
        "bohdan": [
            "/control",
            "/control/steps?show=open",
            f"/control/steps/{sales.step(asked_id, 'approve_legal')}/direct",
            "/control/deals?show=returned",
            "/reports/funnel",
            "/reports/forecast",
            "/reports/saved",
            "/reports/lateness",
            "/reports/approvals",
            "/reports/activity",
            "/reports/steps?show=returned",
        ],
        "owner": ["/maps", "/maps/new", *(f"/maps/2{one}" for one in _OF_A_MAP)],
        "admin": [
            "/people",
            "/people/new",
            "/people/2",
            f"/people/{leaver_id}",
            "/departments",
            "/departments/1",
            "/clients/1/erase",
            f"{deal}/history/1/erase",
            f"/files/{file_id}",
            f"/files/{file_id}/erase",
            f"{deal}/move",
            f"{deal}/variables",
            *_OF_SETTINGS,
        ],
    }


def _wait_for_drawing(page: Page) -> None:
    """The map of a deal is fetched when it comes into sight; that of a version stands on its page from the start."""
    page.evaluate("document.querySelector(\"[hx-trigger='intersect once']\")?.scrollIntoView()")
    if page.locator("[hx-trigger='intersect once'], [data-bpmn-url]").count():
        expect(page.locator("[data-state=shown]")).to_be_visible()
    if page.locator("[data-modeler]").count():
        expect(page.locator("[data-modeler][data-state]")).to_be_visible()
