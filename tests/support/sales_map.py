"""The sales map of the command tests, built directly: prepare → three approvals → decide → sign, with rework."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from support.canonical_maps import DECISIONS, MapBuilder, after, when

from engine.bpmn.compiled import (
    ApprovalRule,
    CompiledProcess,
    FieldDefinition,
    FieldType,
    Outcome,
    OutcomeKind,
    Stage,
    StepDefinition,
    StepKind,
)
from engine.bpmn.deadline_rules import WorkingTime

DONE = (Outcome(id="completed", kind=OutcomeKind.COMPLETED),)
DECIDE = tuple(one.model_copy(update={"needs_reason": one.kind is not OutcomeKind.APPROVED}) for one in DECISIONS)
STAGES = ("Пропозиція", "Погодження", "Підписання")
APPROVERS = {"legal": "Юридичний відділ", "finance": "Фінансовий відділ", "logistics": "Логістика"}


def human(element_id: str, name: str, responsible: str, stage: str, **more: Any) -> StepDefinition:
    """A step with a deadline of two working days."""
    wanted: dict[str, Any] = {
        "kind": StepKind.USER,
        "outcomes": DONE,
        "deadline": WorkingTime(days=2),
        "deadline_text": "2 р.д.",
        "responsible": (responsible,),
        "stage": stage,
    }
    return StepDefinition(element_id=element_id, source_id=element_id, process_key="sale", name=name, **(wanted | more))


def sales_map(rules: Mapping[str, ApprovalRule] | None = None, *, four_eyes: bool = False) -> CompiledProcess:
    """``rules`` replaces the rule of an approval (any one of the department) by element id."""
    offer = (
        FieldDefinition(name="discount", label="Знижка, %", type=FieldType.PERCENT, required=True, maximum="50"),
        FieldDefinition(name="deal.amount", label="Сума", type=FieldType.MONEY),
    )
    steps = {
        "prepare": human("prepare", "Підготувати пропозицію", "Відділ продажів", STAGES[0], fields=offer),
        "sign": human("sign", "Підписати договір", "Відділ продажів", STAGES[2]),
        "call": human("call", "Передзвонити клієнту", "власник угоди", STAGES[2]),
    }
    for element_id, department in APPROVERS.items():
        steps[element_id] = human(
            element_id,
            f"Погодити: {department}",
            department,
            STAGES[1],
            kind=StepKind.APPROVAL,
            outcomes=DECIDE,
            approval=(rules or {}).get(element_id, ApprovalRule()),
            four_eyes=four_eyes,
        )
    built = _drawn()
    return built.model_copy(
        update={
            "name": "Продаж",
            "steps": steps,
            "stages": tuple(Stage(name=name, position=at) for at, name in enumerate(STAGES)),
            "results": {"won": "won", "lost": "lost"},
            "content_hash": f"{built.content_hash[:40]}{hash_of(steps)}",
        }
    )


@cache
def _drawn() -> CompiledProcess:
    builder = MapBuilder()
    builder.start()
    builder.end("won")
    builder.end("lost")
    for step in ("prepare", *APPROVERS, "sign", "call"):
        builder.step(step)
    for kind, gateway in (("parallel", "split"), ("parallel", "join"), ("exclusive", "merge"), ("exclusive", "decide")):
        builder.gateway(kind, gateway)
    builder.boundary("silence", "sign", builder.timer("silence", after(days=3)), interrupting=False)
    builder.end("called")
    builder.chain("start", "merge", "prepare", "split")
    for approver in APPROVERS:
        builder.chain("split", approver, "join")
    builder.flow("join", "decide")
    builder.flow("decide", "sign", when("approved", *APPROVERS), "ok")
    builder.flow("decide", "merge", when("returned", *APPROVERS), "rework")
    builder.flow("decide", "lost", when("rejected", *APPROVERS), "refuse")
    builder.chain("sign", "won")
    builder.chain("silence", "call", "called")
    return builder.build()


def hash_of(steps: Mapping[str, StepDefinition]) -> str:
    """Tell maps of the same drawing with other rules apart, as compiling a file does."""
    return hashlib.sha256(str(sorted(steps.items())).encode()).hexdigest()[:24]


def losing_map(*fields: FieldDefinition) -> CompiledProcess:
    """One step of the owner's, and the deal is lost."""
    builder = MapBuilder()
    builder.start()
    builder.step("ask")
    builder.end("lost")
    builder.chain("start", "ask", "lost")
    step = human("ask", "Запитати клієнта", "власник угоди", STAGES[0], fields=fields)
    steps = {"ask": step}
    told = {"steps": steps, "results": {"lost": "lost"}, "content_hash": hash_of(steps)}
    return builder.build().model_copy(update=told)
