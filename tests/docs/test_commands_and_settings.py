"""What a reader types from the documents exists, and nothing that exists is left out of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from support.documents import DOCS, ROOT, documents, prose

from webui.command_line import main

SETTINGS = DOCS / "settings.md"


def commands(group: click.Group, before: str = "reglament") -> Iterator[str]:
    """The full names of all commands, such as ``reglament map check``."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        full = f"{before} {name}"
        if isinstance(command, click.Group):
            yield from commands(command, full)
        else:
            yield full


COMMANDS = tuple(commands(main))
GROUPS = frozenset(full.rsplit(" ", 1)[0] for full in COMMANDS if full.count(" ") > 1)


def code_of(document: Path) -> list[str]:
    """The lines of the blocks of code in a document, and the pieces of code in its text."""
    text = document.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()] + re.findall(r"`([^`]+)`", prose(document))


def variables_read() -> set[str]:
    """The names of the environment variables in engine/settings.py."""
    tree = ast.parse((ROOT / "engine" / "settings.py").read_text(encoding="utf-8"))
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if re.fullmatch(r"[A-Z][A-Z_]+", text)}


def test_every_command_is_documented() -> None:
    text = " ".join(SETTINGS.read_text(encoding="utf-8").split())
    assert [full for full in COMMANDS if f"`{full}" not in text] == []


@pytest.mark.parametrize("document", documents(), ids=lambda one: one.relative_to(ROOT).as_posix())
def test_every_command_of_reglament_that_a_document_names_exists(document: Path) -> None:
    wrong = []
    for code in code_of(document):
        for words in re.findall(r"(?:^|[\s/])reglament((?: [a-z]+)+)", " ".join(code.split())):
            full = f"reglament{words}"
            known = any(full == one or full.startswith(f"{one} ") for one in (*COMMANDS, *GROUPS))
            wrong += [] if known else [full]
    assert wrong == []


@pytest.mark.parametrize("document", documents(), ids=lambda one: one.relative_to(ROOT).as_posix())
def test_every_make_target_that_a_document_names_exists(document: Path) -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {target for code in code_of(document) for target in re.findall(r"\bmake ([a-z]+)", code)}
    assert named - targets == set()


@pytest.mark.parametrize("front", ["README.md", "README.uk.md"])
@pytest.mark.parametrize("command", ["make run", "make test"])
def test_the_front_page_gives_the_two_commands_to_copy(front: str, command: str) -> None:
    assert f"```\n{command}\n```" in (ROOT / front).read_text(encoding="utf-8")


def test_every_environment_variable_that_is_read_is_documented_and_no_other() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS.read_text(encoding="utf-8"), re.MULTILINE))
    read = variables_read()
    assert read, "nothing was found in engine/settings.py"
    assert documented == read


def test_the_example_of_an_environment_offers_every_variable() -> None:
    offered = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert variables_read() - offered == set()
