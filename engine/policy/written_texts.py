"""By what words letters with the client, and the comments of a deal's history, are found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.events import (
    Commented,
    QuestionAnswered,
    QuestionAsked,
    StepCompleted,
    StepDelegated,
    StepHandedBack,
    kind_of,
)
from engine.policy.mentions import with_names
from engine.policy.personal_texts import ERASED
from engine.policy.search_keys import long_search_text

LONGEST_SEARCHED = 20_000
"""Characters of one text: what is written behind them is not searched."""

_WRITTEN_AT = {
    kind_of(Commented): "text",
    kind_of(StepCompleted): "comment",
    kind_of(StepDelegated): "comment",
    kind_of(StepHandedBack): "comment",
    kind_of(QuestionAsked): "question",
    kind_of(QuestionAnswered): "answer",
}
COMMENT_KINDS = tuple(_WRITTEN_AT)
COMMENT_PLACES = tuple(sorted(set(_WRITTEN_AT.values())))


def comment_in(kind: str, data: Mapping[str, Any]) -> str:
    """What somebody wrote in an entry of a deal's history, as people read it; empty where nothing is left of it."""
    place = _WRITTEN_AT.get(kind)
    text = data.get(place) if place is not None else None
    return with_names(text, data.get("mentions") or {}) if text and text != ERASED else ""


def comment_search_text(comment: str) -> str:
    return long_search_text(comment[:LONGEST_SEARCHED])


def letter_search_text(subject: str, text: str, correspondents: Iterable[str]) -> str:
    """``correspondents`` are the addresses and names of who wrote, or is written to. Empty of an erased letter.

    Not what the letter quotes: it stands in the letters before.
    """
    if subject == text == ERASED:
        return ""
    return long_search_text(*(one for one in (subject, *correspondents, text[:LONGEST_SEARCHED]) if one != ERASED))
