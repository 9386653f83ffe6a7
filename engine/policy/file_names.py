"""Names of files: what a map or a person calls a file, made harmless for every system that it comes to."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 150
_LONGEST_IN_BYTES = 240  # file systems end at 255, and browsers add " (1)"
_FORBIDDEN = re.compile(r'[/\\:*?"<>|]+')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


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


def uploaded_name(given: str) -> str:
    """What a person's file is called here: its own name without folders, in one spelling of its letters.

    Characters that nobody sees go, those among them that turn the direction of writing and would let "exe.pdf" be read
    where "fdp.exe" stands. The ending is in small letters, so that "Договір.PDF" is a version of "Договір.pdf".
    """
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    seen = "".join(letter for letter in last if letter.isprintable() and unicodedata.category(letter)[0] != "C")
    name = " ".join(_FORBIDDEN.sub("-", seen).split()).strip(". ")
    stem, dot, ending = name.rpartition(".")
    stem = (stem if dot else ending).rstrip(". ") or "file"
    ending = f".{ending.strip().lower()[:20]}" if dot else ""
    if _DEVICES.match(stem):
        stem = f"_{stem}"
    while len((stem + ending).encode()) > _LONGEST_IN_BYTES or len(stem) > _LONGEST:
        stem = stem[:-1].rstrip(". ")
    return stem + ending
