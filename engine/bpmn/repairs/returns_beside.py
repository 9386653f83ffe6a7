"""Ways that lead out of one branch into another one, and past approvals of the first.

Finance and the lawyer are asked in parallel, and finance returns the deal to a step before the lawyer. The drawing says
that the deal goes on from there; where the branches meet without waiting for both for sure, it is signed without asking
finance anew, and without whoever follows finance. So it is where a deadline ends a step of finance's branch and leads
there. It is executed as drawn, and told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from engine.bpmn.map_model import Flow, Node, NodeType, Process, Scope
from engine.bpmn.repairs.approval_routes import approvals_in
from engine.bpmn.repairs.dominators import DominatorTree
from engine.bpmn.repairs.refusing_arrows import refusing_by_value, refusing_by_word
from engine.bpmn.repairs.workbench import Workbench
from engine.bpmn.token_ways import FORKS, is_join, leaving


def say_what_returns_pass_by(workbench: Workbench, process: Process) -> None:
    by_value = refusing_by_value(workbench, process)
    for scope in process.scope.scopes():
        asking = {node: approvals for node in scope.nodes if (approvals := approvals_in(node))}
        forks = [node for node in scope.nodes if node.type in FORKS and len(node.outgoing) > 1]
        if not asking or not forks:
            continue
        missed: dict[tuple[Node, Node], dict[Node, None]] = {}
        for source, place, node in _missed(scope, forks, asking, by_value):
            missed.setdefault((source, place), {})[node] = None
        for (source, place), nodes in missed.items():
            steps = ", ".join(one.title for node in asking if node in nodes for one in asking[node])
            told = place.like or place
            workbench.noticed.warning("RETURN_LEADS_AROUND", source, place=told.title, steps=steps)


def _missed(
    scope: Scope, forks: Collection[Node], asking: Collection[Node], by_value: Collection[Flow]
) -> Iterator[tuple[Node, Node, Node]]:
    """Where a way into a branch beside begins, where it leads to, and what of ``asking`` the deal does without.

    What is drawn for refusals and alarms alone belongs to no branch. Where something is asked for on such ways only,
    they are its branches: so branches are told apart twice.
    """
    alarms = {flow for node in scope.nodes for flow in _alarms_of(node)}
    by_word = [flow for flow in scope.flows() if refusing_by_word(flow)]
    refusing = [flow for flow in scope.flows() if flow in by_value or refusing_by_word(flow)]
    readings = [(by_word, by_word)]
    if alarms or len(refusing) > len(by_word):
        readings.append((refusing, [*refusing, *alarms]))
    every = DominatorTree(scope) if any(crossing for _, crossing in readings) else None
    for returns, crossing in readings:
        if every is None or not crossing:
            continue
        beside = _Beside(scope, returns, crossing, forks)
        for way in crossing:
            for place in _places_led_to(every, way):
                for node in beside.passed_by(way, place, asking):
                    yield way.source, place, node


def _alarms_of(node: Node) -> Iterator[Flow]:
    """The arrows of what interrupts ``node``."""
    for boundary in node.boundaries:
        if boundary.interrupting:
            yield from boundary.outgoing


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
    """The branches of a scope: what only one arrow of a split leads to while no arrow of ``crossing`` is taken.

    Those of ``returns`` are no ways to an end.
    """

    def __init__(
        self, scope: Scope, returns: Collection[Flow], crossing: Collection[Flow], forks: Iterable[Node]
    ) -> None:
        self._returns = set(returns)
        self._tree = DominatorTree(scope, set(crossing))
        self._branches = [branch for fork in forks for branch in fork.outgoing]
        self._around: dict[Node, list[Flow]] = {}

    def passed_by(self, way: Flow, place: Node, asking: Iterable[Node]) -> list[Node]:
        """Those of ``asking`` in the branch of ``way`` that the deal does without from ``place`` in another.

        An alarm asks for nothing anew: only what it ends and what follows that is done without.
        """
        missed: dict[Node, None] = {}
        forks = {branch.source: None for branch in self._branches_around(place)}
        for fork in forks:
            branch = next((one for one in fork.outgoing if self._tree.take(one, way.source)), None)
            if branch is not None and not self._tree.take(branch, place):
                left = {branch.target, *self._tree.behind(branch.target)}
                here = [node for node in asking if node in self._without_answer(way, left)]
                missed |= dict.fromkeys(node for node in here if _comes_to_an_end(place, node, left, self._returns))
        return list(missed)

    def _without_answer(self, way: Flow, left: Collection[Node]) -> Collection[Node]:
        """What of the branch that was ``left`` has given no answer that counts, once ``way`` is taken."""
        host = way.source.host
        if host is None:
            return left
        seen = {host: None}
        for node in (waiting := [host]):
            for flow in leaving(node):
                if flow.target in left and flow.target not in seen and flow not in self._returns:
                    seen[flow.target] = None
                    waiting.append(flow.target)
        return seen

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
