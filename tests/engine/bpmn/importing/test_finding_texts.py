"""Every finding that the import layer can make has its words, and the words have only places that are filled."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import engine.bpmn
from engine.bpmn.finding_texts import earlier_codes, known_codes, message_template, remedy_template

SOURCES = Path(engine.bpmn.__file__).parent
ENGINE = SOURCES.parent  # publishing has findings of its own
MADE_IN = (
    *(SOURCES / "reading").glob("*.py"),
    *(SOURCES / "repairs").glob("*.py"),
    *(SOURCES / f"{name}.py" for name in ("archive", "compile", "compile_child", "safe_xml", "soundness", "uploads")),
    SOURCES / "step_definitions.py",
)
CODE = re.compile(r'(?:refuse|error|warning|info|say|XmlRefused|Finding)\(\s*(?:code=)?"([A-Z][A-Z_]+)"')
LATER = re.compile(r'"([A-Z]+_[A-Z_]+)"')  # codes that are chosen before they are said


def said() -> set[str]:
    return {code for path in MADE_IN for code in CODE.findall(path.read_text())}


def test_every_code_that_is_said_has_its_words() -> None:
    assert said() <= known_codes()


def test_no_words_are_left_of_codes_that_nobody_says() -> None:
    texts = {SOURCES / "finding_texts.py", *SOURCES.glob("*_texts.py")}
    elsewhere = [path for path in ENGINE.rglob("*.py") if path not in texts]
    anywhere = {code for path in elsewhere for code in LATER.findall(path.read_text())}
    assert known_codes() - earlier_codes() <= anywhere | said()
    assert not earlier_codes() & said()


@pytest.mark.parametrize("code", sorted(known_codes()))
def test_message_and_remedy_are_whole_sentences(code: str) -> None:
    for template in (message_template(code), remedy_template(code)):
        assert template[0].isupper() or template[0] in "“%"
        assert template.endswith((".", "?"))
