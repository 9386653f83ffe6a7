"""Approvals that an event asks for again and again, while a decision outside looks at the last answer.

An event sub-process that interrupts nothing runs anew each time that its event happens, and each run is about something
else: the discount on the next item. A decision behind the part around it knows one answer for all of them. It is
executed so, for a second request may as well mend the first, and told.
"""

from __future__ import annotations

from engine.bpmn.map_model import Node, Process
from engine.bpmn.repairs.approval_routes import is_approval
from engine.bpmn.repairs.approvals_heard import listeners_of
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.token_ways import repeats


def say_whose_last_answer_counts(workbench: Workbench, process: Process) -> None:
    approvals = [node for node in process.scope.all_nodes() if is_approval(node) and _begun_again(node)]
    if not approvals:
        return
    listeners = listeners_of(workbench, process)
    told: dict[tuple[Node, Node], list[str]] = {}
    for approval in approvals:
        for part in _begun_again(approval):
            inside = set(part.inside.all_nodes()) if part.inside is not None else set()
            for decision in listeners.of(approval, by_outcome=True):
                if decision not in inside:
                    told.setdefault((part, decision), []).append(approval.title)
    for (part, decision), steps in told.items():
        workbench.noticed.warning("LAST_ANSWER_COUNTS", part, steps=", ".join(steps), decision=decision.title)


def _begun_again(node: Node) -> list[Node]:
    """The event sub-processes around ``node`` that may run several times, one beside or after the other."""
    found = []
    owner = node.scope.owner
    while owner is not None:
        starts = owner.inside.starts if owner.triggered_by_event and owner.inside is not None else []
        if any(not start.interrupting and repeats(start) for start in starts):
            found.append(owner)
        owner = owner.scope.owner
    return found
