from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm import Session
from support.deal_files import DEALS, DealFiles
from support.office import Office

from engine.adapters.spreadsheets import SheetNotUnderstood
from engine.commands import deal_import_turns, deal_imports
from engine.commands.client_imports import (
    MOST_WAITING,
    FileTooLarge,
    ImportMovedOn,
    NothingInFile,
    NothingToTakeOver,
    TooManyLists,
)
from engine.commands.deal_import_files import forget_deals, look_into_deals, open_brought, stop_opening
from engine.commands.deal_import_turns import OPENED_AT_ONCE, DealTurns, check_deals
from engine.commands.deal_imports import ImportedRow, ImportRow
from engine.commands.deal_sheets import SheetWithoutColumns
from engine.commands.people import update_person
from engine.commands.upkeep import LISTS_KEPT, ROWS_KEPT, prune
from engine.errors import Conflict, MapFailed, NotFound
from engine.model.client_import import ImportState, RowState
from engine.model.deal import Deal
from engine.model.deal_import import DealImport, DealImportRow
from engine.model.history_event import HistoryEvent
from engine.policy.permissions import AbilityMissing


def titles(office: Office) -> list[str]:
    with office.database.read() as session:
        return list(session.scalars(select(Deal.title).order_by(Deal.id)))


def forget(office: Office, import_id: int) -> None:
    with office.database.write() as session:
        forget_deals(session, import_id, actor=office.actor("olena"))


def many(count: int) -> str:
    return "Назва;Клієнт\n" + "".join(f"Угода {number};ТОВ «Лан»\n" for number in range(count))


def test_what_is_wrong_is_said_of_each_row_before_anything_is_opened(office: Office) -> None:
    files = DealFiles(office)
    import_id = files.bring()
    found, rows = files.view(import_id), files.rows(import_id)
    assert (found.state, found.total, found.unused) == (ImportState.CHECKED, 3, ["Колір"])
    assert files.states(import_id) == {2: RowState.NEW, 3: RowState.REFUSED, 4: RowState.NEW}
    assert set(rows[3].faults) == {"client.name", "amount"}
    assert titles(office) == []


def test_what_is_sound_is_opened_once_and_its_cells_are_kept_no_more(office: Office) -> None:
    files = DealFiles(office)
    import_id = files.open()
    files.work(import_id)
    office.do("olena", open_brought, import_id)
    files.work(import_id)
    assert titles(office) == ["Насоси", "Вали"]
    assert files.states(import_id) == {2: RowState.ADDED, 3: RowState.REFUSED, 4: RowState.ADDED}
    rows = files.rows(import_id)
    opened = rows[2].deal
    assert opened is not None
    assert (opened.title, opened.client, str(opened.amount)) == ("Насоси", "ТОВ «Промінь»", "12500.50")
    assert (rows[2].texts, rows[3].deal, rows[3].texts["title"]) == ({}, None, "Помпи")
    assert files.view(import_id).state is ImportState.DONE
    with office.database.read() as session:
        assert session.get_one(DealImport, import_id).content is None
        (started,) = session.scalars(select(HistoryEvent).where(HistoryEvent.kind == "import_started"))
        assert started.data == {"import_id": import_id, "content": "deals", "rows": 2}


def test_a_file_that_opens_needs_no_word(office: Office) -> None:
    files = DealFiles(office)
    import_id = files.bring(opens=True)
    files.work(import_id)
    assert titles(office) == ["Насоси", "Вали"]
    empty = files.bring("Назва;Клієнт\nПомпи;\n", opens=True)
    assert files.view(empty).state is ImportState.DONE


def test_a_worker_that_dies_between_two_portions_leaves_the_rest_to_the_next_one(office: Office) -> None:
    files, count = DealFiles(office), OPENED_AT_ONCE + 3
    import_id = files.bring(many(count))
    office.do("olena", open_brought, import_id)
    assert DealTurns(office.database, import_id, office.clock).take() == OPENED_AT_ONCE
    assert files.view(import_id).waiting == 3
    files.work(import_id)
    assert titles(office) == [f"Угода {number}" for number in range(count)]


