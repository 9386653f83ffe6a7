"""The decision tables of a map as its page shows them: columns, rules, and in words which of the rules count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.bpmn.dmn.model import Aggregator, DecisionTable, HitPolicy, LiteralDecision, ValueKind
from engine.errors import N_
from engine.queries.definitions import DefinitionDecision
from webui.i18n import _

_POLICIES = {
    HitPolicy.UNIQUE: N_("exactly one rule may match"),
    HitPolicy.ANY: N_("several rules may match if they give the same"),
    HitPolicy.PRIORITY: N_("of the rules that match, the most important result counts"),
    HitPolicy.FIRST: N_("the first rule that matches counts"),
    HitPolicy.COLLECT: N_("all rules that match count"),
    HitPolicy.RULE_ORDER: N_("all rules that match count, in their order"),
    HitPolicy.OUTPUT_ORDER: N_("all rules that match count, the most important result first"),
}
_AGGREGATORS = {
    Aggregator.SUM: N_("the sum of all rules that match"),
    Aggregator.MIN: N_("the smallest of all rules that match"),
    Aggregator.MAX: N_("the largest of all rules that match"),
    Aggregator.COUNT: N_("how many rules match"),
}
_KINDS = {
    ValueKind.ANY: "",
    ValueKind.TEXT: N_("text"),
    ValueKind.NUMBER: N_("number"),
    ValueKind.YES_NO: N_("yes or no"),
    ValueKind.DATE: N_("date"),
    ValueKind.MOMENT: N_("date and time"),
    ValueKind.TIME: N_("time"),
    ValueKind.DURATION: N_("duration"),
}
POLICY_WORDS = {
    **{policy.value: text for policy, text in _POLICIES.items()},
    **{f"{HitPolicy.COLLECT.value} {aggregator.value}": text for aggregator, text in _AGGREGATORS.items()},
}
"""By hit policy and aggregation as a file writes them, which of the rules that match count; marked for translation."""


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """``source`` is what an input looks at, or the name under which an output is kept."""

    label: str
    source: str
    kind: str
    allowed: str
    default: str = ""


@dataclass(frozen=True, slots=True)
class RuleLine:
    number: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    annotation: str


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """``policy`` is the hit policy in words; ``expression`` stands for a decision that has no table."""

    row: DefinitionDecision
    policy: str
    policy_name: str
    inputs: tuple[ColumnLine, ...] = ()
    outputs: tuple[ColumnLine, ...] = ()
    rules: tuple[RuleLine, ...] = ()
    has_annotations: bool = False
    expression: str = ""


def decision_lines(decisions: Iterable[DefinitionDecision]) -> tuple[DecisionLine, ...]:
    return tuple(_line(one) for one in decisions)


def _line(row: DefinitionDecision) -> DecisionLine:
    logic = row.decision.logic
    if isinstance(logic, LiteralDecision):
        return DecisionLine(row, policy="", policy_name="", expression=logic.text)
    rules = tuple(
        RuleLine(
            number=number,
            inputs=tuple(cell.text or "-" for cell in rule.inputs),
            outputs=tuple(cell.text or "-" for cell in rule.outputs),
            annotation="; ".join(filter(None, rule.annotations)),
        )
        for number, rule in enumerate(logic.rules, 1)
    )
    return DecisionLine(
        row=row,
        policy=policy_words(logic),
        policy_name=" ".join(filter(None, (logic.hit_policy.value, logic.aggregator and logic.aggregator.value))),
        inputs=tuple(ColumnLine(one.label, one.expression_text, _kind(one.kind), one.allowed) for one in logic.inputs),
        outputs=tuple(
            ColumnLine(one.label, one.name, _kind(one.kind), one.allowed, one.default_text) for one in logic.outputs
        ),
        rules=rules,
        has_annotations=any(rule.annotation for rule in rules),
    )


def policy_words(table: DecisionTable) -> str:
    """Which of the rules that match count."""
    return _(_AGGREGATORS[table.aggregator]) if table.aggregator is not None else _(_POLICIES[table.hit_policy])


def _kind(kind: ValueKind) -> str:
    return _(_KINDS[kind]) if _KINDS[kind] else ""
