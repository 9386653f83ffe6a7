"""What is done every few seconds. Two schedules at once do no harm: each task finds nothing left to do."""

from __future__ import annotations

from typing import Any

_OFTEN_S = 2.0
_NOW_AND_THEN_S = 5.0
_HEARTBEAT_S = 10.0
_HALF_A_MINUTE_S = 30.0
_FEW_MINUTES_S = 300.0
_HOUR_S = 3600.0


def _every(seconds: float, name: str) -> dict[str, Any]:
    """Each run expires when the next is due: a worker that comes back does not run what it missed."""
    return {"task": name, "schedule": seconds, "options": {"expires": max(seconds, _HEARTBEAT_S)}}


SCHEDULE = {
    "round": _every(_OFTEN_S, "tasks.rounds.go_round"),
    "control": _every(_FEW_MINUTES_S, "tasks.notices.tell_heads"),
    "reports": _every(_HALF_A_MINUTE_S, "tasks.notices.tell_reports"),
    "forecast": _every(_FEW_MINUTES_S, "tasks.forecasts.keep_forecast"),
    "answers": _every(_HALF_A_MINUTE_S, "tasks.answers.read_answers"),
    "telegram": _every(_NOW_AND_THEN_S, "tasks.telegram.read_telegram"),
    "webhooks": _every(_NOW_AND_THEN_S, "tasks.webhooks.deliver_webhooks"),
    "heartbeat": _every(_HEARTBEAT_S, "tasks.upkeep.beat_heart_of_worker"),
    "checkpoint": _every(_HOUR_S, "tasks.history_signing.checkpoint_history"),
    "upkeep": _every(_HOUR_S, "tasks.upkeep.prune_old"),
}
