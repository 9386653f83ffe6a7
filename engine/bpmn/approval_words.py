"""What a map says about an approval beside who gives it: what it is bound to, and how people prove who they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from engine.bpmn.compiled import ContentRule, Reauthentication

_LIST = re.compile(r"[,;\n]")
_INSIDE = "\N{MIDDLE DOT}"  # for what would part a label in two
_WHOLE = frozenset({"all", "everything", "whole deal", "усе", "все", "вся угода", "уся угода"})
_ALL_FILES = frozenset({"files", "all files", "файли", "усі файли", "всі файли"})
_FILE_NAME = re.compile(r"^(?!(?:deal|client)\.).*(?:[*?]|\.\w{1,5})$")
_PROOFS = {
    Reauthentication.NONE: ("", "no", "none", "false", "0", "ні"),
    Reauthentication.PASSWORD: ("yes", "true", "1", "так", "password", "пароль"),
    Reauthentication.CODE: (
        "code",
        "totp",
        "otp",
        "2fa",
        "код",
        "код із застосунку",
        "password and code",
        "пароль і код",
    ),
}
_PROOF_NAMED: Mapping[str, Reauthentication] = {word: proof for proof, words in _PROOFS.items() for word in words}
_ATTRIBUTES = ("title", "amount", "currency", "close_date")
KNOWN_NAMES = frozenset(
    {f"deal.{name}" for name in _ATTRIBUTES}
    | {f"client.{name}" for name in ("name", "edrpou", "segment", "source", "phone", "email")}
)
"""What can be named of every deal, whatever its map asks for."""
_WORDS = {
    "amount": "deal.amount",
    "сума": "deal.amount",
    "client": "client.name",
    "клієнт": "client.name",
    "title": "deal.title",
    "назва": "deal.title",
    "close date": "deal.close_date",
    "дата закриття": "deal.close_date",
}
ALL_FILES = "*"


def content_rule(text: str, labels: Mapping[str, str]) -> ContentRule | None:
    """What the approval is bound to; None where the text says nothing. ``labels`` gives a field's name by its label."""
    names: list[str] = []
    files: list[str] = []
    whole = False
    known = {_as_one_word(label): name for label, name in labels.items()}
    for part in _parts(text, labels):
        word = part.casefold()
        if word in _WHOLE:
            whole = True
        elif word in _ALL_FILES:
            files.append(ALL_FILES)
        elif part in labels.values():
            names.append(part)
        elif word in known or word in _WORDS:
            names.append(known.get(word) or _WORDS[word])
        else:
            (files if _FILE_NAME.match(part) else names).append(part)
    if not (names or files or whole):
        return None
    return ContentRule(names=tuple(dict.fromkeys(names)), files=tuple(dict.fromkeys(files)), whole=whole)


def _parts(text: str, labels: Iterable[str]) -> Iterator[str]:
    """The parts of the list; a label such as "Discount, %" is one of them, and not two."""
    for label in labels:
        if _LIST.search(label):
            text = re.sub(re.escape(label), _as_one_word(label), text, flags=re.IGNORECASE)
    yield from (part for one in _LIST.split(text) if (part := " ".join(one.split())))


def _as_one_word(label: str) -> str:
    return _LIST.sub(_INSIDE, label)


def unknown_names(rule: ContentRule, known: Iterable[str]) -> tuple[str, ...]:
    """Those names of the rule that no step of the map gives a value to, and that are nothing of the deal itself."""
    given = {*known, *KNOWN_NAMES}
    return tuple(name for name in rule.names if name not in given and not name.startswith(("deal.", "client.")))


def reauthentication_named(text: str) -> Reauthentication | None:
    """How people prove who they are; None for a word that is not known."""
    return _PROOF_NAMED.get(" ".join(text.casefold().split()))
