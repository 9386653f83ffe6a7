"""The sales forecast of a map: what open deals may bring in coming months, by what the company has sold so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.alphabet import sort_key
from engine.events import StageChanged, kind_of
from engine.model.deal import Deal, DealResult
from engine.model.history_event import HistoryEvent
from engine.policy.assignment import Directory
from engine.policy.permissions import Ability, Actor, may
from engine.policy.win_shares import StageShare, WinShare, WinShares
from engine.queries.counted_deals import DealResults
from engine.queries.deal_board import stages_of_map
from engine.queries.directories import directory
from engine.queries.reports import ensure_reads_reports
from engine.queries.scopes import visible_deals

MOST_MONTHS = 12
MEASURED_OVER = timedelta(days=365)
"""Deals that ended on so many days, today among them, tell the share of those that are won."""


class ForecastGroup(StrEnum):
    MONTH = "month"
    PERSON = "person"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class Months:
    """``count`` whole months, 1 to MOST_MONTHS, from the one that begins on ``first``."""

    first: date
    count: int

    @property
    def last(self) -> date:
        """Their last day."""
        return _months_on(self.first, self.count) - timedelta(days=1)

    @property
    def before(self) -> Months:
        """As many, just before them."""
        return Months(_months_on(self.first, -self.count), self.count)

    @property
    def each(self) -> tuple[Months, ...]:
        return tuple(Months(_months_on(self.first, number), 1) for number in range(self.count))


@dataclass(slots=True)
class Expected:
    """Of some deals. ``sums`` by currency of the ``open`` ones, ``unpriced`` of which have no amount.

    ``weighted`` is what may be counted on, ``unweighed`` what stands where too few deals have ended to tell.
    ``won`` in the months, ``won_before`` in as many months before them.
    """

    open: int = 0
    unpriced: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    weighted: dict[str, Decimal] = field(default_factory=dict)
    unweighed: dict[str, Decimal] = field(default_factory=dict)
    won: int = 0
    won_sums: dict[str, Decimal] = field(default_factory=dict)
    won_before: int = 0
    won_before_sums: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """``id`` of the person or department, None for no department; ``months`` of a row that is a month."""

    id: int | None
    name: str
    months: Months | None
    expected: Expected


@dataclass(frozen=True, slots=True)
class OutsideDeals:
    """Open deals whose close date lies ``before`` or ``after`` the months, ``undated`` ones, and ``passed`` ones.

    ``passed``: the close date was before today; such deals are also counted where their date lies.
    """

    before: int
    after: int
    undated: int
    passed: int


@dataclass(frozen=True, slots=True)
class StageForecast:
    """``open`` deals of the months that stand in the stage now."""

    share: StageShare
    open: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """``measured_from`` and ``today`` are the days, both included, on which the deals ended that shares come from."""

    definition_key: str
    months: Months
    rows: tuple[ForecastRow, ...]
    total: Expected
    outside: OutsideDeals
    whole: WinShare
    stages: tuple[StageForecast, ...]
    measured_from: date
    today: date


class _Standing(NamedTuple):
    """Deals of a part that stand in a stage: all of them, those with an amount, and what these come to."""

    part: int | None
    stage: str
    currency: str
    deals: int
    priced: int
    amount: Decimal | None


def forecast(
    session: Session,
    actor: Actor,
    definition_key: str,
    months: Months,
    group_by: ForecastGroup = ForecastGroup.MONTH,
    *,
    now: datetime,
    zone: tzinfo,
) -> Forecast:
    """Of the deals of a map that the actor sees, by their close dates. Months and days are those of ``zone``.

    Shares are the company's, whoever asks: those of a part of the deals would tell of who may see them. Of a map of
    which the actor sees no deal, none are told. A deal whose owner belongs to two departments counts in both rows, and
    once in the total. Raises NotFound.
    """
    ensure_reads_reports(actor)
    today = now.astimezone(zone).date()
    measured_from = today - MEASURED_OVER + timedelta(days=1)
    of_map = (visible_deals(actor), Deal.definition_key == definition_key)
    shares = WinShares(WinShare(), {})
    if may(actor, Ability.SEE_ALL_DEALS) or session.scalar(select(Deal.id).where(*of_map).limit(1)) is not None:
        days = _moment(measured_from, zone), _moment(today + timedelta(days=1), zone)
        shares = _shares(session, definition_key, *days)
    is_open = (*of_map, Deal.result == DealResult.OPEN)
    found: dict[int | None, Expected] = defaultdict(Expected)
    total, standing = Expected(), dict[str, int]()
    parts = [_Standing(*row) for row in session.execute(_of_open(group_by, months, *is_open))]
    for part in parts:
        standing[part.stage] = standing.get(part.stage, 0) + part.deals
        _add_open(found[part.part], part, shares)
    for part in _by_stage(parts):  # what is rounded by row would come to another total with each grouping
        _add_open(total, part, shares)
    for group, was_before, currency, count, amount in session.execute(_of_won(group_by, months, zone, *of_map)):
        for one in (found[group], total):
            _add_won(one, currency, count, amount, was_before=bool(was_before))
    planned = stages_of_map(session, definition_key)
    names = [*planned, *sorted(set(standing) - set(planned))]
    return Forecast(
        definition_key=definition_key,
        months=months,
        rows=_rows(directory(session), group_by, months, found),
        total=total,
        outside=_outside(session, months, today, *is_open),
        whole=shares.whole,
        stages=tuple(StageForecast(shares.of_stage(name), standing.get(name, 0)) for name in names),
        measured_from=measured_from,
        today=today,
    )


def _months_on(first: date, number: int) -> date:
    """The first day of the month ``number`` months after that of ``first``."""
    years, month = divmod(first.month - 1 + number, 12)
    return date(first.year + years, month + 1, 1)


def _moment(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _shares(session: Session, definition_key: str, since: datetime, until: datetime) -> WinShares:
    ended = (
        Deal.definition_key == definition_key,
        Deal.result.in_(DealResults.ENDED.members),
        Deal.closed_at >= since,
        Deal.closed_at < until,
    )
    is_won = Deal.result == DealResult.WON
    whole = session.execute(select(func.count().filter(is_won), func.count()).select_from(Deal).where(*ended)).one()
    stage = HistoryEvent.data["stage"].as_string()
    deals = func.count(HistoryEvent.deal_id.distinct())
    rows = session.execute(
        select(stage, deals.filter(is_won), deals)
        .join(Deal, Deal.id == HistoryEvent.deal_id)
        .where(*ended, HistoryEvent.kind == kind_of(StageChanged))
        .group_by(stage)
    )
    return WinShares(WinShare(*whole), {row[0]: WinShare(row[1], row[2]) for row in rows})


def _of_open(group_by: ForecastGroup, months: Months, *chosen: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """By group, stage and currency: the number of deals, of those with an amount, and what they come to."""
    group: ColumnElement[Any] = Deal.owner_id.expression
    if group_by is ForecastGroup.MONTH:
        group = _bucket(Deal.close_date, [one.first for one in months.each[1:]])
    deals = (
        select(group.label("part"), Deal.stage, Deal.currency, Deal.amount)
        .where(*chosen, Deal.close_date >= months.first, Deal.close_date <= months.last)
        .subquery()
    )
    columns = (deals.c.part, deals.c.stage, deals.c.currency)
    count, priced, amount = func.count(), func.count(deals.c.amount), func.sum(deals.c.amount)
    counts = (count.label("deals"), priced.label("priced"), amount.label("amount"))
    return select(*columns, *counts).group_by(*columns).order_by(*columns)


def _of_won(
    group_by: ForecastGroup, months: Months, zone: tzinfo, *chosen: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    """By group, whether it was in the months before, and currency. A month's counterpart is the one at its place."""
    group: ColumnElement[Any] = Deal.owner_id.expression
    if group_by is ForecastGroup.MONTH:
        both = [*months.before.each, *months.each]
        group = _bucket(Deal.closed_at, [_moment(one.first, zone) for one in both[1:]], months.count)
    was_before = case((Deal.closed_at < _moment(months.first, zone), 1), else_=0)
    deals = (
        select(group.label("part"), was_before.label("was_before"), Deal.currency, Deal.amount)
        .where(
            *chosen,
            Deal.result == DealResult.WON,
            Deal.closed_at >= _moment(months.before.first, zone),
            Deal.closed_at < _moment(months.last + timedelta(days=1), zone),
        )
        .subquery()
    )
    columns = (deals.c.part, deals.c.was_before, deals.c.currency)
    return select(*columns, func.count(), func.sum(deals.c.amount)).group_by(*columns).order_by(*columns)


