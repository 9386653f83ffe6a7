"""What is done every few seconds. Two schedules at once do no harm: each task finds nothing left to do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from celery.schedules import schedule

from engine.clock import LARGEST_STEP, since_boot

_OFTEN_S = 2.0
_FEW_MINUTES_S = 300.0
_HOUR_S = 3600.0
_SHORTEST_LIFE_S = LARGEST_STEP.total_seconds()
"""The clock of a worker's machine may be ahead of the schedule's: its hints must not come too old there for ever."""


def _passed() -> datetime:
    """No date: how long the machine runs. By its clock, one that is put an hour back would stop the schedule for it."""
    return datetime.fromtimestamp(since_boot(), UTC)


def _every(seconds: float, name: str) -> dict[str, Any]:
    """A hint is dropped when the next is long due: a worker that comes back does not run all that it missed."""
    return {
        "task": name,
        "schedule": schedule(seconds, nowfun=_passed),
        "options": {"expires": max(seconds, _SHORTEST_LIFE_S)},
    }


SCHEDULE = {
    "round": _every(_OFTEN_S, "tasks.rounds.go_round"),
    "control": _every(_FEW_MINUTES_S, "tasks.notices.tell_heads"),
    "forecast": _every(_FEW_MINUTES_S, "tasks.forecasts.keep_forecast"),
    "rates": _every(_FEW_MINUTES_S, "tasks.exchange_rates.ask_bank"),
    "checkpoint": _every(_HOUR_S, "tasks.history_signing.checkpoint_history"),
    "upkeep": _every(_HOUR_S, "tasks.upkeep.prune_old"),
}
