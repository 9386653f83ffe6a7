"""Version moves: what one would do, group by group; how one stands, deal by deal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from engine.bpmn.carrying_problems import CannotCarry, WouldGoOn
from engine.bpmn.compiled import StepDefinition
from engine.bpmn.inspection import fingerprint
from engine.bpmn.standing import beside, elements_in, standing
from engine.bpmn.state_codec import UnreadableState
from engine.bpmn.version_changes import HARMLESS, Change
from engine.errors import DomainError, NotFound
from engine.events import (
    CallCompleted,
    DealMoved,
    MessageReceived,
    SignalReceived,
    StepCompleted,
    TimerFired,
    kind_of,
)
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.person import Person
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.version_move import (
    DeadlinePolicy,
    HolderPolicy,
    MovedDeal,
    MovedDealState,
    VersionMove,
    VersionMoveState,
)
from engine.policy.permissions import Ability, Actor
from engine.policy.version_moves import group_key
from engine.queries.carries import carry_of, depends_on_data, half_decided_elements, part_of
from engine.queries.pages import Page, cursor_key, page_of, page_size
from engine.queries.processes import process_of
from engine.queries.scopes import ensure_sees

_AT_ONCE = 1_000
_EXAMPLES = 5
_JUDGED_EACH = 500  # of deals that stand alike, where their own data decide: some five milliseconds each
_JUDGED_BY_DATA = 1_000  # of all places together: a preview is a page that somebody waits for
_STANDS = (MovedDealState.MOVED, MovedDealState.KEPT)  # the deal follows the version that it was moved to
# Part of an approval is given without a step of the instance, and a later step may come back to the same place.
_GOES_ON = tuple(map(kind_of, (StepCompleted, TimerFired, MessageReceived, SignalReceived, DealMoved, CallCompleted)))


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


@dataclass(frozen=True, slots=True)
class MoveRow:
    """A move as it stands; ``counts`` says how many of its deals are in which state."""

    id: int
    definition_id: int
    key: str
    name: str
    version: int
    state: VersionMoveState
    deadlines: DeadlinePolicy
    holders: HolderPolicy
    total: int
    counts: Mapping[MovedDealState, int]
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None

    @property
    def settled(self) -> int:
        """How many have had their turn."""
        waiting = MovedDealState.MOVED if self.state is VersionMoveState.UNDOING else MovedDealState.WAITING
        return self.total - self.counts.get(waiting, 0)

    @property
    def is_at_work(self) -> bool:
        return self.state in (VersionMoveState.RUNNING, VersionMoveState.UNDOING)

    @property
    def may_be_undone(self) -> bool:
        return not self.is_at_work and self.counts.get(MovedDealState.MOVED, 0) > 0


@dataclass(frozen=True, slots=True)
class MovedDealRow:
    id: int
    deal_id: int
    number: str
    title: str
    from_version: int
    state: MovedDealState
    reason: Mapping[str, Any] | None
    settled_at: datetime | None


def movable_instances(
    definition: ProcessDefinition,
    *,
    deal_ids: Sequence[int] | None = None,
    from_definition_ids: Sequence[int] | None = None,
    state: InstanceState = InstanceState.RUNNING,
) -> Select[int, int, int]:
    """Id, deal and version of the instances of the same map on other versions that are in ``state``."""
    wanted = (
        select(ProcessInstance.id, ProcessInstance.deal_id, ProcessInstance.definition_id)
        .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
        .where(
            ProcessDefinition.key == definition.key,
            ProcessInstance.definition_id != definition.id,
            ProcessInstance.state == state,
        )
        .order_by(ProcessInstance.id)
    )
    if deal_ids is not None:
        wanted = wanted.where(ProcessInstance.deal_id.in_(deal_ids))
    if from_definition_ids is not None:
        wanted = wanted.where(ProcessInstance.definition_id.in_(from_definition_ids))
    return wanted


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


def version_moves(
    session: Session, actor: Actor, *, key: str | None = None, limit: int = 50, cursor: str | None = None
) -> Page[MoveRow]:
    """Newest first. Raises NotFound."""
    ensure_sees(actor, Ability.SEE_MAPS)
    wanted = _moves().order_by(VersionMove.id.desc()).limit(page_size(limit) + 1)
    if key is not None:
        wanted = wanted.where(ProcessDefinition.key == key)
    start = cursor_key(cursor, int)
    if start is not None:
        wanted = wanted.where(VersionMove.id < start[0])
    rows = _read(session, wanted)
    return page_of(rows, limit=page_size(limit), cursor=cursor, key=lambda row: [row.id])


def version_move(session: Session, actor: Actor, move_id: int) -> MoveRow:
    """Raises NotFound."""
    ensure_sees(actor, Ability.SEE_MAPS)
    rows = _read(session, _moves().where(VersionMove.id == move_id))
    if not rows:
        raise NotFound
    return rows[0]


def moved_deals(
    session: Session,
    actor: Actor,
    move_id: int,
    *,
    state: MovedDealState | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[MovedDealRow]:
    """The deals of a move in the order of their turns. Raises NotFound."""
    ensure_sees(actor, Ability.SEE_MAPS)
    wanted = (
        select(
            MovedDeal.id,
            MovedDeal.deal_id,
            Deal.number,
            Deal.title,
            ProcessDefinition.version,
            MovedDeal.state,
            MovedDeal.reason,
            MovedDeal.settled_at,
        )
        .join(Deal, Deal.id == MovedDeal.deal_id)
        .join(ProcessDefinition, ProcessDefinition.id == MovedDeal.from_definition_id)
        .where(MovedDeal.move_id == move_id)
        .order_by(MovedDeal.id)
        .limit(page_size(limit) + 1)
    )
    if state is not None:
        wanted = wanted.where(MovedDeal.state == state)
    start = cursor_key(cursor, int)
    if start is not None:
        wanted = wanted.where(MovedDeal.id > start[0])
    rows = [MovedDealRow(*row) for row in session.execute(wanted)]
    return page_of(rows, limit=page_size(limit), cursor=cursor, key=lambda row: [row.id])


def may_come_back(session: Session, rows: Sequence[MovedDealRow]) -> frozenset[int]:
    """Ids of those among ``rows`` that were kept when their move was undone, and can be taken back by now."""
    kept = [one.id for one in rows if one.state is MovedDealState.KEPT]
    if not kept:
        return frozenset()
    found = session.execute(
        select(MovedDeal, ProcessInstance)
        .join(ProcessInstance, ProcessInstance.id == MovedDeal.instance_id)
        .where(MovedDeal.id.in_(kept), ProcessInstance.state == InstanceState.RUNNING)
    )
    return frozenset(row.id for row, instance in found if stands_as_moved(session, row, instance))


@dataclass(frozen=True, slots=True)
class NewerVersion:
    """The version that a deal follows, and the published one where that is another."""

    version: int
    published_id: int | None
    published_version: int | None


def version_of_deal(session: Session, deal_id: int) -> NewerVersion | None:
    """What the deal's page says about its version; None for a deal that never started."""
    followed = session.execute(
        select(ProcessDefinition.id, ProcessDefinition.key, ProcessDefinition.version, ProcessInstance.state)
        .join(ProcessInstance, ProcessInstance.definition_id == ProcessDefinition.id)
        .where(ProcessInstance.deal_id == deal_id)
        .order_by(ProcessInstance.id.desc())
        .limit(1)
    ).one_or_none()
    if followed is None:
        return None
    published = session.execute(
        select(ProcessDefinition.id, ProcessDefinition.version).where(
            ProcessDefinition.key == followed.key,
            ProcessDefinition.state == DefinitionState.PUBLISHED,
            ProcessDefinition.id != followed.id,
        )
    ).first()
    if published is None or followed.state is not InstanceState.RUNNING:
        return NewerVersion(followed.version, None, None)
    return NewerVersion(followed.version, published.id, published.version)


