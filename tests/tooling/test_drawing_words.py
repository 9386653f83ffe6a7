"""The drawing program speaks Ukrainian: whatever its modules may say has a text in our own catalogue."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "webui" / "frontend" / "src" / "modeler"
MODULES = ROOT / "node_modules"
UKRAINIAN: dict[str, str] = json.loads((SOURCE / "ukrainian.json").read_text(encoding="utf-8"))

_COMMENT = re.compile(r"/\*.*?\*/|^\s*//[^\n]*", re.DOTALL | re.MULTILINE)
_ASKED = re.compile(r"""(?<![a-z])translate\(\s*(?P<quote>['"])(?P<text>(?:(?!(?P=quote)).)+)(?P=quote)\s*[,)]""")
_LABEL = re.compile(r"^\s*label: '([^']+)'", re.MULTILINE)
_MESSAGE = re.compile(r"\b[A-Z_]+_ERR_MSG = '([^']+)'")
_ALIGNMENTS = ("left", "center", "right", "top", "middle", "bottom")


def _code(*parts: str) -> str:
    return _COMMENT.sub("", MODULES.joinpath(*parts).read_text(encoding="utf-8"))


def _asked() -> set[str]:
    """Every text that a module of the drawing program gives to its translation."""
    texts = {f"Align elements {side}" for side in _ALIGNMENTS}
    for package in ("bpmn-js", "diagram-js"):
        for file in (MODULES / package / "lib").rglob("*.js"):
            texts |= {match["text"] for match in _ASKED.finditer(_code(str(file)))}
    for menu in ("replace", "popup-menu"):
        for file in (MODULES / "bpmn-js" / "lib" / "features" / menu).rglob("*.js"):
            texts |= set(_LABEL.findall(_code(str(file))))
    texts |= set(_MESSAGE.findall(_code("bpmn-js", "lib", "features", "modeling-feedback", "ModelingFeedback.js")))
    return {text for text in texts if text[0].isalpha()}


def _kinds() -> set[str]:
    """The names of kinds of elements that our own panel shows."""
    written = (SOURCE / "type_names.js").read_text(encoding="utf-8")
    fixed = re.search(r"const fixed = \{(.*?)\}", written, re.DOTALL)
    assert fixed is not None
    return set(re.findall(r': "([^"]+)"', fixed[1]))


def test_whatever_the_drawing_program_says_is_said_in_ukrainian() -> None:
    asked = _asked() | _kinds()
    assert len(asked) > 120
    assert asked - set(UKRAINIAN) == set()


def test_a_text_is_ukrainian_and_keeps_its_places() -> None:
    for english, ukrainian in UKRAINIAN.items():
        assert re.search(r"[а-яіїєґ]", ukrainian), english
        assert not re.search(r"[a-z]{3}", re.sub(r"{\w+}", "", ukrainian)), ukrainian
        assert re.findall(r"{\w+}", english) == re.findall(r"{\w+}", ukrainian), english
