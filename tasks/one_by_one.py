"""Many small commands, each in a transaction of its own, so that one that fails stops none of the others."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sqlalchemy.orm import Session

from engine.commands.incidents import perform
from engine.errors import MapFailed
from engine.policy.permissions import Actor
from tasks.services import Services

_BREATH_S = 0.002

_logger = logging.getLogger(__name__)


def performed(services: Services, what: str, command: Callable[[Session], object]) -> bool:
    """Perform one command as the machinery itself. False when it failed: that is logged, or has become an incident."""
    try:
        perform(services.database, command, actor=Actor.system(), clock=services.clock)
    except MapFailed as failure:
        _logger.warning("%s failed in the map, see the incidents: %s", what, failure)
        return False
    except Exception:  # the next one must have its turn, whatever this one met
        _logger.exception("%s failed", what)
        return False
    finally:
        give_way(services)
    return True


def give_way(services: Services) -> None:
    """SQLite has one writer at a time, and its lock is not fair: let a waiting person be next."""
    if services.database.is_sqlite:
        time.sleep(_BREATH_S)
