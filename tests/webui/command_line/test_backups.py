from __future__ import annotations

import gzip
import os
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import func, inspect, select, text, update
from support.files import add, pdf
from support.forked_commands import reglament
from support.office import Office
from support.running import environment

from engine.clock import SystemClock
from engine.commands.deal_files import Place
from engine.commands.heartbeats import beat_heart
from engine.db.session import Database
from engine.model.deal import Deal
from engine.model.deal_file import DealFile, StoredPiece
from engine.model.heartbeat import WORKER
from engine.queries.stored_files import content_of

Command = Callable[..., Result]


def deals(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Deal)) or 0


def test_a_backup_brings_back_deals_and_keys(installation: Office, command: Command, tmp_path: Path) -> None:
    var = Path(os.environ["REGLAMENT_VAR"])
    var.mkdir()
    (var / "secret_key").write_text("abc")
    deal = installation.open_deal()
    file_id = add(installation, "olena", Place(deal.id), "Договір.pdf", pdf("one"))
    file = tmp_path / "backup.tar.gz"
    assert command("backup", file).exit_code == 0
    assert file.stat().st_mode & 0o077 == 0
    installation.open_deal(title="Після копії")
    (var / "secret_key").write_text("other")
    installation.database.dispose()
    done = command("restore", file)
    assert done.exit_code == 0, done.output
    assert deals(installation.database) == 1
    assert (var / "secret_key").read_text() == "abc"
    with installation.database.read() as session:
        sha256 = session.get_one(DealFile, file_id).sha256
    assert b"".join(content_of(installation.database, sha256)) == pdf("one")
    kept = list(tmp_path.glob("*.before-restore"))
    assert len(kept) == 1
    before = Database(f"sqlite:///{kept[0]}")
    assert deals(before) == 2
    before.dispose()


def test_a_file_that_is_not_what_it_was_is_told_when_it_is_restored(
    installation: Office, command: Command, tmp_path: Path
) -> None:
    add(installation, "olena", Place(installation.open_deal().id), "Договір.pdf", pdf("one"))
    with installation.database.write() as session:
        session.execute(update(StoredPiece).values(content=pdf("two")))
    assert command("backup", tmp_path / "backup.tar.gz").exit_code == 0
    installation.database.dispose()
    done = command("restore", tmp_path / "backup.tar.gz")
    assert done.exit_code == 1
    assert "Files of deals that are not what they were: 1" in done.stderr


def test_a_backup_that_has_no_place_is_told_in_one_sentence(
    installation: Office, command: Command, tmp_path: Path
) -> None:
    done = command("backup", tmp_path / "none" / "backup.tar.gz")
    place = tmp_path / "none" / "backup.tar.gz.unfinished"
    assert (done.exit_code, done.stderr) == (1, f"{place} cannot be used: there is no such file or folder\n")


def test_nothing_is_restored_under_a_running_server(installation: Office, command: Command, tmp_path: Path) -> None:
    command("backup", tmp_path / "backup.tar.gz")
    with installation.database.write() as session:
        beat_heart(session, WORKER, clock=SystemClock())
    installation.open_deal()
    done = command("restore", tmp_path / "backup.tar.gz")
    assert done.exit_code == 1
    assert "Stop it" in done.stderr
    assert deals(installation.database) == 1


