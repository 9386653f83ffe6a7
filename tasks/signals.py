"""A signal that a deal threw is brought to each deal that waits for it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from engine.commands.incidents import perform
from engine.commands.signals import deliver_signal, leave_receivers, receivers_of, signal_of
from engine.db.job import Job
from engine.errors import MapFailed
from engine.policy.permissions import Actor
from tasks.happening import Happening, NotDone, Prepared, Settle, by_whoever_holds
from tasks.one_by_one import give_way
from tasks.services import Services
from tasks.turns import JOB_TURN

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Turn:
    """How far a turn went: ``failed`` have not heard the signal although it was brought, ``left`` had no turn yet.

    ``failure`` is that of the last of ``failed``.
    """

    failed: Sequence[int]
    left: Sequence[int]
    failure: Exception | None


def prepare_signal(services: Services, _session: Session, job: Job) -> Prepared:
    """Wake each waiting deal in a transaction of its own; a repetition of the job wakes none twice."""
    return Prepared(partial(_begin, services=services, job=job))


def _begin(session: Session, *, services: Services, job: Job) -> Happening | None:
    receivers = receivers_of(session, job)
    return partial(_deliver, services, job, receivers) if receivers else None


def _deliver(services: Services, job: Job, receivers: Sequence[int]) -> Settle | None:
    """For a turn; another job does the rest, so that no lease is too short for however many deals.

    Raises NotDone with what kept a deal from hearing it, when all of the turn have been told: this job is tried again
    with those alone. A map that fails becomes an incident.
    """
    turn = _told(services, job, receivers)

    def settle(session: Session) -> None:
        leave_receivers(session, job, failed=turn.failed, left=turn.left, at=services.clock.now())

    if turn.failure is not None:
        raise NotDone(turn.failure, by_whoever_holds(job, settle)) from turn.failure
    return by_whoever_holds(job, settle) if turn.left else None


def _told(services: Services, job: Job, receivers: Sequence[int]) -> _Turn:
    failed: list[int] = []
    failure: Exception | None = None
    until = services.clock.now() + JOB_TURN
    told = 0
    while told < len(receivers) and (told == 0 or services.clock.now() < until):
        subscription_id = receivers[told]
        told += 1
        try:
            _tell(services, job, subscription_id)
        except MapFailed as of_map:
            _logger.warning("Subscription %s failed in the map, see the incidents: %s", subscription_id, of_map)
        except Exception as kept_from_it:
            _logger.exception("Subscription %s has not heard its signal yet", subscription_id)
            failed.append(subscription_id)
            failure = kept_from_it
        finally:
            give_way(services)
    return _Turn(failed, receivers[told:], failure)


def _tell(services: Services, job: Job, subscription_id: int) -> None:
    deliver = partial(
        deliver_signal,
        subscription_id=subscription_id,
        name=job.payload["name"],
        command_id=f"{signal_of(job)}:{subscription_id}",
        clock=services.clock,
    )
    perform(services.database, deliver, actor=Actor.system(), clock=services.clock)
