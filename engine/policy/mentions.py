"""Names in comments: “@olena, глянь” names whoever signs in as olena."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Not inside of a word: the address office@olena.example names nobody.
_MENTION = re.compile(r"(?<![\w.@/-])@([a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?)(?![\w@])", re.IGNORECASE)
MOST_MENTIONED = 20


def mentioned_logins(text: str) -> tuple[str, ...]:
    """The logins that ``text`` names, each once, at most MOST_MENTIONED of them; anybody's or nobody's."""
    found = (match[1].lower() for match in _MENTION.finditer(text))
    return tuple(dict.fromkeys(found))[:MOST_MENTIONED]


def with_names(text: str, names: Mapping[str, str]) -> str:
    """The text as people read it: “@Олена Коваль” where “@olena” was written; ``names`` are full names by login."""
    return _MENTION.sub(lambda match: f"@{names.get(match[1].lower(), match[1])}", text)
