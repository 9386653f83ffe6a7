"""Taking back a row of a list: what it made goes, as long as nobody uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.orm import Session, aliased

from engine.commands.client_import_taking import imprint
from engine.commands.clients import write_client
from engine.commands.history import record
from engine.db.session import UNSYNCHRONISED
from engine.events import ClientChanged, ClientRemoved, ContactRemoved
from engine.model.client import Client, Contact
from engine.model.client_import import ClientImport, ClientImportRow, RowState
from engine.model.client_merge import NotDouble
from engine.model.client_note import ClientNote
from engine.model.deal import Deal
from engine.policy.own_fields import CLIENT_ROOT
from engine.policy.permissions import Actor
from engine.queries.client_merges import doubles_of

_UNTOUCHED = 1
"""The version of a client that nobody has changed since it was added."""


def undo_row(
    session: Session,
    brought: ClientImport,
    row: ClientImportRow,
    *,
    named: frozenset[int],
    actor: Actor,
    at: datetime,
) -> None:
    """Take back what the row has made: it becomes UNDONE, or KEPT where somebody uses it by now.

    ``named`` are ids that fields hold, of whatever records. A client goes with the contact and the notes of its row;
    rows after it, which may have added more, have had their turn before.
    """
    client = session.get(Client, row.client_id, with_for_update=True) if row.client_id is not None else None
    if client is None:
        row.state = RowState.UNDONE
    elif row.state is RowState.ADDED and not _may_go(session, row, client, named):
        row.state = RowState.KEPT
    else:
        _Undoing(session, brought.id, row, client, actor, at).perform()


def _may_go(session: Session, row: ClientImportRow, client: Client, named: frozenset[int]) -> bool:
    """Nobody has changed the client, sells to it, names it, or has added anybody or anything to it."""
    if client.version != _UNTOUCHED or client.id in named or client.merged_into_id is not None:
        return False
    tombstone = aliased(Client)
    others = (
        exists().where(tombstone.merged_into_id == client.id),
        exists().where(Deal.client_id == client.id),
        exists().where(Contact.client_id == client.id, Contact.id != (row.contact_id or 0)),
        exists().where(ClientNote.client_id == client.id, ClientNote.id.not_in(row.note_ids)),
    )
    return not any(session.scalar(select(one)) for one in others) and _contact_is_untouched(session, row)


def _contact_is_untouched(session: Session, row: ClientImportRow) -> bool:
    """Nobody has changed the contact, nor does it stand for one whom a merged client had."""
    contact = session.get(Contact, row.contact_id) if row.contact_id is not None else None
    if contact is None:
        return True
    is_as_brought = imprint(contact) == (row.before or {}).get("contact")
    return is_as_brought and not doubles_of(session, contact.client_id, {contact.id})


@dataclass(frozen=True, slots=True)
class _Undoing:
    _session: Session
    _import_id: int
    _row: ClientImportRow
    _client: Client
    _actor: Actor
    _at: datetime

    def perform(self) -> None:
        removes_client = self._row.state is RowState.ADDED
        whole = self._remove_contact() and (removes_client or self._restore())
        self._session.execute(
            delete(ClientNote).where(ClientNote.id.in_(self._row.note_ids)), execution_options=UNSYNCHRONISED
        )
        if removes_client:
            self._session.flush()
            self._session.delete(self._client)
            told_apart = or_(NotDouble.low_id == self._client.id, NotDouble.high_id == self._client.id)
            self._session.execute(delete(NotDouble).where(told_apart), execution_options=UNSYNCHRONISED)
            self._record(ClientRemoved(client_id=self._client.id, import_id=self._import_id))
        self._row.state = RowState.UNDONE if whole else RowState.KEPT

    def _remove_contact(self) -> bool:
        """False where somebody has changed the contact since, or others have them, too."""
        contact = self._session.get(Contact, self._row.contact_id) if self._row.contact_id is not None else None
        if contact is None:
            return True
        if not _contact_is_untouched(self._session, self._row):
            return False
        self._session.delete(contact)
        removed = ContactRemoved(client_id=self._client.id, contact_id=contact.id, import_id=self._import_id)
        self._record(removed)
        return True

    def _restore(self) -> bool:
        """What was filled in becomes empty again. False where the client was changed since."""
        before = self._row.before or {}
        if not before.get("changes"):
            return True
        if self._client.version != self._version_by_import(before):
            return False
        emptied = {name: None if name.startswith(CLIENT_ROOT) else "" for name in before["changes"]}
        changed = write_client(self._session, self._client, emptied, actor=self._actor, at=self._at)
        self._record(ClientChanged(client_id=self._client.id, changes=changed))
        return True

    def _version_by_import(self, before: Mapping[str, Any]) -> int:
        """The client's version where nobody but this import has changed it since: rows below have filled in, too.

        Each of those has made a version, and its being taken back another one.
        """
        if self._client.version == before["version"]:
            return self._client.version
        below = select(ClientImportRow.before).where(
            ClientImportRow.import_id == self._import_id,
            ClientImportRow.state == RowState.UNDONE,
            ClientImportRow.number > self._row.number,
            ClientImportRow.client_id == self._client.id,
        )
        restored = sum(1 for one in self._session.scalars(below) if one and one.get("changes"))
        return int(before["version"]) + 2 * restored

    def _record(self, event: ClientRemoved | ContactRemoved | ClientChanged) -> None:
        record(self._session, event, actor=self._actor, at=self._at)
