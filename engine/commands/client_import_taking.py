"""Taking over rows of a list: clients, contacts and notes are made, or added to who is here already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.commands.client_import_judging import Judged, Judging, Surroundings, fingerprint
from engine.commands.clients import ClientDraft, ContactDraft, put_client, put_contact, write_client
from engine.commands.history import record
from engine.commands.moved_deals import reason_of
from engine.errors import N_, DomainError, NotFound
from engine.events import ClientChanged, ClientImported, ContactImported
from engine.model.client import Client, Contact
from engine.model.client_import import ClientImport, ClientImportRow, ImportKind, RowState
from engine.model.client_note import ClientNote
from engine.policy.imported_rows import ReadNote
from engine.policy.own_fields import CLIENT_ROOT
from engine.policy.permissions import Actor
from engine.queries.actors import actor_of
from engine.queries.same_clients import KnownClient, KnownClients
from engine.queries.scopes import visible_clients


class ClientOfOthers(DomainError):
    """A remark: a client is not changed by who may not see it."""

    code: ClassVar[str] = "client_of_others"
    template: ClassVar[str] = N_("This client is a colleague’s and is not open to you: nothing was added to it.")


class Taking:
    """The rows of one transaction. What each made is known to the next."""

    def __init__(
        self, session: Session, brought: ClientImport, rows: Sequence[ClientImportRow], zone: str, at: datetime
    ) -> None:
        self._session, self._brought, self._at = session, brought, at
        self._actor = requester_of(session, brought, at)
        self._judging = Judging(brought, zone)
        self._known, self._surroundings = KnownClients(), Surroundings()
        self._seen: set[int] = set()
        self._read = {row.id: self._judging.read(row.cells) for row in rows}
        self._known.read(session, list(self._read.values()))
        self._look_around()

    def take(self, row: ClientImportRow) -> None:
        """Do what the row says, judged anew: much may have happened since it was shown."""
        judged = self._judging.judge(self._session, self._read[row.id], self._known)
        row.told = {"remarks": [reason_of(one) for one in judged.remarks]} if judged.remarks else {}
        if judged.faults:
            row.state = RowState.REFUSED
            row.told = {**row.told, "faults": {name: reason_of(fault) for name, fault in judged.faults.items()}}
            return
        row.cells = []
        if judged.same is None:
            self._add(row, judged)
        else:
            row.told = {**row.told, "by": judged.same.by}
            self._add_to(row, judged, judged.same.client)

    def _add(self, row: ClientImportRow, judged: Judged) -> None:
        read = judged.read
        draft = ClientDraft(
            name=read.name,
            edrpou=read.edrpou,
            segment=read.segment,
            source=read.source,
            phone=_first(read.phones),
            email=_first(read.emails),
        )
        client = put_client(self._session, draft, judged.own, owner_id=judged.owner_id, at=self._at)
        self._record(ClientImported(client_id=client.id, import_id=self._brought.id))
        row.state, row.client_id = RowState.ADDED, client.id
        self._add_contact(row, client.id, judged)
        row.note_ids = self._add_notes(client.id, read.notes)
        known = KnownClient(client.name, client.edrpou, client.phone, client.email, client.id)
        self._known.keep(known, read.contact_phones[:1], read.contact_emails[:1])
        self._seen.add(client.id)

    def _add_to(self, row: ClientImportRow, judged: Judged, known: KnownClient) -> None:
        client_id = known.id
        if client_id is None:
            raise LookupError(row.number)
        row.client_id, row.state = client_id, RowState.LEFT
        if not self._sees(client_id):
            row.told = {**row.told, "remarks": [*row.told.get("remarks", ()), reason_of(ClientOfOthers())]}
            return
        if self._brought.kind is ImportKind.CLIENTS:
            self._add_contact(row, client_id, judged)
            self._fill(row, client_id, judged)
        row.note_ids = self._add_notes(client_id, judged.read.notes)
        if row.contact_id is not None or row.note_ids or (row.before or {}).get("changes"):
            row.state = RowState.FILLED

    def _fill(self, row: ClientImportRow, client_id: int, judged: Judged) -> None:
        """Fill in what is empty in a client that was here before the import."""
        if not self._brought.fills:
            return
        client = self._session.get_one(Client, client_id, with_for_update=True, populate_existing=True)
        if self._brought.started_at is None or client.created_at > self._brought.started_at:
            return
        read = judged.read
        said: dict[str, Any] = {
            "edrpou": read.edrpou,
            "segment": read.segment,
            "source": read.source,
            "phone": _first(read.phones),
            "email": _first(read.emails),
        }
        wanted = {name: value for name, value in said.items() if value and not getattr(client, name)}
        empty = {name: value for name, value in judged.own.items() if client.fields.get(name) in (None, "", [])}
        wanted |= {CLIENT_ROOT + name: value for name, value in empty.items() if value not in (None, "", [])}
        changed = write_client(self._session, client, wanted, actor=self._actor, at=self._at)
        if changed:
            self._session.flush()
            row.before = {**(row.before or {}), "changes": list(changed), "version": client.version}
            self._record(ClientChanged(client_id=client_id, changes=changed))

    def _add_contact(self, row: ClientImportRow, client_id: int, judged: Judged) -> None:
        read = judged.read
        if not self._surroundings.adds_contact(client_id, read):
            return
        draft = ContactDraft(read.contact, read.position, _first(read.contact_phones), _first(read.contact_emails))
        contact = put_contact(self._session, client_id, draft, judged.contact_own, at=self._at)
        self._record(ContactImported(client_id=client_id, contact_id=contact.id, import_id=self._brought.id))
        row.contact_id, row.before = contact.id, {**(row.before or {}), "contact": imprint(contact)}

    def _add_notes(self, client_id: int, notes: Iterable[ReadNote]) -> list[int]:
        added = [
            ClientNote(
                client_id=client_id,
                written_at=note.at,
                author=note.author,
                text=note.text,
                source=self._brought.file_name,
                fingerprint=fingerprint(note),
                brought_at=self._at,
                brought_by_id=self._actor.recorded_id,
            )
            for note in self._surroundings.new_notes(client_id, notes)
        ]
        self._session.add_all(added)
        self._session.flush()
        return [note.id for note in added]

    def _look_around(self) -> None:
        """Of the clients that the rows may be about: what they have already, and which of them the requester sees."""
        ids = self._known.ids()
        self._surroundings.read(self._session, ids)
        # The machinery sees everybody: who has left must not add to more clients than they could.
        own = Client.owner_id == self._brought.requested_by_id
        seen = own if self._actor.is_system else visible_clients(self._actor)
        self._seen.update(self._session.scalars(select(Client.id).where(Client.id.in_(ids), seen)))
        self._seen.update(self._added_of(set(ids) - self._seen))

    def _added_of(self, client_ids: set[int]) -> set[int]:
        """Those whom an earlier row has added, for whatever owner. Its rows are many: asked only where there may be."""
        young = select(Client.id).where(Client.id.in_(client_ids), Client.created_at >= self._brought.started_at)
        found = set(self._session.scalars(young)) if client_ids else set()
        if not found:
            return found
        added = select(ClientImportRow.client_id).where(
            ClientImportRow.import_id == self._brought.id,
            ClientImportRow.state == RowState.ADDED,
            ClientImportRow.client_id.in_(found),
        )
        return {one for one in self._session.scalars(added) if one is not None}

    def _sees(self, client_id: int) -> bool:
        return client_id in self._seen

    def _record(self, event: ClientImported | ContactImported | ClientChanged) -> None:
        record(self._session, event, actor=self._actor, at=self._at)


def requester_of(session: Session, brought: ClientImport, at: datetime) -> Actor:
    """Who brought the list; the machinery, where that person does not work here any more."""
    try:
        return actor_of(session, brought.requested_by_id, at)
    except NotFound:
        return Actor.system()


def imprint(contact: Contact) -> str:
    """What tells whether somebody has changed a contact since."""
    said = [contact.full_name, contact.position, contact.phone, contact.email, contact.fields]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _first(values: Sequence[str]) -> str:
    return next(iter(values), "")
