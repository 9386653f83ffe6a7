"""A worker is killed in the middle of moving many deals to a version: each moves once, and can be taken back."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from faults.audit import assert_deal_is_whole
from faults.test_due_timers import group, wait_until
from sqlalchemy import func, select, update
from support.office import Office
from support.running import environment
from support.sales_map import sales_map
from support.servers import free_port
from support.versions import edited

from engine.bpmn.deadline_rules import WorkingTime
from engine.commands.version_moves import MoveRequest, start_version_move, undo_version_move
from engine.db.job import Job
from engine.db.session import Database
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.process_instance import ProcessInstance
from engine.model.version_move import DeadlinePolicy, MovedDeal, MovedDealState, VersionMove, VersionMoveState
from engine.model.work_item import WorkItem

PROGRAMS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "postgresql": (("worker", "-c", "1"), ("beat",)),
    "sqlite": (("run",),),
}


@pytest.mark.timeout(300)
def test_a_bulk_move_goes_on_behind_a_killed_worker_and_is_undone_behind_another(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, full: bool
) -> None:
    url = str(request.getfixturevalue(f"{kind}_database_url"))
    more = {"REDIS_URL": str(request.getfixturevalue("redis_url"))} if kind == "postgresql" else {}
    settings = environment(tmp_path / "var", DATABASE_URL=url, PORT=str(free_port()), REGLAMENT_DEMO="0", **more)
    office = Office(Database(url))
    first = office.publish()
    deals = [office.open_deal(title=f"Угода {one}") for one in range(300 if full else 30)]
    before = dues(office)
    step = sales_map().steps["prepare"].model_copy(update={"deadline": WorkingTime(days=9)})
    second = office.publish(edited(sales_map(), {"prepare": step}))

    request_of = MoveRequest(deadlines=DeadlinePolicy.RECOMPUTE)
    move = Move(office, office.do("owner", start_version_move, second.id, request_of).id, PROGRAMS[kind], settings)
    move.suffer_a_blow(MovedDealState.MOVED, of=len(deals))
    with move.at_work():
        wait_until(lambda: move.state is VersionMoveState.DONE)
        assert versions(office) == {second.id: len(deals)}
        assert all(dues(office)[item] > due for item, due in before.items())
        if not full:
            office.do("owner", undo_version_move, move.id)
            wait_until(lambda: move.state is VersionMoveState.UNDONE)
    if full:
        office.do("owner", undo_version_move, move.id)
        move.suffer_a_blow(MovedDealState.UNDONE, of=len(deals))
        with move.at_work():
            wait_until(lambda: move.state is VersionMoveState.UNDONE)
    assert versions(office) == {first.id: len(deals)}
    assert dues(office) == before
    with office.database.read() as session:
        told = session.execute(
            select(HistoryEvent.deal_id, HistoryEvent.kind).where(
                HistoryEvent.kind.in_(("deal_version_moved", "version_move_undone"))
            )
        )
        times = Counter((row.deal_id, row.kind) for row in told)
        assert len(times) == 2 * len(deals)
        assert set(times.values()) == {1}
        for deal_id in session.scalars(select(Deal.id)):
            assert_deal_is_whole(session, deal_id)
    office.database.dispose()


@dataclass(frozen=True)
class Move:
    """A move that is at work as long as the programs run."""

    office: Office
    id: int
    programs: tuple[tuple[str, ...], ...]
    settings: Mapping[str, str]

    @property
    def state(self) -> VersionMoveState:
        with self.office.database.read() as session:
            return session.get_one(VersionMove, self.id).state

    def count(self, state: MovedDealState) -> int:
        with self.office.database.read() as session:
            counted = select(func.count()).where(MovedDeal.move_id == self.id, MovedDeal.state == state)
            return session.scalars(counted).one()

    @contextmanager
    def at_work(self) -> Iterator[list[subprocess.Popen[bytes]]]:
        with ExitStack() as running:
            yield [running.enter_context(group(*one, env=self.settings)) for one in self.programs]

    def suffer_a_blow(self, state: MovedDealState, *, of: int) -> None:
        """Let the programs work until some deals have come to ``state``, and kill all of them with signal 9."""
        with self.at_work() as started:
            wait_until(lambda: self.count(state) >= of // 10)
            for one in started:
                os.killpg(one.pid, signal.SIGKILL)
                one.wait()
        assert 0 < self.count(state) < of, "the blow was to fall in the middle of the work"
        with self.office.database.write() as session:  # what comes about by itself after the job's lease
            session.execute(update(Job).values(lease_until=None))


def versions(office: Office) -> dict[int, int]:
    with office.database.read() as session:
        return dict(Counter(session.scalars(select(ProcessInstance.definition_id))))


def dues(office: Office) -> dict[int, datetime]:
    with office.database.read() as session:
        return {one.id: one.due_at for one in session.scalars(select(WorkItem)) if one.due_at is not None}
