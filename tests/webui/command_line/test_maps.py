from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import select
from support.decision_tables import deciding_map, dmn, table
from support.drawn_maps import END, START, chain, drawn, step
from support.office import Office

from engine.bpmn.compile_child import compile_in_child
from engine.commands import definitions
from engine.model.process_definition import DefinitionState, ProcessDefinition
from processes import shipped_map

Command = Callable[..., Result]


UNREAD = "ZIP_FOREIGN_FILE"


@pytest.fixture
def compiles_in_child(compiles_here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As an installation does, whatever is checked or deployed."""
    monkeypatch.setattr(definitions, "compile_in_child", compile_in_child)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Shipped maps, and a file that is no map."""
    written = {}
    for key in ("b2b-sale", "discount-approval", "tender"):
        written[key] = tmp_path / f"{key}.bpmn"
        written[key].write_bytes(shipped_map(key).content)
    written["letter"] = tmp_path / "letter.bpmn"
    written["letter"].write_text("Шановні колеги!")
    return written


def states(office: Office, key: str) -> list[tuple[int, DefinitionState]]:
    with office.database.read() as session:
        rows = select(ProcessDefinition).where(ProcessDefinition.key == key).order_by(ProcessDefinition.version)
        return [(one.version, one.state) for one in session.scalars(rows)]


@pytest.mark.usefixtures("compiles_in_child")
def test_each_file_is_a_line_of_json(installation: Office, command: Command, files: dict[str, Path]) -> None:
    done = command("map", "check", files["tender"], files["letter"], "--json")
    assert done.exit_code == 1
    accepted, refused = (json.loads(line) for line in done.stdout.splitlines())
    assert (accepted["file"], accepted["accepted"]) == (str(files["tender"]), True)
    assert (refused["file"], refused["accepted"]) == (str(files["letter"]), False)
    (finding,) = refused["findings"]
    assert set(finding) == {"code", "severity", "element_id", "element_name", "line", "message", "remedy"}
    assert finding["severity"] == "error"
    assert finding["message"]
    assert finding["remedy"]


def test_all_accepted_is_status_0_and_is_told_in_words(
    installation: Office, command: Command, files: dict[str, Path]
) -> None:
    done = command("map", "check", files["tender"])
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, f"{files['tender']}: accepted")


def test_a_file_that_is_not_there_is_a_finding_and_the_others_are_still_checked(
    installation: Office, command: Command, files: dict[str, Path], tmp_path: Path
) -> None:
    done = command("map", "check", tmp_path / "none.bpmn", files["tender"], "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["file"], one["accepted"]) for one in told] == [
        (str(tmp_path / "none.bpmn"), False),
        (str(files["tender"]), True),
    ]
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("language", "reason"), [("en", "there is no such file or folder"), ("uk", "такого файлу чи теки немає")]
)
def test_why_a_file_cannot_be_read_is_said_in_the_language_of_the_terminal(
    installation: Office, command: Command, monkeypatch: pytest.MonkeyPatch, language: str, reason: str
) -> None:
    monkeypatch.setenv("LOCALE_DEFAULT", language)
    (told,) = json.loads(command("map", "check", "none.bpmn", "--json").stdout)["findings"]
    assert told["message"].endswith(f": {reason}")


