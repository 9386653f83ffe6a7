"""A backup made while people work, put back into an empty installation: one whole moment of the company."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from faults.audit import assert_deal_is_whole
from faults.dealer import ENDED, deal_with
from faults.processes import PATIENCE_S, frozen, kill, start
from faults.scorecard import Scorecard
from faults.signer import sign
from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from support.forked_commands import reglament
from support.forking import FORKS
from support.office import Office
from support.running import environment
from support.servers import PostgreSQL

from engine.db.session import Database
from engine.model.deal import Deal, DealResult
from engine.model.history_event import HistoryEvent

DEALERS = 2


@pytest.mark.timeout(3600)
def test_what_is_restored_is_one_moment_and_every_deal_in_it_is_whole(
    database_url: str, request: pytest.FixtureRequest, tmp_path: Path, full: bool, scorecard: Scorecard
) -> None:
    backups, before_each = (10, 200) if full else (1, 4)
    office = Office(Database(database_url))
    office.publish()
    office.open_deal(title="Перша")
    reader, writer = FORKS.Pipe(duplex=False)
    signed, signs = FORKS.Pipe(duplex=False)
    signer = start(sign, database_url, tmp_path / "var" / "keys", signs)
    dealers = [start(deal_with, database_url, f"{number}", 100_000, writer) for number in range(DEALERS)]
    deals = entries = 0
    try:
        assert signed.poll(PATIENCE_S), "nothing is signed"
        for number in range(backups):
            for _ in range(before_each):
                assert reader.poll(PATIENCE_S), "nobody works"
                assert reader.recv_bytes() == ENDED
            before = recorded(office.database)
            file = tmp_path / f"{number}.tar.gz"
            done = reglament("backup", str(file), env=environment(tmp_path / "var", DATABASE_URL=database_url))
            assert done.returncode == 0, done.stderr
            assert all(one.is_alive() for one in (*dealers, signer)), "the work stopped for the backup"
            assert recorded(office.database) > before, "nobody worked during the backup"
            # Looking takes longer than working: who goes on meanwhile makes each backup a multiple of the one before.
            with frozen([*dealers, signer]):
                empty = _empty(request, database_url, tmp_path, number)
                found = restored(empty, file, tmp_path / f"var{number}")
            deals, entries = deals + found.deals, entries + found.signed
    finally:
        for process in (*dealers, signer):
            kill(process)
        for end in (reader, writer, signed, signs):
            end.close()
        office.database.dispose()
    assert deals >= before_each * backups * (backups + 1) / 2
    tried = f"{backups} backups under load, {deals:,} restored deals and {entries:,} signed entries checked"
    scorecard.passed(14, office.database, tried)


def recorded(database: Database) -> int:
    """How many entries the history has."""
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(HistoryEvent)) or 0


@dataclass(frozen=True)
class Restored:
    deals: int
    signed: int


def restored(url: str, file: Path, var: Path) -> Restored:
    """Restore ``file`` into the empty database at ``url``; how much is there, each deal and each signature whole."""
    env = environment(var, DATABASE_URL=url)
    done = reglament("restore", str(file), env=env)
    assert done.returncode == 0, done.stderr
    verified = reglament("history", "verify", env=env)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    signed = re.search(r"Signed entries: (\d+);", verified.stdout)
    assert signed is not None, verified.stdout
    assert int(signed[1]) > 0
    database = Database(url)
    with database.read() as session:
        ids = session.scalars(select(Deal.id)).all()
        for deal_id in ids:
            assert_deal_is_whole(session, deal_id)
        closed = select(func.count()).where(HistoryEvent.kind == "deal_won")
        assert session.scalar(select(func.count()).where(Deal.result == DealResult.WON)) == session.scalar(closed)
    database.dispose()
    return Restored(len(ids), int(signed[1]))


def _empty(request: pytest.FixtureRequest, url: str, tmp_path: Path, number: int) -> str:
    """Where nothing is yet: another file, or another database of the same server."""
    if make_url(url).get_backend_name() == "sqlite":
        return f"sqlite:///{tmp_path}/restored-{number}.sqlite"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = f"{make_url(url).database}_{number}"
    request.addfinalizer(lambda: server.drop_database(name))
    return server.create_database(name)
