"""Many deals at once, as a spreadsheet or another system has them: what can be opened is, and the rest says why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from engine.clock import Clock
from engine.commands.clients import ClientDraft, add_client, ensure_readable
from engine.commands.deal_fields import read_own_fields
from engine.commands.deals import (
    DealDraft,
    MapNotPublished,
    SoundDraft,
    draft_arguments,
    faults_of_values,
    next_number,
    open_sound_deal,
)
from engine.commands.idempotency import already_performed, remember
from engine.commands.incidents import perform
from engine.commands.own_values import read_own_values
from engine.db.session import Database
from engine.db.statistics import OF_DEALS, learn_of_rows
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldRequired, InvalidInput
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.own_field import FieldSubject
from engine.model.person import OWNERS, Person
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.queries.processes import process_of

MOST_ROWS = 1_000
AT_ONCE = 50
"""Deals opened in one transaction: their lookups are shared, and nobody else who opens one waits for long."""


class ClientAmbiguous(DomainError):
    """A name alone does not say which client is meant."""

    code: ClassVar[str] = "client_ambiguous"
    template: ClassVar[str] = N_("Several clients are called “%(name)s”: add the EDRPOU code.")


@dataclass(frozen=True, slots=True)
class ImportRow:
    """``number`` is the row's own in its file. ``owner`` is a login, a full name or an id; None is the actor.

    A client that is described is looked for by EDRPOU code, without one by name, and added where there is none.
    """

    number: int
    draft: DealDraft
    owner: str | int | None = None


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """What became of a row: the deal's id and number, or the error."""

    number: int
    deal_id: int | None = None
    deal_number: str = ""
    error: DomainError | None = None


def import_deals(
    database: Database,
    rows: Sequence[ImportRow],
    *,
    actor: Actor,
    clock: Clock,
    command_id: str | None = None,
) -> list[ImportedRow]:
    """Open a deal per row, in the rows' order. A row that fails holds no other back.

    With ``command_id`` a repetition opens only what the first one had not: each row is remembered by its number.
    Raises AbilityMissing.
    """
    ensure_may(actor, Ability.OPEN_DEAL)
    done: list[ImportedRow] = []
    for first in range(0, len(rows), AT_ONCE):
        batch = rows[first : first + AT_ONCE]
        opening = partial(open_rows, rows=batch, command_id=command_id, actor=actor, clock=clock)
        try:
            with database.write() as session:
                done += opening(session)
        except (DomainError, IntegrityError):
            # The map failed on one of them, or somebody was faster: each by itself, so that it fails alone.
            done += [_open_alone(database, row, command_id, actor, clock) for row in batch]
    learn_of_rows(database, OF_DEALS, sum(one.deal_id is not None for one in done))
    return done


def check_rows(session: Session, rows: Sequence[ImportRow], *, actor: Actor) -> list[DomainError | None]:
    """What is wrong with each row, opening nothing; None where nothing is. Raises AbilityMissing."""
    ensure_may(actor, Ability.OPEN_DEAL)
    checked: list[DomainError | None] = []
    for first in range(0, len(rows), AT_ONCE):
        batch = rows[first : first + AT_ONCE]
        known = _Known(session, batch, actor)
        checked += [InvalidInput(faults) if (faults := known.faults(row)) else None for row in batch]
    return checked


def _open_alone(database: Database, row: ImportRow, command_id: str | None, actor: Actor, clock: Clock) -> ImportedRow:
    opening = partial(open_rows, rows=[row], command_id=command_id, actor=actor, clock=clock)
    try:
        (opened,) = perform(database, opening, actor=actor, clock=clock)
    except DomainError as error:
        return ImportedRow(row.number, error=error)
    return opened


def open_rows(
    session: Session, *, rows: Sequence[ImportRow], command_id: str | None, actor: Actor, clock: Clock
) -> list[ImportedRow]:
    """Open the rows of one transaction; each that has something wrong is told of. Raises MapFailed."""
    at, known = clock.now(), _Known(session, rows, actor)
    numbers = _Numbers(session, at)
    done = []
    for row in rows:
        if faults := known.faults(row):
            done.append(ImportedRow(row.number, error=InvalidInput(faults)))
            continue
        key = f"{command_id}:{row.number}" if command_id is not None else None
        told = draft_arguments(row.draft) | {"owner": row.owner}
        first = already_performed(session, key, "import_deal", told, actor=actor, at=at)
        if first is not None:
            deal = session.get_one(Deal, first["deal_id"])
        else:
            deal = open_sound_deal(session, known.sound(row, clock), numbers.take(), actor=actor, at=at)
            remember(session, key, {"deal_id": deal.id}, actor=actor)
            session.flush()
        done.append(ImportedRow(row.number, deal.id, deal.number))
    return done


class _Numbers:
    """The numbers of new deals in one transaction, which holds the lock of numbering until its end."""

    def __init__(self, session: Session, at: datetime) -> None:
        self._session, self._at = session, at
        self._next = ""

    def take(self) -> str:
        taken = self._next or next_number(self._session, self._at)
        year, _, running = taken.partition("-")
        self._next = f"{year}-{int(running) + 1:05d}"
        return taken


