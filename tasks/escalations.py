"""Steps that are late, or nearly so."""

from __future__ import annotations

from functools import partial

from sqlalchemy.orm import Session

from engine.commands.escalations import due_escalations, escalate_work_item
from tasks.app import task
from tasks.one_by_one import performed
from tasks.services import Services, services

_READ_AT_ONCE = 100


@task
def escalate_due() -> None:
    """Let every step whose next rung is due climb it. A step that fails keeps its place and blocks none behind it."""
    given = services()
    failed: set[int] = set()
    while True:
        with given.database.read() as session:
            due = due_escalations(session, clock=given.clock, limit=_READ_AT_ONCE + len(failed))
        waiting = [work_item_id for work_item_id in due if work_item_id not in failed]
        if not waiting:
            return
        for work_item_id in waiting:
            if not performed(given, f"Escalation of step {work_item_id}", partial(_escalate, given, work_item_id)):
                failed.add(work_item_id)


def _escalate(services: Services, work_item_id: int, session: Session) -> bool:
    return escalate_work_item(session, work_item_id, clock=services.clock)
