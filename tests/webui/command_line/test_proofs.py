from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text, update
from sqlalchemy.pool import QueuePool
from support.files import add, pdf
from support.office import Office

from engine.adapters.history_keys import HistoryKeys
from engine.commands.checkpoints import write_checkpoint
from engine.commands.deal_files import Place
from engine.commands.file_erasure import erase_file
from engine.commands.history_signing import sign_new_entries
from engine.model.deal import Deal
from engine.policy.approval_sheet import ApprovalSheet
from engine.policy.approval_sheet_file import UNSIGNED_FORMAT, sheet_bytes, sheet_json
from engine.policy.history_chain import ChainFaultReason, entry_hash
from engine.policy.permissions import Actor
from engine.queries.approval_sheets import approval_sheet
from engine.queries.history_proof import HistoryProof
from engine.settings import settings_from
from webui.command_line import whole_history
from webui.command_line.whole_history import Fault, faults_of_history

Command = Callable[..., Result]

OF_FORM_2 = Path(__file__).with_name("sheet_of_form_2.json")
"""A sheet as the last release without salted texts wrote it."""

WHOLE = "The sheet is whole: nothing was altered, removed or added.\n"


@pytest.fixture
def keys(installation: Office) -> HistoryKeys:
    return HistoryKeys(settings_from().keys)


def decided(office: Office) -> Deal:
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "approved")
    return deal


def sign(office: Office, keys: HistoryKeys) -> None:
    while sign_new_entries(office.database, keys, clock=office.clock):
        pass


def sheet_of(office: Office, deal: Deal) -> ApprovalSheet:
    with office.database.read() as session:
        return approval_sheet(session, Actor.system(), deal.id)


def written(office: Office, deal: Deal, file: Path) -> Path:
    file.write_bytes(sheet_bytes(sheet_json(sheet_of(office, deal))))
    return file


def alter(office: Office, statement: str, **values: object) -> None:
    """What somebody with the database's password does: the guards first."""
    with office.database.write() as session:
        for table in ("history_event", "history_signature"):
            for action in ("update", "delete"):
                session.execute(text(f"DROP TRIGGER {table}_no_{action}"))
        session.execute(text("DROP TRIGGER history_event_only_erased"))
        session.execute(text(statement), values)


