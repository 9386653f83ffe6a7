"""Decisions: by the conditions on their arrows, or by asking "which way?"."""

from __future__ import annotations

import re

from engine.bpmn.compiled import ExpressionCondition, OutcomeCondition, StepKind
from engine.bpmn.expressions import ConditionKind, classify
from engine.bpmn.map_model import Node, NodeType, Process
from engine.bpmn.repairs.answered_decisions import (
    ask_all_or_some,
    ask_who_decides,
    asks_a_person,
    decide_as_answered,
    settle_default,
)
from engine.bpmn.repairs.approval_routes import route_approvals
from engine.bpmn.repairs.called_approvals import call_before, called_first, follow_called
from engine.bpmn.repairs.editing import insert_before
from engine.bpmn.repairs.inclusive_choices import ask_inclusive
from engine.bpmn.repairs.labels import label, way_to
from engine.bpmn.repairs.stand_ins import COMPLETED, plan_step
from engine.bpmn.repairs.workbench import Workbench

_COMPARES = re.compile(r"[<>≤≥=]\s*\d")  # a rule with a number, whoever is to apply it
_DECIDING = (NodeType.EXCLUSIVE, NodeType.INCLUSIVE)


def settle_decisions(workbench: Workbench, process: Process) -> None:
    """All but those right behind a call: the approvals in every called map have to be known before."""
    for gateway in tuple(process.scope.all_nodes()):
        if call_before(gateway) is None:
            _settle(workbench, gateway)


def settle_decisions_behind_calls(workbench: Workbench, process: Process) -> None:
    for one in called_first(process):
        for gateway in tuple(one.scope.all_nodes()):
            if call_before(gateway) is not None:
                _settle(workbench, gateway)


def _settle(workbench: Workbench, gateway: Node) -> None:
    if gateway.type not in _DECIDING or any(flow.condition is not None for flow in gateway.outgoing):
        return
    if len(gateway.outgoing) == 1 and gateway.outgoing[0].condition_text and not gateway.outgoing[0].is_default:
        workbench.noticed.warning("CONDITION_IGNORED", gateway, text=gateway.outgoing[0].condition_text)
    if len(gateway.outgoing) < 2 or decide_as_answered(workbench, gateway):  # noqa: PLR2004  # nothing to decide
        return
    if asks_a_person(gateway) or not _by_conditions(workbench, gateway):
        _ask(workbench, gateway)


def _by_conditions(workbench: Workbench, gateway: Node) -> bool:
    """Whether the arrows' own conditions decide; then they are taken over."""
    kinds = {flow: classify(flow.condition_text).kind for flow in gateway.outgoing}
    silent = [flow for flow, kind in kinds.items() if kind is ConditionKind.EMPTY and not flow.is_default]
    spoken = [flow for flow, kind in kinds.items() if kind is ConditionKind.EXPRESSION and not flow.is_default]
    decided = len(spoken) + len(silent) + (gateway.default is not None) == len(gateway.outgoing)
    if spoken and decided and len(silent) == 1 and gateway.default is None:
        workbench.noticed.info("IMPLICIT_DEFAULT", gateway, target=label(silent[0]))
        gateway.default = silent[0]
        silent = []
    if not spoken or silent or not decided:
        for flow, kind in kinds.items():
            if kind in (ConditionKind.REFUSED, ConditionKind.EXPRESSION):
                workbench.noticed.warning("CONDITION_NOT_UNDERSTOOD", flow, text=flow.condition_text)
            elif kind is ConditionKind.WORDS and _COMPARES.search(flow.condition_text):
                workbench.noticed.warning("CONDITION_ASKED", flow, text=flow.condition_text)
        return False
    for flow in spoken:
        flow.condition = ExpressionCondition(text=flow.condition_text)
    if gateway.default is None:
        settle_default(workbench, gateway)
    return True


def _ask(workbench: Workbench, gateway: Node) -> None:
    gateway.default = None
    if gateway.type is NodeType.INCLUSIVE:
        ask_all_or_some(workbench, gateway)
        ask_inclusive(workbench, gateway)
        return
    if route_approvals(workbench, gateway) or follow_called(workbench, gateway):
        return
    step = _decider(gateway)
    ask_who_decides(workbench, gateway, step)
    if step is None:
        step = _question(workbench, gateway)
    else:
        workbench.noticed.info("WAY_ASKED", step, ways=", ".join(label(flow) for flow in gateway.outgoing))
    if step.step is not None:
        step.step.outcomes = [way_to(flow) for flow in gateway.outgoing]
    for flow in gateway.outgoing:
        flow.condition = OutcomeCondition(steps=(step.id,), outcomes=(flow.id,))


def _decider(gateway: Node) -> Node | None:
    """The human step right before the gateway, if it leads nowhere else and decides nothing yet."""
    if len(gateway.incoming) != 1:
        return None
    step = gateway.incoming[0].source
    free = step.step is not None and step.step.outcomes == [COMPLETED] and step.step.kind is not StepKind.APPROVAL
    return step if free and len(step.outgoing) == 1 and step.loop_rule is None else None


def _question(workbench: Workbench, gateway: Node) -> Node:
    """A step that was not drawn asks the question that the gateway leaves open."""
    step = insert_before(workbench.sales_map, gateway, NodeType.USER_TASK, "choice")
    plan_step(step, StepKind.CHOICE, synthetic=True)
    step.name = gateway.name
    workbench.noticed.info("CHOICE_STEP_ADDED", gateway, ways=", ".join(label(flow) for flow in gateway.outgoing))
    return step