def _bucket(column: InstrumentedAttribute[Any], starts: list[Any], turn: int | None = None) -> ColumnElement[int]:
    """The number of the part, from 0, that the column's value lies in; parts but the first begin at ``starts``.

    Numbers begin again from 0 after ``turn`` of them.
    """
    numbers = range(len(starts) + 1) if turn is None else [number % turn for number in range(len(starts) + 1)]
    *firsts, last = numbers
    if not firsts:
        return literal(last)
    whens = [(column < start, literal(number)) for start, number in zip(starts, firsts, strict=True)]
    return case(*whens, else_=literal(last))


def _by_stage(parts: Iterable[_Standing]) -> Iterator[_Standing]:
    """The same deals, whichever part they belong to."""
    together: dict[tuple[str, str], list[_Standing]] = defaultdict(list)
    for one in parts:
        together[one.stage, one.currency].append(one)
    for (stage, currency), ones in together.items():
        amounts = [one.amount for one in ones if one.amount is not None]
        deals, priced = sum(one.deals for one in ones), sum(one.priced for one in ones)
        yield _Standing(None, stage, currency, deals, priced, sum(amounts, Decimal(0)) if amounts else None)


def _add_open(one: Expected, part: _Standing, shares: WinShares) -> None:
    one.open += part.deals
    one.unpriced += part.deals - part.priced
    if part.amount is None:
        return
    _add(one.sums, part.currency, part.amount)
    weighted = shares.weighted(part.stage, part.amount)
    if weighted is None:
        _add(one.unweighed, part.currency, part.amount)
    else:
        _add(one.weighted, part.currency, weighted)


