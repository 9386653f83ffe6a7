"""An approval that a later round leaves out decides nothing there: what it said in an earlier round is forgotten.

A step that opens again forgets its outcome by itself. One that stands on a way not taken this time does not open, and
its return of round 1 would send the deal back for ever.
"""

from __future__ import annotations

from engine.bpmn.compiled import OutcomeCondition
from engine.bpmn.map_model import SUB_PROCESSES, Node, NodeType, Process
from engine.bpmn.repairs.approval_routes import JOINS, is_approval, origin_of, split_of
from engine.bpmn.repairs.editing import insert_before
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.variables import outcome_variable

_SPLITS = frozenset({NodeType.EXCLUSIVE, NodeType.PARALLEL, NodeType.INCLUSIVE})


def forget_earlier_rounds(workbench: Workbench, process: Process) -> None:
    """Put the forgetting before the part of the map in which the approvals of a decision stand, where it is repeated.

    Outcomes that an expression of the map reads stay: "ask again only who returned it" needs those of the last round.
    """
    for gateway in tuple(process.scope.all_nodes()):
        ids = {
            step
            for flow in gateway.outgoing
            if isinstance(flow.condition, OutcomeCondition)
            for step in flow.condition.steps
        }
        begin, end = (_begin(gateway), origin_of(gateway)) if ids else (None, None)
        if begin is None or end is None:
            continue
        approvals = [node for node in workbench.nodes() if node.id in ids and is_approval(node)]
        if not approvals:
            continue
        if _all_may_be_left_out(approvals, begin, end):
            workbench.noticed.warning(
                "APPROVALS_MAY_BE_SKIPPED", gateway, steps=", ".join(one.title for one in approvals)
            )
        if not _leads_to(gateway, begin):
            continue
        left_out = [node for node in approvals if _may_be_left_out(node, begin, end)]
        names = [name for node in left_out if not _is_read(workbench, name := outcome_variable(node.id))]
        if names:
            forgetting = insert_before(workbench.sales_map, begin, NodeType.SCRIPT_TASK, "forget")
            forgetting.assignments = tuple((name, "null") for name in names)


def _begin(gateway: Node) -> Node | None:
    """Where a round of approvals begins: the split that all of them follow, or the sub-process that holds them."""
    source = origin_of(gateway)
    if source is None or (source.type in SUB_PROCESSES and source.inside is not None):
        return source
    split = split_of(source) if source.type in JOINS and len(source.incoming) > 1 else None
    joins_too = split is not None and split.type is not NodeType.EXCLUSIVE and len(split.incoming) > 1
    return None if split is None or split.type not in _SPLITS or joins_too else split


def _all_may_be_left_out(approvals: list[Node], begin: Node, end: Node) -> bool:
    """Whether a deal may come to ``end`` without any of the approvals having been asked for."""
    certain = tuple(node for node in (_standing_in(one, begin) for one in approvals) if node is not None)
    if begin.inside is not None:
        starts, ends = begin.inside.of_type(NodeType.START), begin.inside.of_type(NodeType.END)
        return any(_leads_to(start, last, past=certain) for start in starts for last in ends)
    ways = [_leads_to(flow.target, end, past=(begin, *certain)) for flow in begin.outgoing]
    return all(ways) if begin.type is NodeType.PARALLEL else any(ways)


def _standing_in(step: Node, begin: Node) -> Node | None:
    """What stands for ``step`` where ``begin`` stands, or in it: itself or a part; None where that passes it by."""
    node = step
    while node.scope is not (begin.inside or begin.scope):
        if node.scope.owner is None or _is_passed_by(node):
            return None
        node = node.scope.owner
    return node


def _may_be_left_out(step: Node, begin: Node, end: Node) -> bool:
    """Whether a way from ``begin`` to ``end`` passes by ``step``; of parallel ways only those that lead to it count."""
    node = _standing_in(step, begin)
    if node is None or begin.inside is not None:
        return node is None or _is_passed_by(node)
    return begin.type is not NodeType.PARALLEL or any(
        _leads_to(flow.target, node, past=(begin, end)) and _leads_to(flow.target, end, past=(begin, node))
        for flow in begin.outgoing
    )


def _is_passed_by(node: Node) -> bool:
    """Whether a way through the part that ``node`` stands in goes without it."""
    starts, ends = node.scope.of_type(NodeType.START), node.scope.of_type(NodeType.END)
    return any(_leads_to(start, last, past=(node,)) for start in starts for last in ends)


def _leads_to(node: Node, target: Node, *, past: tuple[Node, ...] = ()) -> bool:
    """Whether a path leads from ``node`` to ``target`` that goes through none of ``past``."""
    seen = {*past}
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current is target:
            return True
        if current not in seen:
            seen.add(current)
            waiting += _following(current)
    return False


def _following(node: Node) -> list[Node]:
    return [*(flow.target for flow in node.outgoing), *node.boundaries]


def _is_read(workbench: Workbench, name: str) -> bool:
    """Whether an expression names it, in whatever notation: then the map itself looks at earlier rounds."""
    return any(
        name in flow.condition_text
        for process in workbench.processes
        for scope in process.scope.scopes()
        for flow in scope.flows()
    ) or any(name in text for node in workbench.nodes() for text in _texts(node))


def _texts(node: Node) -> list[str]:
    read = [text for _, text in node.assignments]
    read += node.decision.inputs.values() if node.decision is not None else []
    read += node.call.parameters.values() if node.call is not None else []
    return [*read, *(event.text for event in node.events)]
