"""Files of deals on both databases: versions, what is kept by its hash, two at once, killed in between."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import delete, func, select, update
from support.files import add, bring, pdf
from support.office import Office

from engine.commands.deal_files import Place, add_files, hide_file, show_file
from engine.commands.stored_files import ContentGone, bring_file
from engine.commands.upkeep import prune
from engine.errors import NotFound
from engine.model.deal import Deal
from engine.model.deal_file import StoredFile, StoredPiece
from engine.policy.file_limits import FileLimits, StorageFull
from engine.queries.deal_files import documents_of_deal, file_view, files_of_deal, present_files
from engine.queries.stored_files import PIECE, bytes_of_all, content_of, damaged_files

CONTRACT = "Договір.pdf"
ONE, OTHER = pdf("one"), pdf("other")


@pytest.fixture
def deal(office: Office) -> Deal:
    return office.open_deal("olena")


def rows_of(office: Office, deal: Deal, login: str = "olena") -> list[tuple[str, int]]:
    with office.database.read() as session:
        return [(row.name, row.version) for row in files_of_deal(session, office.actor(login), deal.id)]


def count(office: Office, table: type) -> int:
    with office.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_file_of_the_same_name_is_a_new_version_and_every_version_stays(office: Office, deal: Deal) -> None:
    place = Place(deal.id)
    first = add(office, "olena", place, CONTRACT, ONE)
    second = add(office, "bohdan", place, "Договір.PDF", OTHER)
    assert rows_of(office, deal) == [(CONTRACT, 2), (CONTRACT, 1)]
    with office.database.read() as session:
        view = file_view(session, office.actor("olena"), first)
        assert [(one.version, one.added_by) for one in view.versions] == [(2, "Богдан Шевченко"), (1, "Олена Коваль")]
        (document,) = documents_of_deal(session, office.actor("olena"), deal.id)
        assert (document.latest.id, [one.id for one in document.earlier]) == (second, [first])
    assert b"".join(content_of(office.database, view.row.sha256)) == ONE
    added = [event.data for event in office.history(deal) if event.kind == "file_added"]
    assert [(one["version"], one["file_id"], one["size"]) for one in added] == [
        (1, first, len(ONE)),
        (2, second, len(OTHER)),
    ]


def test_a_command_that_comes_again_adds_nothing(office: Office, deal: Deal) -> None:
    place = Place(deal.id)
    first = add(office, "olena", place, CONTRACT, ONE, command_id="k")
    add(office, "olena", place, CONTRACT, OTHER)
    assert add(office, "olena", place, CONTRACT, ONE, command_id="k") == first
    assert [version for _, version in rows_of(office, deal)] == [2, 1]


def test_two_who_add_a_file_of_the_same_name_at_once_make_two_versions(office: Office, deal: Deal) -> None:
    files = [(login, pdf(login)) for login in ("olena", "bohdan", "olena", "bohdan")]
    files = [(login, content + bytes([number])) for number, (login, content) in enumerate(files)]
    with ThreadPoolExecutor(4) as at_once:
        list(at_once.map(lambda one: add(office, one[0], Place(deal.id), CONTRACT, one[1]), files))
    assert [version for _, version in rows_of(office, deal)] == [4, 3, 2, 1]


def test_files_brought_at_once_are_never_more_than_there_is_room_for(office: Office) -> None:
    contents = [ONE + bytes([number]) for number in range(8)]
    limits = FileLimits(of_all=len(contents[0]) * 3)
    begins = Barrier(len(contents))

    def brought(content: bytes) -> bool:
        begins.wait()
        try:
            bring(office, CONTRACT, content, limits)
        except StorageFull:
            return False
        return True

    with ThreadPoolExecutor(len(contents)) as at_once:
        assert sum(at_once.map(brought, contents)) == 3
    with office.database.read() as session:
        assert bytes_of_all(session) == limits.of_all
    assert count(office, StoredPiece) == 3


def test_a_large_file_is_kept_in_pieces_and_comes_back_byte_for_byte(office: Office, deal: Deal) -> None:
    content = b"%PDF-1.7\n" + bytes(range(256)) * 8192 + b"end"
    file_id = add(office, "olena", Place(deal.id), CONTRACT, content)
    assert count(office, StoredPiece) == 3
    with office.database.read() as session:
        sha256 = file_view(session, office.actor("olena"), file_id).row.sha256
    assert b"".join(content_of(office.database, sha256)) == content
    assert list(damaged_files(office.database)) == []
    with office.database.write() as session:
        altered = bytes(PIECE - 1) + b"x"
        session.execute(update(StoredPiece).where(StoredPiece.number == 1).values(content=altered))
    assert list(damaged_files(office.database)) == [sha256]


class Breaking(io.BytesIO):
    """A content that cannot be read to its end the second time: the process dies while it is written."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        if self.reads == 6:
            raise KeyboardInterrupt
        return super().read(size)


