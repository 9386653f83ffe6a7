"""A worker as a process of its own that fires whatever timers are due, as the product's own tasks do."""

from __future__ import annotations

import threading
from datetime import datetime
from itertools import count
from multiprocessing.connection import Connection

from sqlalchemy import event
from sqlalchemy.orm import Session

from engine.adapters.mail import ConsoleMailer
from engine.adapters.webhook_calls import HttpsWebhookCaller
from engine.clock import SettableClock
from engine.db.session import Database
from engine.settings import settings_from
from tasks.services import Services, services, use
from tasks.timers import firing


def fire_some(url: str, at: datetime, enough: int, beats: Connection) -> None:
    """Fire until somebody kills it: beats after ``enough`` transactions, and stands still after as many again."""
    done = count(1)

    def committed(_session: Session) -> None:
        number = next(done)
        if number == enough:
            beats.send_bytes(b".")
        elif number == 2 * enough:
            threading.Event().wait()

    event.listen(Session, "after_commit", committed)
    fire_all(url, at)


def fire_all(url: str, at: datetime) -> None:
    """Fire until nothing is due at ``at`` that nobody else has claimed."""
    database = Database(url)
    use(Services(settings_from({}), database, SettableClock(at), ConsoleMailer(), HttpsWebhookCaller()))
    for _ in firing(services()):
        pass
    database.dispose()
