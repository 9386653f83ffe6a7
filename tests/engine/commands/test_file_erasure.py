"""Erased files: nothing of them is left but their hashes, and everything decided on them is proven."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update
from support.files import add, pdf
from support.office import Office
from support.personal_traces import ensure_whole, named_in

from engine.commands.clients import ClientDraft, ContactDraft, add_contact
from engine.commands.deal_files import Place
from engine.commands.deals import comment_on_deal, update_deal
from engine.commands.erasure import ErasureRequest, FilesToErase, erase_client, erase_contact
from engine.commands.file_erasure import FileIsErased, erase_file
from engine.commands.upkeep import prune
from engine.errors import InvalidInput, NotAllowed, NotFound
from engine.model.client import Contact
from engine.model.deal import Deal
from engine.model.deal_file import DealFile, StoredFile, StoredPiece
from engine.policy.history_chain import ChainFaultReason
from engine.policy.personal_texts import ERASED
from engine.queries.approval_sheets import whole_sheet
from engine.queries.deal_files import documents_of_deal, files_by_id, present_files, reference
from engine.queries.file_proof import file_faults
from engine.queries.stored_files import bytes_of_all, bytes_of_deal, content_of, damaged_files

NAME = "Паспорт Іваненко.pdf"
SECRET = "KM 123456"
PASSPORT, NEWER, PRICES = pdf(SECRET), pdf(SECRET, "new"), pdf("prices")
BASIS = "лист № 7"


@pytest.fixture
def deal(office: Office) -> Deal:
    """A passport in two versions and a price list, the newer passport approved by the lawyers and named everywhere."""
    deal = office.open_deal()
    place = Place(deal.id)
    add(office, "olena", place, "Ціни.pdf", PRICES)
    first = add(office, "olena", place, NAME, PASSPORT)
    add(office, "olena", place, NAME, NEWER)
    with office.database.read() as session:
        named = reference(session.get_one(DealFile, first))
    office.do("olena", update_deal, deal.id, {"fields": {"papers": [named]}})
    office.prepare()
    office.complete("iryna", "legal", "approved")
    return deal


ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What is decided here is the same on both databases: what is stored differently is tested beside."""


def id_of(office: Office, name: str = NAME) -> int:
    with office.database.read() as session:
        return session.scalars(
            select(DealFile.id).where(DealFile.name == name).order_by(DealFile.id.desc()).limit(1)
        ).one()


def faults_of_files(office: Office) -> list[tuple[str, ChainFaultReason]]:
    with office.database.read() as session:
        return [(one.deal_number, one.fault.reason) for one in file_faults(session)]


def on_disk(office: Office) -> Iterator[bytes]:
    """What the database's own files hold, where it is SQLite."""
    with office.database.engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            return
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        file = Path(str(connection.engine.url.database))
    yield from (one.read_bytes() for one in file.parent.glob(f"{file.name}*"))


def test_nothing_of_an_erased_file_is_left_and_what_was_decided_on_it_is_proven(
    office: Office, deal: Deal, tmp_path: Path
) -> None:
    ensure_whole(office, deal, tmp_path)
    hashes = [one.entry_hash for one in office.history(deal)]
    before = named_in(office, "іваненко")
    assert {"deal.fields", "deal_file.name", "history_event.data"} <= set(before)
    files = list(on_disk(office))
    assert not files or any(SECRET.encode() in one for one in files)
    chosen = id_of(office)
    assert office.do("admin", erase_file, chosen, BASIS, command_id="once") == deal.id
    assert office.do("admin", erase_file, chosen, BASIS, command_id="once") == deal.id

    assert named_in(office, "іваненко", SECRET.casefold()) == []
    assert not [one for one in on_disk(office) if SECRET.encode() in one or "Іваненко".encode() in one]
    ensure_whole(office, deal, tmp_path)
    assert faults_of_files(office) == []
    assert list(damaged_files(office.database)) == []
    assert [one.entry_hash for one in office.history(deal)][: len(hashes)] == hashes
    with office.database.read() as session:
        (decision,) = whole_sheet(session, deal.id).decisions
        erased_files = whole_sheet(session, deal.id).erased_files
        gone, prices = documents_of_deal(session, office.actor("olena"), deal.id)
        assert [one["name"] for one in present_files(session, deal.id)] == ["Ціни.pdf"]
        assert files_by_id(session, deal.id, [chosen]) == {}
        assert (bytes_of_deal(session, deal.id), bytes_of_all(session)) == (len(PRICES), len(PRICES))
        assert list(content_of(office.database, gone.latest.sha256)) == []
        assert session.get_one(Deal, deal.id).fields["papers"][0]["name"] == ERASED
    bound = {one["id"]: (one["name"], one["sha256"]) for one in decision.content["files"]}
    assert bound[chosen] == (ERASED, gone.latest.sha256)
    assert bound[prices.latest.id][0] == "Ціни.pdf"
    assert (erased_files[chosen].actor_name, erased_files[chosen].data["basis"]) == ("Андрій Савченко", BASIS)
    assert (gone.latest.erased_by, len(gone.earlier)) == ("Андрій Савченко", 1)
    assert office.kinds(deal)[-2:] == ["texts_erased", "file_erased"]
    office.complete("oksana", "finance", "approved")  # what others have approved holds
    assert "approval_asked_again" not in office.kinds(deal)


