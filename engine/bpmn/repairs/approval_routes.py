"""Decisions that approvals make: the labels of the arrows say where approval, return and rejection lead.

Behind a join, all approvals that feed it since the split decide together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.bpmn.compiled import Outcome, OutcomeCondition, OutcomeKind, StepKind
from engine.bpmn.map_model import SUB_PROCESSES, Flow, Node, NodeType, Process
from engine.bpmn.repairs.answered_decisions import asks_a_person
from engine.bpmn.repairs.approval_questions import ask_whether_approved, words_about
from engine.bpmn.repairs.dominators import immediate_dominators
from engine.bpmn.repairs.labels import approval_outcome, label, leads_to_work, yes_or_no
from engine.bpmn.repairs.workbench import Workbench

APPROVAL_OUTCOMES = (OutcomeKind.APPROVED, OutcomeKind.RETURNED, OutcomeKind.REJECTED)
_NEGATIVE = (OutcomeKind.RETURNED, OutcomeKind.REJECTED)
JOINS = (NodeType.PARALLEL, NodeType.INCLUSIVE, NodeType.COMPLEX)

Routes = dict[Flow, tuple[OutcomeKind, ...]]


def route_approvals(workbench: Workbench, gateway: Node) -> bool:
    """Whether the gateway is decided by approvals; then its arrows and their buttons are settled."""
    by_words = routes_by_words(gateway)
    declared, candidates = _deciding(workbench, gateway)
    speaks = by_words is not None and len(by_words) == len(gateway.outgoing) and not any(map(leads_to_work, by_words))
    steps = declared or (candidates if speaks else [])
    known, asked_again = words_about(declared), bool(declared) and _are_asked_again(workbench, gateway)
    routes = complete_routes(gateway, by_words, known, asked_again=asked_again) if declared else by_words
    if declared and routes is None and not asks_a_person(gateway):
        _say_what_is_asked_instead(workbench, gateway, declared, known, asked_again=asked_again)
    if not steps or routes is None:
        return False
    for step in steps:
        _give_buttons(step, routes.values())
    ids = tuple(step.id for step in steps)
    for flow, outcomes in routes.items():
        flow.condition = OutcomeCondition(steps=ids, outcomes=tuple(outcomes))
    workbench.noticed.info("APPROVAL_ROUTED", gateway, steps=", ".join(step.title for step in steps))
    return True


def routes_by_words(gateway: Node) -> Routes | None:
    """The arrows whose labels are words of an approval; None unless approval and its contrary are among them."""
    routes: Routes = {}
    for flow in gateway.outgoing:
        outcome = approval_outcome(label(flow))
        if outcome is not None and all(outcome not in taken for taken in routes.values()):
            routes[flow] = (outcome,)
    kinds = {outcome for outcomes in routes.values() for outcome in outcomes}
    return routes if kinds else None


def _are_asked_again(workbench: Workbench, gateway: Node) -> bool:
    """Whether no, behind the approvals, leads to nothing but where all of them are asked for again."""
    answers = _answers_beside_words(gateway)
    source = origin_of(gateway)
    if answers is None or source is None:
        return False
    begin = split_of(workbench, source) if source.type in JOINS else source
    seen: set[Node] = set()
    waiting = [answers[1].target]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if node is begin:
            continue
        if not node.outgoing or node is gateway:
            return False
        waiting += [*(flow.target for flow in node.outgoing), *node.boundaries]
    return begin in seen


def _say_what_is_asked_instead(
    workbench: Workbench, gateway: Node, steps: list[Node], known: Collection[str], *, asked_again: bool
) -> None:
    answers = _answers_beside_words(gateway)
    if answers is not None and not ask_whether_approved(gateway.name, *answers, known, asked_again=asked_again):
        titles = ", ".join(step.title for step in steps)
        workbench.noticed.warning("DECISION_ASKS_SOMETHING_ELSE", gateway, steps=titles)


def complete_routes(
    gateway: Node, routes: Routes | None, about: Collection[str], *, asked_again: bool = False
) -> Routes | None:
    """Routes for every arrow behind a declared approval: yes and no count, and one silent arrow takes the rest.

    ``about`` are the words by which the approval is called; yes and no count where the decision asks for that.
    ``asked_again``: no leads to nothing but the approval.

    Beside arrows for some of the outcomes, yes is the approval, and no all the others that are left. None where a
    rejection might go by an arrow for what was approved: the question asks for something else, or two arrows speak
    of an approval. For the same reason the silent arrow, where it takes an approval, takes nothing else.
    """
    known = routes or {}
    taken = {outcome for outcomes in known.values() for outcome in outcomes}
    rest = tuple(outcome for outcome in APPROVAL_OUTCOMES if outcome not in taken)
    silent = [flow for flow in gateway.outgoing if flow not in known]
    if any(approval_outcome(label(flow)) is OutcomeKind.APPROVED for flow in silent):
        return None
    answers = _answers(silent)
    if answers is not None:
        if not ask_whether_approved(gateway.name, *answers, about, asked_again=asked_again):
            return None
        yes, no = rest[:1], rest[1:]
        return known | {answers[0]: yes, answers[1]: no} if yes == (OutcomeKind.APPROVED,) and no else None
    if not known or len(silent) > 1 or (silent and not rest):
        return None
    approved = OutcomeKind.APPROVED in rest
    if any(yes_or_no(label(flow)) is not approved for flow in silent if yes_or_no(label(flow)) is not None):
        return None
    return known | dict.fromkeys(silent, rest[:1] if approved else rest)


def _answers_beside_words(gateway: Node) -> tuple[Flow, Flow] | None:
    """The arrows for yes and for no, beside those that speak of an approval."""
    return _answers([flow for flow in gateway.outgoing if approval_outcome(label(flow)) is None])


def _answers(flows: list[Flow]) -> tuple[Flow, Flow] | None:
    """The arrows for yes and for no, if ``flows`` are just these."""
    answers = {yes_or_no(label(flow)): flow for flow in flows}
    return (answers[True], answers[False]) if len(flows) == len(answers) and answers.keys() == {True, False} else None


def _give_buttons(step: Node, routes: Iterable[tuple[OutcomeKind, ...]]) -> None:
    """The buttons that lead somewhere. A step that decides at two gateways keeps the buttons of both."""
    plan = step.step
    if plan is None:
        return
    plan.kind = StepKind.APPROVAL
    offered = {outcome for outcomes in routes for outcome in outcomes} | {OutcomeKind.APPROVED}
    offered |= {outcome.kind for outcome in plan.outcomes if outcome.kind in APPROVAL_OUTCOMES}
    plan.outcomes = approval_buttons(offered)


def approval_buttons(kinds: Iterable[OutcomeKind] = APPROVAL_OUTCOMES) -> list[Outcome]:
    offered = set(kinds)
    return [
        Outcome(id=kind, kind=kind, needs_reason=kind in _NEGATIVE) for kind in APPROVAL_OUTCOMES if kind in offered
    ]


def _deciding(workbench: Workbench, gateway: Node) -> tuple[list[Node], list[Node]]:
    """(steps declared as approvals, steps that may become approvals by the labels behind them)."""
    source = origin_of(gateway)
    if source is None:
        return [], []
    if source.is_human:
        return ([source], []) if is_approval(source) else ([], [source] if _may_become(source) else [])
    if source.type in SUB_PROCESSES and source.inside is not None and source.loop_rule is None:
        return [node for node in source.inside.all_nodes() if is_approval(node)], []
    if source.type in JOINS and len(source.incoming) > 1:
        return _feeding(workbench, source)
    return [], []


def origin_of(gateway: Node) -> Node | None:
    """What comes right before the decision, seen through other decisions of the same approval and plain events."""
    seen = {gateway}
    current = gateway
    while len(current.incoming) == 1:
        source = current.incoming[0].source
        passes = source.type is NodeType.EXCLUSIVE or (source.type is NodeType.THROW and not source.events)
        if source in seen or not passes:
            return source
        seen.add(source)
        current = source
    return None


def is_approval(node: Node) -> bool:
    return node.step is not None and node.step.kind is StepKind.APPROVAL


def approvals_in(node: Node) -> list[Node]:
    """The approvals that are asked for while a token is at ``node``, in parts and called maps of whatever depth."""
    standing = [node]
    if node.inside is not None and not node.triggered_by_event:
        standing += node.inside.all_nodes()
    called: set[Process] = set()
    for one in standing:
        if one.calls is not None and one.calls not in called:
            called.add(one.calls)
            standing += one.calls.scope.all_nodes()
    return [one for one in standing if is_approval(one)]


def _may_become(node: Node) -> bool:
    plan = node.step
    return (
        plan is not None
        and plan.kind is StepKind.USER
        and [outcome.kind for outcome in plan.outcomes] == [OutcomeKind.COMPLETED]
        and len(node.outgoing) == 1
        and node.loop_rule is None
    )


def _feeding(workbench: Workbench, join: Node) -> tuple[list[Node], list[Node]]:
    """The approvals between the split and ``join``; without any, the last human step of every branch."""
    split = split_of(workbench, join)
    region = _between(split, join) if split is not None else set()
    inside = [node for node in join.scope.nodes if node in region]
    nested = [inner for node in inside if node.inside is not None for inner in node.inside.all_nodes()]
    declared = [node for node in (*inside, *nested) if is_approval(node)]
    last = [flow.source for flow in join.incoming]
    return declared, last if all(_may_become(node) for node in last) else []


def _between(split: Node, join: Node) -> set[Node]:
    """The nodes on paths from ``split`` to ``join`` that pass neither on the way."""
    forward: set[Node] = set()
    waiting = [flow.target for flow in split.outgoing]
    while waiting:
        node = waiting.pop()
        if node not in forward and node not in (split, join):
            forward.add(node)
            waiting += [flow.target for flow in node.outgoing]
            waiting += node.boundaries
    backward: set[Node] = set()
    waiting = [flow.source for flow in join.incoming]
    while waiting:
        node = waiting.pop()
        if node not in backward and node not in (split, join):
            backward.add(node)
            waiting += [flow.source for flow in node.incoming]
            if node.host is not None:
                waiting.append(node.host)
    return forward & backward


def split_of(workbench: Workbench, join: Node) -> Node | None:
    """The last node that every path to ``join`` passes: its immediate dominator."""
    return workbench.as_drawn_now(join.scope, immediate_dominators).get(join)
