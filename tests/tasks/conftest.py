from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.bot_api import BotApiServer
from support.https_receiver import HttpsReceiver
from support.imap_server import ImapServer
from support.office import Office
from support.post_office import PostOffice

from engine.adapters.https_calls import PublicHttpsCaller
from engine.adapters.mail import mailer_for
from engine.adapters.national_bank import NationalBank
from engine.adapters.webhook_calls import HttpsWebhookCaller
from engine.settings import settings_from
from tasks.app import app, configure
from tasks.services import Services, use


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    post_office = PostOffice()
    post_office.open()
    yield post_office
    post_office.close()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[HttpsReceiver]:
    receiver = HttpsReceiver(tmp_path)
    receiver.open()
    yield receiver
    receiver.close()


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[ImapServer]:
    (tmp_path / "imap").mkdir()
    mailbox = ImapServer(tmp_path / "imap")
    mailbox.open()
    yield mailbox
    mailbox.close()


@pytest.fixture
def bot_api(tmp_path: Path) -> Iterator[BotApiServer]:
    (tmp_path / "telegram").mkdir()
    server = BotApiServer(tmp_path / "telegram")
    server.open()
    yield server
    server.close()


@pytest.fixture
def services(office: Office, post_office: PostOffice, receiver: HttpsReceiver) -> Iterator[Services]:
    """What tasks of this test work with; hints are performed where they are given."""
    settings = replace(
        settings_from({}), smtp_url=post_office.url, base_url="https://sales.example.com", secret_key="k" * 32
    )
    services = Services(
        settings=settings,
        database=office.database,
        clock=office.clock,
        mailer=mailer_for(post_office.url),
        webhooks=HttpsWebhookCaller(allows_private=True, tls=receiver.tls),
        https=PublicHttpsCaller(allows_private=True, tls=receiver.tls),
        bank=NationalBank(
            PublicHttpsCaller(allows_private=True, tls=receiver.tls), host="localhost", port=receiver.port
        ),
    )
    configure(settings)
    app.conf.task_always_eager = True
    use(services)
    yield services
    use(None)
    app.conf.task_always_eager = False