@pytest.mark.parametrize("name", ["../outside", "{elsewhere}/outside", "files/../../outside"])
def test_an_archive_writes_nothing_elsewhere(
    installation: Office, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    file = tmp_path / "file.tar.gz"
    command("backup", tmp_path / "whole.tar.gz")
    with tarfile.open(tmp_path / "whole.tar.gz") as whole, tarfile.open(file, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo(name.format(elsewhere=tmp_path)))
        for member in whole:
            archive.addfile(member, whole.extractfile(member))
    done = command("restore", file)
    assert (done.exit_code, str(file) in done.stderr) == (1, True)
    assert not list(tmp_path.rglob("outside"))


def test_an_archive_with_a_link_is_no_backup(installation: Office, command: Command, tmp_path: Path) -> None:
    command("backup", tmp_path / "whole.tar.gz")
    link = tarfile.TarInfo("files/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
    file = tmp_path / "file.tar.gz"
    with tarfile.open(tmp_path / "whole.tar.gz") as whole, tarfile.open(file, "w:gz") as archive:
        for member in whole:
            archive.addfile(member, whole.extractfile(member))
        archive.addfile(link)
    assert command("restore", file).exit_code == 1


@pytest.mark.usefixtures("installation")
def test_a_name_that_no_file_can_have_makes_an_archive_no_backup(command: Command, tmp_path: Path) -> None:
    named = tarfile.TarInfo("files/one")
    named.pax_headers = {"path": "files/o\0ne"}
    with tarfile.open(tmp_path / "file.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(named)
    done = command("restore", tmp_path / "file.tar.gz")
    assert (done.exit_code, "it is damaged" in done.stderr) == (1, True)


def test_a_backup_in_which_one_byte_has_changed_is_not_restored(
    installation: Office, command: Command, tmp_path: Path
) -> None:
    """In a file's content, which no sum of the archive itself would tell."""
    file = tmp_path / "backup.tar.gz"
    assert command("backup", file).exit_code == 0
    with tarfile.open(file) as whole:
        content = {one.name: extracted.read() for one in whole if (extracted := whole.extractfile(one)) is not None}
    plain = bytearray(gzip.decompress(file.read_bytes()))
    plain[plain.index(content["database.sqlite"]) + 5_000] ^= 1
    damaged = gzip.compress(plain)[:-8] + file.read_bytes()[-8:]
    file.write_bytes(damaged)
    installation.open_deal()
    done = command("restore", file)
    assert (done.exit_code, "it is damaged" in done.stderr) == (1, True), done.output
    assert deals(installation.database) == 1


@pytest.mark.parametrize("kind", ["text", "foreign archive", "missing"])
def test_what_is_no_backup_changes_nothing(installation: Office, command: Command, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "file.tar.gz"
    if kind == "text":
        file.write_text("Шановні колеги!")
    elif kind == "foreign archive":
        (tmp_path / "note.txt").write_text("note")
        with tarfile.open(file, "w:gz") as archive:
            archive.add(tmp_path / "note.txt", "note.txt")
    installation.open_deal()
    done = command("restore", file)
    assert done.exit_code == 1
    assert str(file) in done.stderr
    assert deals(installation.database) == 1


@pytest.mark.postgres
def test_postgresql_is_backed_up_by_its_own_tools_or_their_absence_is_told(
    postgresql_database_url: str, tmp_path: Path
) -> None:
    env = environment(tmp_path / "var", DATABASE_URL=postgresql_database_url)
    done = reglament("backup", str(tmp_path / "b.tar.gz"), env={**env, "PATH": str(tmp_path)})
    assert (done.returncode, done.stderr.split(":")[0]) == (1, "pg_dump is not installed")
    assert not (tmp_path / "b.tar.gz").exists()


@pytest.mark.postgres
@pytest.mark.parametrize("missing", ["pg_restore", "psql"])
def test_a_tool_that_restoring_needs_is_missed_before_anything_is_unpacked(
    postgresql_database_url: str, tmp_path: Path, missing: str
) -> None:
    there = {"pg_restore", "psql"} - {missing}
    for name in there:
        (tmp_path / name).symlink_to("/bin/true")
    env = environment(tmp_path / "var", DATABASE_URL=postgresql_database_url)
    done = reglament("restore", str(tmp_path / "no backup"), env={**env, "PATH": str(tmp_path)})
    told = f"{missing} is not installed: install PostgreSQL's client programs.\n"
    assert (done.returncode, done.stderr) == (1, told)


@pytest.mark.postgres
def test_a_backup_from_before_an_upgrade_is_put_in_place_of_what_the_upgrade_made(
    postgresql_database_url: str, tmp_path: Path
) -> None:
    """The tables and functions of the newer version are not in the backup, and refer to what is in it."""
    env = environment(tmp_path / "var", DATABASE_URL=postgresql_database_url)
    reglament("backup", str(tmp_path / "b.tar.gz"), env=env)
    database = Database(postgresql_database_url)
    try:
        with database.write() as session:
            session.execute(text("CREATE TABLE newer (id bigint PRIMARY KEY, deal_id bigint REFERENCES deal)"))
            session.execute(text("CREATE FUNCTION newer() RETURNS int LANGUAGE sql AS 'SELECT 1'"))
        done = reglament("restore", str(tmp_path / "b.tar.gz"), env=env)
        assert (done.returncode, done.stderr) == (0, "")
        assert not inspect(database.engine).has_table("newer")
        with database.read() as session:
            assert session.scalar(text("SELECT count(*) FROM pg_proc WHERE proname = 'newer'")) == 0
    finally:
        database.dispose()
