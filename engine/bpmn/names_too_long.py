"""Names that a deal is found by, and that are kept in columns of a fixed width: told before a deal comes by."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.compiled import StepDefinition
from engine.bpmn.map_model import EventKind, Process
from engine.bpmn.noticed import Noticed

LONGEST_EVENT_NAME = 300
LONGEST_STAGE = 200
_SHOWN = 60  # characters of a name that is too long
_AWAITED = (EventKind.MESSAGE, EventKind.SIGNAL)


def say_names_too_long(processes: list[Process], steps: Mapping[str, StepDefinition], noticed: Noticed) -> None:
    """An error for the first element of each such name. What only people read may be of any length: it is cut."""
    told: set[str] = set()
    for process in processes:
        for node in process.scope.all_nodes():
            step = steps.get(node.id)
            names = [(event.name, LONGEST_EVENT_NAME) for event in node.events if event.kind in _AWAITED]
            names += [(step.stage, LONGEST_STAGE)] if step is not None else []
            for name, limit in names:
                if len(name) > limit and name not in told:
                    told.add(name)
                    noticed.error("NAME_TOO_LONG", node, name=f"{name[:_SHOWN]}…", limit=str(limit))
