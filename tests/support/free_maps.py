"""The sales map of the command tests with the freedom that a test needs."""

from __future__ import annotations

from collections.abc import Mapping

from support.sales_map import hash_of, sales_map

from engine.bpmn.compiled import CompiledProcess, Freedom


def map_with(freedom: Freedom, only: Mapping[str, Freedom] | None = None) -> CompiledProcess:
    """Every step has ``freedom``, but those that ``only`` names by element id."""
    drawn = sales_map()
    steps = {
        name: step.model_copy(update={"freedom": (only or {}).get(name, freedom)}) for name, step in drawn.steps.items()
    }
    return drawn.model_copy(
        update={"steps": steps, "content_hash": f"{drawn.content_hash[:40]}{hash_of(steps)}"},
    )
