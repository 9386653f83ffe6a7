"""What the arguments of ``map check`` name: files, folders with everything below them, or the standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from webui.command_line.failures import reason_of
from webui.command_line.language import _

STANDARD_INPUT = Path("-")
_IN_FOLDERS = (".bpmn", ".bpmn2", ".bpmn20.xml", ".dmn", ".form", ".zip")


@dataclass(slots=True)
class Contents:
    """What the files hold by their path, in the order of the arguments, and why others could not be read."""

    readable: dict[Path, bytes] = field(default_factory=dict)
    unreadable: dict[Path, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)


def read_arguments(arguments: Sequence[Path]) -> Contents:
    """Everything that the arguments name. A folder without a map in it is unreadable, too."""
    contents, named = Contents(), dict[Path, None]()
    for argument in arguments:
        found: dict[Path, bytes] = {}
        try:
            found |= _files(argument)
            if not found:
                contents.unreadable[argument] = _("there is no map in the folder")
        except OSError as failure:
            contents.unreadable[argument] = reason_of(failure)
        contents.readable |= found
        named |= dict.fromkeys(found or (argument,))
    contents.files = list(named)
    return contents


def _files(argument: Path) -> Iterator[tuple[Path, bytes]]:
    if argument == STANDARD_INPUT:
        yield argument, sys.stdin.buffer.read()
    elif argument.is_dir():
        for path in sorted(argument.rglob("*")):
            if path.is_file() and path.name.lower().endswith(_IN_FOLDERS):
                yield path, path.read_bytes()
    else:
        yield argument, argument.read_bytes()
