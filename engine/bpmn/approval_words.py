"""What a map says about an approval beside who gives it: what it is bound to, and how people prove who they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from engine.bpmn.compiled import ContentRule, FieldDefinition, Reauthentication

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
_SHOWN_WORDS = {
    "uk": {"deal.amount": "Сума", "client.name": "Клієнт", "deal.title": "Назва", "deal.close_date": "Дата закриття"},
    "en": {"deal.amount": "Amount", "client.name": "Client", "deal.title": "Title", "deal.close_date": "Close date"},
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


def labels_of(fields: Iterable[FieldDefinition]) -> dict[str, str]:
    """The name of each field by its label, as the list of what is approved may call it."""
    return {field.label.casefold(): field.name for field in fields}


def labelled_names(rule: ContentRule, fields: Collection[FieldDefinition], language: str) -> tuple[str, ...]:
    """The names of the rule by the labels that people know, each where the label is read as that very name.

    ``fields`` are all of the map; ``language`` words what every deal has. A client's field may have its label from the
    company, which no map knows: it keeps its name.
    """
    labels = {field.name.casefold(): field.name for field in fields} | labels_of(fields)
    shown = _SHOWN_WORDS[language] | {
        field.name: field.label for field in fields if field.label and not field.name.startswith("client.")
    }
    pairs = {(field.label.casefold(), field.name) for field in fields}
    called = Counter(label for label, _name in pairs)

    def reads_back(label: str, name: str) -> bool:
        is_shared = called[label.casefold()] > 1  # by two fields: only their names tell them apart
        return not is_shared and content_rule(label, labels) == ContentRule(names=(name,))

    return tuple(
        label if (label := shown.get(name)) is not None and reads_back(label, name) else name for name in rule.names
    )


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
