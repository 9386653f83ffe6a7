"""Lines such as ``Термін: 3 р.д.`` in documentation and notes, for tools that have no properties."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn.deadline_text import DeadlineNotUnderstood, parse_deadline
from engine.bpmn.executed_tables import result_named
from engine.bpmn.map_model import Said
from engine.bpmn.map_properties import ANSWERS, Property
from engine.bpmn.reading.property_keys import folded, property_named
from engine.bpmn.repairs.approval_text import is_unclear

PLAIN_TEXT = frozenset({"documentation", "note"})
"""The sources of what is said in lines of plain text."""

_NEXT = re.compile(r"[;.]\s+(?=(?P<key>[^\W\d_][^:=;.\n]{1,30}?)\s*[:=])")
_LINE = re.compile(r"[-–—*•«“„\"_ ]*([^\W\d_][^:=\n]{1,30}?)\s*[:=][*_]*\s*(\S.*)")  # **Термін:** 3 р.д.
_DASHED = re.compile(r"[-–—*•]?\s*([^\W\d_][^:=\n]{1,30}?)\s+[-–—]\s+(\S.*)")
_SENTENCES_OF_APPROVALS = frozenset(
    {"погоджує", "погоджують", "погоджувач", "затверджує", "узгодження", "approver", "approvers", "approved_by"}
)
_QUOTED = re.compile(r"«([^«»]+)»|“([^“”]+)”|\"([^\"]+)\"")


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
    if found is None:
        return _dashed(line)
    key, value = property_named(found.group(1)), _without_quotes(found.group(2))
    if key is None or key in ANSWERS:
        return None  # "Таймер: 5 хв" in a description is a sentence, and no answer
    if key is Property.RESULT and result_named(value) is None:
        return None  # and so is "Результат: підписаний договір"
    if key is Property.APPROVAL and is_unclear(value):
        return None
    return key, value


def _dashed(line: str) -> tuple[Property, str] | None:
    """``Термін – 3 р.д.``: a dash is also what sentences are made with, so only a time that can be read counts."""
    found = _DASHED.fullmatch(line.strip())
    if found is None or property_named(found.group(1)) is not Property.DEADLINE:
        return None
    try:
        parse_deadline(found.group(2).rstrip(";"))
    except DeadlineNotUnderstood:
        return None
    return Property.DEADLINE, found.group(2)


def _without_quotes(value: str) -> str:
    """``«Юридичний відділ»`` is the department; quotes inside of a value stay."""
    found = _QUOTED.fullmatch(value)
    return next(part for part in found.groups() if part) if found is not None else value


def unclear_approvals(text: str) -> Iterator[str]:
    """The lines that begin as if they asked for an approval, and go on as a sentence does."""
    for line in text.splitlines():
        found = _LINE.fullmatch(line.strip())
        if found is None:
            continue
        said_so = folded(found.group(1)) in _SENTENCES_OF_APPROVALS
        if said_so or (property_named(found.group(1)) is Property.APPROVAL and is_unclear(found.group(2))):
            yield line.strip()


def _is_word(text: str) -> bool:
    """Whether a full stop at the end ends a sentence: after an abbreviation such as ``р.д.`` it does not."""
    return not re.search(r"(?:^|\W)\w{1,3}\.(?:\w{1,3}\.)*$", text)
