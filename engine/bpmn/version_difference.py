"""What two versions of a map do differently, element by element, as facts to put in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from engine.bpmn.compiled import CompiledProcess, Condition, ExpressionCondition, OutcomeCondition, StepDefinition
from engine.bpmn.dmn.model import Decision, DecisionTable
from engine.bpmn.outline import Outline, Spot, Way, outline_of
from engine.bpmn.version_changes import Change, ChangeKind, attribute_changes


class Mark(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


class Part(StrEnum):
    """What kind of thing differs."""

    MAP = "map"
    STEP = "step"
    ELEMENT = "element"  # an event, a decision, a call: what nobody is asked for
    WAY = "way"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Difference:
    """``before_id`` and ``now_id`` are the ids in the owners' files, empty where the thing is not there.

    ``after`` and ``before`` are the names of what stands next to something added or removed; of a way, its ends.
    ``is_told``: False for a way that is there, or leads elsewhere, only for a step added or removed at its end.
    """

    part: Part
    mark: Mark
    name: str
    before_id: str = ""
    now_id: str = ""
    changes: tuple[Change, ...] = ()
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    kind: str = ""
    is_told: bool = True


def version_difference(old: CompiledProcess, new: CompiledProcess) -> tuple[Difference, ...]:
    """The map's own differences first, then steps by stages in the new map's order, elements, ways, decision tables.

    An element is the same where its id is; a step that was drawn anew, where it alone bears the same name and kind.
    """
    comparison = _Comparison(old, new)
    return (
        *comparison.of_map(),
        *comparison.of_steps(),
        *comparison.of_elements(),
        *comparison.of_ways(),
        *comparison.of_tables(),
    )


class _Comparison:
    def __init__(self, old: CompiledProcess, new: CompiledProcess) -> None:
        self.old, self.new = old, new
        self.before, self.now = outline_of(old), outline_of(new)
        self.steps = same_steps(old.steps, new.steps)
        spots = {key: one for key, one in self.before.spots.items() if key not in old.steps}
        others = {key: one for key, one in self.now.spots.items() if key not in new.steps}
        self.spots = {key: key for key in spots if key in others}
        self.renamed_ids = {**self.spots, **self.steps}
        self.same_ways = self._same_ways()

    # the map ----------------------------------------------------------------------------------------------------
    def of_map(self) -> Iterator[Difference]:
        changes = []
        if self.old.name != self.new.name:
            changes.append(Change(ChangeKind.NAME, self.new.key, self.old.name, self.new.name))
        stages = [[one.name for one in sorted(each.stages, key=_position)] for each in (self.old, self.new)]
        if stages[0] != stages[1]:
            changes.append(Change(ChangeKind.STAGES, self.new.key, *stages))
        ladders = self.old.default_escalation, self.new.default_escalation
        if ladders[0] != ladders[1]:
            changes.append(Change(ChangeKind.ESCALATION, self.new.key, *ladders))
        if changes:
            yield Difference(Part.MAP, Mark.CHANGED, self.new.name, changes=tuple(changes))

    # steps ------------------------------------------------------------------------------------------------------
    def of_steps(self) -> Iterator[Difference]:
        found = {now: before for before, now in self.steps.items()}
        removed = [one for key, one in self.old.steps.items() if key not in self.steps]
        position = {one.name: one.position for one in self.old.stages} | {
            one.name: one.position for one in self.new.stages
        }
        last = len(position)
        told = [(step, self._of_step(found.get(key), step)) for key, step in self.new.steps.items()]
        told += [(step, self._gone(step)) for step in removed]
        told.sort(key=lambda one: position.get(one[0].stage, last))
        yield from (one for _, one in told if one is not None)

    def _of_step(self, before_id: str | None, step: StepDefinition) -> Difference | None:
        key = step.element_id
        if before_id is None:
            return Difference(
                Part.STEP,
                Mark.ADDED,
                step.name or step.source_id,
                now_id=step.source_id,
                after=self.now.names_before(key),
                before=self.now.names_after(key),
            )
        old = self.old.steps[before_id]
        changes = tuple(attribute_changes(old, step)) + tuple(self._set_up(before_id, key))
        if not changes:
            return None
        name = old.name or old.source_id
        return Difference(Part.STEP, Mark.CHANGED, name, old.source_id, step.source_id, changes)

    def _gone(self, step: StepDefinition) -> Difference:
        key = step.element_id
        return Difference(
            Part.STEP,
            Mark.REMOVED,
            step.name or step.source_id,
            before_id=step.source_id,
            after=self.before.names_before(key),
            before=self.before.names_after(key),
        )

    # what nobody is asked for -----------------------------------------------------------------------------------
    def of_elements(self) -> Iterator[Difference]:
        for key, spot in self.now.spots.items():
            if key in self.new.steps:
                continue
            if key in self.spots:
                changes = tuple(self._of_spot(self.before.spots[key], spot))
                if changes:
                    name = self.before.spots[key].name or spot.name or key
                    yield Difference(Part.ELEMENT, Mark.CHANGED, name, key, key, changes, kind=spot.kind)
            elif _is_worth_a_word(spot) and key not in self.old.steps:
                yield self._spot_alone(Mark.ADDED, spot, self.now)
        for key, spot in self.before.spots.items():
            is_gone = key not in self.spots and key not in self.old.steps and key not in self.new.steps
            if is_gone and _is_worth_a_word(spot):
                yield self._spot_alone(Mark.REMOVED, spot, self.before)

    def _spot_alone(self, mark: Mark, spot: Spot, outline: Outline) -> Difference:
        added = mark is Mark.ADDED
        return Difference(
            Part.ELEMENT,
            mark,
            spot.name,
            before_id="" if added else spot.id,
            now_id=spot.id if added else "",
            after=outline.named_from(spot.host) if spot.host else outline.names_before(spot.id),
            before=outline.names_after(spot.id),
            kind=spot.kind,
        )

    def _of_spot(self, before: Spot, now: Spot) -> Iterator[Change]:
        if before.name != now.name:
            yield Change(ChangeKind.NAME, now.id, before.name, now.name)
        if (before.kind, before.event) != (now.kind, now.event):
            yield Change(ChangeKind.KIND, now.id, before.kind, now.kind)
        if before.called != now.called:
            yield Change(ChangeKind.CALLED, now.id, before.called, now.called)
        yield from self._set_up(before.id, now.id)

    def _set_up(self, before_id: str, now_id: str) -> Iterator[Change]:
        """Timers, messages, loops, calls and what is written by itself."""
        for kind, table in _TABLES:
            before, now = getattr(self.old, table).get(before_id), getattr(self.new, table).get(now_id)
            if before != now:
                yield Change(kind, now_id, before, now)
        conditions = self.old.conditions.get(before_id), self.new.conditions.get(now_id)  # of a conditional event
        if conditions[0] != conditions[1]:
            yield Change(ChangeKind.CONDITION, now_id, *conditions)

    # ways -------------------------------------------------------------------------------------------------------
    def of_ways(self) -> Iterator[Difference]:
        same = self.same_ways
        found = {now: before for before, now in same.items()}
        for key, way in self.now.ways.items():
            if key not in found:
                yield self._way_alone(Mark.ADDED, way, self.now, self.renamed_ids.values())
                continue
            before = self.before.ways[found[key]]
            changes = tuple(self._of_way(before, way))
            if changes:
                yield self._changed_way(before, way, changes)
        for key, way in self.before.ways.items():
            if key not in same:
                yield self._way_alone(Mark.REMOVED, way, self.before, self.renamed_ids.keys())

    def _same_ways(self) -> dict[str, str]:
        """By id, else by both ends."""
        same = {key: key for key in self.before.ways if key in self.now.ways}
        ends: dict[tuple[str, str], list[str]] = defaultdict(list)
        for key, way in self.now.ways.items():
            if key not in same:
                ends[way.source, way.target].append(key)
        for key, way in self.before.ways.items():
            alike = ends.get((self.renamed_ids.get(way.source, ""), self.renamed_ids.get(way.target, "")), [])
            if key not in same and alike:
                same[key] = alike.pop(0)
        return same

    def _of_way(self, before: Way, now: Way) -> Iterator[Change]:
        if before.name != now.name:
            yield Change(ChangeKind.NAME, now.id, before.name, now.name)
        if self.renamed_ids.get(before.source) != now.source:
            yield Change(
                ChangeKind.COMES_FROM, now.id, self.before.named_from(before.source), self.now.named_from(now.source)
            )
        if self.renamed_ids.get(before.target) != now.target:
            yield Change(
                ChangeKind.LEADS_TO, now.id, self.before.named_to(before.target), self.now.named_to(now.target)
            )
        conditions = self.old.conditions.get(before.id), self.new.conditions.get(now.id)
        if self._rule(conditions[0]) != _rule(conditions[1]):
            yield Change(ChangeKind.CONDITION, now.id, *conditions)
        if before.is_default != now.is_default:
            yield Change(ChangeKind.DEFAULT, now.id, before.is_default, now.is_default)

    def _rule(self, condition: Condition | None) -> Any:
        """A condition of the old version, by the ids of the new one."""
        if isinstance(condition, OutcomeCondition):
            steps = tuple(self.renamed_ids.get(one, one) for one in condition.steps)
            outcomes = tuple(self.same_ways.get(one, one) for one in condition.outcomes)
            otherwise = self.renamed_ids.get(condition.otherwise, condition.otherwise)
            condition = condition.model_copy(update={"steps": steps, "outcomes": outcomes, "otherwise": otherwise})
        return _rule(condition)

    def _changed_way(self, before: Way, now: Way, changes: tuple[Change, ...]) -> Difference:
        return Difference(
            Part.WAY,
            Mark.CHANGED,
            before.name,
            before.id,
            now.id,
            changes,
            after=self.before.named_from(before.source),
            before=self.before.named_to(before.target),
            is_told=not self._only_makes_room(before, now, changes),
        )

    def _only_makes_room(self, before: Way, now: Way, changes: tuple[Change, ...]) -> bool:
        """Whether a way merely leads elsewhere because of a step that is added or removed at its end."""
        kept = set(self.renamed_ids.values())
        is_between_kept = {before.source, before.target} <= self.renamed_ids.keys() and {now.source, now.target} <= kept
        return not is_between_kept and all(one.kind in _ENDS for one in changes)

    def _way_alone(self, mark: Mark, way: Way, outline: Outline, known: Iterable[str]) -> Difference:
        added, kept = mark is Mark.ADDED, set(known)
        return Difference(
            Part.WAY,
            mark,
            way.name,
            before_id="" if added else way.id,
            now_id=way.id if added else "",
            after=outline.named_from(way.source),
            before=outline.named_to(way.target),
            is_told=way.source in kept and way.target in kept,
        )

    # decision tables --------------------------------------------------------------------------------------------
    def of_tables(self) -> Iterator[Difference]:
        before, now = self.old.decisions, self.new.decisions
        for key, decision in now.items():
            if key not in before:
                yield Difference(Part.TABLE, Mark.ADDED, decision.title)
            elif _logic(before[key]) != _logic(decision):
                changes = tuple(_table_changes(before[key], decision))
                yield Difference(Part.TABLE, Mark.CHANGED, decision.title, changes=changes)
        yield from (Difference(Part.TABLE, Mark.REMOVED, one.title) for key, one in before.items() if key not in now)


_ENDS = frozenset({ChangeKind.COMES_FROM, ChangeKind.LEADS_TO})
_TABLES = (
    (ChangeKind.TIMER, "timers"),
    (ChangeKind.MESSAGE, "messages"),
    (ChangeKind.REPEATS, "loops"),
    (ChangeKind.SERVICE, "calls"),
    (ChangeKind.WRITES, "assignments"),
    (ChangeKind.RESULT, "results"),
    (ChangeKind.DECIDES, "decision_tasks"),
)


def _position(stage: Any) -> int:
    position: int = stage.position
    return position


def _rule(condition: Condition | None) -> Any:
    """What a condition comes to: white space and the sign of an expression mean nothing."""
    if isinstance(condition, ExpressionCondition):
        return "".join(condition.text.split()).removeprefix("=")
    return condition


def _logic(decision: Decision) -> dict[str, Any]:
    """What a decision decides, wherever its rules stand in the file."""
    told = decision.logic.model_dump()
    for rule in told.get("rules", ()):
        del rule["line"]
    return told


def _table_changes(before: Decision, now: Decision) -> Iterator[Change]:
    """Rule by rule; none where columns or the kind of the decision differ, and rules cannot be compared."""
    old, new = before.logic, now.logic
    if not (isinstance(old, DecisionTable) and isinstance(new, DecisionTable)):
        return
    if (old.hit_policy, old.aggregator) != (new.hit_policy, new.aggregator):
        yield Change(ChangeKind.HIT_POLICY, now.source_id, old, new)
    if len(old.inputs) != len(new.inputs) or len(old.outputs) != len(new.outputs):
        return
    rules = _cells(old), _cells(new)
    for kind, start, end, new_start, new_end in SequenceMatcher(None, *rules, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        gone, come = range(start, end), range(new_start, new_end)
        for one, other in zip_longest(gone, come):
            number = str((one if one is not None else other or 0) + 1)
            cells = rules[0][one] if one is not None else None, rules[1][other] if other is not None else None
            yield Change(ChangeKind.RULE, number, *cells)


def _cells(table: DecisionTable) -> list[tuple[str, ...]]:
    """Each rule as its author wrote it."""
    rules = ([*(one.text for one in rule.inputs), *(one.text for one in rule.outputs)] for rule in table.rules)
    return [tuple(text or "-" for text in texts) for texts in rules]


def _is_worth_a_word(spot: Spot) -> bool:
    """What bears a name, and events that do something; a nameless gateway is only where arrows meet."""
    return bool(spot.name or spot.event or spot.called)


def same_steps(old: Mapping[str, StepDefinition], new: Mapping[str, StepDefinition]) -> dict[str, str]:
    """Ids of the new version by those of the old one: by id, else by name and kind where only one step has them."""
    same = {key: key for key in old if key in new}
    alike: dict[tuple[str, str], list[list[str]]] = defaultdict(lambda: [[], []])
    for side, steps in enumerate((old, new)):
        for key, step in steps.items():
            if key not in same and step.name:
                alike[step.name.casefold(), step.kind.value][side].append(key)
    return same | {before[0]: now[0] for before, now in alike.values() if len(before) == len(now) == 1}
