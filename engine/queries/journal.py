"""The journal of the company: what changed in accounts, maps and settings. Who may read it reads all of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, literal, or_, select, tuple_
from sqlalchemy.orm import Session

from engine import events
from engine.db.types import Moment
from engine.events import kind_of
from engine.events.base import Event
from engine.model.calendar import Calendar
from engine.model.history_event import HistoryEvent
from engine.model.process_definition import ProcessDefinition
from engine.policy.permissions import Ability, Actor
from engine.queries.deal_history import HistoryRow, history_of, history_rows
from engine.queries.directories import directory
from engine.queries.pages import ListOrder, Page
from engine.queries.scopes import ensure_sees

_ORDER = ListOrder("journal", (datetime, int))


class JournalPart(StrEnum):
    PEOPLE = "people"
    ACCESS = "access"
    DEPARTMENTS = "departments"
    MAPS = "maps"
    CONNECTIONS = "connections"
    CALENDARS = "calendars"
    FIELDS = "fields"
    LOSS_REASONS = "loss_reasons"
    RATES = "rates"
    LETTER_TEMPLATES = "letter_templates"
    PROOFS = "proofs"
    ERASURES = "erasures"
    HANDED_OUT = "handed_out"


EVENTS: Mapping[JournalPart, tuple[type[Event], ...]] = {
    JournalPart.PEOPLE: (
        events.PersonAdded,
        events.PersonChanged,
        events.SubstitutionSet,
        events.SubstitutionEnded,
    ),
    JournalPart.ACCESS: (
        events.PasswordSet,
        events.PasswordLinkMade,
        events.PasswordsClosed,
        events.PasswordsOpened,
        events.AccountLinked,
        events.AccountUnlinked,
        events.TelegramLinked,
        events.TelegramUnlinked,
        events.DeadlineFeedMade,
        events.DeadlineFeedWithdrawn,
        events.TokenCreated,
        events.TokenRevoked,
        events.AuthenticatorAdded,
        events.AuthenticatorRemoved,
        events.RecoveryCodeUsed,
    ),
    JournalPart.DEPARTMENTS: (
        events.DepartmentAdded,
        events.DepartmentChanged,
        events.DepartmentArchived,
        events.DepartmentRestored,
        events.DepartmentDeleted,
    ),
    JournalPart.MAPS: (
        events.DefinitionDeployed,
        events.DefinitionAmended,
        events.DefinitionPublished,
        events.DefinitionRetired,
        events.DefinitionDiscarded,
        events.MapRulesChanged,
        events.VersionMoveStarted,
        events.VersionMoveCancelled,
        events.VersionMoveTakenBack,
    ),
    JournalPart.CONNECTIONS: (
        events.CallHostAllowed,
        events.CallHostForbidden,
        events.CallSecretSet,
        events.CallSecretRemoved,
        events.WebhookAdded,
        events.WebhookTriedAgain,
        events.WebhookRemoved,
    ),
    JournalPart.CALENDARS: (
        events.CalendarChanged,
        events.CalendarArchived,
        events.CalendarRestored,
        events.CalendarDeleted,
    ),
    JournalPart.FIELDS: (
        events.OwnFieldAdded,
        events.OwnFieldChanged,
        events.OwnFieldRetired,
        events.OwnFieldRestored,
    ),
    JournalPart.LOSS_REASONS: (
        events.LossReasonAdded,
        events.LossReasonRenamed,
        events.LossReasonMoved,
        events.LossReasonArchived,
        events.LossReasonRestored,
    ),
    JournalPart.RATES: (
        events.CompanyCurrencyChosen,
        events.ExchangeRateSet,
        events.ExchangeRateRemoved,
    ),
    JournalPart.LETTER_TEMPLATES: (
        events.LetterTemplateAdded,
        events.LetterTemplateChanged,
        events.LetterTemplateRemoved,
    ),
    JournalPart.PROOFS: (events.HistoryKeyChanged, events.SealChanged),
    JournalPart.ERASURES: (events.EmployeeErased, events.PersonErased, events.TextsErased),
    JournalPart.HANDED_OUT: (events.ClientDataTaken,),
}
"""What the journal tells. The rest of what happens outside deals is nobody's account and no setting."""

_PARTS: Mapping[str, JournalPart] = {kind_of(event): part for part, told in EVENTS.items() for event in told}
_OWN_TASTE = ("theme", "locale")
"""How people like their own pages, which everybody sets for themselves."""
_OF_ACCOUNTS = ("full_name", "position", "email", "phone", "role", "is_active", "departments")
"""Changed together with a taste, they are told all the same."""
_ABOUT = ("person_id", "substitute_id")


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """``person_id``: who did it, or whom it is about. ``since`` is included, ``until`` is not; both aware UTC."""

    person_id: int | None = None
    part: JournalPart | None = None
    since: datetime | None = None
    until: datetime | None = None


