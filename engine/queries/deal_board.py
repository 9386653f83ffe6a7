"""The board: open deals of one map by stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, case, func, select, union_all
from sqlalchemy.orm import Session

from engine.model.deal import Deal, DealResult
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.model.stage_total import StageTotal
from engine.policy.permissions import Ability, Actor, may
from engine.policy.search_keys import query_terms
from engine.queries.deal_rows import DealRow, deal_rows, deals_of
from engine.queries.processes import hold_definition, process_of
from engine.queries.scopes import visible_deals
from engine.queries.text_search import matches

CARDS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """``overdue`` counts deals with a late step. ``cards`` are the first ones, longest in the stage first."""

    stage: str
    count: int
    sums: Mapping[str, Decimal]
    overdue: int
    cards: tuple[DealRow, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """The map's stages in its order, also empty ones; then stages that only older versions know."""

    definition_key: str
    columns: tuple[BoardColumn, ...]


@dataclass(slots=True)
class _Totals:
    count: int = 0
    overdue: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)

    def add(self, deals: int, currency: str, amount: Decimal | None) -> None:
        """``amount`` is None where none of the deals has one."""
        self.count += int(deals)
        if amount is not None:
            self.sums[currency] = amount


def board(session: Session, actor: Actor, *, definition_key: str, now: datetime, q: str = "") -> Board:
    """Five statements at most, whatever the number of deals. An unknown map gives a board without columns."""
    shown = (
        visible_deals(actor),
        matches(session, Deal.search_text, q),
        Deal.definition_key == definition_key,
        Deal.result == DealResult.OPEN,
    )
    is_whole = may(actor, Ability.SEE_ALL_DEALS) and not query_terms(q)
    totals = _kept_totals(session, definition_key, now) if is_whole else _counted_totals(session, now, *shown)
    planned = stages_of_map(session, definition_key)
    stages = [*planned, *sorted(set(totals) - set(planned))]
    cards = _cards(session, [stage for stage in stages if stage in totals], now, *shown)
    return Board(
        definition_key=definition_key,
        columns=tuple(
            BoardColumn(
                stage=stage,
                count=totals[stage].count if stage in totals else 0,
                sums=totals[stage].sums if stage in totals else {},
                overdue=totals[stage].overdue if stage in totals else 0,
                cards=cards.get(stage, ()),
            )
            for stage in stages
        ),
    )


def _kept_totals(session: Session, definition_key: str, now: datetime) -> dict[str, _Totals]:
    """Of all deals of a map, exact, as the database keeps them; only late deals are counted."""
    deals, amount = func.sum(StageTotal.deals), func.sum(StageTotal.amount)
    rows = session.execute(
        select(StageTotal.stage, StageTotal.currency, deals, case((func.sum(StageTotal.priced) > 0, amount)))
        .where(StageTotal.definition_key == definition_key)
        .group_by(StageTotal.stage, StageTotal.currency)
        .having(deals > 0)
        .order_by(StageTotal.stage, StageTotal.currency)
    )
    totals: dict[str, _Totals] = {}
    for stage, currency, count, amount_there in rows:
        totals.setdefault(stage, _Totals()).add(count, currency, amount_there)
    late = select(Deal.stage, func.count()).where(
        Deal.definition_key == definition_key, Deal.result == DealResult.OPEN, Deal.next_due_at < now
    )
    for stage, overdue in session.execute(late.group_by(Deal.stage)):
        totals.setdefault(stage, _Totals()).overdue = overdue
    return totals


def _counted_totals(session: Session, now: datetime, *shown: ColumnElement[bool]) -> dict[str, _Totals]:
    """Of some deals, by a look at each of them."""
    totals: dict[str, _Totals] = {}
    late = func.count().filter(Deal.next_due_at < now)
    for stage, currency, count, amount, overdue in session.execute(
        select(Deal.stage, Deal.currency, func.count(), func.sum(Deal.amount), late)
        .where(*shown)
        .group_by(Deal.stage, Deal.currency)
        .order_by(Deal.stage, Deal.currency)
    ):
        column = totals.setdefault(stage, _Totals())
        column.add(count, currency, amount)
        column.overdue += overdue
    return totals


def stages_of_map(session: Session, definition_key: str) -> list[str]:
    """Of the newest published version, else of the newest that can run."""
    return stages_of_maps(session, (definition_key,)).get(definition_key, [])


def stages_of_maps(session: Session, definition_keys: Collection[str]) -> dict[str, list[str]]:
    """By map, the same. One statement, whatever the number of maps."""
    published_first = case((ProcessDefinition.state == DefinitionState.PUBLISHED, 0), else_=1)
    rank = func.row_number().over(
        partition_by=ProcessDefinition.key, order_by=(published_first, ProcessDefinition.version.desc())
    )
    ranked = (
        select(ProcessDefinition.id, rank.label("rank"))
        .where(ProcessDefinition.key.in_(definition_keys), ProcessDefinition.compiled.is_not(None))
        .subquery()
    )
    chosen = select(ProcessDefinition).join(ranked, ranked.c.id == ProcessDefinition.id).where(ranked.c.rank == 1)
    stages: dict[str, list[str]] = {}
    for definition in session.scalars(chosen).all():
        hold_definition(session, definition)
        ordered = sorted(process_of(session, definition.id).stages, key=lambda stage: stage.position)
        stages[definition.key] = [stage.name for stage in ordered]
    return stages


def _cards(
    session: Session, stages: list[str], now: datetime, *shown: ColumnElement[bool]
) -> dict[str, tuple[DealRow, ...]]:
    """One short read per stage, so that a full stage costs no more than its first cards."""
    if not stages:
        return {}
    reads = [
        select(Deal.id)
        .where(*shown, Deal.stage == stage)
        .order_by(Deal.stage_since, Deal.id)
        .limit(CARDS_SHOWN)
        .subquery()
        for stage in stages
    ]
    ids = union_all(*(select(read.c.id) for read in reads)).subquery("cards")
    found = session.execute(
        deal_rows().join(ids, ids.c.id == Deal.id).order_by(Deal.stage, Deal.stage_since, Deal.id)
    ).all()
    cards: dict[str, tuple[DealRow, ...]] = {}
    for row in deals_of(session, found, now):
        cards[row.stage] = (*cards.get(row.stage, ()), row)
    return cards
