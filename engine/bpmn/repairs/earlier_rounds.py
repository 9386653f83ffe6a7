"""An approval that a later round leaves out decides nothing there: what it said in an earlier round is forgotten.

A step that opens again forgets its outcome by itself. One that stands on a way not taken this time does not open, and
its return of round 1 would send the deal back for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from engine.bpmn.compiled import OutcomeCondition
from engine.bpmn.dmn.names import names_read
from engine.bpmn.executed_tables import expressions_of
from engine.bpmn.map_model import SUB_PROCESSES, EventKind, Node, NodeType, Process, Scope
from engine.bpmn.repairs.approval_routes import JOINS, is_approval, origin_of, split_of
from engine.bpmn.repairs.editing import insert_before
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.variables import outcome_variable

_SPLITS = frozenset({NodeType.EXCLUSIVE, NodeType.PARALLEL, NodeType.INCLUSIVE})
_FAILS = frozenset({EventKind.ERROR, EventKind.CANCEL})


def forget_earlier_rounds(workbench: Workbench, process: Process) -> None:
    """Put the forgetting before the part of the map in which the approvals of a decision stand, where it is repeated.

    Outcomes that an expression of the map reads stay: "ask again only who returned it" needs those of the last round.
    """
    left_out: dict[Node, dict[Node, None]] = {}  # by where a round begins: decisions in a row look at the same
    told: set[tuple[Node, ...]] = set()
    for gateway in process.scope.all_nodes():
        ids = {
            step
            for flow in gateway.outgoing
            if isinstance(flow.condition, OutcomeCondition)
            for step in flow.condition.steps
        }
        begin, end = (_begin(gateway), origin_of(gateway)) if ids else (None, None)
        if begin is None or end is None:
            continue
        approvals = tuple(node for node in workbench.nodes() if node.id in ids and is_approval(node))
        if not approvals:
            continue
        if approvals not in told and _pass_by(approvals, begin, end):
            told.add(approvals)
            workbench.noticed.warning(
                "APPROVALS_MAY_BE_SKIPPED", gateway, steps=", ".join(one.title for one in approvals)
            )
        if _comes_again(workbench, gateway, begin):
            left_out.setdefault(begin, {}).update((node, None) for node in approvals if _pass_by((node,), begin, end))
    read = "\n".join(_texts(workbench)) if any(left_out.values()) else ""
    for begin, nodes in left_out.items():
        names = [name for node in nodes if not _is_read(name := outcome_variable(node.id), read)]
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


def _comes_again(workbench: Workbench, gateway: Node, begin: Node) -> bool:
    """Whether a round may follow another: a path leads back, or back to a part of the map in which all of it stands.

    The runs of a part each know what was said in them alone, so that forgetting in one takes nothing from another.
    """
    return _leads_to(gateway, begin) or any(
        one.loop_rule is not None or any(_leads_to(after, one) for after in _following(one))
        for one in _around(workbench, begin.scope)
    )


def _around(workbench: Workbench, scope: Scope) -> Iterator[Node]:
    """The parts of the map that hold ``scope``, and the calls of the process that it stands in."""
    waiting, seen = [scope], {scope}
    while waiting:
        inner = waiting.pop()
        calls = (node for node in workbench.nodes() if node.calls is inner.process)
        for node in calls if inner.owner is None else (inner.owner,):
            yield node
            if node.scope not in seen:
                seen.add(node.scope)
                waiting.append(node.scope)


def _pass_by(steps: Iterable[Node], begin: Node, end: Node) -> bool:
    """Whether a deal may come from ``begin`` to ``end`` without any of ``steps`` having been asked for."""
    certain = frozenset(node for node in (_standing_in(one, begin) for one in steps) if node is not None)
    return _passed_by(begin.inside, certain) if begin.inside is not None else _comes_to(begin, end, certain)


def _standing_in(step: Node, begin: Node) -> Node | None:
    """What stands for ``step`` where ``begin`` stands, or in it: itself or a part; None where that passes it by."""
    node = step
    while node.scope is not (begin.inside or begin.scope):
        if node.scope.owner is None or _passed_by(node.scope, frozenset({node})):
            return None
        node = node.scope.owner
    return node


def _passed_by(scope: Scope, steps: frozenset[Node]) -> bool:
    """Whether a way through ``scope`` goes without all of ``steps``."""
    return any(_comes_to(start, None, steps) for start in scope.starts)


def _comes_to(begin: Node, end: Node | None, past: frozenset[Node]) -> bool:
    """Whether a token at ``begin`` may come to ``end``, or to an end of its scope, and no token of it to ``past``.

    The ways of a parallel split are all taken: none of them may lead to ``past`` alone.
    """
    nodes = _reached(begin, {end} if end is not None else set())
    free = {node for node in nodes if node is end or (node.type is NodeType.END and not _fails(node))} - past
    grows = True
    while grows:
        grows = False
        for node in reversed(nodes):  # what leads to an end stands behind it
            if node not in free and node not in past and _is_free(node, free):
                free.add(node)
                grows = True
    if begin not in free:
        return False
    return end is None or any(node is end for node in _reached(begin, {end}, within=free))


def _is_free(node: Node, free: set[Node]) -> bool:
    if node.type is NodeType.PARALLEL:
        return all(flow.target in free for flow in node.outgoing)
    return any(one in free for one in _following(node))


def _fails(end: Node) -> bool:
    """Whether what the end leads to is not what follows the part that it ends."""
    return any(event.kind in _FAILS for event in end.events)


def _reached(begin: Node, stops: set[Node], *, within: set[Node] | None = None) -> list[Node]:
    """``begin`` and all that a path leads to from there that goes on behind none of ``stops``."""
    seen: dict[Node, None] = {}
    waiting = [begin]
    while waiting:
        node = waiting.pop()
        if node not in seen and (within is None or node in within):
            seen[node] = None
            waiting += _following(node) if node not in stops else []
    return list(seen)


def _leads_to(node: Node, target: Node) -> bool:
    return target in _reached(node, set())


def _following(node: Node) -> list[Node]:
    return [*(flow.target for flow in node.outgoing), *node.boundaries]


def _is_read(name: str, read: str) -> bool:
    """Whether an expression names it, in whatever notation: then the map itself looks at earlier rounds."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", read) is not None


def _texts(workbench: Workbench) -> Iterator[str]:
    """Every expression of the map, and every name that its decisions read."""
    for process in workbench.processes:
        for scope in process.scope.scopes():
            yield from (flow.condition_text for flow in scope.flows())
    for node in workbench.nodes():
        yield from (text for _, text in node.assignments)
        yield from (event.text for event in node.events)
        if node.condition is not None and not isinstance(node.condition, OutcomeCondition):
            yield node.condition.text
        if node.loop_rule is not None:
            yield from expressions_of(node.loop_rule)
        if node.decision is not None:
            decisions = workbench.tables.decisions
            yield from node.decision.inputs.values()
            yield from names_read(decisions[node.decision.decision], decisions)
        if node.call is not None:
            yield from node.call.parameters.values()
