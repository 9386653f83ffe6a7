"""Many timers due at once, and late steps beside them, for the product's own workers and their schedule."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from os import killpg
from pathlib import Path
from signal import SIGKILL
from time import perf_counter

from bench.figures import Figure
from faults.processes import PATIENCE_S
from faults.waiting_map import BRANCHES, DAYS, waiting_map
from redis import Redis
from sqlalchemy import func, select
from support.office import Office
from support.running import PROGRAM, Running, environment

from engine.clock import SettableClock, SystemClock
from engine.db.session import Database
from engine.model.history_event import HistoryEvent
from engine.model.timer import Timer
from engine.model.work_item import WorkItem

PAST = timedelta(days=DAYS + 7)
"""How long ago the deals were opened: their timers are due, and their steps late enough for every rung."""
RUNGS = ("reminder_sent", "head_told", "step_reassigned")
_LOOKS_EVERY_S = 0.02


def timer_figures(
    database: Database, where: str, var: Path, settings: Mapping[str, str], *, timers: int, workers: int = 1
) -> Iterator[Figure]:
    """From the first one fired to the last; the target is for 10,000 with four workers.

    With ``REDIS_URL`` among ``settings``, by so many processes `reglament worker` and one `reglament beat`; else by the
    one process `reglament run`. Once with the deals' steps left in peace, once with one step of each deal late.
    """
    office = Office(database, SettableClock(SystemClock().now() - PAST))
    deals = timers // BRANCHES
    for late in (0, deals):
        process = waiting_map(escalates=bool(late))
        office.publish(process)
        for number in range(deals):
            office.open_deal(title=f"Очікування {number}", definition_key=process.key)
        taken = working_off(office, var / f"beside-{late}", settings, workers)
        ensure_once_each(office, timers=timers * (2 if late else 1), late=late)
        beside = f" beside {late:,} late steps" if late else ""
        yield Figure(
            f"{timers:,} timers due at once{beside}, {workers} worker{'s' * (workers > 1)}, {where}",
            taken,
            "s",
            10.0,
            f"{timers / taken:,.0f}/s, once each",
        )


def working_off(office: Office, var: Path, settings: Mapping[str, str], workers: int) -> float:
    """Seconds from when the first timer has fired, or the first step has climbed, until nothing is due any more."""
    began_with = _still_due(office)
    ends_at = time.monotonic() + PATIENCE_S
    with at_work(var, settings, workers):
        began = None
        while (left := _still_due(office)) > 0:
            if time.monotonic() > ends_at:
                raise AssertionError(f"{left} timers and steps are still due")
            if began is None and left < began_with:
                began = perf_counter()
            time.sleep(_LOOKS_EVERY_S)
        return perf_counter() - began if began is not None else 0.0


@contextmanager
def at_work(var: Path, settings: Mapping[str, str], workers: int) -> Iterator[None]:
    """What an installation runs behind its pages, killed at the end. The schedule begins when every worker waits."""
    if "REDIS_URL" not in settings:
        given = {"REGLAMENT_DEMO": "0", "SECRET_KEY": "a key for the bench" * 2}
        with Running(var, given | dict(settings)):
            yield
        return
    var.mkdir(exist_ok=True)
    env = environment(var, **settings)
    with ExitStack() as running, Redis.from_url(settings["REDIS_URL"]) as redis:
        for _ in range(workers):
            running.enter_context(_started("worker", "-c", "1", env=env))
        ends_at = time.monotonic() + PATIENCE_S
        while redis.info("clients")["blocked_clients"] < workers:
            if time.monotonic() > ends_at:
                raise AssertionError("the workers do not wait for anything")
            time.sleep(_LOOKS_EVERY_S)
        running.enter_context(_started("beat", env=env))
        yield


@contextmanager
def _started(*arguments: str, env: Mapping[str, str]) -> Iterator[None]:
    with (Path(env["REGLAMENT_VAR"]) / "log").open("ab") as log:
        process = subprocess.Popen(
            [PROGRAM, *arguments], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            killpg(process.pid, SIGKILL)
        process.wait(PATIENCE_S)


def ensure_once_each(office: Office, *, timers: int, late: int) -> None:
    """Raises AssertionError."""
    with office.database.read() as session:
        kind = HistoryEvent.kind
        counted = select(kind, func.count()).where(kind.in_((*RUNGS, "timer_fired"))).group_by(kind)
        found = Counter(dict(session.execute(counted).all()))
    if found != Counter({"timer_fired": timers} | dict.fromkeys(RUNGS, late)):
        raise AssertionError(f"of {timers} timers and {late} steps with {len(RUNGS)} rungs: {dict(found)}")


def _still_due(office: Office) -> int:
    """Timers that have not fired, and steps that have not climbed."""
    with office.database.read(snapshot=False) as session:
        timers = session.scalar(select(func.count()).select_from(Timer)) or 0
        late = WorkItem.next_escalation_at <= SystemClock().now()
        return timers + (session.scalar(select(func.count()).where(late)) or 0)
