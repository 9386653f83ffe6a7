"""Ids that the executed map may use, and what people call a map that has nothing but an id."""

from __future__ import annotations

import re
from collections.abc import Container
from pathlib import PurePosixPath

_EXECUTABLE_ID = re.compile(r"^[^\W\d][\w.-]*$")
# Names and endings that SpiffWorkflow gives to its own helper tasks.
_RESERVED_IDS = frozenset({"Start", "End", "Root", "StartEventSplit", "StartEventJoin"})
_RESERVED_ENDINGS = (".BoundaryEventSplit", ".BoundaryEventJoin", ".EndJoin")
_LONGEST_ID = 200


def free_id(wished: str, used: Container[str], number: int = 1) -> tuple[str, int]:
    """``wished``, or the nearest to it that is valid in XML, none of SpiffWorkflow's own and not in ``used``.

    With it the number at its end, 1 for none. ``number``: all before it are used.
    """
    base = wished
    usable = _EXECUTABLE_ID.match(base) and base not in _RESERVED_IDS and len(base) <= _LONGEST_ID
    if not usable or base.endswith(_RESERVED_ENDINGS):
        base = "element"
    found = base if number == 1 else f"{base}_{number}"
    while found in used or found in _RESERVED_IDS or (found == "element"):
        number += 1
        found = f"{base}_{number}"
    return found, number


def called_by_file(file: str, process_id: str) -> str:
    """A map without a name: as its file is called where the id is one that a tool has made up, as Process_19noq."""
    is_made_up = any(letter.isdigit() for letter in process_id)
    return (PurePosixPath(file).stem if is_made_up else "") or process_id
