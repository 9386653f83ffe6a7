"""What the tasks of one process work with: the database, the clock, and the ways out."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from engine.adapters.https_calls import HttpsCaller, PublicHttpsCaller
from engine.adapters.mail import Mailer, mailer_for
from engine.adapters.mailbox import Mailbox, mailbox_for
from engine.adapters.national_bank import NationalBank
from engine.adapters.sealing import Sealer, installation_key
from engine.adapters.telegram import Telegram, telegram_for
from engine.adapters.webhook_calls import HttpsWebhookCaller, WebhookCaller
from engine.clock import Clock
from engine.commands.escalations import DueRung
from engine.commands.history_signing import SignedSoFar
from engine.db.database_clock import installation_clock
from engine.db.session import Database
from engine.settings import Settings, settings_from


@dataclass(slots=True)
class ClimbingSoFar:
    """The last step that this process has let climb, or found held or failing: its next turn goes on behind it."""

    after: DueRung | None = None


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    database: Database
    clock: Clock
    mailer: Mailer
    webhooks: WebhookCaller
    https: HttpsCaller = field(default_factory=PublicHttpsCaller)
    bank: NationalBank = field(default_factory=lambda: NationalBank(PublicHttpsCaller()))
    mailbox: Mailbox | None = None
    telegram: Telegram | None = None
    signed: SignedSoFar = field(default_factory=SignedSoFar)
    climbing: ClimbingSoFar = field(default_factory=ClimbingSoFar)

    @property
    def sealer(self) -> Sealer:
        """Opens the secrets of calls."""
        return Sealer(installation_key(self.settings))


def real_services(settings: Settings, database: Database) -> Services:
    """The services of an installation.

    Raises MailAddressNotUnderstood, MailboxNotUnderstood, TelegramTokenNotUnderstood.
    """
    return Services(
        settings,
        database,
        installation_clock(database),
        mailer_for(settings.smtp_url),
        HttpsWebhookCaller(),
        mailbox=mailbox_for(settings.imap_url),
        telegram=telegram_for(settings.telegram_bot_token, PublicHttpsCaller()),
    )


class _InUse:
    """Made at first use, so that each process that a Celery worker forks has connections of its own."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._services: Services | None = None

    def get(self) -> Services:
        with self._lock:
            if self._services is None:
                settings = settings_from()
                self._services = real_services(settings, Database(settings.database_url))
            return self._services

    def put(self, services: Services | None) -> None:
        with self._lock:
            self._services = services


_in_use = _InUse()


def services() -> Services:
    """The services of this process: those that it was given, else those that the environment names."""
    return _in_use.get()


def use(services: Services | None) -> None:
    """Let the tasks of this process work with ``services``; with None, with those that the environment names."""
    _in_use.put(services)
