"""A signal that a deal threw is brought to each deal that waits for it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from sqlalchemy.orm import Session

from engine.commands.incidents import perform
from engine.commands.signals import deliver_signal, receivers_of
from engine.db.job import Job
from engine.errors import MapFailed
from engine.policy.permissions import Actor
from tasks.happening import Happening, Prepared
from tasks.one_by_one import give_way
from tasks.services import Services

_logger = logging.getLogger(__name__)


def prepare_signal(services: Services, _session: Session, job: Job) -> Prepared:
    """Wake each waiting deal in a transaction of its own; a repetition of the job wakes none twice."""
    return Prepared(partial(_begin, services=services, job=job))


def _begin(session: Session, *, services: Services, job: Job) -> Happening | None:
    receivers = receivers_of(session, job)
    return partial(_deliver, services, job, receivers) if receivers else None


def _deliver(services: Services, job: Job, receivers: Sequence[int]) -> None:
    """Raises what kept a deal from hearing it, when all have had their turn. A map that fails becomes an incident."""
    failed: Exception | None = None
    for subscription_id in receivers:
        deliver = partial(
            deliver_signal,
            subscription_id=subscription_id,
            name=job.payload["name"],
            command_id=f"{job.id}:{subscription_id}",
            clock=services.clock,
        )
        try:
            perform(services.database, deliver, actor=Actor.system(), clock=services.clock)
        except MapFailed as failure:
            _logger.warning("Subscription %s failed in the map, see the incidents: %s", subscription_id, failure)
        except Exception as failure:
            _logger.exception("Subscription %s has not heard its signal yet", subscription_id)
            failed = failure
        finally:
            give_way(services)
    if failed is not None:
        raise failed
