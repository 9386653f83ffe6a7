"""Approvals that a deal passed by because of a value, and would come by if it passed there with another one.

Whoever changes that value behind the decision would not be asked for them any more.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Any

from engine.bpmn.compiled import CompiledProcess, StepKind
from engine.bpmn.counters import COUNTERS
from engine.bpmn.deciding_ways import Values, forks
from engine.bpmn.expressions import compile_expression
from engine.bpmn.forward_order import ForwardOrder, forward_order
from engine.bpmn.inspection import standing_in
from engine.bpmn.lookups import Lookups
from engine.bpmn.spec import build_spec
from engine.bpmn.variables import FACTS
from engine.errors import MapFailed


def spared_approvals(
    process: CompiledProcess, state: bytes, walked: Collection[str], before: Values, after: Values
) -> tuple[str, ...]:
    """The approvals that only the ways lead to which decisions behind the deal would take for the new values.

    ``walked`` are the elements that the deal has come by, ``before`` and ``after`` all that expressions read: the store
    of variables and the facts. What is decided anew lies ahead and is none of them. Raises UnreadableState.
    """
    was, now = dict(before), dict(after)
    if was == now:
        return ()
    spec = build_spec(process)
    order = forward_order(spec)
    ahead = order.ahead_of(standing_in(process, state))
    behind = frozenset(walked) - ahead
    given = frozenset(name for name in after if name not in FACTS and was.get(name) != now[name])
    computed = _Computed(process, spec.lookups, order, behind, given)
    missed: set[str] = set()
    for fork in forks(spec, order):
        if fork.element in behind:
            taken = fork.taken(computed.at(fork.element, was))
            others = fork.taken(computed.at(fork.element, now)) - taken
            missed |= order.ahead_of(others) - order.ahead_of(taken)
    return tuple(
        name for name, step in process.steps.items() if step.kind is StepKind.APPROVAL and name in missed - ahead
    )


class _Computed:
    """What the tables and scripts behind a deal would have made of other values, at each place behind it.

    ``given`` are names that keep the value which somebody gives them, whatever a script would make of it.
    """

    def __init__(
        self,
        process: CompiledProcess,
        lookups: Lookups,
        order: ForwardOrder,
        behind: Collection[str],
        given: frozenset[str],
    ) -> None:
        self._process, self._lookups, self._given = process, lookups, given
        self._private = COUNTERS | {one.item_variable for one in process.loops.values() if one.item_variable}
        computing = [one for one in (*lookups.decisions, *lookups.assignments) if one in behind]
        self._leading_to = {one: order.ahead_of([one]) for one in order.in_order(computing)}

    def at(self, element: str, values: Values) -> dict[str, Any]:
        """``values`` as they would be at ``element``. What is carried round a loop settles, or is left as it is."""
        known = dict(values)
        computing = [one for one, ahead in self._leading_to.items() if element in ahead]
        for _ in range(len(computing) + 1):
            earlier = dict(known)
            for one in computing:
                self._make(one, known)
            if known == earlier:
                break
        return known

    def _make(self, element: str, known: dict[str, Any]) -> None:
        """Let ``known`` hold what ``element`` makes of it, as far as that does not depend on the run of a loop."""
        decide = self._lookups.decisions.get(element)
        if decide is not None:
            with suppress(MapFailed):
                known |= {name: value for name, value in decide(known).kept.items() if name not in self._given}
        texts = self._process.assignments.get(element, ())
        for (name, text), (_, value) in zip(texts, self._lookups.assignments.get(element, ()), strict=True):
            read = compile_expression(text).names
            # What counts itself up has no value for one time: the last one that it had stands.
            if name in self._lookups.outcomes | self._given or "." in name or name in read or read & self._private:
                continue
            with suppress(MapFailed):
                known[name] = value(known)
