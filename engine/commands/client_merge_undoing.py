"""Undoing a merge of clients: what went along comes back, as long as nothing stands against it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.client_decisions import read_cards
from engine.commands.client_merge_refusals import ensure_as_approved, ensure_as_decided
from engine.commands.client_merging import (
    ensure_all_locked,
    lock_deals,
    move_deals,
    repoint,
    touched_by_undo,
    values_of,
)
from engine.commands.clients import ClientExists, search_text_of_client, write_client
from engine.commands.history import record
from engine.commands.locks import lock_client
from engine.errors import N_, Conflict, NotFound
from engine.events import ClientChanged, ClientsMergeUndone
from engine.model.client import Client, Contact
from engine.model.client_merge import ClientMerge
from engine.model.client_note import ClientNote
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.personal_texts import ERASED
from engine.queries.bound_clients import bound_approvals
from engine.queries.client_merges import UNDONE_WITHIN, standing_client_id


class MergeStays(Conflict):
    """Why a merge cannot be undone, one class for each reason."""

    code: ClassVar[str] = "merge_stays"
    template: ClassVar[str] = N_("This merge was undone already.")


class MergeIsOld(MergeStays):
    code: ClassVar[str] = "merge_is_old"
    template: ClassVar[str] = N_("A merge can be undone for 30 days; these are over.")


class MergedFurther(MergeStays):
    code: ClassVar[str] = "merged_further"
    template: ClassVar[str] = N_("The client was itself merged into “%(name)s” since. Undo that first.")


class ChangedSinceMerge(MergeStays):
    """``fields`` are names of what was changed again."""

    code: ClassVar[str] = "changed_since_merge"
    template: ClassVar[str] = N_(
        "What the merge wrote into the client's card was changed since: the merge cannot be undone. Add the other "
        "client anew if you need it."
    )


class ErasedSinceMerge(MergeStays):
    code: ClassVar[str] = "erased_since_merge"
    template: ClassVar[str] = N_("Something was erased at this client since: the merge cannot be undone.")


def undo_merge(session: Session, merge_id: int, *, actor: Actor, clock: Clock) -> int:
    """Give a merged client back what it had, and return its id. What came to the kept one since stays there.

    Raises NotFound, NotAllowed, MergeStays with the reason, ClientExists, ClientIsApproved, MergeSparesApprovals.
    """
    ensure_may(actor, Ability.MANAGE_CLIENTS)
    at = clock.now()
    merge = session.get(ClientMerge, merge_id)
    standing = standing_client_id(session, actor, merge.kept_id) if merge is not None else None
    if merge is None or standing is None:
        raise NotFound
    if standing != merge.kept_id:
        raise MergedFurther(name=session.get_one(Client, standing).name)
    touched = touched_by_undo(merge)
    deals = lock_deals(session, touched)
    kept = lock_client(session, merge.kept_id, actor)
    ensure_all_locked(session, touched, deals)
    session.refresh(merge)
    merged = session.get(Client, merge.merged_id, with_for_update=True, populate_existing=True)
    if merged is None:
        raise MergeStays
    changes = _ensure_may_be_undone(session, merge, kept, merged, at)
    bound, read = bound_approvals(session, deals.values()), read_cards(session, deals, at=at)
    written = write_client(session, kept, {name: old for name, (old, _new) in changes.items()}, actor=actor, at=at)
    if written:
        record(session, ClientChanged(client_id=kept.id, changes=written), actor=actor, at=at)
    merged.merged_into_id, merged.search_text = None, search_text_of_client(session, merged)
    merge.undone_at = at
    _give_back(session, merge)
    session.flush()
    moving = [deals[one] for one in merge.moved.get("deals", ()) if one in deals]
    move_deals(session, moving, kept, merged, merge, actor=actor, at=at, undoes=True)
    ensure_as_approved(session, bound, deals, actor)
    ensure_as_decided(session, read, deals, actor)
    ensure_all_locked(session, touched, deals)
    event = ClientsMergeUndone(client_id=kept.id, merged_id=merged.id, merge_id=merge.id)
    record(session, event, actor=actor, at=at)
    return merged.id


def _ensure_may_be_undone(
    session: Session, merge: ClientMerge, kept: Client, merged: Client, at: datetime
) -> dict[str, list[object]]:
    """What the merge had changed in the kept client. Raises MergeStays and ClientExists."""
    if merge.undone_at is not None or merged.merged_into_id != kept.id:
        raise MergeStays
    if merge.changes is None:
        raise ErasedSinceMerge
    if at >= merge.merged_at + UNDONE_WITHIN:
        raise MergeIsOld
    present = values_of(kept)
    if any(present.get(name) != new for name, (_old, new) in merge.changes.items()):
        raise ChangedSinceMerge
    former = merge.changes.get("edrpou", ("", ""))[0]
    for code in (merged.edrpou, former):
        other = select(Client.name).where(
            Client.edrpou == code, Client.id.not_in((kept.id, merged.id)), Client.merged_into_id.is_(None)
        )
        if code and (name := session.scalar(other.limit(1))) is not None:
            raise ClientExists(name=name)
    return dict(merge.changes)


def _add_doubles_again(session: Session, merge: ClientMerge) -> None:
    """Contacts whom both had: under their own ids, as the one who was kept is known now."""
    for double_id, twin_id in zip(merge.moved.get("doubles", ()), merge.moved.get("twins", ()), strict=True):
        twin = session.get(Contact, twin_id)
        if twin is None or twin.client_id != merge.kept_id or twin.full_name == ERASED:
            continue
        kept = ("full_name", "position", "phone", "email", "search_text", "created_at")
        values = {name: getattr(twin, name) for name in kept} | {"fields": dict(twin.fields)}
        session.add(Contact(id=double_id, client_id=merge.merged_id, **values))


def _give_back(session: Session, merge: ClientMerge) -> None:
    """Contacts, notes and earlier tombstones that went along and are still there."""
    moved, kept_id = merge.moved, merge.kept_id
    contacts = select(Contact).where(Contact.id.in_(moved.get("contacts", ())), Contact.client_id == kept_id)
    notes = select(ClientNote).where(ClientNote.id.in_(moved.get("notes", ())), ClientNote.client_id == kept_id)
    for contact in session.scalars(contacts):
        contact.client_id = merge.merged_id
    _add_doubles_again(session, merge)
    for note in session.scalars(notes):
        note.client_id = merge.merged_id
    repoint(session, merge.kept_id, merge.merged_id, merge.moved.get("tombstones", ()))
