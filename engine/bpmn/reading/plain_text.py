"""Lines such as ``Термін: 3 р.д.`` in documentation and notes, for tools that have no properties."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn.map_model import Said
from engine.bpmn.map_properties import ANSWERS, Property
from engine.bpmn.reading.property_keys import property_named

_NEXT = re.compile(r"[;.]\s+(?=(?P<key>[^\W\d_][^:=;.\n]{1,30}?)\s*[:=])")
_LINE = re.compile(r"[-*•]?\s*([^\W\d_][^:=\n]{1,30}?)\s*[:=]\s*(\S.*)")


def spoken_properties(text: str, source: str) -> Iterator[tuple[Property, Said]]:
    """The properties that the lines of ``text`` name."""
    for line in text.splitlines():
        for part in _parts(line):
            found = _spoken(part)
            if found is not None:
                yield found[0], Said(found[1].rstrip(";."), source) if _is_word(found[1]) else Said(found[1], source)


def without_properties(text: str) -> str:
    """The text that is left for people when the lines that name a property are taken out."""
    return "\n".join(line.strip() for line in text.splitlines() if _spoken(line) is None).strip()


def _parts(line: str) -> Iterator[str]:
    """``Термін: 2 р.д.; Відповідальний: юрист`` says two things; a line that begins with neither is a sentence."""
    if _spoken(line) is None:
        yield line
        return
    begins = 0
    for gap in _NEXT.finditer(line):
        if property_named(gap["key"]) is not None:
            yield line[begins : gap.start() + (line[gap.start()] == ".")]
            begins = gap.end()
    yield line[begins:]


def _spoken(line: str) -> tuple[Property, str] | None:
    found = _LINE.fullmatch(line.strip())
    key = property_named(found.group(1)) if found else None
    if key in ANSWERS:
        return None  # "Таймер: 5 хв" in a description is a sentence, and no answer
    return (key, found.group(2)) if found and key is not None else None


def _is_word(text: str) -> bool:
    """Whether a full stop at the end ends a sentence: after an abbreviation such as ``р.д.`` it does not."""
    return not re.search(r"(?:^|\W)\w{1,3}\.(?:\w{1,3}\.)*$", text)
