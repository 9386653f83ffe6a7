"""Deals that a released version left at every kind of wait come to the same end under today's program."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from faults.audit import assert_deal_is_whole
from faults.scorecard import Scorecard
from sqlalchemy import select, text
from support.company import Company
from support.former_schemas import FormerSchemas
from support.office import Office
from support.stage_totals import kept_totals, true_totals
from upgrades.kept_company import load, write_rows
from upgrades.waiting_deals import Ending, arrange, finish

from engine.clock import SettableClock
from engine.commands.webhook_deliveries import WEBHOOK, backlog, queue_deliveries
from engine.db.job import Job
from engine.db.schema import is_up_to_date, migrate
from engine.db.session import Database
from engine.model.deal import Deal
from engine.model.person import Person
from engine.model.webhook import Webhook
from engine.queries.text_search import matches

OLD_JOB = text(
    "INSERT INTO job (id, kind, payload, state, attempts, due_at, created_at, last_error)"
    " VALUES (:id, :kind, '{\"webhook_id\" : 1}', :state, 1, :at, :at, '')"
)
RELEASES = sorted(Path(__file__).parent.glob("*/company.json.gz"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def of_release(
    request: pytest.FixtureRequest, file: Path, former_schemas: FormerSchemas, tmp_path: Path
) -> Iterator[Database]:
    """A database with the empty tables of the release in ``file``, as its migrations make them."""
    with former_schemas.copy(request.param, load(file)["revision"], tmp_path) as database:
        yield database


def test_every_release_is_kept() -> None:
    assert [file.parent.name for file in RELEASES] == ["0.1.0", "0.2.0"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("file", RELEASES, ids=lambda file: file.parent.name)
def test_deals_of_a_release_end_as_they_would_have_there(
    of_release: Database, file: Path, scorecard: Scorecard
) -> None:
    database, kept = of_release, load(file)
    with database.migrating() as connection:
        write_rows(connection, kept["rows"])
    migrate(database)
    assert is_up_to_date(database)
    with database.read() as session:
        for deal in session.scalars(select(Deal)):
            named = select(Deal.id).where(matches(session, Deal.search_text, f"{deal.number} {deal.title}"))
            assert deal.id in session.scalars(named).all()
        assert kept_totals(session) == true_totals(session) != {}
    office = CompanyOfBefore(database, datetime.fromisoformat(kept["at"]))
    endings: dict[str, Any] = kept["endings"]
    assert len(endings) > 15
    with database.read() as session:
        titles = session.scalars(select(Deal.title).order_by(Deal.id)).all()  # as they were ended there: time passes
    assert set(titles) == set(endings)
    for title in titles:
        finish(office, title)
        assert Ending.of(office, title) == Ending(**endings[title]), title
    with database.read() as session:
        for deal_id in session.scalars(select(Deal.id)):
            assert_deal_is_whole(session, deal_id)
        assert kept_totals(session) == true_totals(session)
    scorecard.passed(15, database, f"{len(endings)} deals of {file.parent.name}, each at another kind of wait")


def test_today_s_program_arranges_the_same_deals(sqlite_database_url: str) -> None:
    """What the next release will keep is made of the same kinds of waits."""
    office = Office(Database(sqlite_database_url))
    arrange(office)
    with office.database.read() as session:
        titles = set(session.scalars(select(Deal.title)))
    office.database.dispose()
    for file in RELEASES:
        assert titles >= set(load(file)["endings"])


class CompanyOfBefore(Office):
    """The people and the clock of a company that is there already."""

    def __init__(self, database: Database, at: datetime) -> None:
        self.database, self.clock = database, SettableClock(at)
        with database.read() as session:
            self.people = {one.login: one for one in session.scalars(select(Person))}
        self.company = cast("Company", _ByLogin(self.people))


class _ByLogin:
    def __init__(self, people: dict[str, Person]) -> None:
        self._people = people

    def __getattr__(self, login: str) -> Person:
        return self._people[login]


@pytest.mark.parametrize("file", RELEASES[:1], ids=lambda file: file.parent.name)
def test_an_address_with_jobs_of_a_release_is_told_the_same_by_one_job(of_release: Database, file: Path) -> None:
    """Those of 0.1.0, which knew no job of an address's own, are left out; one that its worker queues tells nothing."""
    database, kept = of_release, load(file)
    clock = SettableClock(datetime(2026, 3, 2, 8, tzinfo=UTC))
    with database.migrating() as connection:
        write_rows(connection, kept["rows"])
        by_id = connection.scalar(text("SELECT min(id) FROM person"))
        told = {"url": "https://example.com/hook", "by_id": by_id, "at": "2026-03-02 07:00:00.000000"}
        columns = "url, secret, kinds, delivered_event_id, is_active, created_by_id, created_at"
        connection.execute(
            text(f"INSERT INTO webhook ({columns}) VALUES (:url, 's', '[]', 2, true, :by_id, :at)"),  # noqa: S608  # no input
            told,
        )
        for state in ("queued", "failed", "done"):
            connection.execute(OLD_JOB, {"id": state, "state": state, "kind": WEBHOOK, "at": told["at"]})
        connection.execute(OLD_JOB, {"id": "letter", "state": "failed", "kind": "letter", "at": told["at"]})
    migrate(database)
    with database.migrating() as connection:
        connection.execute(OLD_JOB, {"id": "late", "state": "queued", "kind": WEBHOOK, "at": told["at"]})
    with database.write() as session:
        assert queue_deliveries(session, clock=clock) == 1
    with database.read(snapshot=False) as session:
        jobs = {job.id: job for job in session.scalars(select(Job).where(Job.id.in_(("queued", "failed", "late"))))}
        own = session.get_one(Job, session.scalars(select(Webhook.job_id)).one())
        assert session.get(Job, "letter") is not None
        behind = backlog(session, own, limit=3)
        assert behind is not None
        assert [event.event_id for event in behind.events] == [3, 4, 5]
        assert list(jobs) == ["late"]
        assert backlog(session, jobs["late"], limit=3) is None
