"""What was written before there was a search for it is found after the upgrade."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, insert, select, text
from support.former_schemas import FormerSchemas
from support.office import MONDAY_10

from engine.db.job import Job
from engine.db.schema import migrate
from engine.db.session import Database
from engine.model.client_letter import ClientLetter, ClientLetterState
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.written_text import WrittenText
from engine.policy.personal_texts import ERASED
from engine.queries.text_search import matches

LETTER: dict[str, Any] = {
    "sender": "",
    "sender_name": "",
    "is_known": True,
    "is_automatic": False,
    "quoted": "КРАН з листа до нього",
    "file_ids": [],
    "left_out": [],
    "message_id": "",
    "job_id": "",
    "last_error": "",
    "receivers": [{"address": "maria@example.com", "name": "Марія"}],
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_of_before(
    request: pytest.FixtureRequest, former_schemas: FormerSchemas, tmp_path: Path
) -> Iterator[Database]:
    with former_schemas.copy(request.param, "0068", tmp_path) as database:
        yield database


def _write_history(connection: Connection, *entries: tuple[str, dict[str, Any]]) -> None:
    for number, (kind, data) in enumerate(entries, 1):
        at = MONDAY_10 + timedelta(hours=number)
        values = {"deal_id": 7, "number": number, "kind": kind, "actor_name": "Олена", "at": at, "data": data}
        connection.execute(insert(HistoryEvent).values(**values))


def test_letters_and_comments_from_before_are_found_the_newest_first(database_of_before: Database) -> None:
    writer = create_engine(database_of_before.engine.url)  # which lets SQLite look up no references
    with writer.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        deal = {"number": "Д-1", "title": "Насоси", "client_id": 1, "owner_id": 1, "definition_key": "sale"}
        connection.execute(insert(Deal).values(id=7, **deal, sort_key="", opened_at=MONDAY_10))
        _write_history(
            connection,
            ("commented", {"text": "Обʼєкт чекає кран"}),
            ("step_completed", {"name": "Кран", "comment": ""}),
            ("step_completed", {"name": "Кран", "comment": "без крана"}),
            ("commented", {"text": ERASED}),
            ("stage_changed", {"stage": "кран", "previous": ""}),
        )
        for subject, said, hours in (("Кран", "Про нього", 2), (ERASED, ERASED, 3), ("Інше", "Про інше", 9)):
            at = MONDAY_10 + timedelta(hours=hours)
            values = LETTER | {"subject": subject, "text": said, "state": ClientLetterState.SENT, "written_at": at}
            connection.execute(insert(ClientLetter).values(deal_id=7, **values))
    writer.dispose()
    migrate(database_of_before)
    with database_of_before.read() as session:
        jobs = session.execute(select(Job.payload, Job.due_at - Job.created_at).order_by(Job.due_at)).all()
        if database_of_before.is_sqlite:  # no other program writes meanwhile
            assert jobs == []
        else:
            behind = {"letters_after": 3 - 1_000, "entries_after": 5 - 1_000, "after": 0}
            assert jobs == [(behind, timedelta(minutes=10)), (behind, timedelta(days=1))]
        newest = select(WrittenText.number, WrittenText.letter_id).order_by(WrittenText.id.desc())
        assert session.execute(newest).all() == [(None, 3), (3, None), (None, 1), (1, None)]
        for q, numbers in (("кран", [(3, None), (None, 1), (1, None)]), ("об'єкт", [(1, None)]), ("maria@", [3, 1])):
            rows = session.execute(newest.where(matches(session, WrittenText.search_text, q))).all()
            assert [(one if q != "maria@" else one.letter_id) for one in rows] == numbers
