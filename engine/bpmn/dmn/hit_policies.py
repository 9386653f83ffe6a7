"""What a table gives when several rules match, or none (DMN 1.3, chapter 8.2.10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.bpmn.dmn.failures import NotAggregatable, RulesContradict, RulesDisagree
from engine.bpmn.dmn.model import Aggregator, HitPolicy
from engine.bpmn.expressions.budget import Budget
from engine.bpmn.expressions.comparison import equal
from engine.bpmn.expressions.list_functions import extreme, total


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matches, by its number from 1, with what it gives in the order of the output columns."""

    rule: int
    outputs: tuple[Any, ...]


# Per output column its allowed values from the most to the least important; None for a column that has no such order.
Priorities = Sequence[tuple[Any, ...] | None]


def choose(policy: HitPolicy, hits: Sequence[Hit], priorities: Priorities, table: str, budget: Budget) -> list[Hit]:
    """The hits that count, in the order in which they count. ``hits`` come in the order of the rules.

    Raises RulesContradict, RulesDisagree.
    """
    match policy:
        case HitPolicy.UNIQUE:
            if len(hits) > 1:
                raise RulesContradict(table=table, rules=numbers(hits))
            return list(hits)
        case HitPolicy.ANY:
            if any(not _agree(hits[0], other, budget) for other in hits[1:]):
                raise RulesDisagree(table=table, rules=numbers(hits))
            return list(hits[:1])
        case HitPolicy.FIRST:
            return list(hits[:1])
        case HitPolicy.PRIORITY:
            return _by_priority(hits, priorities, budget)[:1]
        case HitPolicy.OUTPUT_ORDER:
            return _by_priority(hits, priorities, budget)
        case HitPolicy.COLLECT | HitPolicy.RULE_ORDER:
            return list(hits)


def aggregate(aggregator: Aggregator, hits: Sequence[Hit], table: str) -> Any:
    """One value of the hits of a table with one output: of none, a count is 0 and anything else null.

    Raises NotAggregatable.
    """
    values = [hit.outputs[0] for hit in hits]
    if aggregator is Aggregator.COUNT:
        return len(values)
    if not values:
        return None
    combine = {Aggregator.SUM: total, Aggregator.MIN: extreme(min), Aggregator.MAX: extreme(max)}[aggregator]
    result = combine(values)
    if result is None:
        raise NotAggregatable(table=table, rules=numbers(hits))
    return result


def numbers(hits: Sequence[Hit]) -> str:
    """The numbers of the rules, as a person reads them."""
    return ", ".join(str(hit.rule) for hit in hits)


def _agree(one: Hit, other: Hit, budget: Budget) -> bool:
    return all(equal(left, right, budget) is True for left, right in zip(one.outputs, other.outputs, strict=True))


def _by_priority(hits: Sequence[Hit], priorities: Priorities, budget: Budget) -> list[Hit]:
    """Sorted by the first output that has an order, then by the next; rules of one priority keep their order."""

    def rank(hit: Hit) -> tuple[int, ...]:
        return tuple(
            next((place for place, value in enumerate(values) if equal(output, value, budget) is True), len(values))
            for output, values in zip(hit.outputs, priorities, strict=True)
            if values is not None
        )

    return sorted(hits, key=rank)
