"""Events of the company: people, departments, calendars, access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engine.events.base import Event


@dataclass(frozen=True, slots=True)
class PersonAdded(Event):
    person_id: int
    login: str
    role: str


@dataclass(frozen=True, slots=True)
class PersonChanged(Event):
    person_id: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PasswordSet(Event):
    person_id: int


@dataclass(frozen=True, slots=True)
class PasswordLinkMade(Event):
    """A link by which somebody chooses their password. ``by_mail``: it is sent to them, else the actor passes it on."""

    person_id: int
    by_mail: bool


@dataclass(frozen=True, slots=True)
class AccountLinked(Event):
    """Somebody signs in by an account of the company's provider from now on.

    ``provider`` is its address. ``changes`` maps ``account`` to [old, new]: what the account is called.
    """

    person_id: int
    provider: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AccountUnlinked(Event):
    """The account opens nothing any more. ``provider`` and ``changes`` as in ``AccountLinked``."""

    person_id: int
    provider: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PasswordsClosed(Event):
    """Whoever has an account of ``provider`` connected signs in by it alone from now on."""

    provider: str


@dataclass(frozen=True, slots=True)
class PasswordsOpened(Event):
    """Passwords sign in again, also those of people with an account of ``provider``."""

    provider: str


@dataclass(frozen=True, slots=True)
class MailChoicesSet(Event):
    """How somebody wants to be written to. ``changes`` maps a setting's name to [old, new]."""

    person_id: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SavedReportChanged(Event):
    """What somebody did with a report of theirs: saved, renamed, narrowed, stopped, deleted;
    or the rhythm it is sent in.

    ``refused``: it is sent no more, for its owner may read reports no more.
    """

    person_id: int
    saved_report_id: int
    report: str
    change: str


@dataclass(frozen=True, slots=True)
class LetterSentAgain(Event):
    """An administrator had a letter tried again that had not arrived."""

    letter_id: int
    person_id: int


@dataclass(frozen=True, slots=True)
class TelegramLinked(Event):
    """Somebody linked their chat in Telegram: what they are told of comes there, too."""

    person_id: int


@dataclass(frozen=True, slots=True)
class TelegramUnlinked(Event):
    """Nothing comes to somebody's chat any more. ``reason`` is one of TelegramEnd, or "unlinked" by themselves."""

    person_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class SubstitutionSet(Event):
    person_id: int
    substitute_id: int
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class SubstitutionEnded(Event):
    person_id: int
    substitute_id: int


@dataclass(frozen=True, slots=True)
class DepartmentAdded(Event):
    department_id: int
    name: str


@dataclass(frozen=True, slots=True)
class DepartmentChanged(Event):
    department_id: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DepartmentArchived(Event):
    """It is given nothing new from now on."""

    department_id: int
    name: str


@dataclass(frozen=True, slots=True)
class DepartmentRestored(Event):
    department_id: int
    name: str


@dataclass(frozen=True, slots=True)
class DepartmentDeleted(Event):
    """It had never been used."""

    department_id: int
    name: str


@dataclass(frozen=True, slots=True)
class CalendarChanged(Event):
    calendar_id: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CalendarArchived(Event):
    """Nothing new is counted by it from now on."""

    calendar_id: int
    name: str


@dataclass(frozen=True, slots=True)
class CalendarRestored(Event):
    calendar_id: int
    name: str


@dataclass(frozen=True, slots=True)
class CalendarDeleted(Event):
    """Nothing had ever been counted by it."""

    calendar_id: int
    name: str


@dataclass(frozen=True, slots=True)
class AuthenticatorAdded(Event):
    """A person confirms decisions by codes of an application from now on."""

    person_id: int


@dataclass(frozen=True, slots=True)
class AuthenticatorRemoved(Event):
    person_id: int


@dataclass(frozen=True, slots=True)
class RecoveryCodeUsed(Event):
    """``left`` is how many the person has still."""

    person_id: int
    left: int


@dataclass(frozen=True, slots=True)
class TokenCreated(Event):
    person_id: int
    name: str


@dataclass(frozen=True, slots=True)
class TokenRevoked(Event):
    person_id: int
    token_id: int


@dataclass(frozen=True, slots=True)
class DeadlineFeedMade(Event):
    """A secret address at which somebody's own calendar fetches their deadlines; one from before is over."""

    person_id: int


@dataclass(frozen=True, slots=True)
class DeadlineFeedWithdrawn(Event):
    person_id: int


@dataclass(frozen=True, slots=True)
class LossReasonAdded(Event):
    """People may choose it from now on when a deal ends without a sale."""

    reason_id: int
    name: str


@dataclass(frozen=True, slots=True)
class LossReasonRenamed(Event):
    reason_id: int
    name: str
    previous: str


@dataclass(frozen=True, slots=True)
class LossReasonMoved(Event):
    """It stands at ``place`` of those that are offered, from 1."""

    reason_id: int
    name: str
    place: int


@dataclass(frozen=True, slots=True)
class LossReasonArchived(Event):
    """It is offered no more; deals and reports keep it."""

    reason_id: int
    name: str


@dataclass(frozen=True, slots=True)
class LossReasonRestored(Event):
    reason_id: int
    name: str


@dataclass(frozen=True, slots=True)
class CompanyCurrencyChosen(Event):
    """In which currency sums are added up; empty: each currency apart. ``asks_bank``: rates come from outside, too."""

    currency: str
    previous: str
    asks_bank: bool


@dataclass(frozen=True, slots=True)
class ExchangeRateSet(Event):
    """``rate`` of ``into`` is what one of ``currency`` was worth on ``day``; ``previous`` is what stood there before.

    It is None where nothing did. ``source`` is where it came from.
    """

    into: str
    currency: str
    day: date
    rate: Decimal
    previous: Decimal | None
    source: str


@dataclass(frozen=True, slots=True)
class ExchangeRateRemoved(Event):
    into: str
    currency: str
    day: date
    rate: Decimal


@dataclass(frozen=True, slots=True)
class WebhookAdded(Event):
    webhook_id: int
    url: str


@dataclass(frozen=True, slots=True)
class WebhookTriedAgain(Event):
    """An administrator had an address tried again at once that had not taken what it was told."""

    webhook_id: int
    url: str


@dataclass(frozen=True, slots=True)
class WebhookRemoved(Event):
    webhook_id: int


@dataclass(frozen=True, slots=True)
class ControlLooked(Event):
    """Somebody looked through the daily control of ``day``."""

    day: date


@dataclass(frozen=True, slots=True)
class WatchStarted(Event):
    """Somebody wants to be told what happens in a deal."""

    deal_id: int
    deal_number: str


@dataclass(frozen=True, slots=True)
class WatchEnded(Event):
    deal_id: int
    deal_number: str
