"""What is signed, and when: behind the commands, by whichever worker comes first."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select
from support.office import Office

from engine.adapters.history_keys import HistoryKeys
from engine.commands.history_signing import AT_ONCE, sign_new_entries
from engine.model.history_event import HistoryEvent
from engine.model.history_signature import HistorySignature


def test_an_entry_committed_late_is_signed_although_a_whole_reading_of_later_ones_was(
    office: Office, tmp_path: Path
) -> None:
    """Its transaction took its number before theirs: the next reading looks back behind what the last one signed."""
    keys = HistoryKeys(tmp_path / "keys")
    while sign_new_entries(office.database, keys, clock=office.clock):
        pass
    with office.database.write() as session:
        late = (session.scalar(select(func.max(HistoryEvent.id))) or 0) + 1
        session.add_all(_entry(office, late + number) for number in range(1, AT_ONCE + 1))
    assert sign_new_entries(office.database, keys, clock=office.clock) == AT_ONCE
    with office.database.write() as session:
        session.add(_entry(office, late))
    assert sign_new_entries(office.database, keys, clock=office.clock) == 1
    with office.database.read() as session:
        last = select(HistorySignature.event_id).order_by(HistorySignature.position.desc()).limit(1)
        assert session.scalar(last) == late


def _entry(office: Office, number: int) -> HistoryEvent:
    return HistoryEvent(id=number, kind="calendar_changed", at=office.clock.now(), data={}, entry_hash=f"{number:064}")
