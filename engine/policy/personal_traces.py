"""Where a person is named in texts: by name, phone, address, or other words that somebody gives."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from engine.policy.own_fields import CLIENT_ROOT
from engine.policy.personal_texts import ERASED
from engine.policy.search_keys import fold

_NOT_A_FIGURE = re.compile(r"\D+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SHORTEST = 3
"""What is shorter stands in other words by chance."""
_OWN_FIGURES = 9
"""Of a phone number, without the country and the zero before the area."""
_SHORTEST_PHONE = 6
_MOST_WORDS = 3
_LONG = 100
"""A text of this length that another one begins with is a copy of it, cut off."""


@dataclass(frozen=True, slots=True)
class Traces:
    """``words`` are compared without regard to case, blanks, apostrophes; ``phones`` by their last nine figures.

    ``fields_of_client``: whatever a field of the client holds is the person's, too. ``whole``: only a text that is one
    of the words, or a long beginning of one, is meant: what merely holds it is somebody else's.
    """

    words: frozenset[str]
    phones: frozenset[str]
    fields_of_client: bool = False
    whole: bool = False

    def are_in(self, text: str) -> bool:
        folded = fold(text)
        if self.whole:
            is_long = len(folded) >= _LONG
            return folded in self.words or (is_long and any(word.startswith(folded) for word in self.words))
        if any(word in folded for word in self.words):
            return True
        figures = _NOT_A_FIGURE.sub("", text)
        return any(phone in figures for phone in self.phones)

    def own(self, place: str) -> bool:
        """Whether what stands at the place (JSON Pointer) is a field's of the client, and so the person's."""
        return self.fields_of_client and f"/{CLIENT_ROOT}" in place

    def without(self, value: Any) -> Any:
        """``value`` with each text that names the person replaced; the same object where none does.

        A day among other values becomes None, and so does a field of the client, of whatever type it is: what reads
        them would stumble over words.
        """
        if isinstance(value, str):
            return ERASED if self.are_in(value) else value
        if isinstance(value, dict):
            made: Any = {key: None if self.own(f"/{key}") else self._without(inner) for key, inner in value.items()}
        elif isinstance(value, list):
            made = [self._without(one) for one in value]
        else:
            return value
        return value if made == value else made

    def _without(self, value: Any) -> Any:
        left = self.without(value)
        return None if left == ERASED and _DAY.match(value) else left


def traces(words: Iterable[str], phones: Iterable[str], *, fields_of_client: bool = False) -> Traces:
    """What is too short to be anybody's is left out."""
    figures = (_NOT_A_FIGURE.sub("", phone)[-_OWN_FIGURES:] for phone in phones)
    folded = (fold(word) for word in words)
    return Traces(
        words=frozenset(word for word in folded if len(word) >= _SHORTEST and word != fold(ERASED)),
        phones=frozenset(one for one in figures if len(one) >= _SHORTEST_PHONE),
        fields_of_client=fields_of_client,
    )


def texts_as_written(texts: Iterable[str]) -> Traces:
    """Of the very texts, however short, and of what was cut off from long ones; not of others that hold them."""
    return Traces(frozenset(fold(text) for text in texts), frozenset(), whole=True)


def orders_of(full_name: str) -> list[str]:
    """A person's name with its words in every order: the family name stands first or last."""
    words = full_name.split()
    return [" ".join(order) for order in permutations(words)] if len(words) <= _MOST_WORDS else [full_name]
