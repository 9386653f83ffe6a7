"""A process that performs commands for a long time: it must not grow."""

from __future__ import annotations

import os
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from bench.figures import Figure
from support.forking import FORKS
from support.office import Office
from support.sales_map import APPROVERS

from engine.clock import SettableClock, SystemClock
from engine.commands.completions import complete_work_item
from engine.commands.incidents import perform
from engine.db.session import Database

_WHO = dict(zip(APPROVERS, ("iryna", "oksana", "petro"), strict=True))
_MEGABYTE = 1024 * 1024


def memory_figure(url: str, *, early: int, late: int) -> Figure:
    """Resident memory of one process after ``late`` steps ÷ after ``early`` steps."""
    reader, writer = FORKS.Pipe(duplex=False)
    with reader, writer:
        process = FORKS.Process(target=work, args=(url, (early, late), writer), daemon=True)
        process.start()
        first, last = reader.recv(), reader.recv()
        process.join()
    return Figure(
        f"memory of a worker after {late:,} steps ÷ after {early:,}", last / first, "", 1.1,
        f"{last / _MEGABYTE:.0f} MB",
    )  # fmt: skip


def work(url: str, marks: tuple[int, ...], told: Connection) -> None:
    """Open deals and complete all their steps, telling the resident bytes after as many steps as ``marks`` say."""
    office = Office(Database(url), SettableClock(SystemClock().now()))
    office.publish()
    actors = {login: office.actor(login) for login in ("olena", *_WHO.values())}
    done = 0
    while done < marks[-1]:
        deal = office.open_deal(title=f"Постачання {done}")
        while steps := office.open_steps(deal):
            for step in steps:
                actor = actors[_WHO.get(step.element_id, "olena")]
                command = partial(
                    complete_work_item,
                    work_item_id=step.id,
                    values={"discount": "5"} if step.element_id == "prepare" else {},
                    outcome="approved" if step.element_id in APPROVERS else "completed",
                    actor=actor,
                    clock=office.clock,
                    command_id=f"endurance {step.id}",
                )
                perform(office.database, command, actor=actor, clock=office.clock)
                done += 1
                if done in marks:
                    told.send(_resident())
    office.database.dispose()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
