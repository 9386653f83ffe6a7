"""Whole commands: locks, permissions, rows, history and outbox, each in a committed transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from statistics import median

from bench.figures import MILLI, Figure, p50_and_p95, seconds
from support.office import Office
from support.sales_map import APPROVERS

from engine.commands.completions import complete_work_item
from engine.commands.incidents import perform

DEALS = 100
STEPS = 60
APPROVAL_LOGINS = dict(zip(APPROVERS, ("iryna", "oksana", "petro"), strict=True))


def command_figures(office: Office, where: str) -> Iterator[Figure]:
    """Of an office with its sales map published, on the database ``where``."""
    opening = [seconds(partial(office.open_deal, title=f"Угода {number}")) for number in range(DEALS)]
    yield Figure(f"opening {DEALS} deals, {where}", sum(opening), "s", None, f"{median(opening) * MILLI:.1f} ms each")
    yield from p50_and_p95(f"command complete_work_item, {where}", _completions(office))


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
