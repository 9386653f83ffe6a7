"""What steps decided, as the new version may read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from engine.bpmn.forward_order import forward_order
from engine.bpmn.variables import outcome_variable

if TYPE_CHECKING:
    from engine.bpmn.spec import ExecutableSpec


def renamed_outcomes(values: Mapping[str, Any], choices: Mapping[str, str | None]) -> dict[str, Any]:
    """The store as the new version reads it: an approval keeps what it decided before under the new id."""
    kept = dict(values)
    for old, new in choices.items():
        outcome = kept.get(outcome_variable(old))
        if new is not None and outcome is not None and outcome_variable(new) not in kept:
            kept[outcome_variable(new)] = outcome
    return kept


def forgotten_outcomes(
    old: ExecutableSpec,
    new: ExecutableSpec,
    sent: Mapping[str, str],
    choices: Mapping[str, str | None],
    stays: Iterable[str],
) -> frozenset[str]:
    """The steps, of either version, whose outcomes no condition may see any longer.

    ``sent`` says at which step the tokens of an old element go on. Where something that was there before lies ahead of
    it and did not lie ahead before, the deal goes back (or aside): all that lies ahead then belongs to an earlier
    round, unless it lies ahead of ``stays``, the elements at which other tokens wait on.
    """
    before, after = forward_order(old), forward_order(new)
    new_id = {one: choices.get(one) or one for one in old.lookups.steps if one not in sent}
    forgotten: set[str] = set()
    for element, chosen in sent.items():
        lay_ahead = {new_id.get(one, one) for one in before.ahead_of([element])}
        lies_ahead = after.ahead_of([chosen])
        if (lies_ahead - lay_ahead) & {*new_id, *new_id.values()}:
            forgotten |= lay_ahead | lies_ahead
    forgotten -= after.ahead_of(stays)
    return frozenset(one for one in (*old.lookups.steps, *new.lookups.steps) if new_id.get(one, one) in forgotten)
