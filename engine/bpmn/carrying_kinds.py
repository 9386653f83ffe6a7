"""Which elements of two versions are alike enough for a token to wait at the one as it waited at the other."""

from __future__ import annotations

from typing import Any

from engine.bpmn.activities import HumanStep, ServiceCall
from engine.bpmn.catching_events import CatchEvent, EventGateway
from engine.bpmn.live_workflow import Scope
from engine.bpmn.loops import MultiInstance
from engine.bpmn.spec import ScopeSpec
from engine.bpmn.timer_events import StoredTimer


def is_same_kind(old: Any, new: Any, old_scope: Scope, new_scope: Scope) -> bool:
    """Whether a token at ``old`` can wait at ``new`` as it is."""
    if type(old) is not type(new):
        return False
    if isinstance(old, CatchEvent):
        return is_same_event(old, new)
    if hasattr(old, "rule"):
        if isinstance(old, MultiInstance) and old.sequential != new.sequential:
            return False
        inner_old = old_scope.spec.task_specs[old.task_spec]
        return type(inner_old) is type(new_scope.spec.task_specs[new.task_spec])
    return True


def is_same_listener(old: Any, new: Any) -> bool:
    same: bool = old.interrupting == new.interrupting and old.handler == new.handler and is_same_event(old, new)
    return same


def is_same_event(old: Any, new: Any) -> bool:
    same: bool = (
        type(old.event_definition) is type(new.event_definition)
        and getattr(old, "cancel_activity", None) == getattr(new, "cancel_activity", None)
        and (
            not isinstance(old.event_definition, StoredTimer)
            or old.event_definition.repeats == new.event_definition.repeats
        )
    )
    return same


def may_wait_at(scope: ScopeSpec, name: str) -> bool:
    """Whether a token that begins at ``name`` waits there: a step, a call, an event outside of a race."""
    spec = scope.task_specs.get(name)
    if spec is None or spec.bpmn_id != name:
        return False
    inner = scope.task_specs[spec.task_spec] if hasattr(spec, "rule") else spec
    in_race = any(isinstance(scope.task_specs[one], EventGateway) for one in spec._inputs)  # noqa: SLF001  # names
    return isinstance(inner, HumanStep | ServiceCall | CatchEvent) and not in_race
