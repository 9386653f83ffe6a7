"""A decision right behind a call follows the approvals in the called map, and asks a person where these are unclear.

The called map was published by itself, and a rejection in it may be mended there. So what a run of it decided counts
only where it is certain (engine/bpmn/called_approvals.py), and the step that asks "which way?" stays for the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine.bpmn.compiled import CalledApprovals, OutcomeCondition, OutcomeKind, StepKind
from engine.bpmn.map_model import Flow, Node, NodeType, Process
from engine.bpmn.repairs.answered_decisions import asks_a_person
from engine.bpmn.repairs.approval_questions import AROUND, is_among, speaks_of_outsiders, words_of
from engine.bpmn.repairs.approval_routes import Routes, approvals_in, complete_routes, routes_by_words
from engine.bpmn.repairs.editing import insert_before
from engine.bpmn.repairs.labels import approval_outcome, is_approval_given, label, leads_to_work, way_to, yes_or_no
from engine.bpmn.repairs.stand_ins import plan_step
from engine.bpmn.repairs.workbench import Workbench


def call_before(gateway: Node) -> Node | None:
    """The call right before the decision, seen through plain events; None where it may also be come to otherwise."""
    current = gateway
    while gateway.type is NodeType.EXCLUSIVE and len(gateway.outgoing) > 1 and len(current.incoming) == 1:
        current = current.incoming[0].source
        if current.calls is not None:
            return current if len(current.outgoing) == 1 else None
        if current.type is not NodeType.THROW or current.events or len(current.outgoing) != 1:
            return None
    return None


def called_first(process: Process) -> Iterator[Process]:
    """The maps that ``process`` calls, directly or not, each behind those that it calls, and itself at the end."""
    seen = {process}
    waiting = [(process, _called_by(process))]
    while waiting:
        current, called = waiting[-1]
        further = next((one for one in called if one not in seen), None)
        if further is None:
            waiting.pop()
            yield current
        else:
            seen.add(further)
            waiting.append((further, _called_by(further)))


def _called_by(process: Process) -> Iterator[Process]:
    return (node.calls for node in process.scope.all_nodes() if node.calls is not None)


def follow_called(workbench: Workbench, gateway: Node) -> bool:
    """Whether the approvals in the map that is called right before decide; then the arrows are settled."""
    call = call_before(gateway)
    routes = _routes(gateway, call) if call is not None and not asks_a_person(gateway) else None
    approvals = approvals_in(call) if call is not None else []
    if call is None or routes is None or not approvals or not _runs_once(call):
        return False
    step = insert_before(workbench.sales_map, gateway, NodeType.USER_TASK, "choice")
    plan = plan_step(step, StepKind.CHOICE, synthetic=True)
    step.name = gateway.name
    plan.outcomes = [way_to(flow) for flow in gateway.outgoing]
    offered = tuple(dict.fromkeys(one for outcomes in routes.values() for one in outcomes))
    for flow, outcomes in routes.items():
        flow.condition = OutcomeCondition(steps=(call.id,), outcomes=(*outcomes, flow.id), otherwise=step.id)
    certain = insert_before(workbench.sales_map, step, NodeType.EXCLUSIVE, "certain")
    certain.settled = True
    certain.default = certain.outgoing[0]
    decided = workbench.sales_map.connect(certain, gateway)
    decided.condition = OutcomeCondition(steps=(call.id,), outcomes=offered)
    call.heard = CalledApprovals(steps=tuple(one.id for one in approvals), outcomes=offered)
    workbench.noticed.info(
        "CALLED_APPROVALS_FOLLOWED",
        gateway,
        called=call.title,
        steps=", ".join(one.title for one in approvals),
        ways=", ".join(label(flow) for flow in gateway.outgoing),
    )
    return True


def _routes(gateway: Node, call: Node) -> Routes | None:
    """Where approval, return and rejection lead; None where the labels may be about anything else.

    Every arrow has to speak, and the one for approval of nothing but that: "Approved with remarks" is no approval.
    """
    labels = [label(flow) for flow in gateway.outgoing]
    if any(map(speaks_of_outsiders, (gateway.name, *labels))):
        return None
    by_words = routes_by_words(gateway)
    if by_words is not None and any(map(leads_to_work, by_words)):
        return None
    known = words_of(call.name) + words_of(call.calls.name if call.calls is not None else "")
    answered = [flow for flow in gateway.outgoing if yes_or_no(label(flow)) is not None]
    if (answered or by_words is None) and not _asks_whether_approved(gateway.name, known):
        return None
    routes = complete_routes(gateway, by_words, known)
    if routes is None or len(answered) + len(by_words or ()) < len(routes):
        return None
    approved = [flow for flow, outcomes in routes.items() if outcomes == (OutcomeKind.APPROVED,)]
    return routes if len(approved) == 1 and _says_only_approved(approved[0], known) else None


def _asks_whether_approved(question: str, known: Collection[str]) -> bool:
    """Whether it asks for nothing but whether all was approved, of whatever the call is called by: ``known``."""
    words = words_of(question)
    given = [word for word in words if is_approval_given(word)]
    return bool(given) and all(word in given or word in AROUND or is_among(word, known) for word in words)


def _says_only_approved(flow: Flow, known: Collection[str]) -> bool:
    first, *others = words_of(label(flow))
    speaks = yes_or_no(first) is True or approval_outcome(first) is OutcomeKind.APPROVED
    return speaks and all(is_approval_given(one) or one in AROUND or is_among(one, known) for one in others)


def _runs_once(call: Node) -> bool:
    """Whether each approval in the called map has one place, and nothing repeats it without leading back to it."""
    if call.loop_rule is not None:
        return False
    called = [call]
    seen: set[Process] = set()
    for one in called:
        if one.calls is None or one.calls in seen:
            return False
        seen.add(one.calls)
        for node in one.calls.scope.all_nodes():
            if node.loop_rule is not None and approvals_in(node):
                return False
            if node.calls is not None and approvals_in(node):
                called.append(node)
    return True
