"""A map whose deals wait for several timers at once; a person confirms the last word, so that no deal closes early."""

from __future__ import annotations

from support.canonical_maps import MapBuilder, after
from support.sales_map import human

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.deadline_rules import EscalationLadder

BRANCHES = 20
DAYS = 3


def waiting_map(*, escalates: bool = True) -> CompiledProcess:
    """Twenty timers, each with an end of its own, beside one step, which ``escalates`` when it is late."""
    builder = MapBuilder(key="waiting" if escalates else "patient")
    builder.start()
    builder.gateway("parallel", "split")
    builder.step("confirm")
    builder.end("confirmed")
    builder.chain("start", "split", "confirm", "confirmed")
    for branch in range(BRANCHES):
        timer = f"pause_{branch}"
        builder.catch(timer, builder.timer(timer, after(days=DAYS)))
        builder.end(f"over_{branch}")
        builder.chain("split", timer, f"over_{branch}")
    ladder = None if escalates else EscalationLadder()
    steps = {"confirm": human("confirm", "Підтвердити", "власник угоди", "Дзвінки", escalation=ladder)}
    return builder.build().model_copy(update={"name": "Очікування", "steps": steps})
