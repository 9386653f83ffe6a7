"""Where values decide how a deal goes on: gateways with conditions, and parts that may run not even once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine.bpmn.elements import ExclusiveGateway
from engine.bpmn.forward_order import ForwardOrder
from engine.bpmn.lookups import Check, LoopLookup
from engine.bpmn.loops import MultiInstance, StandardLoop
from engine.bpmn.spec import ExecutableSpec, ScopeSpec
from engine.errors import MapFailed

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fork:
    """``element`` decides which of ``ways`` (names of the spec) are taken; ``taken`` says which, for some values.

    ``conditions`` are ids of sequence flows. ``is_loop``: it decides whether the element runs at all.
    """

    element: str
    ways: tuple[str, ...]
    taken: Callable[[Values], frozenset[str]]
    conditions: tuple[str, ...] = ()
    is_loop: bool = False


def forks(spec: ExecutableSpec, order: ForwardOrder) -> Iterator[Fork]:
    """All of a map. None of their answers raises: where the values give none, no way is taken."""
    for scope in spec.scopes.values():
        for one in scope.task_specs.values():
            if getattr(one, "cond_task_specs", None):
                yield _of_gateway(one, spec.lookups.conditions)
            elif isinstance(one, MultiInstance) or (isinstance(one, StandardLoop) and one.test_before):
                yield _of_loop(one, scope, order)


def _of_gateway(gateway: Any, conditions: Mapping[str, Check]) -> Fork:
    always = tuple(getattr(gateway, "unconditional", ()))
    default = getattr(gateway, "default_task_spec", None)
    named = [name for _, name in gateway.cond_task_specs]
    ways = dict.fromkeys((*named, *always, *((default,) if default is not None else ())))
    flows = (gateway.flow_ids[name] for condition, name in gateway.cond_task_specs if condition is not None)
    return Fork(gateway.bpmn_id, tuple(ways), partial(_ways, gateway, conditions), tuple(flows))


def _ways(gateway: Any, conditions: Mapping[str, Check], values: Values) -> frozenset[str]:
    """The specs behind ``gateway`` that get a token for ``values``."""
    always = frozenset(getattr(gateway, "unconditional", ()))
    held = []
    for condition, name in gateway.cond_task_specs:
        if condition is not None and _holds(conditions[gateway.flow_ids[name]], values):
            held.append(name)
            if isinstance(gateway, ExclusiveGateway):
                break
    if held:
        return always | frozenset(held)
    default = getattr(gateway, "default_task_spec", None)
    otherwise = {name for condition, name in gateway.cond_task_specs if condition is None}
    return always | otherwise | ({default} if default is not None else set())


def _holds(condition: Check, values: Values) -> bool:
    try:
        return condition(values)
    except MapFailed:
        return False


def _of_loop(loop: MultiInstance | StandardLoop, scope: ScopeSpec, order: ForwardOrder) -> Fork:
    behind = tuple(loop._outputs) or (order.exit_of(scope.name),)  # noqa: SLF001  # names of successors
    return Fork(loop.bpmn_id, (loop.task_spec, *behind), partial(_runs, loop, frozenset(behind)), is_loop=True)


def _runs(loop: MultiInstance | StandardLoop, behind: frozenset[str], values: Values) -> frozenset[str]:
    """The run of ``loop`` if there is one for ``values``, else what is behind the loop."""
    try:
        return frozenset({loop.task_spec}) if _runs_at_all(loop.rule, values) else behind
    except MapFailed:
        return frozenset()


def _runs_at_all(rule: LoopLookup, values: Values) -> bool:
    if rule.again_while is not None and not rule.again_while(values):
        return False
    if rule.collection is not None:
        return bool(rule.collection(values))
    return rule.cardinality is None or rule.cardinality(values) != 0
