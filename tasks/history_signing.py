"""The sequencer: signs what was recorded, in one order over the whole company, and the daily checkpoint over it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from engine.adapters.history_keys import HistoryKeys, SigningKeyMissing
from engine.commands.checkpoints import write_checkpoint
from engine.commands.history_signing import AT_ONCE, sign_new_entries
from tasks.app import task
from tasks.one_by_one import give_way
from tasks.services import Services, services

_AT_A_TIME = timedelta(seconds=1.5)
"""Shorter than the pause of the schedule: two at once would only stand in each other's way."""

_logger = logging.getLogger(__name__)


@task
def sign_history() -> None:
    """Sign what waits, as far as the time goes: a long history that was never signed takes several runs."""
    given = services()
    until = given.clock.now() + _AT_A_TIME
    for _ in signing(given):
        if given.clock.now() >= until:
            return


def signing(services: Services) -> Iterator[None]:
    """Sign batch by batch. Yields while more may wait."""
    keys, between = HistoryKeys(services.settings.keys), partial(give_way, services)
    try:
        while _sign(services, keys, between) == AT_ONCE:
            yield
    except SigningKeyMissing as missing:
        _say(missing)


@task
def checkpoint_history() -> None:
    """Once a day; the other times find that today has one. Whatever the quick look missed is signed before."""
    given = services()
    keys, between = HistoryKeys(given.settings.keys), partial(give_way, given)
    try:
        while sign_new_entries(given.database, keys, clock=given.clock, whole=True, between=between) == AT_ONCE:
            pass
        write_checkpoint(given.database, keys, clock=given.clock)
    except SigningKeyMissing as missing:
        _say(missing)


def _sign(services: Services, keys: HistoryKeys, between: Callable[[], None]) -> int:
    return sign_new_entries(services.database, keys, clock=services.clock, so_far=services.signed, between=between)


def _say(missing: SigningKeyMissing) -> None:
    """An administrator's affair, not a failure of the program: where it happened is of no interest."""
    _logger.error("The history is not being signed: %s", missing)
