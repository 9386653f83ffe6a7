"""What is done every few seconds. Two schedules at once do no harm: each task finds nothing left to do."""

from __future__ import annotations

from typing import Any

_OFTEN_S = 2.0
_FEW_MINUTES_S = 300.0
_HOUR_S = 3600.0
_SHORTEST_LIFE_S = 10.0


def _every(seconds: float, name: str) -> dict[str, Any]:
    """Each run expires when the next is due: a worker that comes back does not run what it missed."""
    return {"task": name, "schedule": seconds, "options": {"expires": max(seconds, _SHORTEST_LIFE_S)}}


SCHEDULE = {
    "round": _every(_OFTEN_S, "tasks.rounds.go_round"),
    "control": _every(_FEW_MINUTES_S, "tasks.notices.tell_heads"),
    "forecast": _every(_FEW_MINUTES_S, "tasks.forecasts.keep_forecast"),
    "rates": _every(_FEW_MINUTES_S, "tasks.exchange_rates.ask_bank"),
    "checkpoint": _every(_HOUR_S, "tasks.history_signing.checkpoint_history"),
    "upkeep": _every(_HOUR_S, "tasks.upkeep.prune_old"),
}
