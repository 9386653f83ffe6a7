"""What holds on every main page: both languages, both themes, a phone's width, people who do not use a mouse."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from browser.installation import Sales
from browser.main_pages import READERS, View, main_pages
from browser.people import People, Theme
from playwright.sync_api import Page, expect
from support.browser import Words, barriers, bubbling, cramped, overflow

ROOT = Path(__file__).parents[2]
PHONE = 360
DESK = 1280
FOCUSABLE_TRIED = 12

# What the pages themselves say stands outside of what people and maps have written.
_SAID = """
    () => {
        const places = "nav a, th, label, legend, button, h1, h2, dt, a.btn, [placeholder], [aria-label], [title]";
        const words = [];
        for (const each of document.querySelectorAll(places)) {
            if (each.closest("[translate=no]")) continue;
            words.push(each.getAttribute("aria-label"), each.getAttribute("placeholder"), each.title);
            for (const child of each.childNodes) if (child.nodeType === Node.TEXT_NODE) words.push(child.textContent);
        }
        return words.map(word => (word ?? "").trim()).filter(Boolean);
    }
"""


# What maps and people of the company have written, and the pages happen to say as well.
_WRITTEN_BY_PEOPLE = {
    *("Телефон", "Продаж B2B", "Погодження знижки", "Робочий тиждень"),
    *("Кваліфікація", "Кваліфікувати клієнта", "Пропозиція", "Підписати договір"),
    *("Знижка, %", "Сума угоди"),
}

# Names, formats and keys that are the same in every language.
_INTERNATIONAL = re.compile(
    r"Reglament|XLSX|CSV|SVG|PNG|PDF|DOCX|Ctrl|deal\.amount|BPMN|XML|API|SHA-256|PKCS#12|HTML|JSON|[Ee]-mail|Excel|Europe/Kyiv|GMT|"
    r"English|B2B|UAH|USD|EUR|P1D|"
    r"Powered by bpmn.io|\bEnter\b|\bzip\b|https?://\S+|\w+@\S+|\.\w+|\b[a-z0-9]+[-_=][a-z0-9_-]*|\b\w{1,2}\b"
)


def classes_of(stylesheet: Path) -> set[str]:
    return set(re.findall(r"\.([A-Za-z_][\w-]*)", stylesheet.read_text(encoding="utf-8")))


@cache
def left_out_styles() -> set[str]:
    """Classes of Tabler that the build found in no template and no script."""
    dist = ROOT / "webui" / "static" / "dist"
    ours = json.loads((dist / "manifest.json").read_text())["site.css"]
    left_out = classes_of(ROOT / "node_modules/@tabler/core/dist/css/tabler.min.css") - classes_of(dist / ours)
    assert "accordion" in left_out
    return left_out


def classes_on(page: Page) -> set[str]:
    return set(page.evaluate("[...document.querySelectorAll('[class]')].flatMap(each => [...each.classList])"))


def left_in_another_language(page: Page, locale: str, uk: Words) -> set[str]:
    """What the page says in the language that was not chosen."""
    said: list[str] = page.evaluate(_SAID)
    if locale == "en":
        return {text for text in uk.all() if "%(" not in text} & set(said) - _WRITTEN_BY_PEOPLE
    return {text for text in said if re.search(r"[A-Za-z]{3,}", _INTERNATIONAL.sub("", text))}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("view", [View("uk", "light", PHONE), View("en", "dark", DESK)], ids=str)
def test_no_page_keeps_anybody_out_scrolls_sideways_or_mixes_languages(
    people: People, sales: Sales, uk: Words, view: View, reader: str
) -> None:
    found = {}
    for opened in main_pages(people, sales, view, reader):
        told = barriers(opened.page) + cramped(opened.page) + bubbling(opened.page)
        told += [f"in another language: {text}" for text in left_in_another_language(opened.page, view.locale, uk)]
        told += [f"unstyled: {name}" for name in classes_on(opened.page) & left_out_styles()]
        if (wider := overflow(opened.page)) > 0:
            told.append(f"{wider} px wider than the window")
        if (headings := opened.page.locator("h1").count()) != 1:
            told.append(f"{headings} headings of the first level")
        if told:
            found[opened.name] = told
    assert not found, "\n".join(f"{name}: {line}" for name, lines in found.items() for line in lines)


def test_the_language_and_the_theme_are_switched_on_the_page_and_kept(people: People, uk: Words, en: Words) -> None:
    page = people.at_work("oksana")
    page.locator(".person-button").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("navigation", name=en("Main menu"))).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.wait_for_load_state()
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