def test_a_step_is_named_in_the_quotation_marks_of_the_language(
    installation: Office, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCALE_DEFAULT", "uk")
    said = command("map", "check", "-", given=drawn(START, step("t", "Крок"), END, chain("start", "t", "end"))).stdout
    assert "застереження («Крок», рядок" in said


def test_a_folder_stands_for_the_maps_below_it(
    installation: Office, command: Command, files: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "карти" / "продажі"
    folder.mkdir(parents=True)
    (folder / "tender.bpmn").write_bytes(files["tender"].read_bytes())
    (folder / "лист.docx").write_text("Шановні колеги!")
    done = command("map", "check", tmp_path / "карти", "--json")
    (line,) = done.stdout.splitlines()
    assert (done.exit_code, json.loads(line)["file"]) == (0, str(folder / "tender.bpmn"))
    (folder / "tender.bpmn").unlink()
    empty = command("map", "check", tmp_path / "карти")
    assert (empty.exit_code, "there is no map in the folder" in empty.stdout) == (1, True)


def test_a_map_is_taken_from_the_standard_input(installation: Office, command: Command, files: dict[str, Path]) -> None:
    done = command("map", "check", "-", "--json", given=files["tender"].read_bytes())
    assert (done.exit_code, json.loads(done.stdout)["file"]) == (0, "-")
    assert command("map", "check", "-", given=b"<nothing/>").exit_code == 1


def test_a_file_beside_the_maps_that_none_of_them_reads_is_named(
    installation: Office, command: Command, tmp_path: Path
) -> None:
    named = '<userTask id="t" name="Крок" camunda:formRef="offer"/>'
    (tmp_path / "m.bpmn").write_bytes(drawn(START, named, END, chain("start", "t", "end"), key="offers"))
    (tmp_path / "n.bpmn").write_bytes(drawn(START, step("t", "Крок"), END, chain("start", "t", "end"), key="others"))
    (tmp_path / "offer.form").write_text('{"id": "offer", "components": [{"key": "sum", "type": "number"}]}')
    (tmp_path / "manifest.json").write_text('{"files": []}')
    given = [tmp_path / name for name in ("m.bpmn", "n.bpmn", "offer.form", "manifest.json")]
    told = [json.loads(line) for line in command("map", "check", *given, "--json").stdout.splitlines()]
    unread = {Path(one["file"]).name: [f["message"] for f in one["findings"] if f["code"] == UNREAD] for one in told}
    assert unread == {
        "m.bpmn": [],
        "n.bpmn": [],
        "offer.form": [],
        "manifest.json": ["These files are no part of a map and were not read: manifest.json."],
    }


def test_a_form_in_a_file_of_its_own_goes_with_the_maps_beside_it(
    installation: Office, command: Command, tmp_path: Path
) -> None:
    named = '<userTask id="t" name="Крок" camunda:formRef="offer"/>'
    (tmp_path / "m.bpmn").write_bytes(drawn(START, named, END, chain("start", "t", "end"), key="offers"))
    (tmp_path / "offer.form").write_text('{"id": "offer", "components": [{"key": "sum", "type": "number"}]}')
    assert command("map", "check", tmp_path, "--json").exit_code == 0
    assert command("map", "deploy", tmp_path / "m.bpmn", tmp_path / "offer.form").exit_code == 0
    with installation.database.read() as session:
        definition = session.scalars(select(ProcessDefinition).where(ProcessDefinition.key == "offers")).one()
        assert [field.name for field in definition.process().steps["t"].fields] == ["sum"]


def test_a_map_may_call_another_one_of_the_same_command(
    installation: Office, command: Command, files: dict[str, Path]
) -> None:
    alone = command("map", "check", files["b2b-sale"], "--json")
    together = command("map", "check", files["b2b-sale"], files["discount-approval"], "--json")
    assert "CALL_UNRESOLVED" in alone.stdout
    assert "CALL_UNRESOLVED" not in together.stdout


@pytest.mark.usefixtures("compiles_in_child")
def test_checking_needs_no_installation_and_makes_none(
    command: Command, files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("REGLAMENT_VAR", str(tmp_path / "var"))
    assert command("map", "check", files["tender"], "--json").exit_code == 0
    assert not (tmp_path / "var").exists()


@pytest.mark.usefixtures("compiles_in_child")
def test_a_map_is_deployed_published_and_exported_byte_for_byte(
    installation: Office, command: Command, files: dict[str, Path], tmp_path: Path
) -> None:
    assert "tender version 1" in command("map", "deploy", files["tender"]).stdout
    assert states(installation, "tender") == [(1, DefinitionState.DRAFT)]
    assert command("map", "publish", "tender").stdout == "Published: tender, version 1.\n"
    assert states(installation, "tender") == [(1, DefinitionState.PUBLISHED)]
    assert command("map", "export", "tender", "-o", tmp_path / "out.bpmn").exit_code == 0
    assert (tmp_path / "out.bpmn").read_bytes() == files["tender"].read_bytes()
    assert command("map", "export", "tender").stdout_bytes == files["tender"].read_bytes()


def test_a_file_that_cannot_be_written_is_told_in_one_sentence(
    installation: Office, command: Command, files: dict[str, Path], tmp_path: Path
) -> None:
    command("map", "deploy", files["tender"])
    command("map", "publish", "tender")
    nowhere = tmp_path / "none" / "tender.bpmn"
    done = command("map", "export", "tender", "-o", nowhere)
    assert (done.exit_code, done.stderr) == (1, f"{nowhere} cannot be used: there is no such file or folder\n")


def test_what_is_no_map_is_not_deployed(installation: Office, command: Command, files: dict[str, Path]) -> None:
    done = command("map", "deploy", files["letter"])
    assert done.exit_code == 1
    assert "This is not a sales map that can be read." in done.stderr


def test_an_unknown_map_is_told(installation: Office, command: Command) -> None:
    done = command("map", "publish", "nothing")
    assert (done.exit_code, done.stderr) == (1, "There is no such map: nothing\n")


def test_tables_are_checked_and_deployed_with_the_maps_beside_them(
    installation: Office, command: Command, tmp_path: Path
) -> None:
    task = '<businessRuleTask id="decide" camunda:decisionRef="limit"/>'
    limit, spare = table(["n"], ["x"], ("-", "1")), table(["n"], ["x"], ("a b", "1"), decision="spare")
    contents = {
        "a.bpmn": deciding_map(task, key="a"),
        "b.bpmn": deciding_map(task.replace("limit", "spare"), key="b"),
        "limit.dmn": dmn(limit),
        "spare.dmn": dmn(spare),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    done = command("map", "check", *(tmp_path / name for name in contents), "--json")
    told = {Path(one["file"]).name: one for one in map(json.loads, done.stdout.splitlines())}
    assert done.exit_code == 1
    assert {name: one["accepted"] for name, one in told.items()} == {
        "a.bpmn": True,
        "b.bpmn": False,
        "limit.dmn": True,
        "spare.dmn": False,
    }
    assert [one["code"] for one in told["spare.dmn"]["findings"]] == ["DMN_CELL_NOT_UNDERSTOOD"]
    assert told["limit.dmn"]["findings"] == []
    assert command("map", "check", tmp_path / "limit.dmn").exit_code == 1
    assert command("map", "deploy", tmp_path / "a.bpmn", tmp_path / "limit.dmn").exit_code == 0
    with installation.database.read() as session:
        definition = session.scalars(select(ProcessDefinition).where(ProcessDefinition.key == "a")).one()
        assert [one.name for one in definition.files] == ["a.bpmn", "limit.dmn"]
        assert list(definition.process().decisions) == ["limit"]
