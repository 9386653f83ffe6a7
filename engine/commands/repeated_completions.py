"""Completing a step again that failed behind a person's back: with what was typed, mended where that was the cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition
from engine.clock import Clock
from engine.commands.completions import Locale, complete_work_item
from engine.commands.history import record
from engine.commands.interventions import reason_given
from engine.events import VariablesSet
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.field_values import read_values, to_json
from engine.policy.permissions import Actor
from engine.queries.actors import actor_of
from engine.queries.incidents import TypedStep

_STORED: Locale = "en"  # how stored values spell numbers


def complete_again(
    session: Session,
    instance: ProcessInstance,
    typed: TypedStep,
    values: Mapping[str, Any],
    reason: str,
    *,
    actor: Actor,
    clock: Clock,
    locale: Locale,
) -> None:
    """Complete the step of a locked instance for the person who had done it; nothing, if it does not wait any more.

    The actor does it in that person's stead, and it is recorded so. ``values`` that differ from what was typed need a
    ``reason``. Raises InvalidInput, NotFound when the person is gone, NotAllowed, MapFailed.
    """
    item = session.get(WorkItem, typed.work_item_id)
    if item is None or not item.is_live:
        return
    fields = [typed.fields[name].model_copy(update={"required": False}) for name in values]
    read = {name: to_json(value) for name, value in read_values(fields, values, locale).items()}
    changes = {
        field.name: [typed.values.get(field.name), read[field.name]]
        for field in fields
        if field.name in read and not _same(field, typed.values.get(field.name), read[field.name])
    }
    if changes:
        event = VariablesSet(changes=changes, reason=reason_given(reason))
        record(session, event, actor=actor, at=clock.now(), deal=instance.deal, work_item_id=item.id)
    person = actor_of(session, typed.by_id, clock.now())
    complete_work_item(
        session,
        item.id,
        {**typed.values, **read},
        typed.outcome,
        typed.comment,
        actor=replace(
            actor,
            substitutes_for=actor.substitutes_for | {person.person_id},
            substituted_department_ids=actor.substituted_department_ids | person.department_ids,
        ),
        clock=clock,
        locale=_STORED,
    )


def _same(field: FieldDefinition, before: Any, now: Any) -> bool:
    """Whether the same was typed; what is calculated in a table's lines is calculated again anyway."""
    if not field.columns or not isinstance(before, list):
        return bool(before == now)
    typed = [column.name for column in field.columns if column.is_typed]
    return [{name: line.get(name) for name in typed} for line in before] == [
        {name: line.get(name) for name in typed} for line in now
    ]
