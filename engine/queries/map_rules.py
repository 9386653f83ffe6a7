"""The rules of a map, and what becomes of them on one version."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess
from engine.model.map_rule import MapRule
from engine.model.process_definition import ProcessDefinition
from engine.policy.business_calendar import BusinessCalendar
from engine.policy.history_chain import canonical_json
from engine.policy.map_rules import Rule, RuleRun, run_rule
from engine.queries.calendars import default_calendar
from engine.queries.processes import process_of

_KEPT = 64


@dataclass(frozen=True, slots=True)
class KeptRule:
    """A rule with its place among the rules of its map, from 0."""

    position: int
    rule: Rule


def rules_of(session: Session, map_key: str) -> tuple[KeptRule, ...]:
    """In their order."""
    rows = session.scalars(select(MapRule).where(MapRule.map_key == map_key).order_by(MapRule.position))
    return tuple(
        KeptRule(row.position, Rule.model_validate({"name": row.name, "given": row.given, "expected": row.expected}))
        for row in rows
    )


def rule_runs(session: Session, definition: ProcessDefinition) -> tuple[RuleRun, ...]:
    """What becomes of the map's rules on a version; nothing on one that cannot run."""
    rules = [one.rule for one in rules_of(session, definition.key)]
    if not rules or definition.compiled is None:
        return ()
    return run_rules(process_of(session, definition.id), rules, calendar=default_calendar(session))


def run_rules(process: CompiledProcess, rules: Sequence[Rule], *, calendar: BusinessCalendar) -> tuple[RuleRun, ...]:
    """Each rule on ``process``. The same rules on the same map are answered from memory."""
    spelled = canonical_json([one.model_dump(mode="json") for one in rules]).decode()
    key = (process.content_hash, spelled, repr(calendar))
    known = _runs.get(key)
    if known is None:
        known = tuple(run_rule(process, rule, calendar=calendar) for rule in rules)
        _runs.keep(key, known)
    return known


class _Runs:
    """Runs by what they depend on, least recently used first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, ...], tuple[RuleRun, ...]] = OrderedDict()

    def get(self, key: tuple[str, ...]) -> tuple[RuleRun, ...] | None:
        with self._lock:
            runs = self._kept.get(key)
            if runs is not None:
                self._kept.move_to_end(key)
            return runs

    def keep(self, key: tuple[str, ...], runs: tuple[RuleRun, ...]) -> None:
        with self._lock:
            self._kept[key] = runs
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


_runs = _Runs()