@ON_SQLITE
def test_a_file_is_erased_once_by_an_administrator_who_says_why_and_may_come_again(office: Office, deal: Deal) -> None:
    chosen = id_of(office)
    for login in ("olena", "bohdan"):
        with pytest.raises(NotAllowed):
            office.do(login, erase_file, chosen, BASIS)
    with pytest.raises(InvalidInput):
        office.do("admin", erase_file, chosen, " ")
    with pytest.raises(NotFound):
        office.do("admin", erase_file, 10**6, BASIS)
    office.do("admin", erase_file, chosen, BASIS)
    with pytest.raises(FileIsErased):
        office.do("admin", erase_file, chosen, BASIS)
    again = add(office, "olena", Place(deal.id), NAME, NEWER)
    with office.database.read() as session:
        added = session.get_one(DealFile, again)
        assert (added.version, b"".join(content_of(office.database, added.sha256))) == (1, NEWER)
        assert session.get_one(DealFile, chosen).erased_at is not None
    assert faults_of_files(office) == []


def test_a_content_that_another_deal_has_too_stays_until_it_is_erased_there(office: Office, deal: Deal) -> None:
    other = office.open_deal(client=ClientDraft(name="ТОВ «Обрій»"))
    copy = add(office, "olena", Place(other.id), "Копія.pdf", NEWER)
    office.do("admin", erase_file, id_of(office), BASIS)
    with office.database.read() as session:
        sha256 = session.get_one(DealFile, copy).sha256
    assert b"".join(content_of(office.database, sha256)) == NEWER
    office.do("admin", erase_file, copy, BASIS)
    assert list(content_of(office.database, sha256)) == []
    office.clock.advance(timedelta(days=3))
    with office.database.write() as session:
        prune(session, clock=office.clock)
        assert session.get(StoredFile, sha256) is not None  # the rows that name it stay


@ON_SQLITE
def test_a_file_that_is_missing_without_its_being_erased_is_a_fault(office: Office, deal: Deal) -> None:
    with office.database.write() as session:
        sha256 = session.get_one(DealFile, id_of(office, "Ціни.pdf")).sha256
        session.execute(delete(StoredPiece).where(StoredPiece.sha256 == sha256))
    missing = (deal.number, ChainFaultReason.FILE_MISSING)
    assert faults_of_files(office) == [missing]
    with office.database.write() as session:  # as if it had been erased, but nobody has told
        session.execute(update(DealFile).values(erased_at=office.clock.now()))
    assert faults_of_files(office) == [missing] * 3
    office.do("olena", comment_on_deal, deal.id, "Загублено")
    with office.database.write() as session:
        session.execute(text("UPDATE deal SET fields = '{}'"))
        session.execute(delete(DealFile))
    assert faults_of_files(office) == [missing] * 3


@ON_SQLITE
@pytest.mark.parametrize("files", [None, FilesToErase.ALL])
def test_with_a_contact_go_the_files_called_after_them_or_all(
    office: Office, deal: Deal, files: FilesToErase | None
) -> None:
    office.do("olena", add_contact, deal.client_id, ContactDraft("Марія Іваненко"))
    with office.database.read() as session:
        contact_id = session.scalars(select(Contact.id)).one()
    done = office.do("admin", erase_contact, contact_id, ErasureRequest(BASIS, ("іваненко",), files))
    left = {"Ціни.pdf"} if files is None else set()
    assert done.files == (1 if files is None else 2)
    with office.database.read() as session:
        assert {one["name"] for one in present_files(session, deal.id)} == left
    assert named_in(office, "іваненко") == []


@ON_SQLITE
def test_with_a_client_who_is_a_person_go_all_files_of_all_their_deals(
    office: Office, deal: Deal, tmp_path: Path
) -> None:
    assert office.do("admin", erase_client, deal.client_id, ErasureRequest(BASIS)).files == 2
    ensure_whole(office, deal, tmp_path)
    assert faults_of_files(office) == []
    with office.database.read() as session:
        assert session.scalars(select(StoredPiece.sha256)).all() == []
        told = [one.data for one in office.history(deal) if one.kind == "file_erased"]
    assert [(one["of"], len(one["versions"])) for one in told] == [("client", 2), ("client", 1)]
