"""What a row of a list would do here: whom it is about, who owns them, what is wrong, what is here already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.alphabet import sort_key
from engine.commands.own_values import Spelling, read_own_values
from engine.errors import N_, DomainError, InvalidInput
from engine.model.client import Contact
from engine.model.client_import import ClientImport, ImportKind
from engine.model.client_note import ClientNote
from engine.model.own_field import FieldSubject
from engine.policy.client_columns import OWN_OF_CLIENT, OWN_OF_CONTACT
from engine.policy.imported_rows import ReadNote, ReadRow, read_client_row, read_note_row
from engine.queries.imported_owners import ImportedOwners
from engine.queries.same_clients import KnownClients, Same, SeveralFit


class NobodyFits(DomainError):
    code: ClassVar[str] = "nobody_fits"
    template: ClassVar[str] = N_("No client is called so or has this code, phone or e-mail. Bring the clients first.")


class OwnerNotKnown(DomainError):
    """A remark."""

    code: ClassVar[str] = "owner_not_known"
    template: ClassVar[str] = N_("Nobody here is called “%(value)s”: the client goes to whom you chose.")


@dataclass(frozen=True, slots=True)
class Judged:
    """``same`` is whom the row is about, None for somebody new. ``own`` and ``contact_own`` are read values."""

    read: ReadRow
    same: Same | None = None
    owner_id: int | None = None
    own: Mapping[str, Any] = field(default_factory=dict)
    contact_own: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, DomainError] = field(default_factory=dict)
    remarks: tuple[DomainError, ...] = ()


class Judging:
    """Judges the rows of one list against what is known of clients, contacts and notes."""

    def __init__(self, brought: ClientImport, zone: str) -> None:
        self._kind, self._columns, self._headings = brought.kind, brought.columns, brought.headings
        self._default_owner_id = brought.owner_id or brought.requested_by_id
        self._spelling = Spelling(locale="en" if brought.locale == "en" else "uk", zone=zone)
        self._owners: ImportedOwners | None = None

    def read(self, cells: Sequence[str]) -> ReadRow:
        """What a row says by itself."""
        if self._kind is ImportKind.NOTES:
            return read_note_row(cells, self._columns, self._headings, self._spelling.zone)
        return read_client_row(cells, self._columns, self._headings)

    def judge(self, session: Session, read: ReadRow, known: KnownClients) -> Judged:
        faults, same = dict(read.faults), None
        try:
            same = known.named(read) if self._kind is ImportKind.NOTES else known.same(read)
        except SeveralFit as several:
            faults.setdefault("name", several)
        if self._kind is ImportKind.NOTES:
            if same is None and not faults:
                faults["name"] = NobodyFits()
            return Judged(read, same, faults=faults, remarks=read.remarks)
        own = self._own(session, FieldSubject.CLIENT, read.own, OWN_OF_CLIENT, faults)
        contact_own = self._own(session, FieldSubject.CONTACT, read.contact_own, OWN_OF_CONTACT, faults)
        owner_id, remarks = self._owner(session, read) if same is None else (None, ())
        return Judged(read, same, owner_id, own, contact_own, faults, (*read.remarks, *remarks))

    def _owner(self, session: Session, read: ReadRow) -> tuple[int, tuple[DomainError, ...]]:
        """Of somebody new: who is here already stays with their owner."""
        if not read.owner:
            return self._default_owner_id, ()
        if self._owners is None:
            self._owners = ImportedOwners(session)
        found = self._owners.find(read.owner)
        if found is None:
            return self._default_owner_id, (OwnerNotKnown(value=read.owner[:80]),)
        return found, ()

    def _own(
        self,
        session: Session,
        subject: FieldSubject,
        given: Mapping[str, str],
        prefix: str,
        faults: dict[str, DomainError],
    ) -> Mapping[str, Any]:
        if not given:
            return {}
        try:
            return read_own_values(session, subject, given, self._spelling)
        except InvalidInput as invalid:
            faults |= {prefix + name.removeprefix("fields."): fault for name, fault in invalid.errors.items()}
            return {}


class Surroundings:
    """Contacts and notes of clients who are here: what of a row is here already."""

    def __init__(self) -> None:
        self._contacts: set[tuple[object, str, str]] = set()
        self._notes: set[tuple[object, str]] = set()

    def read(self, session: Session, client_ids: Iterable[int]) -> None:
        ids = sorted(set(client_ids))
        contacts = select(Contact.client_id, Contact.sort_key, Contact.phone, Contact.email)
        for one in session.execute(contacts.where(Contact.client_id.in_(ids))):
            self._keep_contact(one.client_id, one.sort_key, one.phone, one.email)
        notes = select(ClientNote.client_id, ClientNote.fingerprint).where(ClientNote.client_id.in_(ids))
        self._notes.update((client_id, said) for client_id, said in session.execute(notes))

    def adds_contact(self, client: object, read: ReadRow) -> bool:
        """Whether the row brings somebody who is not at the client yet. From now on they are."""
        if not read.contact:
            return False
        phone, email = (next(iter(one), "") for one in (read.contact_phones, read.contact_emails))
        keys = {("name", sort_key(read.contact)), ("phone", phone), ("email", email)}
        is_here = any((client, by, key) in self._contacts for by, key in keys if key)
        self._keep_contact(client, sort_key(read.contact), phone, email)
        return not is_here

    def new_notes(self, client: object, notes: Iterable[ReadNote]) -> list[ReadNote]:
        """The notes that the client does not have yet. From now on the client has them."""
        new = []
        for note in notes:
            key = (client, fingerprint(note))
            if key not in self._notes:
                self._notes.add(key)
                new.append(note)
        return new

    def _keep_contact(self, client: object, name: str, phone: str, email: str) -> None:
        self._contacts.update(
            (client, by, key) for by, key in (("name", name), ("phone", phone), ("email", email)) if key
        )


def fingerprint(note: ReadNote) -> str:
    """What tells a note from others of the same client."""
    said = "\n".join((note.at.isoformat() if note.at else "", note.author, note.text))
    return hashlib.sha256(said.encode()).hexdigest()
