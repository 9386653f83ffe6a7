"""Reads a zip of maps without trusting anything that it says about itself."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from engine.bpmn.safe_xml import MAX_BYTES, XmlRefused

MAX_ARCHIVE_BYTES = 5 * 1024 * 1024
MAX_ENTRIES = 50
MAX_UNPACKED_BYTES = 10 * 1024 * 1024
MAX_RATIO = 100
MAX_PATH_LENGTH = 200

_READ_SUFFIXES = (".bpmn", ".bpmn2", ".dmn", ".xml", ".json", ".form", ".md", ".txt")
_NESTED_SUFFIXES = (".zip", ".jar", ".7z", ".gz", ".rar")
_OFFICE_DOCUMENT = "[Content_Types].xml"
_MAC_FOLDER = "__MACOSX"
_CHUNK = 65_536
_RATIO_COUNTS_FROM = 1 << 20
_LINK = 0o120000
_KIND_BITS = 0o170000
_ENCRYPTED_FLAG = 1
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    UnicodeError,
)


@dataclass(frozen=True, slots=True)
class Archive:
    """``files`` by their path inside the zip, in its order; ``unread`` are pictures and the like, never unpacked."""

    files: Mapping[str, bytes]
    unread: tuple[str, ...] = ()


def is_archive(data: bytes) -> bool:
    return data[:2] == b"PK"


def read_archive(data: bytes) -> Archive:
    """What is in a zip; folders are left out.

    Raises XmlRefused with ZIP_TOO_LARGE, ZIP_DAMAGED, ZIP_TOO_MANY_FILES, ZIP_UNSAFE_NAME, ZIP_LINK, ZIP_ENCRYPTED,
    ZIP_NESTED, ZIP_BOMB or ZIP_DUPLICATE; for an office document NOT_BPMN_VISIO or NOT_BPMN_ZIP.
    """
    if len(data) > MAX_ARCHIVE_BYTES:
        raise XmlRefused("ZIP_TOO_LARGE", None, limit=str(MAX_ARCHIVE_BYTES // 1024 // 1024))
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGE:
        raise XmlRefused("ZIP_DAMAGED") from None
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    _ensure_no_document({entry.filename for entry in entries})
    if len(archive.infolist()) > MAX_ENTRIES:
        raise XmlRefused("ZIP_TOO_MANY_FILES", None, limit=str(MAX_ENTRIES))
    files: dict[str, bytes] = {}
    unread: list[str] = []
    seen: set[str] = set()
    budget = MAX_UNPACKED_BYTES
    for entry in entries:
        _ensure_harmless(entry, seen)
        if not _is_read(entry.filename):
            unread.append(entry.filename)
            continue
        content = _unpack(archive, entry, budget)
        budget -= len(content)
        if content[:2] == b"PK":
            raise XmlRefused("ZIP_NESTED", None, name=entry.filename)
        files[entry.filename] = content
    return Archive(files, tuple(unread))


def _ensure_no_document(names: AbstractSet[str]) -> None:
    """Office documents are zips, too."""
    if _OFFICE_DOCUMENT in names:
        is_visio = any(name.startswith("visio/") for name in names)
        raise XmlRefused("NOT_BPMN_VISIO" if is_visio else "NOT_BPMN_ZIP", 1)


def _is_read(name: str) -> bool:
    """What a system or a tool puts beside the maps is left alone."""
    parts = name.replace("\\", "/").split("/")
    hidden = parts[-1].startswith(".") or _MAC_FOLDER in parts
    return not hidden and name.lower().endswith(_READ_SUFFIXES)


def _ensure_harmless(entry: zipfile.ZipInfo, seen: set[str]) -> None:
    name = entry.filename
    unsafe = (
        not name
        or name.startswith(("/", "\\"))
        or ".." in re.split(r"[/\\]", name)
        or ":" in name
        or "\x00" in name
        or len(name) > MAX_PATH_LENGTH
    )
    if unsafe:
        raise XmlRefused("ZIP_UNSAFE_NAME", None, name=name[:80])
    if (entry.external_attr >> 16) & _KIND_BITS == _LINK:
        raise XmlRefused("ZIP_LINK", None, name=name)
    if entry.flag_bits & _ENCRYPTED_FLAG:
        raise XmlRefused("ZIP_ENCRYPTED", None, name=name)
    folded = name.lower()
    if folded.endswith(_NESTED_SUFFIXES):
        raise XmlRefused("ZIP_NESTED", None, name=name)
    if folded in seen:
        raise XmlRefused("ZIP_DUPLICATE", None, name=name)
    seen.add(folded)


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: int) -> bytes:
    """Counts the bytes that really come out: a header may lie."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise XmlRefused("ZIP_DAMAGED", None, name=entry.filename)
    content = bytearray()
    try:
        with archive.open(entry) as stream:
            while chunk := stream.read(_CHUNK):
                content += chunk
                too_dense = len(content) > _RATIO_COUNTS_FROM and len(content) > MAX_RATIO * max(1, entry.compress_size)
                if len(content) > min(MAX_BYTES, budget) or too_dense:
                    raise XmlRefused("ZIP_BOMB", None, name=entry.filename)
    except _DAMAGE:
        raise XmlRefused("ZIP_DAMAGED", None, name=entry.filename) from None
    return bytes(content)
