"""Where an element of the new version stands, and which running activities a token takes along on its way there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.bpmn.live_workflow import LiveTask, Scope
from engine.bpmn.spec import ExecutableSpec


@dataclass(frozen=True, slots=True)
class Way:
    """The way to an element: the activities that enclose it, outermost first, and the scope that holds it."""

    around: tuple[str, ...]
    scope: str


def ways_to(spec: ExecutableSpec, name: str) -> Iterator[Way]:
    """Every way down to a scope that holds the element ``name``."""
    waiting = [Way((), spec.key)]
    while waiting:
        way = waiting.pop()
        scope = spec.scopes[way.scope]
        if name in scope.task_specs and scope.task_specs[name].bpmn_id == name:
            yield way
        if len(way.around) < len(spec.scopes):
            for inside in scope.task_specs.values():
                inner = getattr(inside, "spec", None)
                if isinstance(inner, str):
                    waiting.append(Way((*way.around, inside.bpmn_id), inner))


def hosts_on(way: Way, hosts: list[LiveTask]) -> list[LiveTask | None]:
    """Per activity around the new place, the running activity that becomes it; None for what begins."""
    found: list[LiveTask | None] = []
    rest = list(hosts)
    for element in way.around:
        at = next((at for at, host in enumerate(rest) if host.task_spec.bpmn_id == element), None)
        found.append(None if at is None else rest[at])
        if at is not None:
            rest = rest[at + 1 :]
    return found


def hosts_of(scope: Scope) -> Iterator[LiveTask]:
    """The activities around a scope, innermost first."""
    while scope.parent_task_id is not None:
        host = scope.parent_task
        yield host
        scope = host.workflow
