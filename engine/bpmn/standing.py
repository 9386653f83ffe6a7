"""Where an instance stands, read off its state alone: cheap enough for ten thousand deals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.bpmn.catching_events import BoundaryEvent
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.spec import build_spec
from engine.bpmn.state_codec import read_document
from engine.bpmn.task_data import ARRIVED_FROM, ENTRIES

_RUN = " (run)"


def standing(state: bytes) -> tuple[str, ...]:
    """The places of all tokens, sorted: two instances that stand alike give the same. Raises UnreadableState.

    A place is the element's id behind the ids of the activities around it; a token in a join names where it came from.
    """
    _, _, _, rows, scopes = read_document(state)
    names: dict[str, str] = {}
    return tuple(sorted(_places(rows, scopes, names)))


def beside(process: CompiledProcess) -> frozenset[str]:
    """What no token stands at: alarms belong to the step that they are attached to, others wait beside the work."""
    return frozenset(
        name
        for scope in build_spec(process).scopes.values()
        for name, spec in scope.task_specs.items()
        if spec.attends or isinstance(spec, BoundaryEvent)
    )


def elements_in(places: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of the elements at these places, each once."""
    return tuple(dict.fromkeys(place.rpartition("/")[2].partition("<")[0] for place in places))


def _places(rows: list[Any], scopes: list[Any], names: dict[str, str]) -> Iterator[str]:
    around = {activity_id for activity_id, _ in scopes}
    loops: set[str] = set()
    for prefix_of, scope_rows in [("", rows), *scopes]:
        prefix = f"{names[prefix_of]}/" if prefix_of else ""
        loops |= {row[1] for row in scope_rows if row[1]}
        for activity_id, _, name, _, data in scope_rows:
            place = prefix + name.removesuffix(_RUN)
            names[activity_id] = place
            if activity_id in around or activity_id in loops:
                continue
            came_from = data.get(ARRIVED_FROM) if data else None
            if data and ENTRIES in data:  # a ledger: what can be undone decides how the deal is carried
                came_from = ",".join(sorted({entry[0] for entry in data[ENTRIES]}))
            yield f"{place}<{came_from}" if came_from else place
