"""Every text that people see exists in Ukrainian, with the same places for names and numbers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
PLACE = re.compile(r"%\(\w+\)[sd]")


def read(file: Path) -> Catalog:
    with file.open("rb") as stream:
        return read_po(stream)


@pytest.fixture(scope="module")
def ukrainian() -> Catalog:
    return read(ROOT / "webui" / "translations" / "uk" / "LC_MESSAGES" / "messages.po")


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The texts that code and pages mark today, found exactly as `make translations` finds them."""
    command = re.search(r"pybabel (-q extract .*) -o \S+ \.$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert command is not None
    template = tmp_path_factory.mktemp("translations") / "messages.pot"
    pybabel = Path(sys.executable).with_name("pybabel")
    arguments = [part.strip('"') for part in re.findall(r'"[^"]*"|\S+', command[1])]
    subprocess.run([pybabel, *arguments, "-o", template, "."], cwd=ROOT, check=True, capture_output=True)
    return read(template)


def forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """A text with a number in it has several forms."""
    return [text] if isinstance(text, str) else list(text or [""])


def wanting(catalogue: Catalog, message: Message) -> bool:
    translation = catalogue.get(message.id, message.context)
    return translation is None or translation.fuzzy or not all(forms(translation.string))


def test_no_text_wants_its_translation(marked: Catalog, ukrainian: Catalog) -> None:
    texts = [message for message in marked if message.id]
    assert texts, "nothing was found to translate"
    assert [message.id for message in texts if wanting(ukrainian, message)] == []


def test_a_translation_fills_only_places_that_its_text_has(ukrainian: Catalog) -> None:
    """A place that exists in one language alone would be an error in the face of its reader."""
    unknown = {}
    for message in ukrainian:
        known = {place for form in forms(message.id) for place in PLACE.findall(form)}
        used = {place for form in forms(message.string) for place in PLACE.findall(form)}
        if message.id and used - known:
            unknown[str(message.id)] = used - known
    assert unknown == {}


def test_no_translation_says_twice_what_its_text_says_once(ukrainian: Catalog) -> None:
    """A translation that was filled in twice is read as one sentence that begins anew."""
    said_twice = re.compile(r"(.{2,})\1", re.DOTALL)
    doubled = [
        message.id
        for message in ukrainian
        if message.id
        and any(map(said_twice.fullmatch, forms(message.string)))
        and not any(map(said_twice.fullmatch, forms(message.id)))
    ]
    assert doubled == []


def test_ukrainian_words_have_one_apostrophe(ukrainian: Catalog) -> None:
    """Whoever looks for a word on a page finds it however it got there."""
    others = re.compile(r"(?<=[а-яїєґ])['’`](?=[а-яїєґ])", re.IGNORECASE)
    assert [message.id for message in ukrainian if any(others.search(form) for form in forms(message.string))] == []


def test_no_translation_is_said_twice_over(ukrainian: Catalog) -> None:
    """Where two branches translate the same text, their merge may put one translation behind the other."""
    doubled = [
        message.id
        for message in ukrainian
        for form in forms(message.string)
        if len(form) > len("ні, ні") and form[: len(form) // 2] == form[len(form) // 2 :]
    ]
    assert doubled == []
