"""A drawn table becomes one whose every cell is known to be readable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.bpmn.dmn.drawn import DrawnInput, DrawnOutput, DrawnRule, DrawnTable, DrawnText, identifier
from engine.bpmn.dmn.judging import Judge
from engine.bpmn.dmn.languages import is_feel
from engine.bpmn.dmn.limits import MAX_COLUMNS, MAX_RULES
from engine.bpmn.dmn.model import (
    CELL_VALUE,
    Aggregator,
    DecisionTable,
    HitPolicy,
    InputCell,
    OutputCell,
    TableInput,
    TableOutput,
    TableRule,
    ValueKind,
)
from engine.bpmn.dmn.value_kinds import kind_named
from engine.bpmn.expressions import compile_unary_tests
from engine.errors import N_

_ANY_VALUE: Final = frozenset({"", "-"})
_AGGREGATORS: Final[Mapping[str, Aggregator]] = {one.value: one for one in Aggregator}
_POLICIES: Final[Mapping[str, HitPolicy]] = {one.value: one for one in HitPolicy}


class TableBuilder:
    """``result_name`` and ``result_type`` are the decision's: those of an only output that has none of its own."""

    def __init__(self, drawn: DrawnTable, result_name: str, result_type: str, judge: Judge) -> None:
        self._drawn = drawn
        self._result_name = result_name
        self._result_type = result_type
        self._judge = judge

    def build(self) -> DecisionTable:
        """Raises Unusable after saying everything that is wrong with the table."""
        self._ensure_small()
        policy, aggregator = self._policy()
        inputs = tuple(self._input(one, place) for place, one in enumerate(self._drawn.inputs, 1))
        outputs = self._outputs()
        rules = tuple(self._rule(one, number, inputs, outputs) for number, one in enumerate(self._drawn.rules, 1))
        table = DecisionTable(
            hit_policy=policy,
            aggregator=aggregator,
            inputs=inputs,
            outputs=outputs,
            rules=rules,
            annotation_names=tuple(self._drawn.annotation_names),
        )
        self._ensure_policy_fits(table)
        self._judge.ensure_sound()
        return table

    def _ensure_small(self) -> None:
        if len(self._drawn.rules) > MAX_RULES:
            self._judge.refuse("DMN_TOO_LARGE", self._drawn.line, what=N_("rules"), limit=str(MAX_RULES))
        if len(self._drawn.inputs) + len(self._drawn.outputs) > MAX_COLUMNS:
            self._judge.refuse("DMN_TOO_LARGE", self._drawn.line, what=N_("columns"), limit=str(MAX_COLUMNS))

    def _policy(self) -> tuple[HitPolicy, Aggregator | None]:
        said = " ".join(self._drawn.hit_policy.replace("_", " ").upper().split()) or HitPolicy.UNIQUE.value
        policy = _POLICIES.get(said)
        if policy is None:
            self._judge.refuse("DMN_HIT_POLICY_UNKNOWN", self._drawn.line, policy=self._drawn.hit_policy)
        aggregation = self._drawn.aggregation.upper()
        if not aggregation or policy is not HitPolicy.COLLECT:
            return policy, None
        aggregator = _AGGREGATORS.get(aggregation)
        if aggregator is None:
            self._judge.refuse("DMN_AGGREGATOR_UNKNOWN", self._drawn.line, aggregator=self._drawn.aggregation)
        return policy, aggregator

    def _ensure_policy_fits(self, table: DecisionTable) -> None:
        """What the standard leaves without a meaning."""
        judge, line = self._judge, self._drawn.line
        if table.aggregator is not None and len(table.outputs) > 1:
            judge.error("DMN_AGGREGATION_OF_SEVERAL", line, aggregator=table.aggregator.value)
        if table.hit_policy.is_by_priority and not any(_lists_values(output) for output in table.outputs):
            judge.error("DMN_PRIORITY_WITHOUT_VALUES", line, policy=table.hit_policy.value)
        if not table.hit_policy.is_single and any(output.default for output in table.outputs):
            judge.error("DMN_DEFAULT_OF_SEVERAL", line, policy=table.hit_policy.value)
        if not table.outputs:
            judge.error("DMN_WITHOUT_OUTPUT", line)

    def _input(self, drawn: DrawnInput, place: int) -> TableInput:
        label = drawn.label or str(place)
        kind, allowed = self._type(drawn.type_name, drawn.allowed)
        if drawn.expression.text:
            expression = self._judge.expression(drawn.expression, "DMN_INPUT_NOT_UNDERSTOOD", column=label)
        else:
            expression = ""
            self._judge.error("DMN_INPUT_EMPTY", drawn.line, column=label)
        value_name = drawn.value_name if drawn.value_name.isidentifier() else CELL_VALUE
        return TableInput(
            label=label,
            expression=expression or "=null",
            expression_text=drawn.expression.text,
            kind=kind,
            allowed=self._allowed(allowed, label),
            value_name=value_name,
        )

    def _outputs(self) -> tuple[TableOutput, ...]:
        several = len(self._drawn.outputs) > 1
        outputs: list[TableOutput] = []
        for place, drawn in enumerate(self._drawn.outputs, 1):
            name = identifier(drawn.name) if drawn.name else self._result_name
            if several and (not drawn.name or any(name == other.name for other in outputs)):
                self._judge.error("DMN_OUTPUT_UNNAMED", drawn.line, column=drawn.label or str(place))
            outputs.append(self._output(drawn, name))
        return tuple(outputs)

    def _output(self, drawn: DrawnOutput, name: str) -> TableOutput:
        label = drawn.label or name
        only = len(self._drawn.outputs) == 1 and not _is_list(self._drawn)
        kind, allowed = self._type(drawn.type_name or (self._result_type if only else ""), drawn.allowed)
        default = ""
        if drawn.default.text not in _ANY_VALUE:
            default = self._judge.expression(drawn.default, "DMN_DEFAULT_NOT_UNDERSTOOD", column=label)
        return TableOutput(
            name=name,
            label=label,
            kind=kind,
            allowed=self._allowed(allowed, label),
            default=default,
            default_text=drawn.default.text,
        )

    def _type(self, type_name: str, allowed: DrawnText) -> tuple[ValueKind, DrawnText]:
        """The kind of a column and what it allows; a type of the file's own lends both."""
        kind = kind_named(type_name)
        if kind is not None:
            return kind, allowed
        base, of_type = self._judge.types.get(type_name.rpartition(":")[2], ("", DrawnText()))
        return kind_named(base) or ValueKind.ANY, allowed if allowed.text else of_type

    def _allowed(self, drawn: DrawnText, label: str) -> str:
        if drawn.text in _ANY_VALUE:
            return ""
        return self._judge.tests(drawn, "DMN_ALLOWED_NOT_UNDERSTOOD", column=label)

    def _rule(
        self, drawn: DrawnRule, number: int, inputs: tuple[TableInput, ...], outputs: tuple[TableOutput, ...]
    ) -> TableRule:
        rule = str(number)
        if len(drawn.inputs) != len(inputs) or len(drawn.outputs) != len(outputs):
            self._judge.refuse("DMN_RULE_CELLS", drawn.line, rule=rule)
        return TableRule(
            inputs=tuple(
                self._input_cell(cell, rule, column.label) for cell, column in zip(drawn.inputs, inputs, strict=True)
            ),
            outputs=tuple(
                self._output_cell(cell, rule, column.label) for cell, column in zip(drawn.outputs, outputs, strict=True)
            ),
            annotations=tuple(drawn.annotations),
            line=drawn.line,
        )

    def _input_cell(self, drawn: DrawnText, rule: str, column: str) -> InputCell:
        if drawn.text in _ANY_VALUE:
            return InputCell(text=drawn.text)
        if is_feel(drawn):
            tests = self._judge.tests(drawn, "DMN_CELL_NOT_UNDERSTOOD", rule=rule, column=column)
            return InputCell(text=drawn.text, tests=tests)
        condition = self._judge.expression(drawn, "DMN_CELL_NOT_UNDERSTOOD", rule=rule, column=column)
        return InputCell(text=drawn.text, condition=condition)

    def _output_cell(self, drawn: DrawnText, rule: str, column: str) -> OutputCell:
        if drawn.text in _ANY_VALUE:
            return OutputCell(text=drawn.text)
        expression = self._judge.expression(drawn, "DMN_CELL_NOT_UNDERSTOOD", rule=rule, column=column)
        return OutputCell(text=drawn.text, expression=expression)


def _is_list(drawn: DrawnTable) -> bool:
    """Whether the decision's type is that of a list of results, or of a count, and not that of one output."""
    policy = " ".join(drawn.hit_policy.replace("_", " ").upper().split())
    return policy in {HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER, HitPolicy.COLLECT}


def _lists_values(output: TableOutput) -> bool:
    return bool(output.allowed) and compile_unary_tests(output.allowed).values is not None
