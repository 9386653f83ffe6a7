"""A person stands in where the engine cannot do what was drawn."""

from __future__ import annotations

from engine.bpmn.compiled import Outcome, OutcomeKind, StepKind
from engine.bpmn.map_model import Node, NodeType, StepPlan
from engine.bpmn.map_properties import Property
from engine.bpmn.repairs.approval_text import approval_rule

COMPLETED = Outcome(id=OutcomeKind.COMPLETED, kind=OutcomeKind.COMPLETED)


def plan_step(node: Node, kind: StepKind, *, synthetic: bool = False) -> StepPlan:
    """Make ``node`` a human step with the plain button."""
    node.type = NodeType.USER_TASK
    node.inside = None
    node.events = []
    node.step = StepPlan(kind, outcomes=[COMPLETED], fields=list(node.annotation.fields), synthetic=synthetic)
    return node.step


def plan_human(node: Node) -> StepPlan:
    """A task drawn for a person: an approval where the owner says so."""
    said = node.annotation.text(Property.APPROVAL)
    return plan_step(node, StepKind.APPROVAL if approval_rule(said) is not None else StepKind.USER)


def confirm_by_person(node: Node) -> StepPlan:
    """Somebody confirms that it is done."""
    return plan_step(node, StepKind.CONFIRM)


def happened_by_person(node: Node) -> StepPlan:
    """Somebody says that it has happened."""
    return plan_step(node, StepKind.EVENT)
