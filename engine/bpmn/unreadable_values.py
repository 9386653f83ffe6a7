"""Dates, durations and numbers in expressions of a map that are none: ``deal.close_date > date("30.03.2026")``.

Every deal would stop where such an expression is evaluated. It is said at upload.
"""

from __future__ import annotations

from engine.bpmn.expressions import ConditionKind, classify, compile_expression
from engine.bpmn.expressions.fixed_values import unreadable_values
from engine.bpmn.facts_read import deciding_of
from engine.bpmn.repairs.workbench import Workbench


def say_unreadable_values(workbench: Workbench) -> None:
    """In conditions, in what loops are decided by, and in what script tasks assign."""
    assigned = ((node, text) for node in workbench.nodes() for _, text in node.assignments)
    decided = (one for process in workbench.processes for one in deciding_of(process))
    for at, text in (*decided, *assigned):
        for value in unreadable_values(compile_expression(text).tree):
            workbench.noticed.warning("VALUE_UNREADABLE", at, value=value, text=text)


def say_unreadable_on_arrows(workbench: Workbench) -> None:
    """The same of a map whose structure is broken: of what stands on arrows, whoever would have decided by it.

    The arrow that is taken otherwise is taken whatever stands on it.
    """
    for process in workbench.processes:
        for scope in process.scope.scopes():
            for flow in scope.flows():
                text = flow.condition_text
                if text and not flow.is_default and classify(text).kind is ConditionKind.EXPRESSION:
                    for value in unreadable_values(compile_expression(text).tree):
                        workbench.noticed.warning("VALUE_UNREADABLE", flow, value=value, text=text)
