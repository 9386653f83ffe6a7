"""Deals that stand alike are one group: what a person decides for it holds for each of them, and for no other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

EVERYTHING = "*"
"""As a group: every one. As an element: all that is open in the deal."""


def group_key(definition_id: int, places: Iterable[str], half_decided: Iterable[str]) -> str:
    """The name of the group of deals on one version that stand at the same places. A deal that goes on leaves it."""
    text = "\n".join((str(definition_id), *places, "half decided", *half_decided))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def part_key(group: str, problems: Iterable[tuple[str, str]]) -> str:
    """The name of those deals of a group that are refused for the same reasons: codes with the ids of elements.

    Where the deal's own data decide, deals that stand alike may differ.
    """
    text = "\n".join(f"{code} {element_id}" for code, element_id in sorted(problems))
    return f"{group}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def choices_for(choices: Mapping[str, Any], group: str, elements: Iterable[str]) -> dict[str, str | None]:
    """Where the tokens at ``elements`` go on, by what was chosen for the group, else for every group."""
    wanted: dict[str, str | None] = {**choices.get(EVERYTHING, {}), **choices.get(group, {})}
    present = tuple(elements)
    if EVERYTHING in wanted:
        return {element: wanted.get(element, wanted[EVERYTHING]) for element in present}
    return {element: wanted[element] for element in present if element in wanted}
