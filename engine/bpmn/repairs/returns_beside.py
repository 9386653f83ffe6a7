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
from engine.bpmn.repairs.dominators import DominatorTree
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.token_ways import FORKS, is_join, leaving


def say_what_returns_pass_by(workbench: Workbench, process: Process) -> None:
    for scope in process.scope.scopes():
        asking = {node: approvals for node in scope.nodes if (approvals := approvals_in(node))}
        returns = dict.fromkeys(flow for flow in scope.flows() if _returns(flow)) if asking else {}
        forks = [node for node in scope.nodes if node.type in FORKS and len(node.outgoing) > 1]
        if not returns or not forks:
            continue
        beside, every = _Beside(scope, returns, forks), DominatorTree(scope)
        for returning in returns:
            for place in _places_led_to(every, returning):
                missed = beside.passed_by(returning, place, asking)
                if missed:
                    steps = ", ".join(one.title for node in missed for one in asking[node])
                    told = place.like or place
                    workbench.noticed.warning("RETURN_LEADS_AROUND", returning.source, place=told.title, steps=steps)


def _returns(flow: Flow) -> bool:
    condition = flow.condition
    return isinstance(condition, OutcomeCondition) and OutcomeKind.APPROVED not in condition.outcomes


def _places_led_to(every: DominatorTree, returning: Flow) -> Iterator[Node]:
    """Where ``returning`` leads, past the steps that nothing else leads to. ``every``: of all arrows."""
    seen: set[Node] = set()
    waiting = [returning.target]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if every.take(returning, node):
            waiting += [flow.target for flow in leaving(node)]
        else:
            yield node


class _Beside:
    """The branches of a scope: what only one arrow of a split leads to while nothing is returned."""

    def __init__(self, scope: Scope, returns: Collection[Flow], forks: Iterable[Node]) -> None:
        self._returns = returns
        self._tree = DominatorTree(scope, returns)
        self._branches = [branch for fork in forks for branch in fork.outgoing]
        self._around: dict[Node, list[Flow]] = {}

    def passed_by(self, returning: Flow, place: Node, asking: Iterable[Node]) -> list[Node]:
        """Those of ``asking`` in the branch of ``returning`` that the deal does without from ``place`` in another."""
        missed: dict[Node, None] = {}
        forks = {branch.source: None for branch in self._branches_around(place)}
        for fork in forks:
            branch = next((one for one in fork.outgoing if self._tree.take(one, returning.source)), None)
            if branch is not None and not self._tree.take(branch, place):
                left = {branch.target, *self._tree.behind(branch.target)}
                here = [node for node in asking if node in left]
                missed |= dict.fromkeys(node for node in here if _comes_to_an_end(place, node, left, self._returns))
        return list(missed)

    def _branches_around(self, place: Node) -> list[Flow]:
        if place not in self._around:
            self._around[place] = [branch for branch in self._branches if self._tree.take(branch, place)]
        return self._around[place]


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
