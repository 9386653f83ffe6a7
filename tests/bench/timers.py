"""Many timers due at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier
from time import perf_counter

from bench.figures import Figure
from faults.processes import CONTEXT, PATIENCE_S, together
from faults.waiting_map import BRANCHES, DAYS, waiting_map
from sqlalchemy import func, select
from support.office import Office

from engine.adapters.mail import ConsoleMailer
from engine.adapters.webhook_calls import HttpsWebhookCaller
from engine.clock import SettableClock
from engine.db.session import Database
from engine.model.history_event import HistoryEvent
from engine.model.timer import Timer
from engine.settings import settings_from
from tasks.services import Services, services, use
from tasks.timers import firing


def timer_figure(office: Office, where: str, *, timers: int, workers: int) -> Figure:
    """Fired by so many worker processes as the product fires them; the target is for 10,000 with four of them."""
    office.publish(waiting_map())
    for number in range(timers // BRANCHES):
        office.open_deal(title=f"Очікування {number}", definition_key="waiting")
    at = office.clock.advance(timedelta(days=DAYS))
    ready = CONTEXT.Barrier(workers + 1)  # a worker runs already when timers become due
    with together(*((fire_all, office.database.url, at, ready) for _ in range(workers))):
        ready.wait(PATIENCE_S)
        began = perf_counter()
    taken = perf_counter() - began
    with office.database.read() as session:
        left = session.scalar(select(func.count()).select_from(Timer))
        fired = session.scalar(select(func.count()).where(HistoryEvent.kind == "timer_fired"))
    if (left, fired) != (0, timers):
        raise AssertionError(f"{fired} of {timers} timers fired, {left} are left")
    return Figure(
        f"{timers:,} timers due at once, {workers} worker{'s' * (workers > 1)}, {where}",
        taken,
        "s",
        10.0,
        f"{timers / taken:,.0f}/s, once each",
    )


def fire_all(url: str, at: datetime, ready: Barrier) -> None:
    """One worker: what its Celery task does, until nothing is left that nobody else has claimed."""
    database = Database(url)
    with database.read() as session:
        session.connection()
    use(Services(settings_from(), database, SettableClock(at), ConsoleMailer(), HttpsWebhookCaller()))
    ready.wait(PATIENCE_S)
    for _ in firing(services()):
        pass
    database.dispose()
