"""Ways back that lead out of one branch into another one, and past approvals of the first.

Finance and the lawyer are asked in parallel, and finance returns the deal to a step before the lawyer. The drawing says
that the deal goes on from there; where the branches meet without waiting for both for sure, it is signed without asking
finance anew, and without whoever follows finance. It is executed as drawn, and told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from engine.bpmn.compiled import OutcomeCondition, OutcomeKind
from engine.bpmn.map_model import Flow, Node, NodeType, Process, Scope
from engine.bpmn.repairs.approval_routes import approvals_in
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.token_ways import FORKS, is_join, leaving


def say_what_returns_pass_by(workbench: Workbench, process: Process) -> None:
    for scope in process.scope.scopes():
        asking = {node: approvals for node in scope.nodes if (approvals := approvals_in(node))}
        returns = [flow for flow in scope.flows() if _returns(flow)] if asking else []
        if not returns or not any(node.type in FORKS and len(node.outgoing) > 1 for node in scope.nodes):
            continue
        branches = _branches(scope, returns)
        for returning in returns:
            for place in _places_led_to(scope, returning):
                missed = _passed_by(returning, place, branches, asking, returns)
                if missed:
                    steps = ", ".join(one.title for node in missed for one in asking[node])
                    told = place.like or place
                    workbench.noticed.warning("RETURN_LEADS_AROUND", returning.source, place=told.title, steps=steps)


def _returns(flow: Flow) -> bool:
    condition = flow.condition
    return isinstance(condition, OutcomeCondition) and OutcomeKind.APPROVED not in condition.outcomes


def _reached(starts: Iterable[Node], without: Collection[Flow]) -> set[Node]:
    seen: set[Node] = set()
    waiting = list(starts)
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += [flow.target for flow in leaving(node) if flow not in without]
    return seen


def _branches(scope: Scope, returns: Collection[Flow]) -> list[list[set[Node]]]:
    """Per split, for each of its arrows, what only that leads to while nothing is returned."""
    every = _reached(scope.entries, returns)
    forks = [node for node in scope.nodes if node in every and node.type in FORKS and len(node.outgoing) > 1]
    return [[every - _reached(scope.entries, {*returns, branch}) for branch in fork.outgoing] for fork in forks]


def _places_led_to(scope: Scope, returning: Flow) -> Iterator[Node]:
    """Where ``returning`` leads, past the steps that nothing else leads to."""
    others = _reached(scope.entries, {returning})
    seen: set[Node] = set()
    waiting = [returning.target]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if node in others:
            yield node
        else:
            waiting += [flow.target for flow in leaving(node)]


def _passed_by(
    returning: Flow,
    place: Node,
    branches: list[list[set[Node]]],
    asking: Collection[Node],
    returns: Collection[Flow],
) -> list[Node]:
    """Those of ``asking`` in the branch of ``returning`` that the deal can do without from ``place`` in another one."""
    missed: dict[Node, None] = {}
    for split in branches:
        left = next((branch for branch in split if returning.source in branch), set[Node]())
        if place not in left and any(place in branch for branch in split):
            here = (node for node in asking if node in left)
            missed |= dict.fromkeys(node for node in here if _comes_to_an_end(place, node, left, returns))
    return list(missed)


def _comes_to_an_end(place: Node, without: Node, left: Collection[Node], returns: Collection[Flow]) -> bool:
    """Whether a token from ``place`` comes to an end by no way of ``without``.

    A parallel join waits for a token out of the branch that was ``left``, if no token comes to it from there again.
    """
    seen: set[Node] = set()
    waiting, held = [place], list[Node]()
    while waiting:
        node = waiting.pop()
        if node in seen or node is without:
            continue
        if node.type is NodeType.PARALLEL and is_join(node) and _lacks(node, left, seen):
            held.append(node)
            continue
        seen.add(node)
        following = [flow.target for flow in leaving(node) if flow not in returns]
        if not following:
            return True
        waiting += following
        waiting += [join for join in held if not _lacks(join, left, seen)]
    return False


def _lacks(join: Node, left: Collection[Node], seen: Collection[Node]) -> bool:
    sources = {flow.source.host or flow.source for flow in join.incoming}
    return any(source in left and source not in seen for source in sources)
