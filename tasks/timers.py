"""Timers whose time has come."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from functools import partial

from sqlalchemy.orm import Session

from engine.commands.timers import claim_due_timers, fire_timer, fire_timers
from tasks.app import task
from tasks.one_by_one import give_way, performed
from tasks.services import Services, services
from tasks.turns import take_turn

_CLAIMED_AT_ONCE = 100
_FIRED_AT_ONCE = 25
"""Of which a commit is a small part, and for which a person who acts in one of the deals does not wait noticeably."""

_logger = logging.getLogger(__name__)


@task
def fire_due_timers() -> None:
    """Go on firing due timers."""
    take_turn(services(), firing, fire_due_timers)


def firing(services: Services) -> Iterator[None]:
    """Claim due timers and fire each once; a map that fails becomes an incident. Yields while more may be due."""
    while True:
        with services.database.write() as session:
            claimed = claim_due_timers(session, clock=services.clock, limit=_CLAIMED_AT_ONCE)
        for first in range(0, len(claimed), _FIRED_AT_ONCE):
            for timer_id in _left_after_firing(services, claimed[first : first + _FIRED_AT_ONCE]):
                performed(services, f"Timer {timer_id}", partial(_fire, services, timer_id))
        if len(claimed) < _CLAIMED_AT_ONCE:
            return
        yield


def _left_after_firing(services: Services, timer_ids: Sequence[int]) -> Sequence[int]:
    """Fire timers together; which of them have to be fired by themselves, because a deal was busy or a map failed."""
    try:
        with services.database.write() as session:
            return fire_timers(session, timer_ids, clock=services.clock).left
    except Exception as failure:  # noqa: BLE001  # whatever it was, it shows again at the timer that it belongs to
        _logger.info("Firing %s timers one by one: %s", len(timer_ids), failure)
        return timer_ids
    finally:
        give_way(services)


def _fire(services: Services, timer_id: int, session: Session) -> bool:
    return fire_timer(session, timer_id, clock=services.clock)
