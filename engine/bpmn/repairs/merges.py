"""Several arrows into a step: it runs for each that comes, unless the owner says that it waits for all."""

from __future__ import annotations

from collections.abc import Collection

from engine.bpmn.map_model import Node, NodeType, Process
from engine.bpmn.map_properties import Property
from engine.bpmn.map_sayings import said_of
from engine.bpmn.noticed import Noticed
from engine.bpmn.questions import EACH, WAIT, Because, Proposal, QuestionKind
from engine.bpmn.repairs.editing import insert_before
from engine.bpmn.repairs.workbench import Workbench

_JOINS = frozenset({NodeType.PARALLEL, NodeType.INCLUSIVE, NodeType.COMPLEX})


def wait_where_said(workbench: Workbench, process: Process) -> None:
    """A join where the owner wants one. It waits for what can still come, so no path can wait there for ever."""
    for node in tuple(process.scope.all_nodes()):
        waits = node.type not in _JOINS and node.like is None and len(node.incoming) > 1
        if waits and said_of_merge(node) == WAIT:
            insert_before(workbench.sales_map, node, NodeType.INCLUSIVE, "waits_for_all")


def said_of_merge(node: Node) -> str:
    """Whether ``node`` waits for all or runs for each, where the owner has said; else empty."""
    return said_of(node, Property.MERGE).casefold()


def wait_unless_said(workbench: Workbench, node: Node) -> bool:
    """Let ``node`` wait for all that can come, and ask; unless the owner wants it to run for each. Whether it does.

    An approval that follows would be asked for twice then: where the owner wants that, they are asked once more.
    """
    said = said_of_merge(node)
    proposals = [
        Proposal(value=WAIT, because=Because.ASKED_ONCE),
        Proposal(value=EACH, because=Because.ASKED_TWICE),
    ]
    if said == EACH:
        _ask(node, workbench.noticed, proposals, assumed=None)
    if said in (WAIT, EACH):
        return False
    workbench.noticed.warning("WAITS_FOR_ALL", node)
    _ask(node, workbench.noticed, proposals, assumed=WAIT)
    insert_before(workbench.sales_map, node, NodeType.INCLUSIVE, "waits_for_all")
    return True


def say_runs_twice(node: Node, noticed: Noticed, approvals: Collection[str] = ()) -> None:
    """Say and ask, unless the owner has answered already.

    ``approvals`` are those of one branch, by name, that may still be open when another one comes here.
    """
    if said_of_merge(node) in (WAIT, EACH):
        return
    proposals = [
        Proposal(value=EACH, because=Because.BY_THE_STANDARD),
        Proposal(value=WAIT, because=Because.RUNS_ONCE),
    ]
    if approvals:
        noticed.warning("RUNS_BEFORE_APPROVAL", node, steps=", ".join(approvals))
        proposals.reverse()
    else:
        noticed.warning("RUNS_TWICE", node)
    _ask(node, noticed, proposals, assumed=EACH)


def _ask(node: Node, noticed: Noticed, proposals: list[Proposal], *, assumed: str | None) -> None:
    at = node
    while at.like is not None:
        at = at.like
    arriving = ", ".join(dict.fromkeys(flow.source.name for flow in node.incoming if flow.source.name))
    noticed.ask(QuestionKind.MERGE, at, proposals, assumed=assumed, branches=arriving)
