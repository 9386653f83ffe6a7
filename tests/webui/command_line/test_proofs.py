from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from sqlalchemy import update
from support.office import Office

from engine.model.deal import Deal
from engine.policy.permissions import Actor
from engine.queries.approval_sheets import approval_sheet

Command = Callable[..., Result]


def sheet(office: Office) -> dict[str, object]:
    deal = office.open_deal()
    office.prepare()
    office.complete("iryna", "legal", "approved")
    with office.database.read() as session:
        return approval_sheet(session, Actor.system(), deal.id).as_json()


def test_an_untouched_sheet_is_whole(installation: Office, command: Command, tmp_path: Path) -> None:
    (tmp_path / "sheet.json").write_text(json.dumps(sheet(installation)))
    done = command("sheet", "verify", tmp_path / "sheet.json")
    assert (done.exit_code, done.stdout) == (0, "The sheet is whole: nothing was altered, removed or added.\n")


def test_an_altered_sheet_names_the_entry(installation: Office, command: Command, tmp_path: Path) -> None:
    written = json.dumps(sheet(installation), ensure_ascii=False)
    (tmp_path / "sheet.json").write_text(written.replace("Ірина Бондар", "Ірина Бандар"))
    done = command("sheet", "verify", tmp_path / "sheet.json")
    assert done.exit_code == 1
    assert "Entry" in done.stdout


def test_a_file_that_is_no_sheet_is_told(command: Command, installation: Office, tmp_path: Path) -> None:
    (tmp_path / "sheet.json").write_text("Шановні колеги!")
    assert command("sheet", "verify", tmp_path / "sheet.json").exit_code == 1
    (tmp_path / "sheet.json").write_text("[]")
    assert command("sheet", "verify", tmp_path / "sheet.json").exit_code == 1


def test_the_whole_history_is_verified(installation: Office, command: Command) -> None:
    deal = installation.open_deal()
    assert command("history", "verify").stdout == "The history of every deal is whole.\n"
    with installation.database.write() as session:
        session.execute(update(Deal).where(Deal.id == deal.id).values(history_hash="0" * 64))
    done = command("history", "verify")
    assert done.exit_code == 1
    assert f"Deal {deal.number}:" in done.stdout
