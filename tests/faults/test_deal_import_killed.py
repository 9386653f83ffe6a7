"""A worker is killed in the middle of opening the deals of a file: each row is opened once, and none is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from faults.audit import assert_deal_is_whole
from faults.test_due_timers import group, wait_until
from faults.test_version_move_killed import PROGRAMS
from sqlalchemy import func, select, update
from support.deal_files import DealFiles
from support.office import Office
from support.running import environment
from support.servers import Redis, free_port

from engine.commands.deal_import_files import bring_deals, look_into_deals
from engine.commands.deal_import_turns import OPENED_AT_ONCE
from engine.db.job import Job
from engine.db.session import Database
from engine.model.client import Client
from engine.model.client_import import ImportState, RowState
from engine.model.deal import Deal
from engine.model.deal_import import DealImportRow
from engine.model.notice import Notice, NoticeKind

REFUSED_EACH = 10  # one row of so many has an amount that is none


@pytest.mark.timeout(900)
def test_a_file_of_deals_goes_on_behind_killed_workers_and_a_lost_broker(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, full: bool
) -> None:
    url = str(request.getfixturevalue(f"{kind}_database_url"))
    office, rows = Office(Database(url)), 2_000 if full else 4 * OPENED_AT_ONCE
    office.publish()
    with ExitStack() as around:
        more = {}
        if kind == "postgresql":
            broker = around.enter_context(Redis())
            more["REDIS_URL"] = broker.url
        settings = environment(tmp_path / "var", DATABASE_URL=url, PORT=str(free_port()), REGLAMENT_DEMO="0", **more)
        import_id = brought(office, rows)

        def settled() -> int:
            with office.database.read() as session:
                waits = DealImportRow.state != RowState.NEW
                return session.scalar(select(func.count()).where(waits, DealImportRow.deal_id.is_not(None))) or 0

        for part in (4, 2) if full else (2,):
            with at_work(kind, settings) as programs:
                wait_until(lambda part=part: settled() >= rows // part)  # type: ignore[misc]
                for one in programs:
                    os.killpg(one.pid, signal.SIGKILL)
                    one.wait()
            assert 0 < settled() < rows - rows // REFUSED_EACH, "the blow was to fall in the middle of the work"
            if kind == "postgresql":
                broker.stop()
                broker.start()
            with office.database.write() as session:  # what comes about by itself after the job's lease
                session.execute(update(Job).values(lease_until=None))
        with at_work(kind, settings):
            wait_until(lambda: DealFiles(office).view(import_id).state is ImportState.DONE)
    ensure_each_once(office, rows)
    office.database.dispose()


def brought(office: Office, rows: int) -> int:
    lines = [f"Угода {one};ТОВ «Лан {one % 7}»;{'багато' if one % REFUSED_EACH == 0 else one}" for one in range(rows)]
    file = look_into_deals("\n".join(["Назва;Клієнт;Сума", *lines]).encode(), "deals.csv", {})
    return int(office.do("olena", bring_deals, file, "sale", locale="uk", opens=True).id)


@contextmanager
def at_work(kind: str, settings: Any) -> Iterator[list[Popen[bytes]]]:
    with ExitStack() as running:
        yield [running.enter_context(group(*one, env=settings)) for one in PROGRAMS[kind]]


def ensure_each_once(office: Office, rows: int) -> None:
    sound = {f"Угода {one}" for one in range(rows) if one % REFUSED_EACH}
    with office.database.read() as session:
        opened = {one.id: one.title for one in session.scalars(select(Deal))}
        assert len(opened) == len(sound)
        assert set(opened.values()) == sound
        told = session.execute(select(DealImportRow.number, DealImportRow.state, DealImportRow.deal_id)).all()
        assert {row.number for row in told if row.state is RowState.REFUSED} == set(range(2, rows + 2, REFUSED_EACH))
        assert {row.number - 2: opened[row.deal_id] for row in told if row.state is RowState.ADDED} == {
            int(title.split()[1]): title for title in sound
        }
        assert session.scalar(select(func.count()).select_from(Client)) == 7
        done = select(func.count()).where(Notice.kind == NoticeKind.IMPORT_DONE)
        assert session.scalar(done) == 1
        for deal_id in opened:
            assert_deal_is_whole(session, deal_id)
