"""The approval sheet that proves itself, opened from a disk as the other side's lawyer does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.browser import barriers, overflow
from support.exported_sheets import SPARED, Export, exported
from support.office import Office

from engine.db.session import Database
from webui.proving_page import sheet_in

_TRIED = 250
_FLIP = """
    ([text, positions]) => positions.map(position => {
        const sign = String.fromCharCode(text.charCodeAt(position) ^ 1);
        const changed = text.slice(0, position) + sign + text.slice(position + 1);
        return reglament.check(changed).faults.map(([number]) => number);
    })
"""


@pytest.fixture(scope="module")
def exports(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Export]:
    """Made before Chromium starts: sealing wants an event loop of its own."""
    folder = tmp_path_factory.mktemp("exports")
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, folder / 'reglament.sqlite')}")
    office = Office(database)
    office.publish()
    made = exported(office, folder)
    database.dispose()
    return made


def opened(chromium: Browser, file: Path, *, width: int, dark: bool) -> Page:
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light", offline=True
    )
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.on("request", lambda request: None if request.url.startswith("file:") else pytest.fail(request.url))
    page.goto(file.as_uri())
    return page


def test_a_sheet_proves_itself_without_a_network_and_names_what_was_altered(
    exports: dict[str, Export], chromium: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "sheet.html"
    file.write_bytes(exports["page"].content)
    page = opened(chromium, file, width=360, dark=True)
    expect(page.get_by_role("status")).to_contain_text("Лист цілий")
    expect(page.get_by_role("main").get_by_text("Знижка, %").first).to_be_visible()  # not the field's name
    expect(page.get_by_role("main").get_by_text("Персональні тексти стерто")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("heading", name=SPARED)).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Угода його оминула")).to_be_visible()
    assert "Іваненко" not in page.content()
    assert (barriers(page), overflow(page)) == ([], 0)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("status")).to_contain_text("The sheet is whole")
    expect(page.get_by_role("main").get_by_text("Знижка <завелика> & «дивна»")).to_be_visible()

    sheet = exports["json"]
    text = sheet.content.decode()
    in_bytes = [len(text[:position].encode()) for position in range(len(text))]
    tried = range(0, len(text), max(1, len(text) // _TRIED))
    for position, named in zip(tried, page.evaluate(_FLIP, [text, list(tried)]), strict=True):
        where = text[max(0, position - 30) : position + 30]
        assert named, where
        hit = sheet.names.get(in_bytes[position])
        assert not hit or set(named) & (hit | {0}), (named, hit, where)

    altered = exports["page"].content.replace("Оксана".encode(), "Оксен".encode())
    assert sheet_in(altered) != sheet.content
    file.write_bytes(altered)
    page = opened(chromium, file, width=1280, dark=False)
    expect(page.get_by_role("status")).to_contain_text("Лист змінено")
    expect(page.get_by_role("status")).to_contain_text("його зміст змінено")
    assert (barriers(page), overflow(page)) == ([], 0)
