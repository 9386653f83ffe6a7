"""Several files as one zip, made while it is read: however large they are, a piece of one is in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from flask import Response

from webui.attachments import attachment


@dataclass(frozen=True, slots=True)
class Packed:
    """``name`` may hold folders; ``content`` is read once, when its turn comes."""

    name: str
    content: Iterable[bytes]


def zip_file(name: str, files: Iterable[Packed], *, at: datetime) -> Response:
    """A download. ``at`` is what the archive says of when its files were made, on the clock that it is given in."""
    response = attachment("", "application/zip", name)
    response.response = _packed(files, at)
    response.headers.remove("Content-Length")  # nobody knows how long it becomes
    return response


class _Outlet:
    """Where the library writes; what it has written is taken from here."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, content: bytes) -> int:
        self._written.append(bytes(content))
        return len(content)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        content = b"".join(self._written)
        self._written.clear()
        return content


def _packed(files: Iterable[Packed], at: datetime) -> Iterator[bytes]:
    outlet = _Outlet()
    with ZipFile(cast("Any", outlet), "w") as archive:
        for file in files:
            entry = ZipInfo(file.name, at.timetuple()[:6])
            entry.compress_type = ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as inside:
                for piece in file.content:
                    inside.write(piece)
                    yield outlet.taken()
    yield outlet.taken()
