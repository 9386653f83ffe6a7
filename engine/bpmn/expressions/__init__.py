"""The expression language of sales maps: FEEL, JUEL and Python-style conditions, safe to run for anybody's map.

No text is handed to Python, no attribute of an object is reached, every size and every step is bounded.
"""

from engine.bpmn.expressions.assignments import compile_assignments
from engine.bpmn.expressions.condition import CompiledCondition, compile_condition
from engine.bpmn.expressions.dialects import is_marked as is_formula
from engine.bpmn.expressions.expression import CompiledExpression, compile_expression
from engine.bpmn.expressions.failures import ExpressionFailed, NullCondition
from engine.bpmn.expressions.recogniser import Classification, ConditionKind, classify, is_expression
from engine.bpmn.expressions.refusals import ExpressionRefused
from engine.bpmn.expressions.unary_tests import CompiledTests, compile_unary_tests
from engine.bpmn.expressions.values import kind_of

__all__ = [
    "Classification",
    "CompiledCondition",
    "CompiledExpression",
    "CompiledTests",
    "ConditionKind",
    "ExpressionFailed",
    "ExpressionRefused",
    "NullCondition",
    "classify",
    "compile_assignments",
    "compile_condition",
    "compile_expression",
    "compile_unary_tests",
    "is_expression",
    "is_formula",
    "kind_of",
]
