"""Office documents as the zips that they are: opened without trusting them, and written anew with other parts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from engine.bpmn.archive import DAMAGE, ensure_harmless, is_archive, unpack
from engine.bpmn.safe_xml import XmlRefused

MAX_PARTS = 500
MAX_UNPACKED_BYTES = 20 * 1024 * 1024
_MADE_AT = (1980, 1, 1, 0, 0, 0)  # the same document is the same bytes, whenever it is made


@dataclass(frozen=True, slots=True)
class Package:
    """The parts by their path, in the file's order; ``stored`` are those that are not compressed."""

    parts: Mapping[str, bytes]
    stored: frozenset[str]

    def written(self, changed: Mapping[str, bytes]) -> bytes:
        """The document with other parts in place of its own."""
        output = io.BytesIO()
        with zipfile.ZipFile(output, "w") as archive:
            for path, content in self.parts.items():
                entry = zipfile.ZipInfo(path, _MADE_AT)
                entry.compress_type = zipfile.ZIP_STORED if path in self.stored else zipfile.ZIP_DEFLATED
                archive.writestr(entry, changed.get(path, content))
        return output.getvalue()


def read_package(data: bytes) -> Package:
    """Raises XmlRefused with ZIP_DAMAGED, ZIP_TOO_MANY_FILES, ZIP_BOMB and what else is refused in a zip of maps."""
    if not is_archive(data):
        raise XmlRefused("ZIP_DAMAGED")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except DAMAGE:
        raise XmlRefused("ZIP_DAMAGED") from None
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_PARTS:
        raise XmlRefused("ZIP_TOO_MANY_FILES", None, limit=str(MAX_PARTS))
    parts: dict[str, bytes] = {}
    seen: set[str] = set()
    budget = MAX_UNPACKED_BYTES
    for entry in entries:
        ensure_harmless(entry, seen)
        parts[entry.filename] = unpack(archive, entry, budget)
        budget -= len(parts[entry.filename])
    stored = frozenset(entry.filename for entry in entries if entry.compress_type == zipfile.ZIP_STORED)
    return Package(parts, stored)
