"""What is signed, and when: behind the commands, by whichever worker comes first."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from support.office import Office

from engine.adapters.history_keys import HistoryKeys
from engine.clock import SystemClock
from engine.commands.history import record
from engine.commands.history_signing import AT_ONCE, SignedSoFar, first_key, sign_new_entries
from engine.db.session import Database
from engine.events import Commented
from engine.model.history_event import HistoryEvent
from engine.model.history_signature import HistoryKey, HistorySignature
from engine.policy.permissions import Actor
from engine.queries.history_proof import HistoryProof, signed_faults
from engine.queries.history_signatures import LOOKS_BACK, is_unsigned, signing_state

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


def test_two_workers_at_the_first_start_make_one_key(database_url: str, tmp_path: Path) -> None:
    """Two keys would stand there for ever, one as the successor of a lost one, which nobody vouches for."""
    database, keys = Database(database_url), HistoryKeys(tmp_path / "keys")
    made: list[str] = []

    def begin_too() -> None:
        with database.write() as session:
            made.append(first_key(session, keys, clock=SystemClock()).key_id)

    second = threading.Thread(target=begin_too)
    with database.write() as session:
        made.append(first_key(session, keys, clock=SystemClock()).key_id)
        second.start()
        second.join(0.5)
    second.join()
    with database.read() as session:
        known = list(session.scalars(select(HistoryKey.key_id)))
    assert known == [made[0]] == [made[1]]
    database.dispose()


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
        unread = is_unsigned(entries - unsigned - LOOKS_BACK)
        new = select(HistoryEvent.id).where(unread).order_by(HistoryEvent.id).limit(AT_ONCE)
        waiting = select(func.count()).select_from(HistoryEvent).where(unread)  # as the page of signatures asks
        with database.read() as session:
            assert session.scalars(new).all() == list(range(entries - unsigned + 1, entries + 1))
            assert signing_state(session).waiting == session.scalar(waiting) == unsigned
            for statement in (new, waiting):
                asked = statement.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
                plan = "\n".join(session.scalars(text(f"EXPLAIN {asked}")))
                assert "Seq Scan" not in plan, plan
    finally:
        database.dispose()


@pytest.mark.postgres
def test_an_entry_of_a_transaction_that_was_open_is_signed_behind_what_is_known_to_be(
    postgresql_database_url: str, tmp_path: Path
) -> None:
    database = Database(postgresql_database_url)
    office, keys, so_far = Office(database), HistoryKeys(tmp_path / "keys"), SignedSoFar()

    def sign() -> int:
        return sign_new_entries(database, keys, clock=office.clock, so_far=so_far)

    def comment(session: Session) -> None:
        record(session, Commented(text="x"), actor=Actor.system(), at=office.clock.now())
        session.flush()

    sign()
    known = so_far.up_to
    with database.write() as slow:
        comment(slow)
        with database.write() as fast:
            comment(fast)
        assert sign() == 1
        assert so_far.up_to == known
    assert sign() == 1
    assert so_far.up_to == known + 2
    assert sign() == 0
    database.dispose()


def test_what_was_known_of_a_history_that_a_backup_replaced_is_forgotten(office: Office, tmp_path: Path) -> None:
    keys, so_far = HistoryKeys(tmp_path / "keys"), SignedSoFar(up_to=1_000_000)
    office.open_deal()
    while sign_new_entries(office.database, keys, clock=office.clock):
        pass
    office.prepare()
    assert sign_new_entries(office.database, keys, clock=office.clock, so_far=so_far) > 0
    with office.database.read() as session:
        assert so_far.up_to == session.scalar(select(func.max(HistoryEvent.id)))


def test_an_entry_without_a_hash_is_signed_by_its_contents(office: Office, tmp_path: Path) -> None:
    keys = HistoryKeys(tmp_path / "keys")
    office.open_deal()
    while sign_new_entries(office.database, keys, clock=office.clock):
        pass
    proof = HistoryProof()
    with office.database.read() as session:
        assert session.scalars(select(func.count()).where(HistoryEvent.entry_hash == "")).one() > 0
        assert list(signed_faults(session, proof)) == []
    assert proof.waiting == 0


def _entry(office: Office, number: int) -> HistoryEvent:
    return HistoryEvent(id=number, kind="calendar_changed", at=office.clock.now(), data={}, entry_hash=f"{number:064}")
