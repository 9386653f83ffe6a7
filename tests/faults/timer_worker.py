"""A worker as a process of its own that fires whatever timers are due, as the product's own task does."""

from __future__ import annotations

from datetime import datetime

from engine.adapters.mail import ConsoleMailer
from engine.adapters.webhook_calls import HttpsWebhookCaller
from engine.clock import SettableClock
from engine.db.session import Database
from engine.settings import settings_from
from tasks.services import Services, use
from tasks.timers import fire_due_timers


def fire_all(url: str, at: datetime) -> None:
    """Fire until nothing is due at ``at`` that nobody else has claimed."""
    database = Database(url)
    use(Services(settings_from({}), database, SettableClock(at), ConsoleMailer(), HttpsWebhookCaller()))
    fire_due_timers()
    database.dispose()
