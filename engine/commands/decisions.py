"""Decisions that tables made in a step: told in the deal's history, their results kept with the deal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.runtime import MadeDecision
from engine.commands.history import record
from engine.events import DecisionMade, plain
from engine.model.process_instance import ProcessInstance
from engine.policy.permissions import Actor


def keep_decisions(
    session: Session,
    instance: ProcessInstance,
    process: CompiledProcess,
    decisions: Sequence[MadeDecision],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """What a table gave stands among the deal's fields, like what a person typed; history says which rules gave it."""
    for made in decisions:
        asked = made.results[-1]
        instance.deal.fields = {**instance.deal.fields, **plain(made.kept)}
        record(
            session,
            DecisionMade(
                name=process.elements.get(made.element_id, "") or asked.decision.title,
                element_id=made.element_id,
                table=asked.decision.title,
                rules=asked.rules,
                inputs=dict(asked.inputs),
                outputs=made.kept,
                needed={one.decision.title: [one.rules, one.by_output()] for one in made.results[:-1]},
            ),
            actor=actor,
            at=at,
            deal=instance.deal,
        )
