"""Steps that are late, or nearly so."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from random import shuffle

from sqlalchemy.orm import Session

from engine.commands.escalations import due_escalations, escalate_work_item
from tasks.app import task
from tasks.one_by_one import performed
from tasks.services import Services, services
from tasks.turns import finish

_READ_AT_ONCE = 100


@task
def escalate_due() -> None:
    """Let every step whose next rung is due climb it."""
    finish(services(), escalating)


def escalating(services: Services) -> Iterator[None]:
    """Let steps climb the rungs that are due. A step that fails keeps its place and blocks none behind it.

    Yields while more may be due.
    """
    failed: set[int] = set()
    while True:
        with services.database.read() as session:
            due = due_escalations(session, clock=services.clock, limit=_READ_AT_ONCE + len(failed))
        waiting = [work_item_id for work_item_id in due if work_item_id not in failed]
        if not waiting:
            return
        shuffle(waiting)  # several workers read the same steps: each begins elsewhere, or they wait for one another
        for work_item_id in waiting:
            escalate = partial(_escalate, services, work_item_id)
            if not performed(services, f"Escalation of step {work_item_id}", escalate):
                failed.add(work_item_id)
        yield


def _escalate(services: Services, work_item_id: int, session: Session) -> bool:
    return escalate_work_item(session, work_item_id, clock=services.clock)
