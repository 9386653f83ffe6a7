"""A board's counts and sums are those of its deals, whatever was done to these and by how many at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session
from support.company import Company
from support.office import Office
from support.sales_records import APPROVAL, OFFER, SalesRecords
from support.stage_totals import kept_totals, true_totals

from engine.commands.erasure import ErasureRequest, erase_client
from engine.db.session import Database
from engine.model.deal import Deal, DealResult
from engine.model.person import Person
from engine.model.process_instance import ProcessInstance
from engine.model.stage_total import StageTotal
from engine.policy.permissions import Actor
from engine.queries.deal_board import board

Act = Callable[[Person], Actor]

CHANGES = 400


def test_a_board_of_everything_tells_what_a_look_at_each_deal_tells(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    for number in range(7):
        deal = records.deal(company.danylo, amount=Decimal(number), currency=("UAH", "EUR")[number % 2])
        deal.stage = (OFFER, APPROVAL, "Старий етап")[number % 3]
        records.step(deal, assignee=company.olena, due_in=timedelta(hours=number - 3))
    records.deal(company.olena, stage="Без суми", amount=None)
    records.close(records.deal(company.olena), DealResult.LOST)
    other = records.deal(company.olena)
    other.definition_key = "tender"
    session.flush()
    head = as_actor(company.bohdan)
    everything = board(session, head, definition_key="sale", now=now)
    assert everything == board(session, head, definition_key="sale", now=now, q="насос")
    assert sum(column.count for column in everything.columns) == 8
    assert sum(column.overdue for column in everything.columns) == 3
    assert {column.stage: dict(column.sums) for column in everything.columns}["Без суми"] == {}


def test_totals_follow_every_change_of_a_deal(session: Session, company: Company, records: SalesRecords) -> None:
    deals = [records.deal(company.olena, amount=Decimal(number)) for number in range(4)]
    goes = session.get_bind().dialect.name == "sqlite"  # PostgreSQL lets no deal go: tests/engine/db/test_references
    if goes:
        session.execute(delete(ProcessInstance).where(ProcessInstance.deal_id == deals[1].id))
    chosen = update(Deal).where(Deal.id == deals[0].id)
    changes = (
        chosen.values(stage=APPROVAL),
        chosen.values(amount=None),
        chosen.values(amount=Decimal("12.34"), currency="EUR"),
        chosen.values(definition_key="tender"),
        chosen.values(result=DealResult.WON, amount=Decimal(9)),
        chosen.values(amount=Decimal(10)),
        chosen.values(result=DealResult.OPEN, stage=OFFER),
        chosen.values(title="Інша назва"),
        update(Deal).values(stage="", amount=Deal.amount),
        *(delete(Deal).where(Deal.id == deals[1].id) for _ in range(goes)),
    )
    seen = []
    for change in changes:
        session.execute(change, execution_options={"synchronize_session": False})
        seen.append(kept_totals(session))
        assert seen[-1] == true_totals(session), str(change)
    assert len({str(sorted(one.items())) for one in seen}) == len(changes) - 2


def test_parts_are_put_together_now_and_then(session: Session, company: Company, records: SalesRecords) -> None:
    records.deal(company.olena)
    for _ in range(CHANGES):
        session.execute(text("UPDATE deal SET amount = amount + 1"))
    assert kept_totals(session) == true_totals(session)
    added = 2 * CHANGES  # a part that goes and one that comes
    assert session.scalars(select(func.count()).select_from(StageTotal)).one() < added


@pytest.mark.postgres
def test_who_moves_a_deal_waits_for_nobody_else(postgresql_database_url: str) -> None:
    office = Office(Database(postgresql_database_url))
    office.publish()
    ids = [office.open_deal(title=f"Угода {number}").id for number in range(2)]

    def move(session: Session, deal_id: int) -> None:
        session.execute(text("SET LOCAL lock_timeout = '1s'"))
        for stage in ("a", "b") * CHANGES:  # often enough to put parts together
            session.execute(text("UPDATE deal SET stage = :stage WHERE id = :id"), {"stage": stage, "id": deal_id})

    with office.database.write() as one, office.database.write() as other:
        move(one, ids[0])
        move(other, ids[1])
    with office.database.read() as session:
        assert kept_totals(session) == true_totals(session)
        assert {place[1]: total[0] for place, total in kept_totals(session).items()} == {"b": 2}
    office.database.dispose()


def test_an_erased_client_leaves_the_totals_true(office: Office) -> None:
    deal = office.open_deal()
    office.open_deal(title="Друга")
    office.do("admin", erase_client, deal.client_id, ErasureRequest("Заява клієнта"))
    with office.database.read() as session:
        assert kept_totals(session) == true_totals(session)
