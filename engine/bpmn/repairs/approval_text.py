"""What the property ``approval`` says: ``all``, ``any``, a number, or a list of who has to approve."""

from __future__ import annotations

import re

from engine.bpmn.compiled import ApprovalRule

_IN_ORDER = re.compile(r"\b(in order|one by one|sequential|по черзі|послідовно|по порядку)\b", re.IGNORECASE)
_ALL = frozenset({"all", "everyone", "всі", "усі", "кожен"})
_REQUIRED = ("required", "needed", "обовязково", "обовязкове", "потрібно", "потрібне", "необхідно", "необхідне")
_ANY = frozenset(
    {"any", "one", "anyone", "true", "yes", "1", "будь-хто", "будь хто", "один", "одна", "хтось", "так", *_REQUIRED}
)
_NOTHING = ("", "-", "–", "—", "no", "none", "false", "0", "n/a", "not applicable", "ні", "немає", "нема", "без", "н/д")
_NOT_NEEDED = (
    *("not required", "not needed", "no approval", "none required", "without approval"),
    *("не потрібно", "не потрібне", "непотрібно", "непотрібне", "не треба", "не вимагається", "не потребує"),
    *("не передбачено", "не передбачене", "не обовязково", "не обовязкове", "необовязково", "необовязкове"),
    *("відсутнє", "відсутня", "без погодження", "не погоджується"),
)
_NONE = frozenset({*_NOTHING, *_NOT_NEEDED})
_APOSTROPHES = re.compile("[\u0027\u2019\u02bc\u2018\u0060\u00b4]")
# A name does not begin with these, nor is any of the others a part of one.
_BEGIN_SENTENCES = frozenset(
    {
        *("з", "із", "зі", "від", "до", "у", "в", "на", "по"),
        *("за", "перед", "після", "для", "через", "якщо", "коли", "лише", "тільки"),
        *("при", "без", "під", "між", "чи", "не", "with", "by", "from"),
        *("before", "after", "for", "via", "if", "when", "only", "per", "on"),
        *("in", "as", "to", "must", "should", "not"),
    }
)
_IN_SENTENCES = frozenset(
    {
        *("усно", "письмово", "поштою", "телефоном", "листом", "потреби", "необхідності", "якщо", "коли"),
        *("отримати", "отримано", "узгодити", "надіслати", "має", "мають", "буде", "може", "orally"),
        *("verbally", "writing", "email", "phone", "if", "when", "obtain", "get", "needed"),
        *("necessary",),
    }
)
_LONGEST_NAME = 60
_NUMBER = re.compile(r"^(\d{1,3})(?:\s*(?:of|з|із)\s*\d+)?$")
_OF_A_LIST = (
    re.compile(r"^([\w -]+?)(?:\s+(?:of|з|із))?\s*:\s*(.+)$"),
    re.compile(r"^(\d{1,3})\s+(?:of|з|із)\s+(\D.*)$"),
)


def approval_rule(text: str) -> ApprovalRule | None:
    """The rule, or None when the text says that nobody has to approve."""
    in_order = _IN_ORDER.search(text) is not None
    words = _words(text)
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


def is_unclear(text: str) -> bool:
    """Whether what stands in plain text behind ``Погодження:`` may as well be a sentence: "з юристом усно"."""
    rule = approval_rule(text)
    if rule is None or rule.mode != "list":
        return False
    return not rule.approvers or any(_is_sentence(name) for name in rule.approvers)


def _is_sentence(name: str) -> bool:
    words = re.findall(r"[\w'’ʼ-]+", name.casefold())
    return (
        not words
        or len(name) > _LONGEST_NAME
        or words[0] in _BEGIN_SENTENCES
        or not _IN_SENTENCES.isdisjoint(words)
        or re.search(r"[<>!?:]|\.\s", name) is not None
    )


def _words(text: str) -> str:
    """What is said, in small letters, without apostrophes and the signs around it."""
    words = " ".join(_IN_ORDER.sub(" ", text).split()).strip(" ,;")
    return _APOSTROPHES.sub("", words.removesuffix(".") or words).casefold()


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
