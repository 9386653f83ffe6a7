"""Large files of a message, set aside while it is taken apart.

The library makes of each line of a message a text of its own, joins the lines, and decodes them: a letter that brings
a file has it in memory five times. So long stretches of base64 are taken out first, each with a mark in its place, and
are decoded piece by piece, out of the message as it came, when somebody reads the file.
"""

from __future__ import annotations

import binascii
import io
import quopri
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PIECE = 4 * 64 * 1024
"""Bytes that are decoded at once; a multiple of the four letters that stand for three bytes."""
_RUN = re.compile(rb"[A-Za-z0-9+/=\r\n]*+")
_NO_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))


@dataclass(frozen=True, slots=True)
class SetAside:
    """``raw`` is the message with a mark in place of each stretch of ``stretches``, which are by their marks.

    A mark is random: nobody can write it into a message.
    """

    raw: bytes
    stretches: Mapping[str, memoryview]

    def is_in(self, part: Message) -> bool:
        """Whether something of a part was set aside."""
        return bool(self.stretches) and any(isinstance(one, memoryview) for one in self._pieces_of(part))

    def content_of(self, part: Message) -> BinaryIO | None:
        """What a part that is not made of parts holds, from its beginning; None where it cannot be decoded."""
        if not self.is_in(part):
            content = part.get_payload(decode=True)
            return io.BytesIO(content) if isinstance(content, bytes) else None
        encoding = " ".join(str(part.get("content-transfer-encoding", "")).casefold().split())
        if encoding == "base64":
            return io.BufferedReader(cast("io.RawIOBase", _Decoded(self._pieces_of(part))))
        content = cast("bytes", part.get_payload(decode=True))
        for mark, stretch in self.stretches.items():
            if mark.encode() in content:
                lines = quopri.decodestring(stretch) if encoding == "quoted-printable" else bytes(stretch)
                content = content.replace(mark.encode(), lines)
        return io.BytesIO(content)

    def _pieces_of(self, part: Message) -> list[str | memoryview]:
        payload = part.get_payload()
        if not isinstance(payload, str):
            return []
        marks = "|".join(self.stretches)
        found = re.split(f"({marks})", payload) if marks else [payload]
        return [self.stretches.get(one, one) for one in found if one]


def set_aside(raw: bytes, least: int) -> SetAside:
    """Take stretches of at least ``least`` bytes out of a message.

    A stretch is whole lines of nothing but base64: neither a header nor a boundary is among them.
    """
    kept: list[bytes | memoryview] = []
    stretches, at = {}, 0
    looked_at = memoryview(raw)
    name = secrets.token_hex(16)
    for number, run in enumerate(_runs(raw, least)):
        begins, ends = _lines_within(raw, *run)
        if ends - begins < least:
            continue
        mark = f"{name}-{number}-"
        stretches[mark] = looked_at[begins:ends]
        kept += [looked_at[at:begins], mark.encode()]
        at = ends
    return SetAside(b"".join([*kept, looked_at[at:]]) if kept else raw, stretches)


def _runs(raw: bytes, least: int) -> Iterator[tuple[int, int]]:
    """Where at least ``least`` bytes of nothing but base64 and breaks begin and end.

    Each holds one of every ``least``-th bytes. To look from every byte on would take the square of their number: half
    a minute for a photograph.
    """
    ends = 0
    for at in range(least - 1, len(raw), least):
        if at < ends:
            continue
        ends = _run_from(raw, at)
        begins = at - _run_from(raw[at - least + 1 : at][::-1], 0)
        if ends > at and ends - begins >= least:
            yield begins, ends


def _run_from(raw: bytes, at: int) -> int:
    """Where a run that begins there ends: there, if there is none."""
    run = _RUN.match(raw, at)
    return run.end() if run is not None else at


def _lines_within(raw: bytes, begins: int, ends: int) -> tuple[int, int]:
    """The lines of a run of letters, but for the last break: without the end of a header, and what is empty below."""
    first = raw.find(b"\n", begins, ends)
    last = raw.rfind(b"\n", begins, ends)
    if first < 0:
        return begins, begins
    first += 1
    while first < last and raw[first] in b"\r\n":
        first += 1
    return first, last - (raw[last - 1 : last] == b"\r")


class _Decoded(io.RawIOBase):
    """What base64 stands for, read from its beginning as often as somebody goes back there."""

    def __init__(self, pieces: list[str | memoryview]) -> None:
        self._given, self._at = pieces, 0
        self._decoded, self._left = self._decode(), b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """To the beginning, and nowhere else; or tells where it is. Raises OSError."""
        if offset or whence == io.SEEK_END:
            msg = "what is decoded is read from its beginning"
            raise OSError(msg)
        if whence == io.SEEK_SET:
            self._decoded, self._left, self._at = self._decode(), b"", 0
        return self._at

    def readinto(self, into: WriteableBuffer, /) -> int:
        wanted = memoryview(into)
        while not self._left:
            following = next(self._decoded, None)
            if following is None:
                return 0
            self._left = following
        size = min(len(wanted), len(self._left))
        wanted[:size], self._left = self._left[:size], self._left[size:]
        self._at += size
        return size

    def _decode(self) -> Iterator[bytes]:
        rest = b""
        for piece in self._letters():
            letters, padding, _ = (rest + piece).partition(b"=")
            if padding:  # whatever stands behind it is not read (RFC 2045 section 6.8)
                rest = letters
                break
            whole = len(letters) - len(letters) % 4
            yield binascii.a2b_base64(letters[:whole])
            rest = letters[whole:]
        if len(rest) % 4 == 1:
            rest = rest[:-1]  # a single letter stands for nothing
        yield binascii.a2b_base64(rest + b"=" * (-len(rest) % 4))

    def _letters(self) -> Iterator[bytes]:
        for piece in self._given:
            given = memoryview(piece.encode("ascii", "ignore")) if isinstance(piece, str) else piece
            for begin in range(0, len(given), _PIECE):
                yield bytes(given[begin : begin + _PIECE]).translate(None, _NO_BASE64)
