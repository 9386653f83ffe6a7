"""The sales map of the tests, in which approvals name what they are bound to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from support.sales_map import hash_of, sales_map

from engine.bpmn.compiled import ApprovalRule, CompiledProcess, ContentRule

DISCOUNT = ContentRule(names=("discount",))
SUM = ContentRule(names=("deal.amount",))


def naming(
    rules: Mapping[str, ContentRule], approvals: Mapping[str, ApprovalRule] | None = None, **more: Any
) -> CompiledProcess:
    """``more`` replaces other attributes of the approvals that ``rules`` names."""
    process = sales_map(approvals)
    steps = {
        name: step.model_copy(update={"approved_content": rules[name], **more}) if name in rules else step
        for name, step in process.steps.items()
    }
    return process.model_copy(update={"steps": steps, "content_hash": f"{process.content_hash[:40]}{hash_of(steps)}"})
