"""A rejection that ends only the part or the called map in which it is given: told, where the deal goes on behind it.

Both ends of the part, "approved" and "rejected", lead to what is drawn behind the part. Unless something there tells
them apart, a deal that was rejected is worked on like any other. A decision by other approvals, of a branch beside the
part for example, does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from engine.bpmn.compiled import Condition, OutcomeCondition, OutcomeKind
from engine.bpmn.map_model import EventKind, Flow, Node, NodeType, Process, Scope
from engine.bpmn.repairs.approval_routes import approvals_in, is_approval
from engine.bpmn.repairs.workbench import Workbench

_NEGATIVE = frozenset({OutcomeKind.RETURNED, OutcomeKind.REJECTED})
_DECIDING = frozenset({NodeType.EXCLUSIVE, NodeType.INCLUSIVE, NodeType.COMPLEX, NodeType.EVENT_BASED})
_LEAVES = frozenset({EventKind.ERROR, EventKind.CANCEL, EventKind.ESCALATION, EventKind.SIGNAL})


def say_rejections_going_on(workbench: Workbench, process: Process) -> None:
    hosts = {scope: _hosts(workbench, scope) for scope in process.scope.scopes()}
    for gateway in process.scope.all_nodes():
        if not hosts[gateway.scope]:
            continue
        rejected = [flow.target for flow in gateway.outgoing if _is_negative(flow.condition)]
        if not any(map(_ends_its_scope, _walked(rejected, is_approval))):
            continue
        for host in hosts[gateway.scope]:
            step = _work_behind(workbench, host)
            if step is not None:
                workbench.noticed.warning("REJECTION_GOES_ON", gateway, part=host.title, step=step.title)
                break


def _is_negative(condition: Condition | None) -> bool:
    return isinstance(condition, OutcomeCondition) and _NEGATIVE.issuperset(condition.outcomes)


def _ends_its_scope(node: Node) -> bool:
    """Whether behind it the deal goes on behind the part, and not at an event on the part's border."""
    return node.type is NodeType.END and not any(event.kind in _LEAVES for event in node.events)


def _hosts(workbench: Workbench, scope: Scope) -> list[Node]:
    """What ``scope`` is the inside of. What a loop makes of an answer is said at the loop."""
    if scope.owner is not None:
        around = [scope.owner]
    else:
        around = [node for node in workbench.nodes() if node.calls is scope.process]
    return [node for node in around if node.loop_rule is None]


def _work_behind(workbench: Workbench, host: Node) -> Node | None:
    """The first step behind ``host``, or behind what that ends in turn, before anything decides."""
    waiting, seen = [host], {host}
    approvals = frozenset(node.id for node in workbench.nodes() if is_approval(node))
    for one in waiting:
        others = approvals - {node.id for node in approvals_in(one)}
        behind = (flow.target for flow in one.outgoing)
        for node in _walked(behind, partial(_decides_or_works, others=others), partial(_approved_by, others=others)):
            if _is_work(node):
                return node
            if _ends_its_scope(node):
                further = [around for around in _hosts(workbench, node.scope) if around not in seen]
                waiting += further
                seen.update(further)
    return None


def _all_ways(node: Node) -> Iterable[Flow]:
    return node.outgoing


def _walked(
    nodes: Iterable[Node], stops: Callable[[Node], bool], ways: Callable[[Node], Iterable[Flow]] = _all_ways
) -> Iterator[Node]:
    """``nodes`` and what a token comes to from them by ``ways``, up to the first that ``stops`` on each of these."""
    waiting = list(dict.fromkeys(nodes))
    seen = set(waiting)
    for node in waiting:
        yield node
        for flow in ways(node) if not stops(node) else ():
            if flow.target not in seen:
                seen.add(flow.target)
                waiting.append(flow.target)


def _decides_or_works(node: Node, others: frozenset[str]) -> bool:
    decides = node.type in _DECIDING and len(node.outgoing) > 1 and not _is_decided_by(node, others)
    return decides or node.step is not None or _holds_work(node)


def _is_decided_by(gateway: Node, approvals: frozenset[str]) -> bool:
    """Whether nothing but ``approvals``, by their ids, decides there."""
    conditions = [flow.condition for flow in gateway.outgoing]
    return all(isinstance(one, OutcomeCondition) and approvals.issuperset(one.steps) for one in conditions)


def _approved_by(node: Node, others: frozenset[str]) -> Iterable[Flow]:
    """The ways on; behind a decision by ``others``, those on which the deal goes on as approved."""
    if len(node.outgoing) == 1 or not _is_decided_by(node, others):
        return node.outgoing
    return [flow for flow in node.outgoing if not _is_negative(flow.condition)]


def _is_work(node: Node) -> bool:
    """Whether people or other systems go on with the deal there, other than by saying which way it goes."""
    if node.step is None:
        return _holds_work(node)
    return not any(outcome.kind is OutcomeKind.WAY for outcome in node.step.outcomes)


def _holds_work(node: Node) -> bool:
    return node.inside is not None or node.calls is not None or node.call is not None
