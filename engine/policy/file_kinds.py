"""Which files people may add: kinds that companies work with, by the name and by the first bytes, which must agree.

A name says what a program will make of the file, the bytes say what it is. Archives are not opened: what is in a zip
is told from the names that stand in it uncompressed, so that no bomb is ever unpacked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from engine.errors import N_, DomainError

_HEAD = 4096
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OPC = b"[Content_Types].xml"
_MACROS = b"vbaProject.bin"
_PARTS = {"docx": b"word/", "xlsx": b"xl/", "pptx": b"ppt/"}
_NEEDLES = (_OPC, _MACROS, *_PARTS.values())
_OVERLAP = max(map(len, _NEEDLES)) - 1
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF8_MARK = b"\xef\xbb\xbf"
_CODE = re.compile(rb"#!|<!doctype\s+html|<html|<head|<body|<script|<svg|<iframe|<\?php|<%|<hta:", re.IGNORECASE)
_CODE_IN_XML = re.compile(
    rb"<!doctype|<!entity|<\?xml-stylesheet|<(?:\w+:)?(?:svg|html|script|stylesheet)\b|/xhtml|/2000/svg", re.IGNORECASE
)
_MAIL_HEADER = re.compile(rb"(?:From |[!-9;-~]+:[ \t]?)")
_ENCODED = re.compile(rb"MI[A-Za-z0-9+/\r\n]{16}")


class FileRefused(DomainError):
    """A file cannot be taken; ``name`` is what the person called it."""

    code: ClassVar[str] = "file_refused"
    template: ClassVar[str] = N_("“%(name)s” cannot be taken.")


class FileIsEmpty(FileRefused):
    code: ClassVar[str] = "file_empty"
    template: ClassVar[str] = N_("“%(name)s” is empty.")


class FileKindNotAllowed(FileRefused):
    code: ClassVar[str] = "file_kind_not_allowed"
    template: ClassVar[str] = N_(
        "“%(name)s”: files of this kind are not taken. Send a PDF, an image, an office document, a text, a letter, "
        "a signature or an archive."
    )


class FileContentDiffers(FileRefused):
    """The bytes are not what the name says."""

    code: ClassVar[str] = "file_content_differs"
    template: ClassVar[str] = N_("“%(name)s” is not what its name says: its content is of another kind.")


class FileHoldsMacros(FileRefused):
    code: ClassVar[str] = "file_holds_macros"
    template: ClassVar[str] = N_("“%(name)s” holds macros. Save it without them, or as a PDF.")


class Preview(StrEnum):
    """How a browser may show a file within our pages."""

    NONE = "none"
    IMAGE = "image"
    CONVERTED = "converted"  # a picture that is made into one of a kind that browsers show
    PDF = "pdf"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class FileKind:
    ending: str
    media_type: str
    preview: Preview


class FileLook:
    """What one pass over a file's content tells; it keeps a few kilobytes, however long the file is."""

    def __init__(self) -> None:
        self.size = 0
        self.head = b""
        self.has_nul = False
        self.names: frozenset[bytes] = frozenset()
        self._hash = hashlib.sha256()
        self._tail = b""

    def feed(self, chunk: bytes) -> None:
        """The next bytes of the content."""
        self.size += len(chunk)
        self._hash.update(chunk)
        if len(self.head) < _HEAD:
            self.head += chunk[: _HEAD - len(self.head)]
        self.has_nul = self.has_nul or b"\x00" in chunk
        if self.head.startswith(_ZIP):
            seen = self._tail + chunk
            self.names |= {needle for needle in _NEEDLES if needle in seen}
            self._tail = seen[-_OVERLAP:]

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


_Test = Callable[[FileLook], bool]


def _starts(*signs: bytes) -> _Test:
    return lambda look: look.head.startswith(signs)


def _at(offset: int, *signs: bytes) -> _Test:
    return lambda look: look.head[offset:].startswith(signs)


def _is_webp(look: FileLook) -> bool:
    return look.head.startswith(b"RIFF") and look.head[8:12] == b"WEBP"


def _is_office(part: bytes) -> _Test:
    return lambda look: look.head.startswith(_ZIP) and {_OPC, part} <= look.names


def _is_open_document(look: FileLook) -> bool:
    return look.head.startswith(_ZIP) and b"mimetypeapplication/vnd.oasis.opendocument" in look.head[:120]


def _is_text(look: FileLook) -> bool:
    """Text in any encoding that people use here, and no page or script that a browser or a shell would run."""
    if look.head.startswith(_BYTE_ORDER_MARKS):
        told = look.head.decode("utf-16", "replace").encode()
    elif look.has_nul:
        return False
    else:
        told = look.head
    return _CODE.match(told.removeprefix(_UTF8_MARK).lstrip()) is None


def _is_xml(look: FileLook) -> bool:
    told = look.head.removeprefix(_UTF8_MARK).lstrip()
    return told.startswith(b"<") and not look.has_nul and _CODE_IN_XML.search(told) is None


def _is_letter(look: FileLook) -> bool:
    return not look.has_nul and _MAIL_HEADER.match(look.head) is not None


def _is_signature(look: FileLook) -> bool:
    """DER or PEM: a signature made by Diia or another tool, or a certificate."""
    der = len(look.head) > 1 and look.head[0] == 0x30 and (look.head[1] < 0x80 or 0x80 <= look.head[1] <= 0x84)  # noqa: PLR2004  # DER
    return der or look.head.startswith(b"-----BEGIN ") or _ENCODED.match(look.head) is not None


