"""A reader never follows a link into nothing, and every document can be come to from the front page."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from support.documents import DOCS, ROOT, anchors, documents, links, pictures

MOST_BYTES_OF_A_PICTURE = 200_000
OUTSIDE = ("https://", "http://", "mailto:")


def inner_links(document: Path) -> list[tuple[Path, str]]:
    """The file and the heading of each link that stays in the project."""
    found = []
    for link in links(document):
        if not link.startswith(OUTSIDE):
            file, _, heading = link.partition("#")
            found.append(((document.parent / file).resolve() if file else document, heading))
    return found


@pytest.mark.parametrize("document", documents(), ids=lambda one: one.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_and_a_heading_that_exist(document: Path) -> None:
    broken = [
        f"{file.name}#{heading}"
        for file, heading in inner_links(document)
        if not file.exists() or (heading and heading not in anchors(file))
    ]
    assert broken == []


@pytest.mark.parametrize("front", ["README.md", "README.uk.md"])
def test_every_document_can_be_reached_from_the_front_page(front: str) -> None:
    reached = {ROOT / front}
    waiting = [ROOT / front]
    for document in waiting:
        if document.suffix != ".md":
            continue
        for file, _ in inner_links(document):
            if file not in reached and file.is_file():
                reached.add(file)
                waiting.append(file)
    assert [file.relative_to(ROOT).as_posix() for file in sorted(DOCS.rglob("*.md")) if file not in reached] == []


def test_every_picture_exists_says_what_it_shows_and_is_small() -> None:
    shown = {
        (document.parent / address).resolve(): words
        for document in documents()
        for words, address in pictures(document)
    }
    assert shown, "the front page shows the product"
    for file, words in shown.items():
        assert words.strip(), f"{file.name} is not described"
        with Image.open(file) as picture:
            picture.verify()
        assert file.stat().st_size <= MOST_BYTES_OF_A_PICTURE, file.name


def test_no_picture_lies_about_unused() -> None:
    used = {(one.parent / address).resolve() for one in documents() for _, address in pictures(one)}
    assert [file.name for file in sorted((DOCS / "images").iterdir()) if file.resolve() not in used] == []
