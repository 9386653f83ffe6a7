from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import Result

from webui.command_line.commands import COMMANDS
from webui.command_line.language import chosen_language

Command = Callable[..., Result]


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "uk"),
        ({"LANG": "C.UTF-8"}, "uk"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "uk_UA.UTF-8"}, "uk"),
        ({"LANG": "de_DE.UTF-8"}, "uk"),
        ({"LANG": "uk_UA.UTF-8", "LOCALE_DEFAULT": "en"}, "en"),
    ],
)
def test_the_terminal_is_spoken_to_in_its_language(environ: Mapping[str, str], language: str) -> None:
    assert chosen_language(environ) == language


@pytest.mark.parametrize(
    ("arguments", "said", "in_english"),
    [
        (["--help"], "Використання: reglament", "Usage: reglament"),
        (["map", "check", "--help"], "Показати цю довідку й завершити роботу.", "Show this message and exit."),
        (["map", "check"], "Помилка: Бракує аргументу 'FILES...'.", "Error: Missing argument 'FILES...'."),
        (["token", "create"], "Помилка: Бракує параметра '--user'.", "Error: Missing option '--user'."),
        (["token", "create", "--user"], "'--user' потребує значення.", "'--user' requires an argument."),
        (["migrate", "now"], "Помилка: Зайвий аргумент (now)", "Error: Got unexpected extra argument (now)"),
        (["nothing"], "Команди 'nothing' немає.", "No such command 'nothing'."),
        (["user", "add", "x", "--name", "X", "--role", "boss"], "'boss' — не одне з 'manager'", "'boss' is not one of"),
        (["worker", "-c", "99"], "99 — поза межами", "99 is not in the range"),
    ],
)
def test_what_click_says_by_itself_is_in_the_language_of_the_terminal(
    command: Command, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str, in_english: str
) -> None:
    for language, expected, other in (("uk", said, in_english), ("en", in_english, said)):
        monkeypatch.setenv("LOCALE_DEFAULT", language)
        told = command(*arguments).output
        assert expected in told
        assert other not in told


def test_a_password_is_asked_for_in_the_language_of_the_terminal(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCALE_DEFAULT", "uk")
    assert command("user", "password", "olena", given="\n").output.startswith("Новий пароль")


def test_every_command_has_help(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALE_DEFAULT", "en")
    done = command("--help")
    assert done.exit_code == 0
    listed = [line.split() for line in done.stdout.partition("Commands:")[2].splitlines() if line.strip()]
    assert len(listed) == 14
    assert all(len(words) > 1 for words in listed)


def test_the_list_says_of_each_command_what_its_own_help_says() -> None:
    """The list is written without importing what a command needs; the two must not come apart."""
    for name, listed in COMMANDS.items():
        module, _colon, attribute = listed.place.partition(":")
        assert getattr(import_module(module), attribute).help == listed.help, name


def test_help_loads_neither_the_database_nor_the_engine_of_maps() -> None:
    loaded = "import sys; from webui.command_line import main; main(['--help'], standalone_mode=False); "
    told = "print([one for one in ('sqlalchemy', 'flask', 'lxml', 'SpiffWorkflow') if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", loaded + told], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_full_disk_under_the_output_is_told_in_one_sentence(tmp_path: Path) -> None:
    env = os.environ | {"REGLAMENT_VAR": str(tmp_path), "LOCALE_DEFAULT": "en"}
    words = [sys.executable, "-m", "webui.command_line", "map", "check", str(tmp_path / "none.bpmn"), "--json"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(words, env=env, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "There is no room left on the disk.\n")


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize("words", [("sheet", "verify"), ("history", "verify", "--checkpoint"), ("restore",)])
def test_why_a_file_cannot_be_read_is_said_in_the_language_of_the_terminal(
    words: tuple[str, ...], command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCALE_DEFAULT", "uk")
    done = command(*words, str(tmp_path / "none"))
    assert done.exit_code == 1
    assert "не вдається прочитати: такого файлу чи теки немає" in done.stderr


def test_a_command_without_a_database_says_how_to_make_one(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("REGLAMENT_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("LOCALE_DEFAULT", "en")
    done = command("token", "create", "--user", "olena")
    assert (done.exit_code, done.stderr) == (
        1,
        "There is no database yet: start `reglament run`, or `reglament migrate`.\n",
    )
    assert command("migrate").stdout.startswith("The database is now at revision ")
    assert command("migrate").stdout == "The database is up to date.\n"
