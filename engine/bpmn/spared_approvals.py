"""Approvals that a deal passed by because of a value, and would come by if it passed there with another one.

Whoever changes that value behind the decision would not be asked for them any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from engine.bpmn.compiled import CompiledProcess, StepKind
from engine.bpmn.elements import ExclusiveGateway
from engine.bpmn.forward_order import forward_order
from engine.bpmn.inspection import standing_in
from engine.bpmn.lookups import Check, Lookups
from engine.bpmn.spec import build_spec
from engine.errors import MapFailed

Values = Mapping[str, Any]


def spared_approvals(
    process: CompiledProcess, state: bytes, walked: Collection[str], before: Values, after: Values
) -> tuple[str, ...]:
    """The approvals that only the ways lead to which decisions behind the deal would take for the new values.

    ``walked`` are the elements that the deal has come by, ``before`` and ``after`` all that expressions read: the store
    of variables and the facts. What is decided anew lies ahead and is none of them. Raises UnreadableState.
    """
    spec = build_spec(process)
    order, lookups = forward_order(spec), spec.lookups
    ahead = order.ahead_of(standing_in(process, state))
    behind = frozenset(walked) - ahead
    was, now = dict(before), dict(after)
    for one in (was, now):
        _decide_again(lookups, behind, one)
    missed: set[str] = set()
    for scope in spec.scopes.values():
        for gateway in scope.task_specs.values():
            if gateway.bpmn_id in behind and _decides(gateway):
                taken = set(_ways(gateway, lookups.conditions, was))
                others = set(_ways(gateway, lookups.conditions, now)) - taken
                missed |= order.ahead_of(others) - order.ahead_of(taken)
    return tuple(
        name for name, step in process.steps.items() if step.kind is StepKind.APPROVAL and name in missed - ahead
    )


def _decides(gateway: Any) -> bool:
    return bool(getattr(gateway, "cond_task_specs", None))


def _decide_again(lookups: Lookups, behind: Collection[str], values: dict[str, Any]) -> None:
    """Let ``values`` hold what tables and scripts behind the deal would give for them."""
    for element, decision in lookups.decisions.items():
        if element in behind:
            try:
                values |= decision(values).kept
            except MapFailed:
                continue
    for element, pairs in lookups.assignments.items():
        for name, value in pairs if element in behind else ():
            if name in lookups.outcomes or "." in name:
                continue
            try:
                values[name] = value(values)
            except MapFailed:
                continue


def _ways(gateway: Any, conditions: Mapping[str, Check], values: Values) -> Iterator[str]:
    """The elements behind ``gateway`` that get a token for ``values``."""
    found = False
    for condition, name in gateway.cond_task_specs:
        if condition is None or not _holds(conditions[gateway.flow_ids[name]], values):
            continue
        yield name
        if isinstance(gateway, ExclusiveGateway):
            return
        found = True
    if found:
        return
    if getattr(gateway, "default_task_spec", None) is not None:
        yield gateway.default_task_spec
    yield from (name for condition, name in gateway.cond_task_specs if condition is None)


def _holds(condition: Check, values: Values) -> bool:
    try:
        return condition(values)
    except MapFailed:
        return False
