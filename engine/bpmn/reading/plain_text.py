"""Lines such as ``Термін: 3 р.д.`` in documentation and notes, for tools that have no properties."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

from engine.bpmn.deadline_text import DeadlineNotUnderstood, parse_deadline
from engine.bpmn.executed_tables import result_named
from engine.bpmn.map_model import Said
from engine.bpmn.map_properties import ANSWERS, Property
from engine.bpmn.reading.property_keys import folded, property_named
from engine.bpmn.repairs.approval_text import is_unclear

PLAIN_TEXT = frozenset({"documentation", "note"})
"""The sources of what is said in lines of plain text."""

_NEXT = re.compile(r"[;.]\s+(?=(?P<key>[^\W\d_][^:=;.\n]{1,30}?)\s*[:=])")
_LINE = re.compile(r"[«“„\"_* ]*([^\W\d_][^:：=\n]{1,30}?)\s*[:：=][*_]*\s*(\S.*)")  # **Термін:** 3 р.д.
_DASHED = re.compile(r"[«“„\"_* ]*([^\W\d_][^:=\n]{1,30}?)\s+(?:[-–—]>?|→)\s+(\S.*)")
_NUMBERED = re.compile(r"(?:\d{1,3}(?:\.\d{1,3})*[.)]|\(?(?:\d{1,3}|[^\W\d_])\)|\[[ xXхХ✓]?\])\s*")
_BULLETS = frozenset("*•·‣>#")
_KINDS_OF_BULLETS = frozenset({"So", "Sm", "Pd"})  # symbols, arrows, dashes
_JOINING = frozenset("\N{VARIATION SELECTOR-16}\N{ZERO WIDTH JOINER}")  # a part of many emoji
_WRAPS = (
    *(("**", "**"), ("__", "__"), ("*", "*"), ("_", "_"), ("`", "`"), ("(", ")"), ("[", "]")),
    *(("«", "»"), ("“", "”"), ("„", "“"), ("„", "”"), ('"', '"'), ("'", "'"), ("‘", "’")),
)
_MOST_MARKS = 8  # around or before one line
_STARRED = frozenset({"*", "**"})  # of a pattern of files they are a part
_SENTENCES_OF_APPROVALS = frozenset(
    {"погоджує", "погоджують", "погоджувач", "затверджує", "узгодження", "approver", "approvers", "approved_by"}
)


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
    line, begins = _bare(line), 0
    for gap in _NEXT.finditer(line):
        if property_named(gap["key"]) is not None:
            yield line[begins : gap.start() + (line[gap.start()] == ".")]
            begins = gap.end()
    yield line[begins:]


def _spoken(line: str) -> tuple[Property, str] | None:
    line = _bare(line)
    found = _LINE.fullmatch(line)
    if found is None:
        return _dashed(line)
    key = property_named(found.group(1))
    value = _unwrapped(found.group(2), frozenset() if key is not Property.APPROVED_CONTENT else _STARRED)
    if key is None or key in ANSWERS:
        return None  # "Таймер: 5 хв" in a description is a sentence, and no answer
    if key is Property.RESULT and result_named(value) is None:
        return None  # and so is "Результат: підписаний договір"
    if key is Property.APPROVAL and is_unclear(value):
        return None
    return key, value


def _dashed(line: str) -> tuple[Property, str] | None:
    """``Термін – 3 р.д.``: a dash is also what sentences are made with, so only a time that can be read counts."""
    found = _DASHED.fullmatch(line)
    if found is None or property_named(found.group(1)) is not Property.DEADLINE:
        return None
    value = _unwrapped(found.group(2))
    try:
        parse_deadline(value.rstrip(";"))
    except DeadlineNotUnderstood:
        return None
    return Property.DEADLINE, value


def _bare(line: str) -> str:
    """The line without the marks of a list before it, and without quotes, brackets or stars around all of it."""
    line = line.strip()
    for _ in range(_MOST_MARKS):
        shorter = _unwrapped(_without_bullet(line))
        if shorter == line:
            break
        line = shorter
    return line


def _without_bullet(line: str) -> str:
    numbered = _NUMBERED.match(line)
    if numbered is not None:
        return line[numbered.end() :]
    unwrapped = _unwrapped(line)
    return unwrapped if unwrapped != line else _without_symbol(line)


def _without_symbol(line: str) -> str:
    """``☐ Термін``, but not the star of ``*Термін:* 3 р.д.``, nor that of ``**Термін:** 3 р.д.``."""
    sign, rest = line[:1], line[1:].lstrip("".join(_JOINING))
    if not sign or (sign == "*" and not rest.startswith(" ")):
        return line
    is_bullet = sign in _BULLETS or unicodedata.category(sign) in _KINDS_OF_BULLETS
    return rest.lstrip() if is_bullet else line


def _unwrapped(text: str, but: Collection[str] = ()) -> str:
    """``«Юридичний відділ»`` is the department; quotes inside of a value stay, and so do two pairs side by side."""
    ended = text.rstrip(".,; ")
    for opens, closes in _WRAPS:
        if opens in but or not (ended.startswith(opens) and ended.endswith(closes)):
            continue
        inner = ended[len(opens) : -len(closes)].strip()
        if inner and (opens not in inner if opens == closes else _is_balanced(inner, opens, closes)):
            return inner
    return text


def _is_balanced(inner: str, opens: str, closes: str) -> bool:
    depth = 0
    for sign in inner:
        depth += (sign == opens) - (sign == closes)
        if depth < 0:
            return False
    return not depth


def unclear_approvals(text: str) -> Iterator[str]:
    """The lines that begin as if they asked for an approval, and go on as a sentence does."""
    for line in text.splitlines():
        found = _LINE.fullmatch(_bare(line))
        if found is None:
            continue
        said_so = folded(found.group(1)) in _SENTENCES_OF_APPROVALS
        if said_so or (property_named(found.group(1)) is Property.APPROVAL and is_unclear(found.group(2))):
            yield line.strip()


def _is_word(text: str) -> bool:
    """Whether a full stop at the end ends a sentence: after an abbreviation such as ``р.д.`` it does not."""
    return not re.search(r"(?:^|\W)\w{1,3}\.(?:\w{1,3}\.)*$", text)