def test_a_server_killed_between_pieces_loses_nothing_and_the_next_try_goes_on(office: Office, deal: Deal) -> None:
    content = b"%PDF-1.7\n" + bytes(2 * PIECE)
    with pytest.raises(KeyboardInterrupt):
        bring_file(office.database, CONTRACT, Breaking(content), limits=FileLimits(), clock=office.clock)
    assert (count(office, StoredPiece), rows_of(office, deal)) == (1, [])
    add(office, "olena", Place(deal.id), CONTRACT, content)
    assert list(damaged_files(office.database)) == []
    assert rows_of(office, deal) == [(CONTRACT, 1)]


def test_upkeep_forgets_content_that_nothing_refers_to_and_only_that(office: Office, deal: Deal) -> None:
    add(office, "olena", Place(deal.id), CONTRACT, ONE)
    brought = bring(office, "Інше.pdf", OTHER)
    office.clock.advance(timedelta(hours=25))
    with office.database.write() as session:
        prune(session, clock=office.clock)
    assert (count(office, StoredFile), count(office, StoredPiece)) == (1, 1)
    with pytest.raises(ContentGone):
        office.do("olena", add_files, Place(deal.id), [brought], limits=FileLimits())


def test_a_content_whose_pieces_are_lost_is_never_added(office: Office, deal: Deal) -> None:
    brought = bring(office, CONTRACT, ONE)
    with office.database.write() as session:
        session.execute(delete(StoredPiece))
    with pytest.raises(ContentGone):
        office.do("olena", add_files, Place(deal.id), [brought], limits=FileLimits())


def test_a_removed_file_leaves_the_lists_and_stays_where_it_was_approved(office: Office, deal: Deal) -> None:
    place = Place(deal.id)
    first = add(office, "olena", place, CONTRACT, ONE)
    add(office, "olena", place, CONTRACT, OTHER)
    office.do("olena", hide_file, first)
    assert rows_of(office, deal) == []
    with office.database.read() as session:
        assert present_files(session, deal.id) == ()
        assert file_view(session, office.actor("bohdan"), first).row.hidden_at is not None
    office.do("bohdan", show_file, first)
    assert rows_of(office, deal) == [(CONTRACT, 2), (CONTRACT, 1)]
    assert office.kinds(deal)[-2:] == ["file_hidden", "file_shown"]
    office.do("bohdan", show_file, first)
    assert office.kinds(deal)[-2:] == ["file_hidden", "file_shown"]


def test_a_stranger_adds_nothing_and_sees_nothing(office: Office, deal: Deal) -> None:
    file_id = add(office, "olena", Place(deal.id), CONTRACT, ONE)
    step = office.step("prepare", deal).id
    for place in (Place(deal.id), Place(work_item_id=step), Place(deal_id=999)):
        with pytest.raises(NotFound):
            add(office, "danylo", place, CONTRACT, OTHER)
    with office.database.read() as session, pytest.raises(NotFound):
        file_view(session, office.actor("danylo"), file_id)