class SubjectKind(StrEnum):
    PERSON = "person"
    DEPARTMENT = "department"
    CALENDAR = "calendar"
    MAP = "map"
    """One version of it; its newest when that is no longer there."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what an entry is about, called as it is called today."""

    kind: SubjectKind
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class JournalRow:
    event: HistoryRow
    part: JournalPart
    subject: Subject | None


def journal(
    session: Session, actor: Actor, wanted: JournalFilter, *, limit: int, cursor: str | None = None
) -> Page[JournalRow]:
    """Latest first. Raises NotFound for who may not read it, CursorNotUnderstood."""
    ensure_sees(actor, Ability.SEE_JOURNAL)
    statement = history_rows(*_conditions(wanted))
    before = _ORDER.after(cursor)
    if before is not None:
        last = tuple_(literal(before[0], Moment), literal(before[1], BigInteger))
        statement = statement.where(tuple_(HistoryEvent.at, HistoryEvent.id) < last)
    statement = statement.order_by(HistoryEvent.at.desc(), HistoryEvent.id.desc()).limit(limit + 1)
    rows = _with_subjects(session, history_of(session.execute(statement)))
    return _ORDER.page(rows, limit=limit, cursor=cursor, key=lambda row: (row.event.at, row.event.id))


def calendar_names(session: Session) -> Mapping[int, str]:
    return {row.id: row.name for row in session.execute(select(Calendar.id, Calendar.name))}


def _conditions(wanted: JournalFilter) -> list[ColumnElement[bool]]:
    parts = JournalPart if wanted.part is None else (wanted.part,)
    kinds = [kind_of(event) for part in parts for event in EVENTS[part]]
    found = [
        HistoryEvent.deal_id.is_(None),
        HistoryEvent.kind.in_(kinds),
        or_(
            HistoryEvent.kind != kind_of(events.PersonChanged),
            and_(*(_change_of(name).is_(None) for name in _OWN_TASTE)),
            *(_change_of(name).is_not(None) for name in _OF_ACCOUNTS),
        ),
    ]
    if wanted.person_id is not None:
        person_id = literal(wanted.person_id, BigInteger)  # it comes from an address, and may be any
        is_about = (HistoryEvent.data[name].as_integer() == person_id for name in _ABOUT)
        found.append(or_(HistoryEvent.actor_id == wanted.person_id, *is_about))
    if wanted.since is not None:
        found.append(HistoryEvent.at >= wanted.since)
    if wanted.until is not None:
        found.append(HistoryEvent.at < wanted.until)
    return found


def _change_of(name: str) -> ColumnElement[Any]:
    change: ColumnElement[Any] = HistoryEvent.data[("changes", name)].as_string()
    return change


def _with_subjects(session: Session, rows: Iterable[HistoryRow]) -> Sequence[JournalRow]:
    rows = list(rows)
    known = directory(session)
    calendars = calendar_names(session)
    maps = _versions(
        session, {row.data["key"] for row in rows if "key" in row.data and _PARTS[row.kind] is JournalPart.MAPS}
    )

    def subject_of(row: HistoryRow) -> Subject | None:
        person = known.known_person(row.data.get("person_id"))
        if person is not None:
            return Subject(SubjectKind.PERSON, person.id, person.full_name)
        department = known.department(row.data.get("department_id"))
        if department is not None:
            return Subject(SubjectKind.DEPARTMENT, department.id, department.name)
        calendar_id = int(row.data.get("calendar_id") or 0)
        if calendar_id in calendars:
            return Subject(SubjectKind.CALENDAR, calendar_id, calendars[calendar_id])
        versions = maps.get(row.data.get("key"), {})
        return versions.get(row.data.get("version")) or next(iter(versions.values()), None)

    return [JournalRow(row, _PARTS[row.kind], subject_of(row)) for row in rows]


def _versions(session: Session, keys: Collection[str]) -> Mapping[str | None, Mapping[int | None, Subject]]:
    """What is there of the maps of these keys, by key and number, the newest version first."""
    found: dict[str | None, dict[int | None, Subject]] = {}
    if keys:
        columns = (ProcessDefinition.key, ProcessDefinition.version, ProcessDefinition.id, ProcessDefinition.name)
        wanted = select(*columns).where(ProcessDefinition.key.in_(keys)).order_by(ProcessDefinition.version.desc())
        for key, version, definition_id, name in session.execute(wanted):
            found.setdefault(key, {})[version] = Subject(SubjectKind.MAP, definition_id, name)
    return found
