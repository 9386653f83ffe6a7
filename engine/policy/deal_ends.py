"""What the end of a map means for the deal that reached it."""

from __future__ import annotations

from collections.abc import Iterable

from engine.bpmn.compiled import CompiledProcess
from engine.model.deal import DealResult

_LOST_WORDS = ("програ", "втрач", "відхил", "відмов", "скасов", "lost", "reject", "refus", "cancel", "declin")


def is_lost(process: CompiledProcess, ends: Iterable[str]) -> bool:
    """A single lost end among ``ends`` loses the deal: lost by its property, else by its name."""
    return any(_is_lost(process, end) for end in ends)


def _is_lost(process: CompiledProcess, end: str) -> bool:
    said = process.results.get(end)
    if said is not None:
        return said == DealResult.LOST
    name = process.elements.get(end, "").casefold()
    return any(word in name for word in _LOST_WORDS)
