"""The built front end: complete, cacheable for ever, and without a word to other hosts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DIST = ROOT / "webui" / "static" / "dist"
MANIFEST: dict[str, str] = json.loads((DIST / "manifest.json").read_text())


def test_every_file_of_the_manifest_is_there() -> None:
    entries = {f"{name}.{kind}" for name in ("site", "viewer", "modeler") for kind in ("js", "css")}
    assert entries | {"icons.svg", "fonts/DejaVuSans.ttf"} <= set(MANIFEST)
    assert [file for file in MANIFEST.values() if not (DIST / file).is_file()] == []


def test_a_page_file_has_its_content_in_its_name() -> None:
    asked_by_name = ("fonts/", "service_worker", "verifier/")
    pages = {name: file for name, file in MANIFEST.items() if not name.startswith(asked_by_name)}
    for name, file in pages.items():
        stem, _, kind = name.partition(".")
        assert re.fullmatch(rf"{stem}-[0-9A-Za-z]{{8}}\.{kind}", file)


def test_nothing_of_an_earlier_build_is_left() -> None:
    """Two files of one name would mean that an old one is still served and shipped."""
    bundles = [re.sub(r"-[0-9A-Z]{8}(?=\.)", "", file.name) for file in DIST.glob("*.*")]
    assert len(bundles) == len(set(bundles))


@pytest.mark.parametrize("stylesheet", sorted(file for file in MANIFEST.values() if file.endswith(".css")))
def test_a_stylesheet_loads_nothing_from_other_hosts(stylesheet: str) -> None:
    css = (DIST / stylesheet).read_text(encoding="utf-8")
    assert re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//[^)\"';]+", css) == []


def test_the_sprite_holds_every_icon_that_was_asked_for() -> None:
    asked = json.loads((ROOT / "webui" / "frontend" / "src" / "icons.json").read_text())
    sprite = (DIST / MANIFEST["icons.svg"]).read_text(encoding="utf-8")
    assert re.findall(r'<symbol id="([^"]+)"', sprite) == asked
    assert len(asked) == len(set(asked))
