"""What is looked after every two seconds, in one task: a hint apiece costs more than most of it has to do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from engine.clock import monotonic
from tasks.app import Task, task
from tasks.escalations import escalate_due, escalating
from tasks.history_signing import sign_history, signing
from tasks.jobs import sweep, sweeping
from tasks.notices import tell_people, telling
from tasks.services import Services, services
from tasks.timers import fire_due_timers, firing

A_WHILE_S = 0.5
"""How long one part may keep the others waiting; what it has left then, it does in a task of its own."""

Part = Callable[[Services], Iterator[None]]
"""Works batch by batch, and yields while there may be more."""

_PARTS: tuple[tuple[Part, Task[[]]], ...] = (
    (sweeping, sweep),
    (firing, fire_due_timers),
    (escalating, escalate_due),
    (telling, tell_people),
    (signing, sign_history),
)

_logger = logging.getLogger(__name__)


@task
def go_round() -> None:
    """Give each part its turn. One that fails holds no other up; its turn comes again with the next round."""
    given = services()
    for part, rest in _PARTS:
        try:
            _give_turn(given, part, rest)
        except Exception:
            _logger.exception("%s failed", part.__name__)


def _give_turn(services: Services, part: Part, rest: Task[[]]) -> None:
    until = monotonic() + A_WHILE_S
    for _ in part(services):
        if monotonic() >= until:
            rest.delay()
            return
