"""What a page of a large company reads: the rows of the page, by an index, however many others there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from bench.copies import BASE, grow, hire, sample
from sqlalchemy import event, insert, text, update
from sqlalchemy.orm import Session
from support.company import Company
from support.office import Office
from support.sales_records import SalesRecords

from engine.db.session import Database
from engine.model.client import Client
from engine.model.deal import Deal, DealResult
from engine.model.history_event import HistoryEvent
from engine.model.person import Person
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.policy.permissions import Actor
from engine.queries.clients import client_history, client_view
from engine.queries.control import DealsList, control, controlled_deals
from engine.queries.deal_list import DealSort, deals
from engine.queries.known_maps import known_maps
from engine.queries.step_facts import step_facts

Act = Callable[[Person], Actor]
HOUR = timedelta(hours=1)
DEALS, VERSIONS, OF_CLIENT = 1_000, 3_000, 200


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def large(request: pytest.FixtureRequest) -> Iterator[Office]:
    """A thousand deals, of which a fifth are of one client, and three thousand versions of other maps.

    Built once for all tests of a kind of database: they read, or write what none of the others reads.
    """
    office = Office(Database(request.getfixturevalue(f"{request.param}_url_of_module")))
    office.publish()
    hire(office)
    original = sample(office)
    with office.database.write() as session:
        session.execute(
            insert(ProcessDefinition),
            [
                {
                    "key": f"map-{number % 100}",
                    "version": number // 100 + 1,
                    "name": f"Карта {number % 100}",
                    "state": DefinitionState.RETIRED,
                    "findings": [],
                    "created_at": office.clock.now(),
                }
                for number in range(VERSIONS)
            ],
        )
    grow(office, original, DEALS)
    with office.database.write() as session:
        session.execute(update(Deal).where(Deal.id > BASE + DEALS - OF_CLIENT).values(client_id=BASE + 2))
    _settle(office)
    yield office
    office.database.dispose()


def _settle(office: Office) -> None:
    """As the database is in daily work: PostgreSQL knows how much it holds."""
    with office.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not office.database.is_sqlite:
            connection.execute(text("VACUUM ANALYZE"))


def _renamed(client_id: int) -> dict[str, Any]:
    return {"client_id": client_id, "changes": {"segment": ["B2B", "B2G"]}}


def plans_of(office: Office, read: Any, about: str) -> str:
    """How the database goes about the statements of ``read`` that speak of a table."""
    asked: list[tuple[str, Any]] = []

    def listen(*told: Any) -> None:
        asked.append((told[2], told[3]))

    event.listen(office.database.engine, "before_cursor_execute", listen)
    explain = "EXPLAIN QUERY PLAN" if office.database.is_sqlite else "EXPLAIN"
    with office.database.read() as session:
        read(session, office.actor("bohdan"))
        wanted = [one for one in asked if about in one[0]]
        assert wanted
        found = [
            session.connection().exec_driver_sql(f"{explain} {statement}", values).all() for statement, values in wanted
        ]
    event.remove(office.database.engine, "before_cursor_execute", listen)
    return "\n".join(str(row[-1]) for rows in found for row in rows)


def test_a_page_of_a_file_looks_at_the_runs_of_its_own_deals_alone(large: Office) -> None:
    """Each page of the file of 100,000 deals read all runs of the company twice."""
    plan = plans_of(large, partial(deals, limit=500, now=large.clock.now()), "process_instance")
    assert "ix_process_instance_deal_id" in plan
    assert "Seq Scan on process_instance" not in plan


def test_the_deals_of_a_version_are_read_in_their_order_whichever_version_it_is(large: Office) -> None:
    """Where versions were many, PostgreSQL took any for one of few deals and sorted all that follow it: 7 s."""
    page = partial(
        deals,
        definition_key="sale",
        map_version=1,
        sort=DealSort.LONGEST_IN_STAGE,
        limit=20,
        now=large.clock.now(),
    )
    plan = plans_of(large, page, "deal.stage_since")
    assert "ix_deal_result_since" in plan
    assert "HashAggregate" not in plan
    assert "Seq Scan on process_instance" not in plan
    with large.database.read() as session:
        actor = large.actor("bohdan")
        assert len(page(session, actor).items) == 20
        assert page(session, actor, map_version=2).items == ()
        assert len(deals(session, actor, map_version=1, limit=20, now=large.clock.now()).items) == 20


@pytest.mark.parametrize("sort", [DealSort.LATEST, DealSort.TITLE])
def test_the_deals_of_a_client_are_not_looked_for_among_all_deals(large: Office, sort: DealSort) -> None:
    page = partial(deals, client_id=BASE + 2, result=DealResult.OPEN, sort=sort, limit=20, now=large.clock.now())
    if not large.database.is_sqlite:
        plan = plans_of(large, page, "deal.client_id =")
        assert "ix_deal_result_opened" not in plan
        assert "ix_deal_result_sort_key" not in plan
    with large.database.read() as session:
        actor, seen, cursor = large.actor("bohdan"), [], None
        while True:
            found = page(session, actor, cursor=cursor)
            seen += [one.id for one in found.items]
            if (cursor := found.next_cursor) is None:
                break
    assert len(seen) == len(set(seen)) == OF_CLIENT + 2


def test_what_people_hold_is_counted_in_indexes_alone(large: Office) -> None:
    """The daily control read the rows of all steps, and sorted those that are open by the names of their holders."""
    plan = plans_of(large, partial(control, now=large.clock.now()), "counted.overdue")
    if large.database.is_sqlite:  # it counts no rows of tables, and reads the live steps by their state
        assert "SCAN work_item" not in plan, plan
        return
    for index in ("ix_work_item_assignee_live", "ix_work_item_unheld"):
        assert f"Index Only Scan using {index}" in plan, plan
    assert "Seq Scan on work_item" not in plan, plan


def test_deals_that_came_back_twice_are_found_by_what_was_returned(large: Office) -> None:
    read = partial(controlled_deals, which=DealsList.RETURNED, now=large.clock.now())
    assert plans_of(large, read, "work_item.outcome").count("ix_work_item_returned") >= 2


def test_the_maps_of_deals_are_found_without_reading_versions_or_deals(large: Office) -> None:
    plan = plans_of(large, known_maps, "used_keys")
    assert "Seq Scan on process_definition" not in plan, plan
    assert "Seq Scan on deal" not in plan, plan
    assert "SCAN process_definition" not in plan, plan
    with large.database.read() as session:
        assert [one.key for one in known_maps(session, large.actor("bohdan"))] == ["sale"]


def test_the_next_step_of_a_client_is_that_of_the_deal_with_the_nearest_deadline(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    client = records.client()
    without, later, sooner = (records.deal(company.olena, client=client) for _ in range(3))
    bohdan = as_actor(company.bohdan)

    def shown() -> str:
        session.flush()
        step = client_view(session, bohdan, client.id, records.at).next_step
        return step.name if step else ""

    assert shown() == ""
    records.step(without, name="Без строку")
    assert shown() == "Без строку"
    records.step(later, name="Згодом", due_in=5 * HOUR)
    records.step(sooner, name="Потім", due_in=9 * HOUR)
    records.step(sooner, name="Найближчий", due_in=2 * HOUR)
    assert shown() == "Найближчий"


def test_how_steps_go_is_counted_out_of_one_index_and_never_row_by_row(large: Office) -> None:
    """With half a million done steps each run of the map was looked up for its steps, twice, and all of them sorted."""
    facts = partial(step_facts, key="sale", elements=("prepare", "legal"), now=large.clock.now())
    plan = plans_of(large, facts, "count(*)")
    assert "ix_work_item_element" in plan
    assert "uq_work_item_instance_id_activity_id_part" not in plan
    if large.database.is_sqlite:
        assert "SEARCH work_item USING COVERING INDEX ix_work_item_element" in plan
        assert "sqlite_autoindex_work_item" not in plan
    with large.database.read() as session:
        found = facts(session, large.actor("bohdan"))
    assert (found["prepare"].done, found["prepare"].taken.count, found["legal"].open) == (DEALS + 1, 100, DEALS + 1)


def test_of_a_clients_history_a_page_is_read_and_no_other_clients(large: Office) -> None:
    """Every entry about any client was read for it: 1.5 s with 150,000 of them."""
    theirs, merged, others = BASE + 4, BASE + 6, BASE + 8
    told = [*[theirs, merged] * 75, *[others] * 3_000]
    with large.database.write() as session:
        session.execute(update(Client).where(Client.id == merged).values(merged_into_id=theirs))
        entries = [{"kind": "client_changed", "at": large.clock.now(), "data": _renamed(one)} for one in told]
        session.execute(insert(HistoryEvent), entries)
    _settle(large)
    page = partial(client_history, client_id=theirs, limit=20)
    plan = plans_of(large, page, "client_id'")
    assert plan.count("ix_history_event_client") == 2, plan
    assert "Sort" not in plan, plan
    assert "TEMP B-TREE" not in plan, plan
    seen: list[int] = []
    with large.database.read() as session:
        cursor = None
        while cursor is not None or not seen:
            found = page(session, large.actor("bohdan"), cursor=cursor)
            seen += [row.data["client_id"] for row in found.items]
            cursor = found.next_cursor
    assert seen == [merged, theirs] * 75
