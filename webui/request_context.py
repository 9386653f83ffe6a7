"""What a request needs from the application: the database, the clock, the settings, and who is asking."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from flask import Flask, g
from flask_login import current_user
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.db.session import Database
from engine.errors import NotFound
from engine.policy.permissions import Actor
from engine.queries.accounts import Accounts
from engine.settings import Settings
from webui.company_sign_in import provider_of
from webui.signed_in_person import SignedInPerson
from webui.this_request import request_globals, this_application

if TYPE_CHECKING:
    from engine.adapters.openid_provider import OpenIdProvider

_NAME = "reglament"


@dataclass(frozen=True, slots=True)
class Services:
    """What create_app was given, for every request of that application.

    ``provider`` keeps the company's own accounts; None where people sign in by passwords alone.
    """

    settings: Settings
    database: Database
    clock: Clock
    accounts: Accounts
    provider: OpenIdProvider | None


def provide_services(app: Flask, settings: Settings, database: Database, clock: Clock) -> None:
    provider = provider_of(settings, clock)
    app.extensions[_NAME] = Services(settings, database, clock, Accounts(database), provider)


def services() -> Services:
    given: Services = this_application().extensions[_NAME]
    return given


def reading(*, snapshot: bool = True) -> AbstractContextManager[Session]:
    """A session that only reads (``Database.read``)."""
    return services().database.read(snapshot=snapshot)


def writing() -> AbstractContextManager[Session]:
    """A session in one transaction, committed at its end. Only pages that answer a POST may ask for one."""
    return services().database.write()


def now() -> datetime:
    """The present moment in UTC, the same during the whole request, so that one page never contradicts itself."""
    kept = request_globals()
    known: datetime | None = kept.get("now")
    if known is None:
        known = kept.now = services().clock.now()
    return known


def as_if_at(moment: datetime) -> None:
    """From here on the request is about another moment: a practice deal has a time of its own."""
    g.now = moment


def signed_in() -> SignedInPerson | None:
    """Who is asking, or None before sign-in."""
    return cast("SignedInPerson", current_user) if current_user.is_authenticated else None


def actor() -> Actor:
    """Who is asking, as commands and queries know them. Raises NotFound before sign-in: no page is open to nobody."""
    person = signed_in()
    if person is None:
        raise NotFound
    return person.actor
