"""How tokens may stand together in a scope of the new version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.bpmn.markings import main_track, node_of, tracks_beside

if TYPE_CHECKING:
    from engine.bpmn.spec import ScopeSpec


def can_stand(scope: ScopeSpec, positions: list[str]) -> bool:
    """Whether tokens can stand like this on the main way, and those beside it on theirs. Raises NotProvable.

    A run of an event sub-process can begin at any time, whatever else there is in its scope.
    """
    positions = [one for one in positions if not scope.task_specs[node_of(one)].is_event_sub_process]
    main = main_track(scope)
    beside = [one for one in positions if node_of(one) not in main.nodes]
    if not main.may_hold(positions):
        return False
    left = set(beside)
    for one in beside:
        for track in tracks_beside(scope, node_of(one)):
            together = [other for other in beside if node_of(other) in track.nodes]
            if track.may_hold(together) or track.may_hold([one]):
                left.discard(one)
                break
    return not left


def shape_of(scope: ScopeSpec) -> dict[str, tuple[Any, ...]]:
    """What decides how tokens can stand in a scope: its elements, their kinds and their connections."""
    return {
        name: (
            type(spec),
            tuple(spec._inputs),  # noqa: SLF001  # names
            tuple(sorted(spec._outputs)),  # noqa: SLF001  # names
            getattr(spec, "boundary", ()),
            getattr(spec, "cancel_activity", None),
            type(getattr(spec, "event_definition", None)),
            getattr(spec, "unconditional", ()),
            getattr(spec, "withdrawn", ()),
            tuple(target for condition, target in getattr(spec, "cond_task_specs", ()) if condition is None),
        )
        for name, spec in scope.task_specs.items()
    }
