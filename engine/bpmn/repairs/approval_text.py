"""What the property ``approval`` says: ``all``, ``any``, a number, or a list of who has to approve."""

from __future__ import annotations

import re

from engine.bpmn.compiled import ApprovalRule

_IN_ORDER = re.compile(r"\b(in order|one by one|sequential|по черзі|послідовно|по порядку)\b", re.IGNORECASE)
_ALL = frozenset({"all", "everyone", "всі", "усі", "кожен"})
_ANY = frozenset({"any", "one", "anyone", "true", "yes", "1", "будь-хто", "будь хто", "один", "одна", "хтось", "так"})
_NONE = frozenset({"", "no", "none", "false", "0", "ні", "немає", "не потрібно"})
_NUMBER = re.compile(r"^(\d{1,3})(?:\s*(?:of|з|із)\s*\d+)?$")
_OF_A_LIST = (
    re.compile(r"^([\w -]+?)(?:\s+(?:of|з|із))?\s*:\s*(.+)$"),
    re.compile(r"^(\d{1,3})\s+(?:of|з|із)\s+(\D.*)$"),
)


def approval_rule(text: str) -> ApprovalRule | None:
    """The rule, or None when the text says that nobody has to approve."""
    in_order = _IN_ORDER.search(text) is not None
    words = " ".join(_IN_ORDER.sub(" ", text).split()).strip(" ,;").casefold()
    if words in _NONE:
        return None
    if words in _ALL:
        return ApprovalRule(mode="all", in_order=in_order)
    if words in _ANY:
        return ApprovalRule(mode="any", in_order=in_order)
    number = _NUMBER.match(words)
    if number is not None:
        return ApprovalRule(mode="count", count=max(1, int(number.group(1))), in_order=in_order)
    enough, listed = _how_many(" ".join(_IN_ORDER.sub(" ", text).split()))
    approvers = tuple(" ".join(part.split()) for part in re.split(r"[,;]", listed) if part.strip())
    enough = enough if enough is not None and enough < len(approvers) else None
    return ApprovalRule(mode="list", approvers=approvers, count=len(approvers), in_order=in_order, at_least=enough)


def _how_many(text: str) -> tuple[int | None, str]:
    """How many of a list are enough, and the list: "2 of legal, finance, director", "any of: legal, finance"."""
    found = next((match for form in _OF_A_LIST if (match := form.match(text))), None)
    if found is None:
        return None, text
    words, names = found.group(1).strip().casefold(), found.group(2)
    if words in _ALL:
        return None, names
    if words in _ANY:
        return 1, names
    return (max(1, int(words)), names) if words.isascii() and words.isdecimal() else (None, text)
