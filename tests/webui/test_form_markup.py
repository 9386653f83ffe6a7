"""Every form is checked by the product, in its words and at its field: the browser's own bubble never comes first."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "webui" / "templates"

_BEGIN = re.compile(r"<form(?:\{\{.*?\}\}|\{%.*?%\}|[^>])*>", re.DOTALL)
_CHECKED = re.compile(
    r"\brequired\b(?!=false)|\btype=\"(?:email|number|date|datetime-local|url|month|time)\""
    r"|\b(?:text_field|long_text_field|select_field|step_field|settable_field|chooser)\("
)


def checked_by_the_browser(markup: str) -> list[str]:
    """The first tag of each form in which the browser would stop what is typed."""
    found = []
    for begin in _BEGIN.finditer(markup):
        inside = markup[begin.end() : markup.index("</form>", begin.end())]
        if "novalidate" not in begin[0] and _CHECKED.search(inside):
            found.append(begin[0])
    return found


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_form_leaves_its_errors_to_the_browser(path: Path) -> None:
    """Also the forms of rare states, which no walk of the pages comes to."""
    assert checked_by_the_browser(path.read_text(encoding="utf-8")) == []


def test_a_form_that_the_browser_would_check_is_found() -> None:
    assert checked_by_the_browser('<form method="post"><input name="name" required></form>')
    assert not checked_by_the_browser('<form method="post" novalidate><input name="name" required></form>')
    assert not checked_by_the_browser('<form method="post"><button>{{ _("Send") }}</button></form>')