def last_move_of_deal(session: Session, deal_id: int) -> int | None:
    """The id of the deal's last move, where it may still be taken back."""
    row = session.scalar(
        select(MovedDeal)
        .where(MovedDeal.deal_id == deal_id, MovedDeal.state.in_(_STANDS))
        .order_by(MovedDeal.history_number.desc())
        .limit(1)
    )
    if row is None:
        return None
    instance = session.get_one(ProcessInstance, row.instance_id)
    return row.move_id if instance.state is InstanceState.RUNNING and stands_as_moved(session, row, instance) else None


def stands_as_moved(session: Session, row: MovedDeal, instance: ProcessInstance) -> bool:
    """Whether a deal still stands as ``row``'s move left it: no step was made since, and no later move stands.

    What failed, rested or was taken back since has moved nothing on.
    """
    definition_id = session.scalar(select(VersionMove.definition_id).where(VersionMove.id == row.move_id))
    if row.before is None or instance.definition_id != definition_id:
        return False
    left = row.before.get("fingerprint")
    if instance.version != row.instance_version and (left is None or left != _fingerprint(instance)):
        return False
    gone_on = select(HistoryEvent.id).where(
        HistoryEvent.deal_id == row.deal_id,
        HistoryEvent.number > (row.history_number or 0),
        HistoryEvent.kind.in_(_GOES_ON),
    )
    later = select(MovedDeal.id).where(
        MovedDeal.deal_id == row.deal_id,
        MovedDeal.state.in_(_STANDS),
        MovedDeal.history_number > (row.history_number or 0),
    )
    return session.scalar(gone_on.limit(1)) is None and session.scalar(later.limit(1)) is None


def _fingerprint(instance: ProcessInstance) -> str | None:
    try:
        return fingerprint(instance.execution_state)
    except UnreadableState:
        return None


# groups -----------------------------------------------------------------------------------------------------------
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


# moves ------------------------------------------------------------------------------------------------------------
def _moves() -> Select[*tuple[Any, ...]]:
    return (
        select(
            VersionMove.id,
            VersionMove.definition_id,
            ProcessDefinition.key,
            ProcessDefinition.name,
            ProcessDefinition.version,
            VersionMove.state,
            VersionMove.deadlines,
            VersionMove.holders,
            VersionMove.total,
            Person.full_name.label("requested_by"),
            VersionMove.requested_at,
            VersionMove.finished_at,
        )
        .join(ProcessDefinition, ProcessDefinition.id == VersionMove.definition_id)
        .outerjoin(Person, Person.id == VersionMove.requested_by_id)
    )


def _read(session: Session, wanted: Select[*tuple[Any, ...]]) -> list[MoveRow]:
    rows = session.execute(wanted).all()
    counts: dict[int, dict[MovedDealState, int]] = defaultdict(dict)
    counted = session.execute(
        select(MovedDeal.move_id, MovedDeal.state, func.count())
        .where(MovedDeal.move_id.in_([row.id for row in rows]))
        .group_by(MovedDeal.move_id, MovedDeal.state)
    )
    for move_id, state, count in counted:
        counts[move_id][state] = count
    return [
        MoveRow(**row._asdict() | {"requested_by": row.requested_by or "", "counts": counts[row.id]}) for row in rows
    ]
