"""What an inclusive join looks up while it waits: from where in its scope a token can still come to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from engine.bpmn.activities import Withdrawal
from engine.bpmn.joins import InclusiveGateway, ParallelGateway

Specs = Mapping[str, Any]  # all of a scope, by name


def look_ahead(joins: Collection[InclusiveGateway], specs: Specs, withdrawals: Collection[Withdrawal]) -> None:
    """Write into each of ``joins`` what it asks when a token comes to it. ``withdrawals`` are those of the scope."""
    if not joins:
        return
    before = _specs_before(specs)
    by_itself = _specs_before(specs, beside=False)
    coming = _coming_by_themselves(withdrawals, specs, before)
    for gateway in joins:
        gateway.reachable, gateway.beside = _reachable(gateway, withdrawals, before, by_itself)
        around = [coming[one.name] for one in withdrawals if gateway.name in one.withdrawn]
        gateway.withdrawing = frozenset().union(*around) if len(around) != 1 else around[0]


def _specs_before(specs: Specs, *, beside: bool = True) -> Mapping[str, list[str]]:
    """Whence a token comes to each spec; ``beside``: also by events that send one beside their host's own."""
    before: dict[str, list[str]] = defaultdict(list)
    for spec in specs.values():
        for name in spec._inputs:  # noqa: SLF001  # names, where ``inputs`` would look each spec up
            before[spec.name].append(name)
        for event in getattr(spec, "boundary", ()):
            if beside or specs[event].cancel_activity:
                before[event].append(spec.name)
    return before


def _coming_by_themselves(
    withdrawals: Collection[Withdrawal], specs: Specs, before: Mapping[str, list[str]]
) -> dict[str, frozenset[str]]:
    """By withdrawal, the specs from which a token can come to it and never has to wait for another one."""
    joins = {
        spec.name
        for spec in specs.values()
        if isinstance(spec, ParallelGateway | InclusiveGateway) and len(spec._inputs) > 1  # noqa: SLF001  # as above
    }
    return {one.name: frozenset(_upstream(one.name, joins, before)) for one in withdrawals}


def _reachable(
    gateway: InclusiveGateway,
    withdrawals: Collection[Withdrawal],
    before: Mapping[str, list[str]],
    by_itself: Mapping[str, list[str]],
) -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Per spec name, the incoming flows of ``gateway`` that a token there can reach without visiting it.

    Flows are named by the spec that they come from. A boundary event is reached through its host. A withdrawal that
    takes the tokens at ``gateway`` leads out of the part of the map that the gateway stands in, as an error would. Then
    the same by ways on which the token of the flow itself stays, and that it goes itself: what an event sends beside
    its host is no reason not to wait for the host.
    """
    around = {gateway.name, *(one.name for one in withdrawals if gateway.name in one.withdrawn)}
    stops = dict.fromkeys(gateway._inputs, around)  # noqa: SLF001  # as above
    taking = {source: around | {one.name for one in withdrawals if source in one.withdrawn} for source in stops}
    reachable = _leading_to(stops, before)
    if by_itself == before and taking == stops:
        return reachable, reachable
    return reachable, _leading_to(taking, by_itself)


def _leading_to(stops: Mapping[str, set[str]], before: Mapping[str, list[str]]) -> dict[str, frozenset[str]]:
    """Per spec name, those of ``stops`` that a token there can reach without visiting what stops it."""
    reached: dict[str, set[str]] = defaultdict(set)
    for source, barriers in stops.items():
        for name in _upstream(source, barriers, before):
            reached[name].add(source)
    return {name: frozenset(sources) for name, sources in reached.items()}


def _upstream(name: str, barriers: set[str], before: Mapping[str, list[str]]) -> Iterator[str]:
    seen = set(barriers)
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield name
            waiting.extend(before.get(name, ()))
