"""Names of files: what a map or a person calls a file, made harmless for every system that it comes to."""

from __future__ import annotations

import re

_LONGEST = 150
_FORBIDDEN = re.compile(r'[/\\:*?"<>|]+')


def harmless_name(wished: str, *, ending: str, otherwise: str) -> str:
    """``wished`` with the ``ending`` (without its dot), or ``otherwise`` where nothing is left of it."""
    for name in (wished, otherwise, "document"):
        printable = "".join(letter if letter.isprintable() else " " for letter in name)
        stem = " ".join(_FORBIDDEN.sub("-", printable).split()).strip(". ")
        if stem.casefold().endswith(f".{ending}"):
            stem = stem[: -len(ending) - 1].rstrip(". ")
        if stem.strip("- "):
            break
    return f"{stem[:_LONGEST].rstrip()}.{ending}"
