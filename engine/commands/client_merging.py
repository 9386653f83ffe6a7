"""Merging clients who are one: their deals, contacts and notes go to the one who stays, and it can be undone.

The merged client stays as a tombstone with its card as it was, so that old addresses, ids that other programs hold and
lists that are imported again lead to the one who stayed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from engine.clock import Clock
from engine.commands.awaited_deadlines import set_deadlines_of_client
from engine.commands.client_decisions import read_cards
from engine.commands.client_merge_refusals import ensure_as_approved, ensure_as_decided
from engine.commands.clients import write_client
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.locks import lock_client, lock_instances
from engine.commands.search_texts import deal_search_text, step_search_text
from engine.errors import N_, Conflict, DomainError, FieldNotUnderstood, InvalidInput, NotFound
from engine.events import ClientChanged, ClientsMerged, DealClientReplaced
from engine.model.client import Client, Contact
from engine.model.client_merge import ClientMerge
from engine.model.client_note import ClientNote
from engine.model.deal import Deal
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.policy.own_fields import CLIENT_ROOT
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.personal_texts import ERASED
from engine.queries.bound_clients import bound_approvals, is_bound
from engine.queries.client_merges import standing_client_id

MOST_AT_ONCE = 10
MOST_DEALS = 5_000
"""Some five seconds: for so long whoever works at one of these deals waits, and on SQLite whoever writes anything."""
_READ_AT_ONCE = 500
COLUMNS = ("name", "edrpou", "phone", "email", "segment", "source", "owner_id")
_SEEN_BY_MAPS = ("name", "edrpou", "segment", "source", "phone", "email")


class NothingToMerge(DomainError):
    code: ClassVar[str] = "nothing_to_merge"
    template: ClassVar[str] = N_("Choose at least two different clients to merge.")


class TooManyToMerge(DomainError):
    """All is done in one transaction, which must not keep others waiting for long."""

    code: ClassVar[str] = "too_many_to_merge"
    template: ClassVar[str] = N_("At most %(clients)s clients with at most %(deals)s deals can be merged at once.")


class AlreadyMerged(Conflict):
    """Somebody else was faster."""

    code: ClassVar[str] = "already_merged"
    template: ClassVar[str] = N_("“%(name)s” was merged into “%(into)s” already.")


class ErasedIsNotMerged(Conflict):
    code: ClassVar[str] = "erased_not_merged"
    template: ClassVar[str] = N_("A client who was erased cannot be merged with another one.")


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """``merged_ids`` become parts of ``kept_id``. ``values`` says by the name of a field whose value stays, as an id.

    Own fields have names like ``client.industry``; what is not named stays as the kept client has it, and is filled
    from the first merged one that has it where the kept one is empty. ``versions`` are those of the clients as they
    were looked at, by id.
    """

    kept_id: int
    merged_ids: Sequence[int]
    values: Mapping[str, int] = field(default_factory=dict)
    versions: Mapping[int, int] = field(default_factory=dict)


def merge_clients(
    session: Session, request: MergeRequest, *, actor: Actor, clock: Clock, command_id: str | None = None
) -> int:
    """Merge, in one transaction, and return the id of the client who stays.

    Raises NotFound, NotAllowed, NothingToMerge, TooManyToMerge, AlreadyMerged, ErasedIsNotMerged, Conflict where one of
    them was changed since it was looked at, InvalidInput, ClientIsApproved and MergeSparesApprovals.
    """
    ensure_may(actor, Ability.MANAGE_CLIENTS)
    at, merged_ids = clock.now(), list(dict.fromkeys(request.merged_ids))
    arguments = {"kept": request.kept_id, "merged": merged_ids, "values": dict(request.values)}
    if already_performed(session, command_id, "merge_clients", arguments, actor=actor, at=at) is not None:
        return request.kept_id
    if not merged_ids or request.kept_id in merged_ids:
        raise NothingToMerge
    if len(merged_ids) >= MOST_AT_ONCE:
        raise TooManyToMerge(clients=MOST_AT_ONCE, deals=MOST_DEALS)
    ids = sorted({request.kept_id, *merged_ids})
    _ensure_standing(session, actor, ids)
    touched = _touched_by(Deal.client_id.in_(merged_ids), request.kept_id)
    deals = lock_deals(session, touched, most=MOST_DEALS)
    clients = _locked_clients(session, actor, ids)
    ensure_all_locked(session, touched, deals)
    _ensure_mergeable(request, clients)
    bound, read = bound_approvals(session, deals.values()), read_cards(session, deals, at=at)
    for merged_id in merged_ids:
        _Merging(session, clients[request.kept_id], clients[merged_id], deals, actor, at).perform(request.values)
    ensure_as_approved(session, bound, deals, actor)
    ensure_as_decided(session, read, deals, actor)
    ensure_all_locked(session, touched, deals)
    remember(session, command_id, {"id": request.kept_id}, actor=actor)
    return request.kept_id


def _ensure_standing(session: Session, actor: Actor, ids: Iterable[int]) -> None:
    """Raises AlreadyMerged where the actor sees whom one of them was merged into; else locking finds nobody."""
    for one in ids:
        standing = standing_client_id(session, actor, one)
        if standing is not None and standing != one:
            names = {row.id: row.name for row in session.scalars(select(Client).where(Client.id.in_((one, standing))))}
            raise AlreadyMerged(name=names[one], into=names[standing])


def _locked_clients(session: Session, actor: Actor, ids: Iterable[int]) -> dict[int, Client]:
    try:
        return {one: lock_client(session, one, actor) for one in ids}
    except NotFound:  # perhaps somebody merged it while its lock was waited for
        _ensure_standing(session, actor, ids)
        raise


def _ensure_mergeable(request: MergeRequest, clients: Mapping[int, Client]) -> None:
    if any(one.name == ERASED for one in clients.values()):
        raise ErasedIsNotMerged
    if any(clients[one].version != version for one, version in request.versions.items() if one in clients):
        raise Conflict
    own = {CLIENT_ROOT + name for one in clients.values() for name in one.fields}
    errors: dict[str, DomainError] = {}
    for name, source in request.values.items():
        if source not in clients or name not in {*COLUMNS, *own}:
            errors[f"values.{name}"] = FieldNotUnderstood(value=source, expected=N_("one of these clients"))
    if errors:
        raise InvalidInput(errors)


def _touched_by(moving: ColumnElement[bool], kept_id: int) -> ColumnElement[bool]:
    return moving | (Deal.client_id == kept_id) & is_bound()


def touched_by_undo(merge: ClientMerge) -> ColumnElement[bool]:
    """The deals that go back, and those of the kept client in which something is approved: its card changes."""
    moving = Deal.client_id == merge.kept_id, Deal.id.in_(merge.moved.get("deals", ()))
    return _touched_by(and_(*moving), merge.kept_id)


def lock_deals(session: Session, touched: ColumnElement[bool], *, most: int | None = None) -> dict[int, Deal]:
    """The deals that are ``touched``, locked with their instances, by id. Raises TooManyToMerge for more than ``most``.

    How many other deals the kept client has does not matter: nothing is written into them.
    """
    found = session.execute(
        select(Deal.id, ProcessInstance.id)
        .join(ProcessInstance, ProcessInstance.deal_id == Deal.id)
        .where(touched)
        .order_by(Deal.id, ProcessInstance.id)
        .limit(most + 1 if most is not None else None)
    ).all()
    if most is not None and len(found) > most:
        raise TooManyToMerge(clients=MOST_AT_ONCE, deals=most)
    return {one.deal_id: one.deal for one in lock_instances(session, [instance_id for _, instance_id in found])}


def ensure_all_locked(session: Session, touched: ColumnElement[bool], deals: Collection[int]) -> None:
    """Raises Conflict where a deal was opened before its client was locked, or sent for approval meanwhile."""
    theirs = set(session.scalars(select(Deal.id).where(touched)))
    if not theirs <= set(deals):
        raise Conflict


@dataclass(frozen=True, slots=True)
class _Merging:
    _session: Session
    _kept: Client
    _merged: Client
    _deals: Mapping[int, Deal]
    _actor: Actor
    _at: datetime

    def perform(self, values: Mapping[str, int]) -> None:
        session, kept, merged = self._session, self._kept, self._merged
        changes = write_client(session, kept, self._taken(values), actor=self._actor, at=self._at)
        if changes:  # before the deals come along: of what they read, it tells nothing
            record(session, ClientChanged(client_id=kept.id, changes=changes), actor=self._actor, at=self._at)
        moved = {
            "deals": [one.id for one in self._deals.values() if one.client_id == merged.id],
            **self._move_contacts(),
            "notes": self._move_notes(),
            "tombstones": repoint(session, merged.id, kept.id),
        }
        merge = ClientMerge(
            kept_id=kept.id,
            merged_id=merged.id,
            merged_by_id=self._actor.recorded_id,
            merged_at=self._at,
            moved=moved,
            changes=changes,
        )
        session.add(merge)
        merged.merged_into_id, merged.search_text = kept.id, ""
        session.flush()
        move_deals(
            session, [self._deals[one] for one in moved["deals"]], merged, kept, merge, actor=self._actor, at=self._at
        )
        counts = {name: len(moved[name]) for name in ("deals", "contacts", "notes")}
        event = ClientsMerged(client_id=kept.id, merged_id=merged.id, merge_id=merge.id, **counts)
        record(session, event, actor=self._actor, at=self._at)

    def _taken(self, values: Mapping[str, int]) -> dict[str, Any]:
        """What the kept client gets from the merged one: what was chosen, and what it has nothing of itself."""
        kept, merged = values_of(self._kept), values_of(self._merged)
        return {
            name: merged.get(name)
            for name in dict.fromkeys((*kept, *merged))
            if values.get(name) == self._merged.id
            or (name not in values and is_empty(kept.get(name)) and not is_empty(merged.get(name)))
        }

    def _move_contacts(self) -> dict[str, list[int]]:
        """All but those whom the kept client has already, word by word: of these no second copy is kept anywhere."""
        known = {_imprint(one): one.id for one in _contacts(self._session, self._kept.id)}
        moved: dict[str, list[int]] = {"contacts": [], "doubles": [], "twins": []}
        for contact in _contacts(self._session, self._merged.id):
            twin_id = known.get(_imprint(contact))
            if twin_id is None:
                contact.client_id = self._kept.id
                moved["contacts"].append(contact.id)
            else:
                moved["doubles"].append(contact.id)
                moved["twins"].append(twin_id)
                self._session.delete(contact)
        return moved

    def _move_notes(self) -> list[int]:
        said = set(self._session.scalars(select(ClientNote.fingerprint).where(ClientNote.client_id == self._kept.id)))
        notes = self._session.scalars(select(ClientNote).where(ClientNote.client_id == self._merged.id))
        moving = [one for one in notes if one.fingerprint not in said]
        for note in moving:
            note.client_id = self._kept.id
        return [one.id for one in moving]


def values_of(client: Client) -> dict[str, Any]:
    """All that a card says, by name; own fields are called ``client.…``."""
    own = {CLIENT_ROOT + name: value for name, value in client.fields.items()}
    return {name: getattr(client, name) for name in COLUMNS} | own


def is_empty(value: Any) -> bool:
    return value in (None, "", [])


def repoint(session: Session, of: int, to: int, only: Collection[int] | None = None) -> list[int]:
    """Let the tombstones of one client, or ``only`` some of them, lead to another."""
    moved = []
    for tombstone in session.scalars(select(Client).where(Client.merged_into_id == of).order_by(Client.id)):
        if only is None or tombstone.id in only:
            tombstone.merged_into_id = to
            moved.append(tombstone.id)
    return moved


def move_deals(
    session: Session,
    deals: Sequence[Deal],
    old: Client,
    new: Client,
    merge: ClientMerge,
    *,
    actor: Actor,
    at: datetime,
    undoes: bool = False,
) -> None:
    """Give locked deals another client; each deal's history tells it."""
    changes = _seen_changes(old, new)
    for first in range(0, len(deals), _READ_AT_ONCE):  # the keys of a deal's texts are still known at its steps
        some = {one.id: one for one in deals[first : first + _READ_AT_ONCE]}
        for deal in some.values():
            deal.client_id = new.id
            set_committed_value(deal, "client", new)
            deal.search_text = deal_search_text(deal)
            event = DealClientReplaced(new.id, old.id, merge.id, undoes, changes)
            record(session, event, actor=actor, at=at, deal=deal)
        for item in session.scalars(select(WorkItem).where(WorkItem.deal_id.in_(some))):
            item.search_text = step_search_text(item.name, some[item.deal_id])
    session.flush()
    set_deadlines_of_client(session, new.id, actor=actor, at=at)


def _seen_changes(old: Client, new: Client) -> dict[str, list[Any]]:
    """What is another for a map whose deal has another client."""
    before, now = (
        {CLIENT_ROOT + name: getattr(one, name) for name in _SEEN_BY_MAPS}
        | {CLIENT_ROOT + name: value for name, value in one.fields.items()}
        for one in (old, new)
    )
    return {
        name: [before.get(name), now.get(name)]
        for name in dict.fromkeys((*before, *now))
        if before.get(name) != now.get(name)
    }


def _contacts(session: Session, client_id: int) -> list[Contact]:
    """Locked: who changes a contact locks no client, and what they write must not go with a double of what it was."""
    theirs = select(Contact).where(Contact.client_id == client_id).order_by(Contact.id).with_for_update()
    return list(session.scalars(theirs.execution_options(populate_existing=True)))


def _imprint(contact: Contact) -> tuple[Any, ...]:
    said = (contact.sort_key, contact.position, contact.phone, contact.email)
    return (*said, tuple(sorted((name, repr(value)) for name, value in contact.fields.items())))
