"""Of a large index of texts on SQLite nothing erased is left, and nobody waits long for that."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from support.office import Office

from engine.commands.deals import comment_on_deal
from engine.commands.erasure import erase_written
from engine.db import overwriting
from engine.db.job import Job, JobState
from engine.db.overwriting import TEXT_INDEXES, merge_some
from engine.model.history_event import HistoryEvent
from engine.queries.search import search
from tasks import text_indexes
from tasks.jobs import sweep
from tasks.turns import JOB_TURN

pytestmark = pytest.mark.usefixtures("services")


@pytest.fixture(autouse=True)
def _much_of_one_trigram_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overwriting, "_MOST_PAGES", 50)
    monkeypatch.setattr(overwriting, "_PAGES_AT_ONCE", 2)


def erase_one_of_many(office: Office) -> None:
    deal = office.open_deal()
    for number in range(60):
        office.do(
            "olena",
            comment_on_deal,
            deal.id,
            f"кран {number} {'а' * 9_000} {' '.join(f'{number}а{n}ю' for n in range(90))}",
        )
    office.do("olena", comment_on_deal, deal.id, "Дзвонила Левкович, шифр qzxj")
    with office.database.read() as session:
        events = session.scalars(select(HistoryEvent).where(HistoryEvent.kind == "commented"))
        (number,) = [one.number or 0 for one in events if "Левкович" in one.data["text"]]
    office.do("admin", erase_written, deal.id, number, "лист № 1")


def is_kept(office: Office) -> bool:
    with office.database.read() as session:
        blocks = session.scalars(text("SELECT block FROM fts_written_text_data")).all()
    return any(b"zxj" in block for block in blocks)


def jobs(office: Office) -> list[JobState]:
    with office.database.read() as session:
        return [one.state for one in session.query(Job).filter_by(kind=TEXT_INDEXES)]


def test_a_job_merges_a_large_index_in_many_short_transactions(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[str] = []

    def counted(session: Session, index: str, *, begins: bool) -> bool:
        times.append(index)
        return merge_some(session, index, begins=begins)

    monkeypatch.setattr(text_indexes, "merge_some", counted)
    erase_one_of_many(office)
    if not office.database.is_sqlite:
        assert jobs(office) == []
        return
    assert is_kept(office)
    sweep()
    assert not is_kept(office)
    assert set(times) == {"fts_written_text"}, "small ones were merged at once"
    assert len(times) > 3
    assert jobs(office) == [JobState.DONE]
    with office.database.read() as session:
        assert len(search(session, office.actor("olena"), "кран", now=office.clock.now()).texts) == 10


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL leaves old rows to VACUUM
def test_what_does_not_fit_into_one_turn_goes_on_in_another_job(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(session: Session, index: str, *, begins: bool) -> bool:
        office.clock.advance(JOB_TURN / 2)
        return merge_some(session, index, begins=begins)

    monkeypatch.setattr(text_indexes, "merge_some", slowly)
    erase_one_of_many(office)
    for _ in range(60):
        sweep()
    assert not is_kept(office)
    assert len(jobs(office)) > 1
    assert set(jobs(office)) == {JobState.DONE}
