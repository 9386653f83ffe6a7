"""Write docs/findings.md from the words that the product itself says about a map, in both languages.

``.venv/bin/python tools/findings_page.py`` after a change of a finding's text or of its translation.
"""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from engine.bpmn.finding_texts import known_codes, message_template, remedy_template

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "findings.md"
UKRAINIAN = ROOT / "webui" / "translations" / "uk" / "LC_MESSAGES" / "messages.po"
_PLACE = re.compile(r"%\((\w+)\)[sd]")
_OPENING = """# Findings: what the product says about a map

What was noticed about a map, by code, as the page of the map, `reglament map check` and the API say it. `‹step›` and
the like stand for the map's own words. The code never changes; the texts may.

An **error** stands against publishing. A **warning** says that something is executed otherwise than it may have been
meant: read it, tick that you have, and publish. A **note** only tells what was understood. `STAGE_MISSING`,
`DEADLINE_MISSING` and `RESPONSIBLE_MISSING` are warnings while the map is a draft, and errors when it is to be
published.

Made by `tools/findings_page.py` from the texts of the program; do not edit it by hand.
"""


def page() -> str:
    """The page as it should be. A text without translation is left in English, as the product shows it."""
    with UKRAINIAN.open("rb") as stream:
        catalogue = read_po(stream)
    return "\n".join([_OPENING, *(_section(code, catalogue) for code in sorted(known_codes()))])


def _section(code: str, catalogue: Catalog) -> str:
    message, remedy = message_template(code), remedy_template(code)
    return (
        f"### {code}\n\n"
        f"- en: {_shown(message)} → {_shown(remedy)}\n"
        f"- uk: {_shown(_ukrainian(message, catalogue))} → {_shown(_ukrainian(remedy, catalogue))}\n"
    )


def _ukrainian(text: str, catalogue: Catalog) -> str:
    found = catalogue.get(text)
    return str(found.string) if found is not None and found.string else text


def _shown(text: str) -> str:
    return _PLACE.sub(r"‹\1›", text)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