class _Known:
    """What a batch of rows names, read in one statement per kind of record."""

    def __init__(self, session: Session, rows: Sequence[ImportRow], actor: Actor) -> None:
        self._session, self._actor = session, actor
        self._definitions = self._read_definitions({row.draft.definition_key for row in rows})
        self._people = self._read_people({row.owner if row.owner is not None else actor.person_id for row in rows})
        self._by_id: dict[int, Client] = {}
        self._by_edrpou: dict[str, Client] = {}
        self._by_name: dict[str, list[Client]] = {}
        self._read_clients([row.draft for row in rows])

    def faults(self, row: ImportRow) -> dict[str, DomainError]:
        """Everything wrong with a row, by field."""
        draft = row.draft
        faults = faults_of_values(draft.title, draft.amount, draft.currency)
        if draft.definition_key not in self._definitions:
            faults["definition_key"] = MapNotPublished(key=draft.definition_key)
        owner = self._owner(row)
        if owner is None or not owner.is_active or owner.role not in OWNERS:
            faults["owner"] = FieldNotUnderstood(value=row.owner or "", expected=N_("a sales manager"))
        return {**faults, **self._fields(draft)[1], **self._client_faults(draft)}

    def sound(self, row: ImportRow, clock: Clock) -> SoundDraft:
        """The records of a row without faults; its client is added where it is new."""
        owner = self._owner(row)
        client = self._client(row.draft)
        if client is None and row.draft.client is not None:
            client = add_client(self._session, row.draft.client, actor=self._actor, clock=clock)
            self._keep(client)
        if owner is None or client is None:
            raise LookupError(row.number)
        fields, _ = self._fields(row.draft)
        draft = replace(row.draft, client_id=client.id, client=None, owner_id=owner.id, fields=fields)
        return SoundDraft(draft, self._definitions[draft.definition_key], client, owner)

    def _fields(self, draft: DealDraft) -> tuple[Mapping[str, Any], Mapping[str, DomainError]]:
        """The row's own fields as the map types them, and what is wrong with them."""
        definition = self._definitions.get(draft.definition_key)
        if not draft.fields or definition is None:
            return draft.fields, {}
        return read_own_fields(self._session, process_of(self._session, definition.id), draft.fields)

    def _client_faults(self, draft: DealDraft) -> dict[str, DomainError]:
        if draft.client_id is not None:
            if draft.client is not None:
                return {"client": FieldNotUnderstood(value=draft.client.name, expected=N_("either this or client_id"))}
            unknown = FieldNotUnderstood(value=draft.client_id, expected=N_("a client"))
            return {} if draft.client_id in self._by_id else {"client_id": unknown}
        if draft.client is None:
            return {"client": FieldRequired(label=N_("Client"))}
        name = draft.client.name.strip()
        if not draft.client.edrpou.strip() and len(self._by_name.get(name, ())) > 1:
            return {"client.name": ClientAmbiguous(name=name)}
        try:
            ensure_readable(name, "name", draft.client.edrpou, draft.client.email)
            if (
                draft.client.fields and self._client(draft) is None
            ):  # of a client that is known already, nothing changes
                read_own_values(self._session, FieldSubject.CLIENT, draft.client.fields)
        except InvalidInput as invalid:
            return {f"client.{field}": error for field, error in invalid.errors.items()}
        return {}

    def _owner(self, row: ImportRow) -> Person | None:
        return self._people.get(row.owner if row.owner is not None else self._actor.person_id)

    def _client(self, draft: DealDraft) -> Client | None:
        if draft.client_id is not None:
            return self._by_id.get(draft.client_id)
        if draft.client is None:
            return None
        if edrpou := draft.client.edrpou.strip():
            return self._by_edrpou.get(edrpou)
        return next(iter(self._by_name.get(draft.client.name.strip(), ())), None)

    def _keep(self, client: Client, known: Client | None = None) -> None:
        """``known``: by whom else it is found, a client that was merged into it."""
        known = known or client
        self._by_id[known.id] = client
        if known.edrpou:
            self._by_edrpou.setdefault(known.edrpou, client)
        called = self._by_name.setdefault(known.name, [])
        if client not in called:
            called.append(client)

    def _read_definitions(self, keys: Iterable[str]) -> dict[str, ProcessDefinition]:
        published = select(ProcessDefinition).where(
            ProcessDefinition.key.in_(keys), ProcessDefinition.state == DefinitionState.PUBLISHED
        )
        return {one.key: one for one in self._session.scalars(published)}

    def _read_people(self, named: Iterable[str | int]) -> dict[str | int, Person]:
        """By id, by login, and by a full name that only one of them has."""
        ids = [one for one in named if isinstance(one, int)]
        words = [one for one in named if isinstance(one, str)]
        people = self._session.scalars(
            select(Person)
            .where(or_(Person.id.in_(ids), Person.login.in_(words), Person.full_name.in_(words)))
            .order_by(Person.id)
        ).all()
        names = [one.full_name for one in people]
        found: dict[str | int, Person] = {one.full_name: one for one in people if names.count(one.full_name) == 1}
        for one in people:
            found[one.id] = found[one.login] = one
        return found

    def _read_clients(self, drafts: Iterable[DealDraft]) -> None:
        described: list[ClientDraft] = [one.client for one in drafts if one.client is not None]
        ids = {one.client_id for one in drafts if one.client_id is not None}
        codes = {one.edrpou.strip() for one in described} - {""}
        names = {one.name.strip() for one in described if not one.edrpou.strip()}
        known = aliased(Client)
        clients = select(Client, known).join(known, Client.id == func.coalesce(known.merged_into_id, known.id))
        for condition in (known.id.in_(ids), known.edrpou.in_(codes), known.name.in_(names)):
            for client, found in self._session.execute(clients.where(condition).order_by(known.id)):
                if found.id not in self._by_id:
                    self._keep(client, found)
