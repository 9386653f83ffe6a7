"""What holds on every main page: both languages, both themes, a phone's width, people who do not use a mouse."""

from __future__ import annotations

import re

import pytest
from browser.installation import Sales
from browser.main_pages import main_pages
from browser.people import People, Theme
from playwright.sync_api import Page, expect
from support.browser import Words, barriers, overflow

PHONE = 360
DESK = 1280
FOCUSABLE_TRIED = 12

# What the pages themselves say stands outside of what people and maps have written.
_SAID = """
    () => {
        const places = "nav a, th, label, legend, button, h1, h2, dt, a.btn, [placeholder], [aria-label], [title]";
        const words = [];
        for (const each of document.querySelectorAll(places)) {
            words.push(each.getAttribute("aria-label"), each.getAttribute("placeholder"), each.title);
            for (const child of each.childNodes) if (child.nodeType === Node.TEXT_NODE) words.push(child.textContent);
        }
        return words.map(word => (word ?? "").trim()).filter(Boolean);
    }
"""


@pytest.mark.parametrize(("theme", "width"), [("light", DESK), ("dark", PHONE), ("light", PHONE), ("dark", DESK)])
def test_no_page_keeps_anybody_out_nor_scrolls_sideways(people: People, sales: Sales, theme: Theme, width: int) -> None:
    found = {}
    for opened in main_pages(people, sales, locale="uk", theme=theme, width=width):
        told = barriers(opened.page)
        if (wider := overflow(opened.page)) > 0:
            told.append(f"{wider} px wider than the window")
        if (headings := opened.page.locator("h1").count()) != 1:
            told.append(f"{headings} headings of the first level")
        if told:
            found[opened.name] = told
    assert found == {}


def ukrainian_texts(uk: Words) -> set[str]:
    """The texts of the catalogue that a page may show as they are, without places to fill."""
    return {text for text in uk.all() if "%(" not in text}


def test_in_english_no_text_of_the_pages_is_left_in_ukrainian(people: People, sales: Sales, uk: Words) -> None:
    ukrainian = ukrainian_texts(uk)
    left = {}
    for opened in main_pages(people, sales, locale="en", theme="light", width=DESK):
        said: list[str] = opened.page.evaluate(_SAID)
        if found := sorted(ukrainian & set(said)):
            left[opened.name] = found
    assert left == {}


def test_in_ukrainian_no_text_of_the_pages_is_left_in_english(people: People, sales: Sales) -> None:
    known = re.compile(
        r"Reglament|XLSX|CSV|BPMN|XML|API|SHA-256|JSON|E-mail|e-mail|Excel|Europe/Kyiv|English|https?://\S+|\w+@\S+|"
        r"\b[jkacr]\b|Enter|[a-z0-9]+[-_][a-z0-9_-]+|\bzip\b|\.\w+|P1D|B2B|UAH|USD|EUR|GBP|PLN|MB|МБ|Webhooks?"
    )
    left = {}
    for opened in main_pages(people, sales, locale="uk", theme="light", width=DESK):
        said: list[str] = opened.page.evaluate(_SAID)
        if found := sorted({text for text in said if re.search(r"[A-Za-z]{3,}", known.sub("", text))}):
            left[opened.name] = found
    assert left == {}


def test_the_language_and_the_theme_are_switched_on_the_page_and_kept(people: People, uk: Words, en: Words) -> None:
    page = people.at_work("oksana")
    page.locator(".person-button").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("navigation", name=en("Main menu"))).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator(".person-button").click()
    page.get_by_role("button", name=en("Dark")).click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")

    page.goto("/deals")
    expect(page.get_by_role("heading", level=1, name=en("Deals"))).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.locator(".person-button").click()
    page.get_by_role("button", name="Українська").click()
    expect(page.get_by_role("heading", level=1, name=uk("Deals"))).to_be_visible()


def focus_mark(page: Page) -> str:
    """What distinguishes the element that has the focus, as the browser draws it; empty when nothing does."""
    return str(
        page.evaluate(
            """() => {
                const style = getComputedStyle(document.activeElement);
                const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
                return outlined ? style.outline : style.boxShadow === "none" ? "" : style.boxShadow;
            }"""
        )
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_whoever_walks_by_the_tab_key_sees_where_they_are(people: People, theme: Theme) -> None:
    page = people.at_work("olena", theme=theme)
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    unmarked = []
    for _ in range(FOCUSABLE_TRIED):
        if not focus_mark(page):
            unmarked.append(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
        page.keyboard.press("Tab")
    assert unmarked == []


def test_the_skip_link_leads_past_the_menu(people: People) -> None:
    page = people.at_work("olena")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
