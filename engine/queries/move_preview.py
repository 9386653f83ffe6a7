"""What moving running deals to another version would do, group by group."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from engine.bpmn.carrying_problems import CannotCarry, WouldGoOn
from engine.bpmn.compiled import StepDefinition
from engine.bpmn.standing import beside, elements_in, standing
from engine.bpmn.state_codec import UnreadableState
from engine.bpmn.version_changes import HARMLESS, Change
from engine.errors import DomainError, NotFound
from engine.model.deal import Deal
from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.version_move import (
    DeadlinePolicy,
)
from engine.policy.permissions import Ability, Actor
from engine.policy.version_moves import group_key
from engine.queries.carries import carry_of, depends_on_data, half_decided_elements, part_of
from engine.queries.processes import process_of
from engine.queries.scopes import ensure_sees
from engine.queries.version_moves import movable_instances

_AT_ONCE = 1_000
_EXAMPLES = 5
_JUDGED_EACH = 500  # of deals that stand alike, where their own data decide: some five milliseconds each
_JUDGED_BY_DATA = 1_000  # of all places together: a preview is a page that somebody waits for


class Verdict(StrEnum):
    GREEN = "green"  # nothing changes for whoever has the step
    AMBER = "amber"  # it goes on at the same place, and something is different there
    RED = "red"  # a person has to say where it goes on


@dataclass(frozen=True, slots=True)
class Place:
    """Where deals of a group stand in the old version. ``is_join``: a finished branch waits for the others there."""

    element_id: str
    name: str
    count: int
    is_join: bool = False


@dataclass(frozen=True, slots=True)
class MoveExample:
    deal_id: int
    number: str
    title: str


@dataclass(frozen=True, slots=True)
class MoveGroup:
    """Deals that stand alike. ``problems`` are DomainErrors; ``proposals`` gives, by an element without a counterpart,
    the step of the new version that bears the same name. ``examples`` are a few of the ``deals``. ``unseen`` of them
    are so many that nobody has looked at each: they are taken to be as the oldest, until their turn comes.
    """

    key: str
    from_definition_id: int
    from_version: int
    deals: int
    verdict: Verdict
    places: tuple[Place, ...]
    half_decided: tuple[str, ...]
    changes: tuple[Change, ...]
    problems: tuple[DomainError, ...]
    proposals: Mapping[str, str]
    examples: tuple[MoveExample, ...]
    unseen: int = 0


@dataclass(frozen=True, slots=True)
class MovePreview:
    """``targets`` are the steps of the new version that may be chosen, in its order.

    ``suspended`` counts the deals on other versions that cannot be moved until they are resumed.
    """

    definition_id: int
    key: str
    version: int
    name: str
    groups: tuple[MoveGroup, ...]
    targets: tuple[StepDefinition, ...]
    suspended: int = 0

    def deals(self, verdict: Verdict) -> int:
        return sum(group.deals for group in self.groups if group.verdict is verdict)

    @property
    def total(self) -> int:
        return sum(group.deals for group in self.groups)


def move_preview(
    session: Session,
    actor: Actor,
    definition_id: int,
    *,
    at: datetime,
    choices: Mapping[str, Any] | None = None,
    deadlines: DeadlinePolicy = DeadlinePolicy.KEEP,
    deal_ids: Sequence[int] | None = None,
    from_definition_ids: Sequence[int] | None = None,
) -> MovePreview:
    """What moving would do. Raises NotFound.

    Deals that stand alike are judged once, on the oldest of them; where a deal's own data decide, each by itself. Of
    very many the rest are told with the oldest, as not looked at: each is judged when its turn comes.
    """
    ensure_sees(actor, Ability.SEE_MAPS)
    definition = session.get(ProcessDefinition, definition_id)
    if definition is None or definition.compiled is None:
        raise NotFound
    grouped = _grouped(session, definition, deal_ids, from_definition_ids)
    each = min(_JUDGED_EACH, _JUDGED_BY_DATA // max(len(grouped), 1))
    judging = _Judging(session, definition, choices or {}, deadlines, at, each)
    groups = [part for group in grouped for part in judging.parts(group)]
    order = (Verdict.RED, Verdict.AMBER, Verdict.GREEN)
    return MovePreview(
        definition_id=definition.id,
        key=definition.key,
        version=definition.version,
        name=definition.name,
        groups=tuple(sorted(groups, key=lambda one: (order.index(one.verdict), -one.deals))),
        targets=tuple(process_of(session, definition_id).steps.values()),
        suspended=session.scalar(
            select(func.count()).select_from(
                movable_instances(
                    definition,
                    deal_ids=deal_ids,
                    from_definition_ids=from_definition_ids,
                    state=InstanceState.SUSPENDED,
                ).subquery()
            )
        )
        or 0,
    )


@dataclass(slots=True)
class _Group:
    key: str
    definition_id: int
    places: tuple[str, ...]
    half_decided: tuple[str, ...]
    instance_ids: list[int]


def _standing(state: bytes) -> tuple[str, ...]:
    """Deals whose state cannot be read make a group of their own, which is refused with the reason."""
    try:
        return standing(state)
    except UnreadableState:
        return ()


def _grouped(
    session: Session,
    definition: ProcessDefinition,
    deal_ids: Sequence[int] | None,
    from_definition_ids: Sequence[int] | None,
) -> Collection[_Group]:
    groups: dict[str, _Group] = {}
    wanted = movable_instances(definition, deal_ids=deal_ids, from_definition_ids=from_definition_ids)
    found = session.execute(wanted.add_columns(ProcessInstance.execution_state)).yield_per(_AT_ONCE)
    known: dict[tuple[int, tuple[str, ...], tuple[str, ...]], str] = {}
    for rows in found.partitions(_AT_ONCE):
        halves = half_decided_elements(session, [row.id for row in rows])
        for row in rows:
            places, half = _standing(row.execution_state), halves.get(row.id, ())
            alike = (row.definition_id, places, half)
            key = known.get(alike) or known.setdefault(alike, group_key(*alike))
            group = groups.get(key)
            if group is None:
                group = groups[key] = _Group(key, row.definition_id, places, half, [])
            group.instance_ids.append(row.id)
    return groups.values()


@dataclass(frozen=True, slots=True)
class _Judgement:
    """``part`` names the deals of a group that are judged alike, where the deals' own data decide."""

    part: str
    problems: tuple[DomainError, ...]
    changes: tuple[Change, ...] = ()
    chosen: bool = False

    @property
    def verdict(self) -> Verdict:
        harmless = not self.chosen and all(one.kind in HARMLESS for one in self.changes)
        return Verdict.RED if self.problems else Verdict.GREEN if harmless else Verdict.AMBER


