"""Write docs/findings.md from the words that the product itself says about a map, and examples, in both languages.

``.venv/bin/python tools/findings_page.py`` after a change of a finding's text, of its translation or of an example.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from engine.bpmn.finding_texts import earlier_codes, known_codes, message_template, remedy_template

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "findings.md"
EXAMPLES = ROOT / "docs" / "finding_examples.toml"
UKRAINIAN = ROOT / "webui" / "translations" / "uk" / "LC_MESSAGES" / "messages.po"
_PLACE = re.compile(r"%\((\w+)\)[sd]")
_OPENING = """# Findings: what the product says about a map

What was noticed about a map, by code, as the page of the map, `reglament map check` and the API say it. `‹step›` and
the like stand for the map's own words. The code never changes; the texts may.

An **error** stands against publishing. A **warning** says that something is executed otherwise than it may have been
meant: read it, tick that you have, and publish. A **note** only tells what was understood. `STAGE_MISSING`,
`DEADLINE_MISSING` and `RESPONSIBLE_MISSING` are warnings while the map is a draft, and errors when it is to be
published.

Each code stands here with its words, what to do (behind the arrow), and an example of what leads to it, in English and
Ukrainian. Made by `tools/findings_page.py` from the texts of the program and `finding_examples.toml`; do not edit it by
hand.
"""
_EXAMPLE_WORDS = (("Example", "en"), ("Приклад", "uk"))
_EARLIER = "Only earlier versions say this; it stands with maps that were uploaded then."
_EARLIER_UK = "Так кажуть лише попередні версії; це лишилося при картах, завантажених тоді."


def page() -> str:
    """The page as it should be. A text without translation is left in English, as the product shows it."""
    with UKRAINIAN.open("rb") as stream:
        catalogue = read_po(stream)
    told = examples()
    return "\n".join([_OPENING, *(_section(code, catalogue, told.get(code, {})) for code in sorted(known_codes()))])


def examples() -> Mapping[str, Mapping[str, str]]:
    """By code and language, what leads to the finding."""
    return tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))


def _section(code: str, catalogue: Catalog, example: Mapping[str, str]) -> str:
    message, remedy = message_template(code), remedy_template(code)
    english, ukrainian = (f"{word}: {_as_text(example.get(lang, ''))}" for word, lang in _EXAMPLE_WORDS)
    if code in earlier_codes():
        english, ukrainian = _EARLIER, _EARLIER_UK
    return (
        f"### {code}\n\n"
        f"- en: {_shown(message)} → {_shown(remedy)}\n"
        f"  *{english}*\n"
        f"- uk: {_shown(_ukrainian(message, catalogue))} → {_shown(_ukrainian(remedy, catalogue))}\n"
        f"  *{ukrainian}*\n"
    )


def _as_text(example: str) -> str:
    return example.replace("<", "&lt;")


def _ukrainian(text: str, catalogue: Catalog) -> str:
    found = catalogue.get(text)
    return str(found.string) if found is not None and found.string else text


def _shown(text: str) -> str:
    return _PLACE.sub(r"‹\1›", text)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
