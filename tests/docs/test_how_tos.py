"""Both languages tell the same tasks, in the words that stand on the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from support.documents import DOCS, ROOT, headings, links, prose

ENGLISH, UKRAINIAN = DOCS / "how-to" / "en", DOCS / "how-to" / "uk"
CATALOGUE = ROOT / "webui" / "translations" / "uk" / "LC_MESSAGES" / "messages.po"
READERS = ("process-owner", "manager", "approver", "head-of-sales", "administrator", "accounting")
PLACE = re.compile(r"%\(\w+\)[sd]")
PAIRS = [pytest.param(ENGLISH / f"{one}.md", UKRAINIAN / f"{one}.md", id=one) for one in READERS]


def forms(text: object) -> list[str]:
    """A text with a number in it has several forms."""
    return [text] if isinstance(text, str) else [str(one) for one in text] if isinstance(text, list | tuple) else []


@pytest.fixture(scope="module")
def words_of_pages() -> dict[str, set[str]]:
    """What the pages say in each language, with "…" where something is filled in."""
    with CATALOGUE.open("rb") as stream:
        messages = [message for message in read_po(stream) if message.id]
    return {
        "en": {PLACE.sub("…", form) for message in messages for form in forms(message.id)},
        "uk": {PLACE.sub("…", form) for message in messages for form in forms(message.string)},
    }


def test_every_reader_has_a_how_to_in_both_languages() -> None:
    wanted = {f"{one}.md" for one in READERS}
    assert {file.name for file in ENGLISH.iterdir()} == wanted
    assert {file.name for file in UKRAINIAN.iterdir()} == wanted


@pytest.mark.parametrize(("english", "ukrainian"), PAIRS)
def test_both_languages_have_the_same_tasks(english: Path, ukrainian: Path) -> None:
    assert [level for level, _ in headings(english)] == [level for level, _ in headings(ukrainian)]


@pytest.mark.parametrize(("english", "ukrainian"), PAIRS)
def test_each_language_links_to_the_other(english: Path, ukrainian: Path) -> None:
    assert f"../uk/{ukrainian.name}" in links(english)
    assert f"../en/{english.name}" in links(ukrainian)


@pytest.mark.parametrize(
    "document", [*ENGLISH.iterdir(), *UKRAINIAN.iterdir()], ids=lambda one: f"{one.parent.name}/{one.stem}"
)
def test_what_is_bold_stands_on_a_page_in_these_words(document: Path, words_of_pages: dict[str, set[str]]) -> None:
    bold = re.findall(r"\*\*(.+?)\*\*", " ".join(prose(document).split()))
    labels = [part for one in bold for part in one.split(" → ")]
    assert labels, "a how-to names what to press"
    assert [label for label in labels if label not in words_of_pages[document.parent.name]] == []
