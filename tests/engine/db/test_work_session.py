"""The session writes plain rows itself, and leaves to SQLAlchemy what is not plain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import bindparam, delete, event, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from support.office import Office

from engine.db.job import Job, JobState
from engine.db.session import Database, after_commit
from engine.db.work_session import add_rows, append, change, new_row, number, postpone
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.timer import Timer
from engine.model.work_item import WorkItem

END_TIMER = delete(Timer).where(Timer.node_id == bindparam("at_node"))


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    database = Database(database_url)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()


def timers(office: Office) -> list[str]:
    with office.database.read() as session:
        return list(session.scalars(select(Timer.node_id).order_by(Timer.id)))


def timer(office: Office, deal: Deal, node_id: str) -> dict[str, object]:
    instance_id = office.open_steps(deal)[0].instance_id
    return {"instance_id": instance_id, "activity_id": "99", "node_id": node_id, "due_at": office.clock.now()}


def test_a_changed_row_is_written_where_its_version_is_the_one_that_was_read(office: Office) -> None:
    office.open_deal()
    with office.database.write() as session:
        step = session.scalars(select(WorkItem)).one()
        step.name = "Інша назва"
    with office.database.read() as session:
        changed = session.scalars(select(WorkItem)).one()
    assert (changed.name, changed.version) == ("Інша назва", step.version)
    assert step.version > 1


def test_several_columns_changed_at_once_are_written_and_taken_back_like_any_other(office: Office) -> None:
    opened = office.open_deal()
    with office.database.write() as session:
        change(session.get_one(Deal, opened.id), title="Інша назва", stage="Підготовка", next_due_at=None)
    with office.database.write() as session:
        deal = session.get_one(Deal, opened.id)
        told = deal.title, deal.stage
        change(deal, title="Ще інша", stage="Договір")
        session.rollback()
        assert (deal.title, deal.stage) == told == ("Інша назва", "Підготовка")


def test_who_listens_for_commits_hears_of_the_one_that_ends_a_session(office: Office) -> None:
    office.open_deal()
    heard: list[bool] = []
    with office.database.write() as session:
        event.listen(session, "after_commit", lambda ended: heard.append(ended is session))
        session.scalars(select(WorkItem)).one().name = "Інша назва"
        assert heard == []
    assert heard == [True]


@pytest.mark.parametrize("fails", [False, True])
def test_a_session_that_ended_has_given_its_connection_back_once(office: Office, *, fails: bool) -> None:
    deal = office.open_deal()
    told: list[bool] = []
    twice, later = timer(office, deal, "1"), timer(office, deal, "2")
    pool: Any = office.database.engine.pool
    waiting = pool.checkedin()
    with suppress(IntegrityError), office.database.write() as session:
        after_commit(session, lambda: told.append(True))
        for _ in range(2 if fails else 1):
            append(session, Timer, **twice)
    assert (told, timers(office)) == (([], []) if fails else ([True], ["1"]))
    assert (pool.checkedout(), pool.checkedin()) == (0, waiting)
    with office.database.write() as session:  # on the same connection: nothing of the other transaction is in it
        assert not session.new
        append(session, Timer, **later)
    assert timers(office) == ([] if fails else ["1"]) + ["2"]
    assert (pool.checkedout(), pool.checkedin()) == (0, waiting)


def test_what_a_savepoint_took_back_is_not_written_at_the_end_of_the_session(office: Office) -> None:
    opened = office.open_deal()
    with office.database.write() as session:
        deal = session.get_one(Deal, opened.id)
        change(deal, title="Інша назва", stage="Підготовка")
        with suppress(LookupError), session.begin_nested():
            change(deal, stage="Договір", title="Ще інша")
            session.flush()
            raise LookupError
        assert (deal.title, deal.stage) == ("Інша назва", "Підготовка")
    with office.database.read() as session:
        deal = session.get_one(Deal, opened.id)
        assert (deal.title, deal.stage) == ("Інша назва", "Підготовка")


def test_the_hour_that_comes_twice_in_autumn_is_written_as_two_hours(office: Office) -> None:
    deal = office.open_deal()
    first = datetime(2026, 10, 25, 3, 30, tzinfo=ZoneInfo("Europe/Kyiv"))
    with office.database.write() as session:
        for node_id, due_at in (("1", first), ("2", first.replace(fold=1))):
            append(session, Timer, **timer(office, deal, node_id) | {"due_at": due_at})
    with office.database.read() as session:
        written = session.scalars(select(Timer.due_at).where(Timer.node_id.in_(["1", "2"])).order_by(Timer.node_id))
        assert list(written) == [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]


def test_a_row_that_somebody_else_has_changed_meanwhile_is_not_overwritten(office: Office) -> None:
    office.open_deal()
    with office.database.write() as session:
        step = session.scalars(select(WorkItem)).one()
        deal = session.get_one(Deal, step.deal_id)
        session.connection().execute(update(WorkItem).values(version=WorkItem.version + 1))
        deal.title = step.name = "Запізно"
        with pytest.raises(StaleDataError):
            session.flush()
        session.rollback()
    with office.database.read() as session:
        assert session.scalars(select(Deal.title)).one() != "Запізно"


def test_what_a_relationship_alone_says_is_written_by_sqlalchemy(office: Office) -> None:
    known = office.open_deal()
    with office.database.write() as session:
        like = session.get_one(Deal, known.id)
        client = Client(name="ТОВ «Новий»", created_at=office.clock.now())
        session.add(
            Deal(
                number="2026-99999",
                title="Нова",
                client=client,
                owner_id=like.owner_id,
                definition_key=like.definition_key,
                opened_at=office.clock.now(),
            )
        )
    with office.database.read() as session:
        written = session.scalars(select(Deal).where(Deal.title == "Нова")).one()
        assert (written.client.name, written.version, written.fields) == ("ТОВ «Новий»", 1, {})


def test_changing_a_relationship_alone_changes_its_column(office: Office) -> None:
    deal = office.open_deal()
    with office.database.write() as session:
        step = session.scalars(select(WorkItem)).one()
        step.assignee = session.merge(office.company.taras)
    with office.database.read() as session:
        assert session.scalars(select(WorkItem.assignee_id)).one() == office.company.taras.id
        assert session.get_one(Deal, deal.id).owner_id == office.company.olena.id


def test_a_new_object_can_be_named_before_its_row_is_written(office: Office) -> None:
    deal = office.open_deal()
    step = office.step("prepare", deal)
    with office.database.write() as session:
        copies = [
            WorkItem(
                instance_id=step.instance_id,
                deal_id=deal.id,
                activity_id=f"c{one}",
                element_id="prepare",
                name="Копія",
                kind=step.kind,
                opened_at=step.opened_at,
            )
            for one in range(2)
        ]
        number(session, copies)
        session.add_all(copies)
        ids = [one.id for one in copies]
        session.flush()
        assert session.get(WorkItem, ids[1]) is copies[1]
        copies[0].name = "Перша копія"
    with office.database.read() as session:
        written = session.scalars(select(WorkItem).where(WorkItem.id.in_(ids)).order_by(WorkItem.id)).all()
        assert [(one.id, one.name, one.comment) for one in written] == [
            (ids[0], "Перша копія", ""),
            (ids[1], "Копія", ""),
        ]


def test_what_was_postponed_keeps_its_order_for_each_table(office: Office) -> None:
    deal = office.open_deal()
    with office.database.write() as session:
        append(session, Timer, **timer(office, deal, "first"))
        postpone(session, END_TIMER, {"at_node": "first"})
        append(session, Timer, **timer(office, deal, "second"))
    assert timers(office) == ["second"]


def test_what_was_postponed_is_seen_by_the_next_query(office: Office) -> None:
    deal = office.open_deal()
    with office.database.write() as session:
        append(session, Timer, **timer(office, deal, "seen"))
        assert session.scalar(select(func.count()).select_from(Timer)) == 1


def test_what_was_postponed_goes_with_the_transaction(office: Office) -> None:
    deal = office.open_deal()
    with suppress(RuntimeError), office.database.write() as session:
        append(session, Timer, **timer(office, deal, "lost"))
        raise RuntimeError
    assert timers(office) == []


def test_an_appended_row_has_the_defaults_of_its_columns(office: Office) -> None:
    at = office.clock.now()
    with office.database.write() as session:
        append(session, Job, id="a" * 32, kind="none", payload={}, due_at=at, created_at=at)
    with office.database.read() as session:
        job = session.get_one(Job, "a" * 32)
        assert (job.state, job.attempts, job.last_error, job.lease_until) == (JobState.QUEUED, 0, "", None)


def test_a_new_row_is_an_object_of_the_session_like_any_other(office: Office) -> None:
    deal = office.open_deal()
    with office.database.write() as session:
        one = new_row(Timer, **timer(office, deal, "new"))
        add_rows(session, [one])
        session.flush()
        assert session.get(Timer, one.id) is one
        one.node_id = "changed"
    assert timers(office) == ["changed"]


def test_a_violation_is_told_as_sqlalchemy_tells_it(office: Office) -> None:
    deal = office.open_deal()
    with office.database.write() as session:
        append(session, Timer, **timer(office, deal, "twice"))
        append(session, Timer, **timer(office, deal, "twice"))
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()
    assert timers(office) == []


def test_numbers_given_ahead_are_not_given_again_before_their_rows_are_written(office: Office) -> None:
    deal = office.open_deal()
    with office.database.write() as session:
        for name in ("first", "second"):
            one = Timer(**timer(office, deal, name))
            number(session, [one])
            session.add(one)
        session.add(Timer(**timer(office, deal, "third")))
    assert set(timers(office)) == {"first", "second", "third"}
