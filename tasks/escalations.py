"""Steps that are late, or nearly so."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from functools import partial

from sqlalchemy.orm import Session

from engine.commands.escalations import due_rungs, escalate_work_items
from tasks.app import task
from tasks.one_by_one import give_way, performed
from tasks.services import Services, services
from tasks.turns import take_turn

_AT_ONCE = 25
"""Of which a commit is a small part, and for which a person who acts in one of the deals does not wait noticeably."""

_logger = logging.getLogger(__name__)


@task
def escalate_due() -> None:
    """Go on letting steps climb whose next rung is due."""
    take_turn(services(), escalating, escalate_due)


def escalating(services: Services) -> Iterator[None]:
    """Let steps climb the rungs that are due, those of a deal that nobody holds. Yields while more may be due.

    Each turn goes on behind the last step of the one before, and begins anew when it has been through: a step that
    fails keeps its place, and however many do, those behind them have their turn.
    """
    climbing = services.climbing
    while True:
        with services.database.read() as session:
            due = due_rungs(session, after=climbing.after, clock=services.clock, limit=_AT_ONCE)
        _climb(services, [one.work_item_id for one in due])
        if len(due) < _AT_ONCE:
            climbing.after = None
            return
        climbing.after = due[-1]
        yield


def _climb(services: Services, work_item_ids: Sequence[int]) -> None:
    """Together; where one fails, each by itself."""
    if not work_item_ids:
        return
    try:
        with services.database.write() as session:
            _escalate(services, work_item_ids, session)
    except Exception as failure:  # noqa: BLE001  # whatever it was, it shows again at the step that it belongs to
        _logger.info("Escalating %s steps one by one: %s", len(work_item_ids), failure)
        for work_item_id in work_item_ids:
            alone = partial(_escalate, services, [work_item_id])
            performed(services, f"Escalation of step {work_item_id}", alone)
    finally:
        give_way(services)


def _escalate(services: Services, work_item_ids: Sequence[int], session: Session) -> int:
    return escalate_work_items(session, work_item_ids, clock=services.clock)
