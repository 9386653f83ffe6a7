"""What is signed, and when: behind the commands, by whichever worker comes first."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from support.office import Office

from engine.adapters.history_keys import HistoryKeys
from engine.commands.history_signing import AT_ONCE, sign_new_entries
from engine.db.session import Database
from engine.model.history_event import HistoryEvent
from engine.model.history_signature import HistorySignature
from engine.queries.history_signatures import LOOKS_BACK, is_unsigned

_MANY_ENTRIES = """
INSERT INTO history_event (id, kind, at, data, actor_name, previous_hash, entry_hash)
SELECT number, 'calendar_changed', now(), '{}', '', '', lpad(number::text, 64, '0')
FROM generate_series(1, :count) AS number
"""
_MANY_SIGNATURES = """
INSERT INTO history_signature (position, event_id, at, key_id, hash, signature)
SELECT number, number, now(), 'key', lpad(number::text, 64, '0'), '' FROM generate_series(1, :count) AS number
"""


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


@pytest.mark.postgres
def test_of_a_long_history_only_the_end_is_read(postgresql_database_url: str) -> None:
    """Whatever PostgreSQL knows of how many there are: all signatures were read every two seconds."""
    entries, unsigned = 20_000, 10
    database = Database(postgresql_database_url)
    try:
        with database.write() as session:
            session.execute(text(_MANY_ENTRIES), {"count": entries})
            session.execute(text(_MANY_SIGNATURES), {"count": entries - unsigned})
            session.execute(text("ANALYZE history_event, history_signature"))
        new = select(HistoryEvent.id).where(is_unsigned(entries - unsigned - LOOKS_BACK)).order_by(HistoryEvent.id)
        with database.read() as session:
            assert session.scalars(new.limit(AT_ONCE)).all() == list(range(entries - unsigned + 1, entries + 1))
            asked = new.limit(AT_ONCE).compile(session.get_bind(), compile_kwargs={"literal_binds": True})
            plan = "\n".join(session.scalars(text(f"EXPLAIN {asked}")))
            assert "Seq Scan" not in plan, plan
    finally:
        database.dispose()


def _entry(office: Office, number: int) -> HistoryEvent:
    return HistoryEvent(id=number, kind="calendar_changed", at=office.clock.now(), data={}, entry_hash=f"{number:064}")
