"""Erasing files of deals: their contents are gone, and their names with them; what was decided on is proven still."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.erasing import Erasing, ensure_basis, erase_from_deal
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.locks import lock_deal
from engine.commands.stored_files import forget_contents
from engine.db.overwriting import overwritten
from engine.errors import N_, Conflict, NotFound
from engine.events import FileErased
from engine.model.deal import Deal
from engine.model.deal_file import DealFile
from engine.model.history_event import HistoryEvent
from engine.model.person import Person
from engine.policy.file_traces import FileTraces
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.personal_texts import ERASED, salts_of
from engine.queries.approved_contents import files_changed

_READ_AT_ONCE = 1000


class FileIsErased(Conflict):
    code: ClassVar[str] = "file_erased"
    template: ClassVar[str] = N_("The file was erased on %(at)s by %(by)s.")


def erase_file(
    session: Session, file_id: int, basis: str, *, actor: Actor, clock: Clock, command_id: str | None = None
) -> int:
    """Erase a file of a deal with all its versions; the id of the deal.

    Raises NotFound, NotAllowed, InvalidInput, FileIsErased.
    """
    at = clock.now()
    arguments = {"file": file_id, "basis": basis}
    if (done := already_performed(session, command_id, "erase_file", arguments, actor=actor, at=at)) is not None:
        return int(done["deal_id"])
    deal_id = session.scalar(select(DealFile.deal_id).where(DealFile.id == file_id))
    if deal_id is None:
        raise NotFound
    deal, _instance = lock_deal(session, deal_id, actor)
    ensure_may(actor, Ability.ERASE_PERSON)
    ensure_basis(basis)
    file = session.get_one(DealFile, file_id, populate_existing=True)
    if file.erased_at is not None:
        raise FileIsErased(at=file.erased_at, by=_name_of(session, file.erased_by_id))
    erasing = Erasing(session, "file", basis.strip(), actor, at)
    with overwritten(session, at=at):
        erase_files(erasing, deal, [file.name])
    remember(session, command_id, {"deal_id": deal.id}, actor=actor)
    return deal.id


def erase_files(erasing: Erasing, deal: Deal, names: Collection[str]) -> None:
    """Erase the files of these names, all versions, from a locked deal: contents, names, whatever tells of them."""
    session = erasing.session
    wanted = DealFile.deal_id == deal.id, DealFile.name.in_(names), DealFile.erased_at.is_(None)
    found = session.scalars(select(DealFile).where(*wanted).order_by(DealFile.name, DealFile.version)).all()
    if not found:
        return
    traces = FileTraces(frozenset(one.id for one in found))
    erasing.erase_from_history(deal, _named_in_history(session, deal, traces))
    erase_from_deal(session, deal, traces)
    by_name: dict[str, list[DealFile]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
    for versions in by_name.values():
        _erase_versions(versions, at=erasing.at, by_id=erasing.actor.recorded_id)
        told = [{"id": one.id, "version": one.version, "sha256": one.sha256, "size": one.size} for one in versions]
        record(session, FileErased(erasing.of, erasing.basis, told), actor=erasing.actor, at=erasing.at, deal=deal)
    session.flush()
    files_changed(session)
    forget_contents(session, {one.sha256 for one in found}, at=erasing.at)


def _erase_versions(versions: Sequence[DealFile], *, at: datetime, by_id: int | None) -> None:
    """The name that is left is one of its own in the deal, so that a file that comes later is no version of it."""
    for one in versions:
        one.name = f"{ERASED} {versions[0].id}"
        one.erased_at, one.erased_by_id = at, by_id


def _named_in_history(session: Session, deal: Deal, traces: FileTraces) -> dict[int, list[str]]:
    """The places in each entry of the deal where one of the files is named and can be erased."""
    rows = session.execute(
        select(HistoryEvent.id, HistoryEvent.kind, HistoryEvent.data, HistoryEvent.salt)
        .where(HistoryEvent.deal_id == deal.id, HistoryEvent.salt != "")
        .order_by(HistoryEvent.number)
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        places = list(traces.places_in(row.kind, row.data))
        salted = salts_of(row.kind, row.data, row.salt) if places else {}
        if kept := [one for one in places if one in salted]:
            found[row.id] = kept
    return found


def _name_of(session: Session, person_id: int | None) -> str:
    person = session.get(Person, person_id) if person_id is not None else None
    return person.full_name if person is not None else ""