_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"
_IMAGE, _TEXT = Preview.IMAGE, Preview.TEXT
_KINDS: Mapping[str, tuple[str, _Test, Preview]] = {
    "pdf": ("application/pdf", _starts(b"%PDF-"), Preview.PDF),
    "png": ("image/png", _starts(b"\x89PNG\r\n\x1a\n"), _IMAGE),
    "jpg": ("image/jpeg", _starts(b"\xff\xd8\xff"), _IMAGE),
    "jpeg": ("image/jpeg", _starts(b"\xff\xd8\xff"), _IMAGE),
    "gif": ("image/gif", _starts(b"GIF87a", b"GIF89a"), _IMAGE),
    "webp": ("image/webp", _is_webp, _IMAGE),
    "bmp": ("image/bmp", _starts(b"BM"), _IMAGE),
    "tif": ("image/tiff", _starts(b"II*\x00", b"MM\x00*"), Preview.CONVERTED),
    "tiff": ("image/tiff", _starts(b"II*\x00", b"MM\x00*"), Preview.CONVERTED),
    "heic": ("image/heic", _at(4, b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1"), Preview.CONVERTED),
    "docx": (f"{_OOXML}.wordprocessingml.document", _is_office(_PARTS["docx"]), Preview.NONE),
    "xlsx": (f"{_OOXML}.spreadsheetml.sheet", _is_office(_PARTS["xlsx"]), Preview.NONE),
    "pptx": (f"{_OOXML}.presentationml.presentation", _is_office(_PARTS["pptx"]), Preview.NONE),
    "doc": ("application/msword", _starts(_OLE), Preview.NONE),
    "xls": ("application/vnd.ms-excel", _starts(_OLE), Preview.NONE),
    "ppt": ("application/vnd.ms-powerpoint", _starts(_OLE), Preview.NONE),
    "msg": ("application/vnd.ms-outlook", _starts(_OLE), Preview.NONE),
    "rtf": ("application/rtf", _starts(b"{\\rtf"), Preview.NONE),
    "odt": (f"{_ODF}.text", _is_open_document, Preview.NONE),
    "ods": (f"{_ODF}.spreadsheet", _is_open_document, Preview.NONE),
    "odp": (f"{_ODF}.presentation", _is_open_document, Preview.NONE),
    "txt": ("text/plain", _is_text, _TEXT),
    "csv": ("text/csv", _is_text, _TEXT),
    "xml": ("application/xml", _is_xml, _TEXT),
    "eml": ("message/rfc822", _is_letter, _TEXT),
    "p7s": ("application/pkcs7-signature", _is_signature, Preview.NONE),
    "p7m": ("application/pkcs7-mime", _is_signature, Preview.NONE),
    "cer": ("application/pkix-cert", _is_signature, Preview.NONE),
    "asice": ("application/vnd.etsi.asic-e+zip", _starts(_ZIP), Preview.NONE),
    "asics": ("application/vnd.etsi.asic-s+zip", _starts(_ZIP), Preview.NONE),
    "zip": ("application/zip", _starts(_ZIP), Preview.NONE),
    "7z": ("application/x-7z-compressed", _starts(b"7z\xbc\xaf\x27\x1c"), Preview.NONE),
    "rar": ("application/vnd.rar", _starts(b"Rar!\x1a\x07"), Preview.NONE),
}

ENDINGS = tuple(_KINDS)
"""The endings of all kinds that are taken, without the dot."""

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "image": ("png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff", "heic"),
    "document": ("pdf", "docx", "doc", "odt", "rtf"),
    "spreadsheet": ("xlsx", "xls", "ods", "csv"),
    "archive": ("zip", "7z", "rar", "asice", "asics"),
}


def ending_of(name: str) -> str:
    """The ending without its dot, in small letters; empty where there is none."""
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and stem else ""


def kind_of(name: str, look: FileLook) -> FileKind:
    """The kind of a file by its name, once its content agrees.

    Raises FileIsEmpty, FileKindNotAllowed, FileContentDiffers, FileHoldsMacros.
    """
    ending = ending_of(name)
    if ending not in _KINDS:
        raise FileKindNotAllowed(name=name)
    if look.size == 0:
        raise FileIsEmpty(name=name)
    media_type, is_it, preview = _KINDS[ending]
    if not is_it(look):
        raise FileContentDiffers(name=name)
    if ending in _PARTS and _MACROS in look.names:
        raise FileHoldsMacros(name=name)
    return FileKind(ending, media_type, preview)


def preview_of(name: str, media_type: str) -> Preview:
    """How a stored file may be shown: never as more than both its name and the type kept with it say."""
    kind = _KINDS.get(ending_of(name))
    return kind[2] if kind is not None and kind[0] == media_type else Preview.NONE


def accepted_endings(text: str) -> tuple[str, ...]:
    """The endings that a map's words mean: ``pdf, image``, ``.docx;.pdf`` or ``image/*``; none of them: all kinds.

    Words that mean nothing here are passed over, so that a map drawn for another tool does not refuse every file.
    """
    found: list[str] = []
    for word in re.split(r"[\s,;|]+", text.lower()):
        plain = word.strip().lstrip("*").lstrip(".").removesuffix("/*")
        if plain in _KINDS:
            found.append(plain)
        elif plain in _GROUPS or plain.rstrip("s") in _GROUPS:
            found += _GROUPS.get(plain) or _GROUPS[plain.rstrip("s")]
        else:
            found += [ending for ending, (media_type, *_) in _KINDS.items() if media_type == word]
    return tuple(dict.fromkeys(found))
