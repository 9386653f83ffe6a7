"""Places in the text of a letter that are filled in from the deal: ``{client}``, or ``{клієнт}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum


class Place(StrEnum):
    DEAL_NUMBER = "deal_number"
    DEAL = "deal"
    CLIENT = "client"
    CONTACT = "contact"
    MANAGER = "manager"


SPELLINGS: Mapping[Place, tuple[str, str]] = {
    Place.DEAL_NUMBER: ("номер угоди", "deal number"),
    Place.DEAL: ("угода", "deal"),
    Place.CLIENT: ("клієнт", "client"),
    Place.CONTACT: ("контакт", "contact"),
    Place.MANAGER: ("менеджер", "manager"),
}
"""In Ukrainian and in English; both are read, whatever the language of the page."""

_PLACES = {spelling: place for place, spellings in SPELLINGS.items() for spelling in spellings}
_IN_TEXT = re.compile(r"\{([^{}\n]{1,60})\}")


def unknown_place(text: str) -> str | None:
    """The first place that nothing fills in, as it is written, without its braces."""
    return next((found for found in _IN_TEXT.findall(text) if _place(found) is None), None)


def open_place(text: str) -> str | None:
    """The first place that is still to be filled in, without its braces. Other words in braces are the writer's own."""
    return next((found for found in _IN_TEXT.findall(text) if _place(found) is not None), None)


def filled(text: str, values: Mapping[Place, str]) -> str:
    """The text with the places filled in; one without a value stays, for whoever writes to see."""

    def value(found: re.Match[str]) -> str:
        place = _place(found[1])
        return (values.get(place) if place is not None else None) or found[0]

    return _IN_TEXT.sub(value, text)


def _place(written: str) -> Place | None:
    return _PLACES.get(" ".join(written.casefold().split()))
