"""Whole commands: locks, permissions, rows, history and outbox, each in a committed transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from statistics import median

from bench.figures import MILLI, Figure, p50_and_p95, seconds
from faults.waiting_map import BRANCHES, DAYS, waiting_map
from support.office import Office
from support.sales_map import APPROVERS

from engine.commands.completions import complete_work_item
from engine.commands.incidents import perform
from engine.commands.timers import claim_due_timers, fire_timer
from engine.policy.permissions import Actor

DEALS = 100
STEPS = 60
TIMERS = 1_000
BATCH = 100
APPROVAL_LOGINS = dict(zip(APPROVERS, ("iryna", "oksana", "petro"), strict=True))


def command_figures(office: Office, where: str) -> Iterator[Figure]:
    """Of an office with its sales map published, on the database ``where``."""
    opening = [seconds(partial(office.open_deal, title=f"Угода {number}")) for number in range(DEALS)]
    yield Figure(f"opening {DEALS} deals, {where}", sum(opening), "s", None, f"{median(opening) * MILLI:.1f} ms each")
    yield from p50_and_p95(f"command complete_work_item, {where}", _completions(office))


def timer_figure(office: Office, where: str) -> Figure:
    """One worker; claimed in batches, each timer fired in a transaction of its own."""
    office.publish(waiting_map())
    for number in range(TIMERS // BRANCHES):
        office.open_deal(title=f"Очікування {number}", definition_key="waiting")
    office.clock.advance(timedelta(days=DAYS))
    fired: list[int] = []
    taken = seconds(lambda: _fire_all(office, fired))
    if len(set(fired)) != len(fired) or len(fired) != TIMERS:
        raise AssertionError(f"{len(fired)} of {TIMERS} timers fired, {len(set(fired))} different ones")
    return Figure(
        f"{TIMERS:,} timers due at once, {where}", taken, "s", 10.0, f"{TIMERS / taken:,.0f}/s, one worker, once each"
    )


def _completions(office: Office) -> list[float]:
    """Seconds of each command: steps that open three approvals, and approvals one after another."""
    actors = {login: office.actor(login) for login in ("olena", *APPROVAL_LOGINS.values())}
    taken: list[float] = []
    while len(taken) < STEPS:
        for item in office.open_steps()[:STEPS]:
            login = APPROVAL_LOGINS.get(item.element_id, "olena")
            command = partial(
                complete_work_item,
                work_item_id=item.id,
                values={"discount": "5"} if item.element_id == "prepare" else {},
                outcome="approved" if item.element_id in APPROVERS else "completed",
                actor=actors[login],
                clock=office.clock,
                command_id=f"bench {item.id}",
            )
            taken.append(seconds(partial(perform, office.database, command, actor=actors[login], clock=office.clock)))
    return taken


def _fire_all(office: Office, fired: list[int]) -> None:
    claimed = [0]
    while claimed:
        with office.database.write() as session:
            claimed = claim_due_timers(session, clock=office.clock, limit=BATCH)
        for timer_id in claimed:
            fire = partial(fire_timer, timer_id=timer_id, clock=office.clock)
            if perform(office.database, fire, actor=Actor.system(), clock=office.clock):
                fired.append(timer_id)