def test_an_untouched_sheet_is_whole_and_tells_whose_key_signed(
    installation: Office, keys: HistoryKeys, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = decided(installation)
    waiting = command("sheet", "verify", written(installation, deal, tmp_path / "waiting.json"))
    assert waiting.exit_code == 0
    assert waiting.stdout.startswith(WHOLE + "Not signed: 1–")
    sign(installation, keys)
    file = written(installation, deal, tmp_path / "sheet.json")
    key = json.loads(file.read_bytes())["keys"][0]
    done = command("sheet", "verify", file)
    assert (done.exit_code, done.stdout) == (
        0,
        f"{WHOLE}Signed with the key {key['key']} of this installation.\n",
    )
    monkeypatch.setenv("REGLAMENT_VAR", str(tmp_path / "elsewhere"))
    assert key["public_key"] in command("sheet", "verify", file).stdout
    assert command("sheet", "verify", file, "--key", key["public_key"]).exit_code == 0
    assert command("sheet", "verify", file, "--key", "0" * 16).exit_code == 1
    assert command("sheet", "verify", tmp_path / "waiting.json", "--key", key["key"]).exit_code == 1


def test_a_sheet_from_before_salted_texts_is_whole(installation: Office, command: Command) -> None:
    done = command("sheet", "verify", OF_FORM_2)
    assert (done.exit_code, done.stdout.splitlines()[0] + "\n") == (0, WHOLE)
    assert "Signed with the key" in done.stdout


def test_a_sheet_from_before_signatures_is_whole_and_said_to_be_unsigned(
    installation: Office, command: Command, tmp_path: Path
) -> None:
    given = json.loads(OF_FORM_2.read_bytes()) | {"format": UNSIGNED_FORMAT}
    for one in given["decisions"]:
        del one["authentication"]
    for one in given["entries"]:
        del one["signature"]
    del given["keys"]
    (tmp_path / "old.json").write_text(json.dumps(given, ensure_ascii=False, indent=2))
    done = command("sheet", "verify", tmp_path / "old.json")
    assert done.exit_code == 0
    assert f"Not signed: 1–{given['head']['number']}." in done.stdout


def test_an_altered_sheet_names_the_entry(
    installation: Office, keys: HistoryKeys, command: Command, tmp_path: Path
) -> None:
    deal = decided(installation)
    sign(installation, keys)
    file = written(installation, deal, tmp_path / "sheet.json")
    number = sheet_of(installation, deal).decisions[0].number
    file.write_text(file.read_text().replace("Ірина Бондар", "Ірина Бандар"))
    done = command("sheet", "verify", file)
    assert done.exit_code == 1
    assert f"Entry {number}: its content was altered." in done.stdout


def test_a_file_that_is_no_sheet_is_told(command: Command, installation: Office, tmp_path: Path) -> None:
    for content in ("Шановні колеги!", "[]", '{"format": 7}'):
        (tmp_path / "sheet.json").write_text(content)
        assert command("sheet", "verify", tmp_path / "sheet.json").exit_code == 1
    assert command("sheet", "verify", tmp_path / "missing.json").exit_code == 1


def test_the_whole_history_is_verified(installation: Office, keys: HistoryKeys, command: Command) -> None:
    deal = decided(installation)
    sign(installation, keys)
    erased, missing = (add(installation, "olena", Place(deal.id), f"{one}.pdf", pdf(one)) for one in ("a", "b"))
    installation.do("admin", erase_file, erased, "лист № 7")
    sign(installation, keys)
    done = command("history", "verify")
    assert done.exit_code == 0
    assert done.stdout.startswith("The history of every deal is whole.\nSigned entries: ")
    number = next(one.number for one in installation.history(deal) if one.data.get("file_id") == missing)
    alter(installation, "DELETE FROM deal_file WHERE id = :id", id=missing)
    done = command("history", "verify")
    assert (done.exit_code, f"Deal {deal.number}: Entry {number}: its file is missing" in done.stdout) == (1, True)
    with installation.database.write() as session:
        session.execute(update(Deal).where(Deal.id == deal.id).values(history_hash="0" * 64))
    done = command("history", "verify")
    assert done.exit_code == 1
    assert f"Deal {deal.number}: Entry" in done.stdout


def test_a_large_history_is_shared_among_processes_which_find_the_same(
    installation: Office, keys: HistoryKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        decided(installation)
    sign(installation, keys)
    alter(installation, "UPDATE history_event SET actor_name = 'Хтось' WHERE deal_id = 2 AND number = 2")
    with installation.database.write() as session:
        session.execute(text("DELETE FROM history_signature WHERE position IN (5, 8, 9)"))
        session.execute(text("UPDATE history_signature SET signature = zeroblob(64) WHERE position = 12"))
        session.execute(text("UPDATE deal SET history_hash = '' WHERE id = 3"))
    whole, shared = HistoryProof(), HistoryProof()
    found = faults_of_history(installation.database, whole, ())
    monkeypatch.setattr(whole_history, "DEALS_AT_ONCE", 1)
    monkeypatch.setattr(whole_history, "SIGNATURES_AT_ONCE", 2)
    assert faults_of_history(installation.database, shared, (), large=0) == found
    assert shared == whole
    reasons = [fault.reason for _deal, fault in found]
    assert reasons.count(ChainFaultReason.MISNUMBERED) == 2
    assert {ChainFaultReason.ALTERED, ChainFaultReason.HEAD_DIFFERS, ChainFaultReason.NOT_SIGNED_RIGHT} < {*reasons}


def test_who_waits_for_the_processes_of_a_large_history_holds_no_transaction(
    installation: Office, keys: HistoryKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They take long, and PostgreSQL ends a transaction that stands still meanwhile, and the command with it."""
    decided(installation)
    sign(installation, keys)
    pool = installation.database.engine.pool
    assert isinstance(pool, QueuePool)
    held: list[int] = []

    @contextmanager
    def elsewhere(_url: str, parts: Iterable[object]) -> Iterator[Iterator[list[Fault]]]:
        def found() -> Iterator[list[Fault]]:
            for _ in parts:
                held.append(pool.checkedout())
                yield []

        yield found()

    monkeypatch.setattr(whole_history, "_workers", elsewhere)
    assert faults_of_history(installation.database, HistoryProof(), (), large=0) == []
    assert held
    assert not any(held)


def test_who_rewrites_an_entry_and_all_hashes_still_cannot_sign_it(
    installation: Office, keys: HistoryKeys, command: Command
) -> None:
    """The chain of the deal is made good again; only the signature tells."""
    deal = decided(installation)
    sign(installation, keys)
    last = installation.history(deal)[-1]
    with installation.database.read() as session:
        entry = approval_sheet(session, Actor.system(), deal.id).entries[-1]
    forged = entry_hash(replace(entry, actor_name="Хтось"))
    alter(
        installation,
        "UPDATE history_event SET actor_name = 'Хтось', entry_hash = :forged WHERE id = :id",
        forged=forged,
        id=last.id,
    )
    with installation.database.write() as session:
        session.execute(update(Deal).where(Deal.id == deal.id).values(history_hash=forged))
    done = command("history", "verify")
    assert done.exit_code == 1
    assert done.stdout == f"Deal {deal.number}: Entry {last.number}: its content was altered.\n"


def test_events_of_no_deal_are_signed_too(installation: Office, keys: HistoryKeys, command: Command) -> None:
    command("history", "new-key")
    command("history", "new-key")
    sign(installation, keys)
    alter(installation, "UPDATE history_event SET data = '{}' WHERE kind = 'history_key_changed'")
    done = command("history", "verify")
    assert done.exit_code == 1
    assert done.stdout.startswith("The company: Entry ")


def test_a_checkpoint_kept_outside_shows_a_history_that_was_cut_and_signed_again(
    installation: Office, keys: HistoryKeys, command: Command, tmp_path: Path
) -> None:
    """Somebody with the database and the key removes the last entries and everything that would tell."""
    decided(installation)
    sign(installation, keys)
    kept = write_checkpoint(installation.database, keys, clock=installation.clock)
    assert kept is not None
    assert write_checkpoint(installation.database, keys, clock=installation.clock) is None
    (tmp_path / "kept.json").write_bytes(kept.as_bytes())
    done = command("history", "verify", "--checkpoint", tmp_path / "kept.json")
    assert (done.exit_code, "Checkpoints that agree: 2." in done.stdout) == (0, True)
    alter(installation, "DELETE FROM history_signature WHERE position = :last", last=kept.size)
    with installation.database.write() as session:
        session.execute(text("DELETE FROM history_checkpoint"))
    assert command("history", "verify").exit_code == 0
    done = command("history", "verify", "--checkpoint", tmp_path / "kept.json")
    assert done.exit_code == 1
    assert "is not the one that was published" in done.stdout
    (tmp_path / "kept.json").write_bytes(kept.as_bytes().replace(b'"size":', b'"size":1'))
    assert "is no checkpoint" in command("history", "verify", "--checkpoint", tmp_path / "kept.json").stderr


def test_a_new_key_is_introduced_by_the_one_before_which_is_destroyed(
    installation: Office, keys: HistoryKeys, command: Command, tmp_path: Path
) -> None:
    deal = decided(installation)
    first = command("history", "keys").stdout.split()[0]
    sign(installation, keys)
    (file,) = (tmp_path / "var" / "keys").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert command("history", "new-key").exit_code == 0
    listed = command("history", "keys").stdout.splitlines()
    assert f"introduced by {first}" in listed[1]
    assert not keys.has(first)
    installation.complete("oksana", "finance", "approved")
    sign(installation, keys)
    done = command("sheet", "verify", written(installation, deal, tmp_path / "sheet.json"))
    assert done.exit_code == 0
    assert command("history", "verify").exit_code == 0


def test_a_lost_key_is_said(installation: Office, keys: HistoryKeys, command: Command) -> None:
    decided(installation)
    lost = command("history", "keys").stdout.split()[0]
    sign(installation, keys)
    keys.destroy(lost)
    refused = command("history", "new-key")
    assert refused.exit_code == 1
    assert lost in refused.stderr
    assert command("history", "new-key", "--lost").exit_code == 0
    sign(installation, keys)
    assert "followed one that was lost" in command("history", "verify").stdout