@dataclass(frozen=True, slots=True)
class _Judging:
    """What becomes of the deals of each group in ``definition``."""

    session: Session
    definition: ProcessDefinition
    choices: Mapping[str, Any]
    deadlines: DeadlinePolicy
    at: datetime
    each: int  # of the deals of a group, how many beside the first are judged by their own data

    def parts(self, group: _Group) -> Iterable[MoveGroup]:
        """The whole group, or those of it that are judged alike: each deal by itself, where its own data decide."""
        first, is_of_all = self._judged(group, group.instance_ids[0])
        judgements, parts = {(first.part, first.changes): first}, {(first.part, first.changes): group.instance_ids[:1]}
        rest = group.instance_ids[1:]
        for instance_id in rest[: 0 if is_of_all else self.each]:
            one, _ = self._judged(group, instance_id)
            judgements.setdefault((one.part, one.changes), one)
            parts.setdefault((one.part, one.changes), []).append(instance_id)
        unseen = [] if is_of_all else rest[self.each :]
        parts[first.part, first.changes] += rest if is_of_all else unseen
        for key, one in judgements.items():
            is_part = len(parts) > 1 and one.part != ""
            told = self._told(group, one, parts[key], one.part if is_part or one.part in self.choices else group.key)
            yield replace(told, unseen=len(unseen)) if one is first else told

    def _judged(self, group: _Group, instance_id: int) -> tuple[_Judgement, bool]:
        """Of one deal; and whether it holds for all that stand alike."""
        instance = self.session.get_one(
            ProcessInstance,
            instance_id,
            options=(joinedload(ProcessInstance.deal).joinedload(Deal.client),),
        )
        new = process_of(self.session, self.definition.id)
        try:
            carry = carry_of(
                self.session, instance, self.definition.id, choices=self.choices, deadlines=self.deadlines, at=self.at
            )
        except CannotCarry as refused:
            is_of_all = not any(isinstance(one, WouldGoOn) for one in refused.problems)
            return _Judgement(part_of(group.key, refused), refused.problems), is_of_all
        except DomainError as failed:  # a timer of the new version cannot be counted for this deal
            return _Judgement(part_of(group.key, failed), (failed,)), False
        judgement = _Judgement(carry.part, (), carry.changes, bool(carry.chosen))
        return judgement, not (carry.part or depends_on_data(new, carry))

    def _told(self, group: _Group, one: _Judgement, instance_ids: Sequence[int], key: str) -> MoveGroup:
        session = self.session
        old, new = process_of(session, group.definition_id), process_of(session, self.definition.id)
        aside = beside(old)
        stands = tuple(place for place in group.places if not aside.intersection(elements_in((place,))))
        lacking = [place for place in elements_in(stands) if place not in new.elements and place not in new.steps]
        version = session.get_one(ProcessDefinition, group.definition_id).version
        return MoveGroup(
            key=key,
            from_definition_id=group.definition_id,
            from_version=version,
            deals=len(instance_ids),
            verdict=one.verdict,
            places=_places(stands, old.elements, old.steps),
            half_decided=group.half_decided,
            changes=one.changes,
            problems=one.problems,
            proposals=_proposals(lacking, old.steps, new.steps),
            examples=_examples(session, instance_ids[:_EXAMPLES]),
        )


def _places(
    places: tuple[str, ...], names: Mapping[str, str], steps: Mapping[str, StepDefinition]
) -> tuple[Place, ...]:
    counts = Counter((elements_in((place,))[0], "<" in place) for place in places)
    return tuple(
        Place(element, steps[element].name if element in steps else names.get(element) or element, count, is_join)
        for (element, is_join), count in counts.items()
    )


def _proposals(
    lacking: Iterable[str], old: Mapping[str, StepDefinition], new: Mapping[str, StepDefinition]
) -> dict[str, str]:
    """Per step without a counterpart, the one step that only the new version has with its name and kind."""
    by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
    for element, step in new.items():
        if element not in old:
            by_name[step.name.casefold(), step.kind.value].append(element)
    proposals = {}
    for element in lacking:
        lost = old.get(element)
        alike = by_name[lost.name.casefold(), lost.kind.value] if lost is not None else []
        if len(alike) == 1:
            proposals[element] = alike[0]
    return proposals


def _examples(session: Session, instance_ids: Sequence[int]) -> tuple[MoveExample, ...]:
    rows = session.execute(
        select(Deal.id, Deal.number, Deal.title)
        .join(ProcessInstance, ProcessInstance.deal_id == Deal.id)
        .where(ProcessInstance.id.in_(instance_ids))
        .order_by(Deal.id)
    )
    return tuple(MoveExample(*row) for row in rows)
