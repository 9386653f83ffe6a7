"""Why the map could not go on, in the language of a letter's reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_PLACES = re.compile(r"%\((\w+)\)s")
_MARKED = frozenset({"reason", "expected", "problem", "what", "kind", "limit"})
"""What the engine says in marked words of its own."""


def problem_words(failure: Mapping[str, Any], say: Callable[[str], str]) -> str:
    """``failure`` as an incident keeps it, with ``problem_template`` and ``problem_params``, told by labels of fields.

    What an older version did not keep is told with a gap.
    """
    template, params = str(failure.get("problem_template") or ""), failure.get("problem_params") or {}
    labels: Mapping[str, str] = params.get("labels") or {}

    def called(name: str) -> str:
        return f"{say('“%(name)s”') % {'name': labels[name]}} ({name})" if name in labels else name

    def written(name: str, value: Any) -> str:
        if name == "names":
            return ", ".join(called(one) for one in (value.split(", ") if isinstance(value, str) else value))
        if name == "operands":
            return "; ".join(
                ": ".join(filter(None, (called(one["name"]), one["value"] or say(one["kind"])))) for one in value
            )
        if isinstance(value, list):
            return ", ".join(map(str, value))
        return say(value) if name in _MARKED and isinstance(value, str) and value else str(value)

    given = {name: written(name, params[name]) if name in params else "…" for name in _PLACES.findall(template)}
    told = say(template) % given if given else say(template) if template else ""
    return told[:1].upper() + told[1:]
