from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from support.company import Company, acting, found_company
from support.sales_records import SalesRecords

from engine.db.session import Database
from engine.errors import NotFound
from engine.events import Commented, StepCompleted
from engine.model import HistoryEvent
from engine.model.person import Person
from engine.policy.approval_sheet_check import sheet_faults
from engine.policy.approval_sheet_file import sheet_json
from engine.policy.history_chain import ChainFault, ChainFaultReason, content_hash
from engine.policy.permissions import Actor
from engine.queries.approval_sheets import approval_sheet
from engine.queries.history import chain_faults, faulty_chains, history_after, history_since

Act = Callable[[Person], Actor]


def test_history_is_followed_from_a_moment_on_within_what_is_visible(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    mine, foreign = records.deal(company.olena), records.deal(company.danylo)
    records.event(Commented(text="давно"), mine, at=now - timedelta(days=2))
    records.event(Commented(text="чуже"), foreign, at=now)
    records.event(Commented(text="перше"), mine, at=now)
    records.event(Commented(text="друге"), mine, at=now + timedelta(seconds=1))
    session.add(HistoryEvent(kind="person_added", at=now, data={"text": "люди"}))
    session.flush()

    def texts(actor: Actor) -> list[str]:
        found, cursor = [], None
        for _ in range(10):
            page = history_since(session, actor, now, limit=1, cursor=cursor)
            found += [row.data["text"] for row in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        return found

    assert texts(as_actor(company.olena)) == ["перше", "друге"]
    assert texts(as_actor(company.owner)) == ["чуже", "перше", "люди", "друге"]
    assert history_since(session, as_actor(company.olena)).items[0].data["text"] == "давно"


@pytest.mark.postgres
def test_who_follows_by_id_misses_no_event_of_a_transaction_that_took_long(
    postgresql_database_url: str, now: datetime
) -> None:
    database = Database(postgresql_database_url)
    with database.write() as session:
        owner = found_company(session, now).owner
        session.refresh(owner)

    def told(after: int) -> list[str]:
        with database.read(snapshot=False) as session:
            return [row.data["text"] for row in history_after(session, acting(session, owner, now), after).items]

    def happen(session: Session, text: str) -> int:
        event = HistoryEvent(kind="commented", at=now, data={"text": text})
        session.add(event)
        session.flush()
        return event.id

    with database.write() as slow:
        first = happen(slow, "перше")
        with database.write() as quick:
            assert happen(quick, "друге") > first
        assert told(0) == []
    assert told(0) == ["перше", "друге"]
    assert told(first) == ["друге"]

    with database.write() as early:  # began first, and writes a later event than one who began after it
        early.execute(select(func.pg_current_xact_id()))
        with database.write() as slow:
            happen(slow, "третє")
            with database.write() as quick:
                happen(quick, "п’яте")
            happen(early, "четверте")
            early.commit()
            assert told(first) == ["друге"]
    assert told(first) == ["друге", "третє", "п’яте", "четверте"]
    with database.read() as session, pytest.raises(DBAPIError, match="began before"):
        history_after(session, acting(session, owner, now), 0)
    database.dispose()


def disarm(session: Session) -> None:
    """What somebody with the database's password would do first: take the guards away."""
    if session.get_bind().dialect.name == "postgresql":
        for guard in ("append_only", "only_erased"):
            session.execute(text(f"DROP TRIGGER history_event_{guard} ON history_event"))
        return
    for guard in ("no_update", "no_delete", "only_erased"):
        session.execute(text(f"DROP TRIGGER history_event_{guard}"))


@pytest.mark.parametrize(
    "change",
    ["UPDATE history_event SET kind = 'x'", "UPDATE history_event SET data = '{}'", "DELETE FROM history_event"],
)
def test_the_database_itself_refuses_to_change_history(
    session: Session, company: Company, records: SalesRecords, change: str
) -> None:
    records.event(Commented(text="перше"), records.deal(company.olena))
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(change))


def test_a_chain_survives_the_database_and_a_change_behind_our_back_is_named(
    session: Session, company: Company, records: SalesRecords, now: datetime
) -> None:
    deal, whole = records.deal(company.olena), records.deal(company.olena)
    for number in range(3):
        records.event(Commented(text=f"№ {number}"), deal, by=company.olena, at=now + timedelta(microseconds=number))
        records.event(Commented(text="ціла"), whole)
    session.expire_all()
    assert chain_faults(session, deal.id) == ()
    disarm(session)
    session.execute(
        text("UPDATE history_event SET actor_name = 'Хтось' WHERE deal_id = :d AND number = 2"), {"d": deal.id}
    )
    expected = (ChainFault(2, ChainFaultReason.ALTERED),)
    assert chain_faults(session, deal.id) == expected
    assert [(one.deal_id, one.faults) for one in faulty_chains(session)] == [(deal.id, expected)]
    with pytest.raises(NotFound):
        chain_faults(session, 10**9)


def test_the_last_entry_cannot_be_removed_unnoticed(session: Session, company: Company, records: SalesRecords) -> None:
    deal = records.deal(company.olena)
    records.event(Commented(text="перше"), deal)
    records.event(Commented(text="друге"), deal)
    disarm(session)
    session.execute(text("DELETE FROM history_event WHERE deal_id = :d AND number = 2"), {"d": deal.id})
    assert chain_faults(session, deal.id) == (ChainFault(1, ChainFaultReason.HEAD_DIFFERS),)


def test_the_sheet_read_from_the_database_is_verified_without_it(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    deal = records.deal(company.olena)
    step = records.step(deal, assignee=company.iryna)
    content = {"amount": "1000.00"}
    decision = StepCompleted(
        name=step.name,
        element_id="approve",
        stage="",
        step_kind="approval",
        outcome="approved",
        outcome_label="Погоджено",
        comment="",
        values={},
        on_behalf_of="",
        department="Юридичний відділ",
        position="Юристка",
        due_at=step.due_at,
        content=content,
        content_hash=content_hash(content),
        map_version=1,
    )
    records.event(decision, deal, by=company.iryna, step=step)
    session.expire_all()
    sheet = approval_sheet(session, as_actor(company.olena), deal.id)
    assert [(one.approver, one.outcome_label) for one in sheet.decisions] == [("Ірина Бондар", "Погоджено")]
    assert sheet.head_hash == deal.history_hash
    assert sheet_faults(sheet_json(sheet)) == ()
    with pytest.raises(NotFound):
        approval_sheet(session, as_actor(company.danylo), deal.id)
