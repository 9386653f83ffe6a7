"""Lists of clients are read, taken over and taken back by the worker, and not again when a job comes twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from support.client_lists import COMPANIES, Lists
from support.office import Office
from support.post_office import PostOffice

from engine.commands.client_import_rows import check_rows
from engine.commands.client_imports import ImportChoices, bring_list, check_list, look_into, take_back, take_over
from engine.db.job import Job
from engine.db.outbox import LEASE, claim_job, free_job, hold_job
from engine.db.statistics import FEWEST
from engine.model.client import Client
from engine.model.client_import import ImportKind, ImportState
from tasks.jobs import run_job, sweep
from tasks.notices import tell_people
from tasks.services import Services


def bring(office: Office, text: str = COMPANIES) -> int:
    brought = office.do("olena", bring_list, ImportKind.CLIENTS, look_into(text.encode(), "clients.csv"))
    office.do("olena", check_list, brought.id, ImportChoices(brought.columns))
    return brought.id


def test_who_brought_a_list_is_told_what_came_of_it_once(
    office: Office, services: Services, post_office: PostOffice
) -> None:
    import_id = bring(office, COMPANIES + "Без коду;12\n")
    sweep()
    office.do("olena", take_over, import_id)
    for _ in range(2):
        sweep()
        tell_people()
    (letter,) = (one for one in post_office.letters if one["To"] == "olena@example.com")
    assert "clients.csv" in letter["Subject"]
    body = letter.get_body(("plain",))
    assert body is not None
    assert f"/clients/import/{import_id}" in body.get_content()
    office.do("olena", take_back, import_id)
    sweep()
    tell_people()
    sweep()
    assert len(post_office.letters) == 1


def names(office: Office) -> list[str]:
    with office.database.read() as session:
        return [one.name for one in session.query(Client).order_by(Client.id)]


def test_the_worker_reads_takes_over_and_takes_back(office: Office, services: Services) -> None:
    import_id, lists = bring(office), Lists(office)
    sweep()
    assert lists.row(import_id).state is ImportState.CHECKED
    office.do("olena", take_over, import_id)
    sweep()
    assert lists.row(import_id).state is ImportState.DONE
    assert names(office) == ["ТОВ «Лан»", "ПП Мрія"]
    with office.database.read() as session:
        jobs = [one.id for one in session.query(Job)]
    for job_id in jobs:
        run_job(job_id)
    assert len(names(office)) == 2
    office.do("olena", take_back, import_id)
    sweep()
    assert names(office) == []


@pytest.mark.usefixtures("services")
def test_postgresql_alone_learns_of_the_clients_of_a_long_list(office: Office) -> None:
    is_sqlite = office.database.is_sqlite
    of_clients = (
        "SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'"
        if is_sqlite
        else "SELECT reltuples FROM pg_class WHERE oid = CAST('client' AS regclass)"
    )

    def known() -> int:
        with office.database.read() as session:
            return int(session.scalar(text(of_clients)) or 0)

    before = known()
    import_id = bring(office)
    sweep()
    office.do("olena", take_over, import_id)
    sweep()
    assert (known(), len(names(office))) == (before, 2)
    more = "".join(f"ТОВ «Лан {number}»;\n" for number in range(FEWEST))
    import_id = bring(office, COMPANIES.splitlines()[0] + "\n" + more)
    sweep()
    office.do("olena", take_over, import_id)
    sweep()
    assert len(names(office)) == FEWEST + 2
    assert known() == (0 if is_sqlite else FEWEST + 2)


def test_a_pass_that_was_superseded_writes_nothing_more(office: Office, services: Services) -> None:
    import_id = bring(office)
    sweep()
    before = Lists(office).states(import_id)
    check_rows(office.database, import_id, "late", zone="Europe/Kyiv", clock=office.clock)
    assert Lists(office).states(import_id) == before


def test_a_job_that_takes_long_keeps_its_lease(office: Office, services: Services) -> None:
    bring(office)
    with office.database.write() as session:
        job = session.query(Job).one()
        claim_job(session, job, at=office.clock.now())
    office.clock.advance(LEASE - timedelta(seconds=1))
    with office.database.write() as session:
        hold_job(session, job.id, at=office.clock.now())
    office.clock.advance(timedelta(seconds=2))
    with office.database.read() as session:
        assert free_job(session, job.id, at=office.clock.now()) is None