def _add_won(one: Expected, currency: str, count: int, amount: Decimal | None, *, was_before: bool) -> None:
    if was_before:
        one.won_before += count
    else:
        one.won += count
    if amount is not None:
        _add(one.won_before_sums if was_before else one.won_sums, currency, amount)


def _add(sums: dict[str, Decimal], currency: str, amount: Decimal) -> None:
    sums[currency] = sums.get(currency, Decimal(0)) + amount


def _outside(session: Session, months: Months, today: date, *is_open: ColumnElement[bool]) -> OutsideDeals:
    conditions = (
        Deal.close_date < months.first,
        Deal.close_date > months.last,
        Deal.close_date.is_(None),
        Deal.close_date < today,
    )
    counts = [func.count().filter(one) for one in conditions]
    found = session.execute(select(*counts).select_from(Deal).where(*is_open)).one()
    return OutsideDeals(before=found[0], after=found[1], undated=found[2], passed=found[3])


def _rows(
    people: Directory, group_by: ForecastGroup, months: Months, found: Mapping[int | None, Expected]
) -> tuple[ForecastRow, ...]:
    if group_by is ForecastGroup.MONTH:
        return tuple(
            ForecastRow(None, "", month, found.get(number, Expected())) for number, month in enumerate(months.each)
        )
    if group_by is ForecastGroup.PERSON:
        persons = ((owner_id, people.known_person(owner_id)) for owner_id in found)
        rows = [ForecastRow(key, one.full_name if one else "", None, found[key]) for key, one in persons]
    else:
        rows = _by_department(people, found)
    return tuple(sorted(rows, key=lambda row: (row.id is None, sort_key(row.name), row.id or 0)))


def _by_department(people: Directory, found: Mapping[int | None, Expected]) -> list[ForecastRow]:
    parts: dict[int | None, list[Expected]] = defaultdict(list)
    for owner_id, expected in found.items():
        owner = people.known_person(owner_id)
        for department_id in (owner.department_ids if owner else ()) or (None,):
            parts[department_id].append(expected)
    departments = ((key, people.department(key)) for key in parts)
    return [ForecastRow(key, one.name if one else "", None, _together(parts[key])) for key, one in departments]


def _together(parts: Iterable[Expected]) -> Expected:
    whole = Expected()
    for one in parts:
        whole.open += one.open
        whole.unpriced += one.unpriced
        whole.won += one.won
        whole.won_before += one.won_before
        for name in ("sums", "weighted", "unweighed", "won_sums", "won_before_sums"):
            for currency, amount in getattr(one, name).items():
                _add(getattr(whole, name), currency, amount)
    return whole
