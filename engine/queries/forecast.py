"""The sales forecast: what open deals may bring in coming months, by what the company has sold so far by their maps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from engine.alphabet import sort_key
from engine.events import StageChanged, kind_of
from engine.model.deal import Deal, DealResult
from engine.model.history_event import HistoryEvent
from engine.model.process_definition import ProcessDefinition
from engine.policy.assignment import Directory
from engine.policy.exchange_rates import NO_RATES, AtRate, Rates
from engine.policy.permissions import Ability, Actor, may
from engine.policy.win_shares import StageShare, WinShare, WinShares
from engine.queries.counted_deals import DealResults
from engine.queries.deal_board import stages_of_maps
from engine.queries.directories import directory
from engine.queries.exchange_rates import rate_of_deal
from engine.queries.reports import ensure_reads_reports
from engine.queries.scopes import visible_deals

K = TypeVar("K", str, AtRate)

MOST_MONTHS = 12
MEASURED_OVER = timedelta(days=365)
"""Deals that ended on so many days, today among them, tell the share of those that are won."""
_SUMMED = ("sums", "weighted", "unweighed", "won_sums", "won_rated", "won_before_sums", "won_before_rated")
_NOTHING_ENDED = WinShares(WinShare(), {})


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
        return self.after - timedelta(days=1)

    @property
    def after(self) -> date:
        """The day after their last one."""
        return _months_on(self.first, self.count)

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
    ``won`` in the months, ``won_before`` in as many months before them; ``won_rated`` and ``won_before_rated`` are
    their sums by the rates of the days on which they were won.
    """

    open: int = 0
    unpriced: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    weighted: dict[str, Decimal] = field(default_factory=dict)
    unweighed: dict[str, Decimal] = field(default_factory=dict)
    won: int = 0
    won_sums: dict[str, Decimal] = field(default_factory=dict)
    won_rated: dict[AtRate, Decimal] = field(default_factory=dict)
    won_before: int = 0
    won_before_sums: dict[str, Decimal] = field(default_factory=dict)
    won_before_rated: dict[AtRate, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """``id`` of the person or department, None for no department; ``months`` of a row that is a month.

    ``by_map`` is what each map brings to ``expected``, by its key; a map that brings nothing is not in it.
    """

    id: int | None
    name: str
    months: Months | None
    expected: Expected
    by_map: Mapping[str, Expected]


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
class MapForecast:
    """What one of the maps brings to the forecast. ``whole`` is measured on all of its ended deals.

    ``definition_key`` and ``name`` are the map's, as its newest version is called.
    """

    definition_key: str
    name: str
    expected: Expected
    whole: WinShare
    stages: tuple[StageForecast, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """``measured_from`` and ``today`` are the days, both included, on which the deals ended that shares come from.

    ``maps`` are those that were asked for, by name. ``rates`` are what sums are added up by.
    """

    months: Months
    rows: tuple[ForecastRow, ...]
    total: Expected
    outside: OutsideDeals
    maps: tuple[MapForecast, ...]
    measured_from: date
    today: date
    rates: Rates


class _Standing(NamedTuple):
    """Deals of a map and a part that stand in a stage: all of them, those with an amount, what these come to."""

    part: int | None
    definition_key: str
    stage: str
    currency: str
    deals: int
    priced: int
    amount: Decimal | None


_Parts = dict[int | None, dict[str, Expected]]


def forecast(
    session: Session,
    actor: Actor,
    definition_keys: Sequence[str],
    months: Months,
    group_by: ForecastGroup = ForecastGroup.MONTH,
    *,
    now: datetime,
    zone: tzinfo,
    rates: Rates = NO_RATES,
) -> Forecast:
    """Of the deals of some maps that the actor sees, by their close dates. Months and days are those of ``zone``.

    Without a key: of all maps of which the actor sees a deal. Each deal is weighed by what its own map has sold. The
    shares are the company's, whoever asks: those of a part of the deals would tell of who may see them. Of a map of
    which the actor sees no deal, none are told. A deal whose owner belongs to two departments counts in both rows, and
    once in the total. Raises NotFound.
    """
    ensure_reads_reports(actor)
    today = now.astimezone(zone).date()
    measured_from = today - MEASURED_OVER + timedelta(days=1)
    seen = _maps_seen(session, actor, definition_keys)
    keys = tuple(dict.fromkeys(definition_keys)) or seen
    shares = shares_of_maps(session, seen, measured_from, today, zone)
    of_maps = (visible_deals(actor), Deal.definition_key.in_(keys))
    is_open = (*of_maps, Deal.result == DealResult.OPEN)
    found: _Parts = defaultdict(lambda: defaultdict(Expected))
    totals = {key: Expected() for key in keys}
    standing = {key: dict[str, int]() for key in keys}
    parts = [_Standing(*row) for row in session.execute(_of_open(group_by, months, *is_open))]
    for part in parts:
        of_map = standing[part.definition_key]
        of_map[part.stage] = of_map.get(part.stage, 0) + part.deals
        _add_open(found[part.part][part.definition_key], part, shares)
    for part in _by_stage(parts):  # what is rounded by row would come to another total with each grouping
        _add_open(totals[part.definition_key], part, shares)
    won = _of_won(group_by, months, zone, rate_of_deal(session, rates), *of_maps)
    for group, key, was_before, currency, rate, count, amount in session.execute(won):
        for one in (found[group][key], totals[key]):
            _add_won(one, AtRate(currency, rate), count, amount, was_before=bool(was_before))
    planned, names = stages_of_maps(session, keys), _names_of_maps(session, keys)
    return Forecast(
        months=months,
        rows=_rows(directory(session), group_by, months, found),
        total=_together(totals.values()),
        outside=_outside(session, months, today, *is_open),
        maps=tuple(
            MapForecast(
                definition_key=key,
                name=names.get(key, key),
                expected=totals[key],
                whole=shares.get(key, _NOTHING_ENDED).whole,
                stages=_stages(planned.get(key, ()), standing[key], shares.get(key, _NOTHING_ENDED)),
            )
            for key in sorted(keys, key=lambda key: (sort_key(names.get(key, key)), key))
        ),
        measured_from=measured_from,
        today=today,
        rates=rates,
    )


def _stages(planned: Sequence[str], standing: Mapping[str, int], shares: WinShares) -> tuple[StageForecast, ...]:
    names = [*planned, *sorted(set(standing) - set(planned))]
    return tuple(StageForecast(shares.of_stage(name), standing.get(name, 0)) for name in names)


def _maps_seen(session: Session, actor: Actor, wanted: Sequence[str]) -> tuple[str, ...]:
    """The keys of the maps of which the actor sees a deal, all or among those that are wanted."""
    if not may(actor, Ability.SEE_ALL_DEALS):
        chosen = [Deal.definition_key.in_(wanted)] if wanted else []
        return tuple(session.scalars(select(Deal.definition_key).where(visible_deals(actor), *chosen).distinct()))
    if wanted:
        return tuple(wanted)
    has_deals = exists().where(Deal.definition_key == ProcessDefinition.key)
    return tuple(session.scalars(select(ProcessDefinition.key).where(has_deals).distinct()))


def _names_of_maps(session: Session, keys: Sequence[str]) -> dict[str, str]:
    rows = session.execute(
        select(ProcessDefinition.key, ProcessDefinition.name)
        .where(ProcessDefinition.key.in_(keys))
        .order_by(ProcessDefinition.key, ProcessDefinition.version)
    )
    return {row.key: row.name for row in rows}  # the newest comes last


def _months_on(first: date, number: int) -> date:
    """The first day of the month ``number`` months after that of ``first``."""
    years, month = divmod(first.month - 1 + number, 12)
    return date(first.year + years, month + 1, 1)


def moment_of(day: date, zone: tzinfo) -> datetime:
    """When the day begins there."""
    return datetime.combine(day, time(), zone)


def shares_of_maps(
    session: Session, definition_keys: Sequence[str], first: date, last: date, zone: tzinfo
) -> dict[str, WinShares]:
    """By map, what the whole company's deals that ended from ``first`` to ``last`` tell. Days are those of ``zone``."""
    ended = (
        Deal.definition_key.in_(definition_keys),
        Deal.result.in_(DealResults.ENDED.members),
        Deal.closed_at >= moment_of(first, zone),
        Deal.closed_at < moment_of(last + timedelta(days=1), zone),
    )
    is_won = Deal.result == DealResult.WON
    wholes = {
        key: WinShare(won, count)
        for key, won, count in session.execute(
            select(Deal.definition_key, func.count().filter(is_won), func.count())
            .where(*ended)
            .group_by(Deal.definition_key)
        )
    }
    stage = HistoryEvent.data["stage"].as_string()
    deals = func.count(HistoryEvent.deal_id.distinct())
    stages: dict[str, dict[str, WinShare]] = defaultdict(dict)
    for key, name, won, count in session.execute(
        select(Deal.definition_key, stage, deals.filter(is_won), deals)
        .join(Deal, Deal.id == HistoryEvent.deal_id)
        .where(*ended, HistoryEvent.kind == kind_of(StageChanged))
        .group_by(Deal.definition_key, stage)
    ):
        stages[key][name] = WinShare(won, count)
    return {key: WinShares(whole, stages[key]) for key, whole in wholes.items()}


def _of_open(group_by: ForecastGroup, months: Months, *chosen: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """By group, map, stage and currency: the number of deals, of those with an amount, and what they come to."""
    group: ColumnElement[Any] = Deal.owner_id.expression
    if group_by is ForecastGroup.MONTH:
        group = bucket(Deal.close_date, [one.first for one in months.each[1:]])
    deals = (
        select(group.label("part"), Deal.definition_key, Deal.stage, Deal.currency, Deal.amount)
        .where(*chosen, Deal.close_date >= months.first, Deal.close_date <= months.last)
        .subquery()
    )
    columns = (deals.c.part, deals.c.definition_key, deals.c.stage, deals.c.currency)
    count, priced, amount = func.count(), func.count(deals.c.amount), func.sum(deals.c.amount)
    counts = (count.label("deals"), priced.label("priced"), amount.label("amount"))
    return select(*columns, *counts).group_by(*columns).order_by(*columns)


def _of_won(
    group_by: ForecastGroup, months: Months, zone: tzinfo, rate: ColumnElement[Any], *chosen: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    """By group, map, whether it was in the months before, currency, and the rate of the day.

    A month's counterpart is the one at its place.
    """
    group: ColumnElement[Any] = Deal.owner_id.expression
    if group_by is ForecastGroup.MONTH:
        both = [*months.before.each, *months.each]
        group = bucket(Deal.closed_at, [moment_of(one.first, zone) for one in both[1:]], months.count)
    was_before = case((Deal.closed_at < moment_of(months.first, zone), 1), else_=0)
    deals = (
        select(
            group.label("part"),
            Deal.definition_key,
            was_before.label("was_before"),
            Deal.currency,
            rate.label("rate"),
            Deal.amount,
        )
        .where(
            *chosen,
            Deal.result == DealResult.WON,
            Deal.closed_at >= moment_of(months.before.first, zone),
            Deal.closed_at < moment_of(months.after, zone),
        )
        .subquery()
    )
    columns = (deals.c.part, deals.c.definition_key, deals.c.was_before, deals.c.currency, deals.c.rate)
    return select(*columns, func.count(), func.sum(deals.c.amount)).group_by(*columns).order_by(*columns)


def bucket(column: InstrumentedAttribute[Any], starts: list[Any], turn: int | None = None) -> ColumnElement[int]:
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
    together: dict[tuple[str, str, str], list[_Standing]] = defaultdict(list)
    for one in parts:
        together[one.definition_key, one.stage, one.currency].append(one)
    for (key, stage, currency), ones in together.items():
        amounts = [one.amount for one in ones if one.amount is not None]
        deals, priced = sum(one.deals for one in ones), sum(one.priced for one in ones)
        yield _Standing(None, key, stage, currency, deals, priced, sum(amounts, Decimal(0)) if amounts else None)


def _add_open(one: Expected, part: _Standing, shares: Mapping[str, WinShares]) -> None:
    one.open += part.deals
    one.unpriced += part.deals - part.priced
    if part.amount is None:
        return
    _add(one.sums, part.currency, part.amount)
    weighted = shares.get(part.definition_key, _NOTHING_ENDED).weighted(part.stage, part.amount)
    if weighted is None:
        _add(one.unweighed, part.currency, part.amount)
    else:
        _add(one.weighted, part.currency, weighted)


def _add_won(one: Expected, at: AtRate, count: int, amount: Decimal | None, *, was_before: bool) -> None:
    if was_before:
        one.won_before += count
    else:
        one.won += count
    if amount is not None:
        _add(one.won_before_sums if was_before else one.won_sums, at.currency, amount)
        _add(one.won_before_rated if was_before else one.won_rated, at, amount)


def _add(sums: dict[K, Decimal], key: K, amount: Decimal) -> None:
    sums[key] = sums.get(key, Decimal(0)) + amount


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


def _rows(people: Directory, group_by: ForecastGroup, months: Months, found: _Parts) -> tuple[ForecastRow, ...]:
    if group_by is ForecastGroup.MONTH:
        return tuple(_row(None, "", month, found.get(number, {})) for number, month in enumerate(months.each))
    if group_by is ForecastGroup.PERSON:
        persons = ((owner_id, people.known_person(owner_id)) for owner_id in found)
        rows = [_row(key, one.full_name if one else "", None, found[key]) for key, one in persons]
    else:
        rows = _by_department(people, found)
    return tuple(sorted(rows, key=lambda row: (row.id is None, sort_key(row.name), row.id or 0)))


def _row(key: int | None, name: str, months: Months | None, by_map: Mapping[str, Expected]) -> ForecastRow:
    return ForecastRow(key, name, months, _together(by_map.values()), dict(by_map))


def _by_department(people: Directory, found: _Parts) -> list[ForecastRow]:
    parts: dict[int | None, dict[str, list[Expected]]] = defaultdict(lambda: defaultdict(list))
    for owner_id, by_map in found.items():
        owner = people.known_person(owner_id)
        for department_id in (owner.department_ids if owner else ()) or (None,):
            for definition_key, expected in by_map.items():
                parts[department_id][definition_key].append(expected)
    departments = ((key, people.department(key)) for key in parts)
    return [
        _row(key, one.name if one else "", None, {of_map: _together(ones) for of_map, ones in parts[key].items()})
        for key, one in departments
    ]


def _together(parts: Iterable[Expected]) -> Expected:
    whole = Expected()
    for one in parts:
        whole.open += one.open
        whole.unpriced += one.unpriced
        whole.won += one.won
        whole.won_before += one.won_before
        for name in _SUMMED:
            for key, amount in getattr(one, name).items():
                _add(getattr(whole, name), key, amount)
    return whole
