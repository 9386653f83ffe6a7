"""An approval whose rejection nobody looks at would be no approval: that is an error."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.compiled import Condition, OutcomeCondition, OutcomeKind, StepKind
from engine.bpmn.executed_tables import expressions_of
from engine.bpmn.expressions import compile_condition, compile_expression
from engine.bpmn.map_model import Flow, Node, NodeType, Process
from engine.bpmn.repairs.approval_routes import approval_buttons
from engine.bpmn.repairs.workbench import Workbench

_NEGATIVE = (OutcomeKind.RETURNED, OutcomeKind.REJECTED)


def check_approvals(workbench: Workbench, process: Process) -> None:
    for node in process.scope.all_nodes():
        plan = node.step
        if plan is None or plan.kind is not StepKind.APPROVAL:
            continue
        ways = [outcome for outcome in plan.outcomes if outcome.kind is OutcomeKind.WAY]
        by_outcome = [outcome for outcome in plan.outcomes if outcome.kind in _NEGATIVE]
        conditions = [flow.condition for flow in _behind(node) if flow.condition is not None]
        repeats = _repeats_by_its_outcome(node)
        if not by_outcome:
            plan.outcomes = [*approval_buttons(), *ways]
        if repeats:
            continue
        if not any(_hears(condition, node.id, by_outcome=bool(by_outcome)) for condition in conditions):
            workbench.noticed.error("APPROVAL_IGNORED", node)
        elif not _heard_on_every_path(node, by_outcome=bool(by_outcome)):
            workbench.noticed.warning("APPROVAL_PARTLY_IGNORED", node)


def _repeats_by_its_outcome(node: Node) -> bool:
    """Whether it is repeated, alone or with what is around it, as its own outcome says."""
    current: Node | None = node
    while current is not None:
        texts = expressions_of(current.loop_rule) if current.loop_rule is not None else ()
        if any(f"{node.id}_outcome" in compile_expression(text).names for text in texts):
            return True
        current = current.scope.owner
    return False


def _hears(condition: Condition, step_id: str, *, by_outcome: bool) -> bool:
    if isinstance(condition, OutcomeCondition):
        return by_outcome and step_id in condition.steps
    return f"{step_id}_outcome" in compile_condition(condition.text).names


def _behind(step: Node) -> list[Flow]:
    """Every flow that a token can take after ``step``, also outside the sub-process that it stands in."""
    flows: list[Flow] = []
    seen: set[Node] = set()
    waiting = [step]
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        flows += node.outgoing
        waiting += [flow.target for flow in node.outgoing]
        waiting += node.boundaries
        if node.scope.owner is not None and not node.outgoing:
            waiting.append(node.scope.owner)
        if node is not step and node.inside is not None:
            waiting += node.inside.nodes
    return flows


def _heard_on_every_path(step: Node, *, by_outcome: bool) -> bool:
    """Whether no way from ``step`` to an end passes by every decision that looks at its outcome.

    Of parallel branches one that looks is enough. A way back to the step itself is no way to an end.
    """
    nodes = {flow.source for flow in _behind(step)} | {flow.target for flow in _behind(step)} | {step}
    heard = dict.fromkeys(nodes, True)
    changed = True
    while changed:
        changed = False
        for node in nodes:
            if heard[node] and not _is_heard(node, step, heard, by_outcome=by_outcome):
                heard[node] = False
                changed = True
    return heard[step]


def _is_heard(node: Node, step: Node, heard: Mapping[Node, bool], *, by_outcome: bool) -> bool:
    if any(
        flow.condition is not None and _hears(flow.condition, step.id, by_outcome=by_outcome) for flow in node.outgoing
    ):
        return True
    following = [flow.target for flow in node.outgoing]
    if not following:
        owner = node.scope.owner
        return owner is not None and heard.get(owner, True)
    answers = [target is step or heard.get(target, True) for target in following]
    return any(answers) if node.type is NodeType.PARALLEL else all(answers)