def test_two_workers_at_once_open_each_row_once(office: Office) -> None:
    files, count = DealFiles(office), 2 * OPENED_AT_ONCE
    import_id = files.bring(many(count))
    office.do("olena", open_brought, import_id)
    workers = [Thread(target=files.work, args=(import_id,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(titles(office)) == sorted(f"Угода {number}" for number in range(count))


def test_a_row_on_which_the_map_or_the_database_fails_fails_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, opening = DealFiles(office), deal_imports.open_rows
    import_id = files.bring(many(3))
    office.do("olena", open_brought, import_id)
    failures = {
        "Угода 0": MapFailed(reason="a condition"),
        "Угода 1": DataError("INSERT", {}, Exception("cannot be stored")),
    }

    def fail(session: Session, *, rows: Sequence[ImportRow], **rest: Any) -> list[ImportedRow]:
        for row in rows:
            if row.draft.title in failures:
                raise failures[row.draft.title]
        return opening(session, rows=rows, **rest)

    monkeypatch.setattr(deal_import_turns, "open_rows", fail)
    files.work(import_id)
    assert titles(office) == ["Угода 2"]
    codes = {number: row.faults[""]["code"] for number, row in files.rows(import_id).items() if row.faults}
    assert codes == {2: "map_failed", 3: "row_not_taken"}


@pytest.mark.parametrize(("collisions", "opened"), [(4, ["Угода 0"]), (5, [])])
def test_a_row_that_meets_what_others_write_is_tried_again_and_not_without_end(
    office: Office, monkeypatch: pytest.MonkeyPatch, collisions: int, opened: list[str]
) -> None:
    files, opening = DealFiles(office), deal_imports.open_rows
    import_id = files.bring(many(1))
    office.do("olena", open_brought, import_id)
    met: list[int] = []

    def meet(session: Session, **rest: Any) -> list[ImportedRow]:
        if len(met) < collisions:
            met.append(1)
            raise IntegrityError("INSERT", {}, Exception("somebody else has written it"))
        return opening(session, **rest)

    monkeypatch.setattr(deal_import_turns, "open_rows", meet)
    files.work(import_id)
    assert titles(office) == opened
    faults = [row.faults[""]["code"] for row in files.rows(import_id).values() if row.faults]
    assert faults == ([] if opened else [Conflict.code])


def test_a_database_that_was_away_says_nothing_of_a_row(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    files = DealFiles(office)
    import_id = files.bring(many(2))
    office.do("olena", open_brought, import_id)

    def away(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception("gone"))

    with monkeypatch.context() as patched:
        patched.setattr(deal_import_turns, "open_rows", away)
        with pytest.raises(OperationalError):
            DealTurns(office.database, import_id, office.clock).take()
    assert set(files.states(import_id).values()) == {RowState.NEW}
    files.work(import_id)
    assert len(titles(office)) == 2


def test_what_was_opened_before_the_stop_stays_and_the_rest_is_left(office: Office) -> None:
    files = DealFiles(office)
    import_id = files.bring(many(OPENED_AT_ONCE + 1))
    office.do("olena", open_brought, import_id)
    turns = DealTurns(office.database, import_id, office.clock)
    turns.take()
    office.do("olena", stop_opening, import_id)
    assert turns.take() == 0
    files.work(import_id)
    assert len(titles(office)) == OPENED_AT_ONCE
    assert (files.view(import_id).state, files.view(import_id).waiting) == (ImportState.STOPPED, 0)
    with pytest.raises(ImportMovedOn):
        office.do("olena", stop_opening, import_id)


def test_an_import_of_somebody_who_left_stops_by_itself(office: Office) -> None:
    files = DealFiles(office, "taras")
    import_id = files.bring(many(2))
    office.do("taras", open_brought, import_id)
    office.do("admin", update_person, office.company.taras.id, {"is_active": False})
    DealTurns(office.database, import_id, office.clock).take()
    assert DealFiles(office, "bohdan").view(import_id).state is ImportState.STOPPED
    assert titles(office) == []


def test_a_file_is_read_while_nobody_has_forgotten_it(office: Office) -> None:
    files = DealFiles(office)
    import_id = files.bring()
    forget(office, import_id)
    check_deals(office.database, import_id, "late", clock=office.clock)
    with office.database.read() as session:
        assert session.scalar(select(func.count()).select_from(DealImportRow)) == 0
    assert files.bring() == import_id + 1, "a job still names the first"
    opened = files.open()
    with pytest.raises(ImportMovedOn):
        forget(office, opened)


def test_a_file_of_mistakes_opens_nothing(office: Office) -> None:
    import_id = DealFiles(office).bring("Назва;Клієнт\nПомпи;\n")
    with pytest.raises(NothingToTakeOver):
        office.do("olena", open_brought, import_id)


def test_a_file_that_is_too_long_is_refused_without_counting_a_part_of_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deal_import_turns, "MOST_ROWS", 2)
    files = DealFiles(office)
    found = files.view(files.bring(opens=True))
    assert found.fault is not None
    assert (found.state, found.fault["code"]) == (ImportState.UNREADABLE, "import_too_long")
    assert (found.total, dict(found.counts)) == (0, {})
    assert titles(office) == []


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"\x00\x01\x02;title;client", SheetNotUnderstood),
        ("Назва;Сума\n".encode(), SheetWithoutColumns),
        ("Назва;Клієнт\n;;\n".encode(), NothingInFile),
        (b"x" * (20 * 1024 * 1024 + 1), FileTooLarge),
    ],
)
def test_what_is_no_file_of_deals_is_told_at_once(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        look_into_deals(content, "deals.csv", {})


def test_somebody_keeps_only_so_many_files_waiting(office: Office) -> None:
    files = DealFiles(office)
    for _ in range(MOST_WAITING):
        files.bring()
    with pytest.raises(TooManyLists):
        files.bring()
    assert DealFiles(office, "taras").bring()


def test_one_sees_ones_own_and_the_head_sees_all(office: Office) -> None:
    import_id = DealFiles(office).bring()
    with pytest.raises(NotFound):
        DealFiles(office, "taras").view(import_id)
    with pytest.raises(NotFound):
        office.do("taras", open_brought, import_id)
    with pytest.raises(AbilityMissing):
        office.do("iryna", open_brought, import_id)
    assert DealFiles(office, "bohdan").view(import_id).total == 3


def test_files_that_nobody_opened_and_rows_of_old_imports_go(office: Office) -> None:
    files = DealFiles(office)
    waiting, opened = files.bring(DEALS), files.open()
    office.clock.advance(LISTS_KEPT + timedelta(hours=1))
    with office.database.write() as session:
        prune(session, clock=office.clock)
    with pytest.raises(NotFound):
        files.view(waiting)
    assert len(files.rows(opened)) == 3
    office.clock.advance(ROWS_KEPT)
    with office.database.write() as session:
        prune(session, clock=office.clock)
    assert (files.rows(opened), files.view(opened).total) == ({}, 3)


def test_of_who_opens_and_who_stops_at_once_each_is_told_what_holds(office: Office) -> None:
    files, head = DealFiles(office), DealFiles(office, "bohdan")
    for _ in range(3):
        import_id = files.bring(many(2 * OPENED_AT_ONCE))
        gate, told = Barrier(3), list[str]()

        def press(login: str, command: Callable[..., object], import_id: int = import_id, gate: Barrier = gate) -> None:
            gate.wait()
            try:
                office.do(login, command, import_id)
                told.append(command.__name__)  # noqa: B023  # read by this round's threads alone
            except ImportMovedOn:
                told.append("too soon or late")  # noqa: B023  # as above

        presses = (("olena", open_brought), ("olena", open_brought), ("bohdan", stop_opening))
        threads = [Thread(target=press, args=one) for one in presses]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(told) == len(presses)
        files.work(import_id)
        found = head.view(import_id)
        assert (found.state is ImportState.STOPPED) is ("stop_opening" in told)
        assert found.state in (ImportState.STOPPED, ImportState.DONE)
        assert found.waiting == 0
        assert len(titles(office)) % (2 * OPENED_AT_ONCE) == 0
