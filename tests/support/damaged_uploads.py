"""Uploads damaged at random: elements lost, doubled and moved, references broken, bytes flipped, zips torn.

Every upload is made from two numbers alone, so that one that was handled badly can be made again.
"""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET  # our own fixtures, before they are damaged

from support.element_drawings import DRAWINGS
from support.mutated_trees import mutate_tree

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = ROOT.parent / "shared" / "bpmn"
_LARGEST_FOREIGN = 140_000  # bytes; the others take their time and hold nothing else
_OWN = ("processes", "tests/browser", "tests/engine/bpmn/importing")
_SUFFIXES = (".bpmn", ".bpmn2", ".xml", ".dmn")
_ENCODINGS = ("utf-16", "utf-16-le", "utf-8-sig", "cp1251", "cp1252", "iso-8859-1", "koi8-u", "utf-7", "utf-32", "gbk")
_ODD_NAMES = (
    "../карта.bpmn",
    "/etc/карта.bpmn",
    "a" * 300 + ".bpmn",
    "con.bpmn",
    "карта.zip",
    "__MACOSX/._карта.bpmn",
    "",
)

Files = Mapping[str, bytes]
Chance = random.Random


@cache
def seeds() -> tuple[Files, ...]:
    """The uploads that damage is done to: a drawing of every element, our own maps, and what others drew."""
    own = [path for folder in _OWN for path in sorted((ROOT / folder).rglob("*")) if path.suffix in _SUFFIXES]
    foreign = [path for path in sorted(FOREIGN.glob("*")) if path.name.endswith(_SUFFIXES)]
    read = [path for path in (*own, *foreign) if path.stat().st_size <= _LARGEST_FOREIGN]
    return (*(drawing.files() for drawing in DRAWINGS.values()), *({path.name: path.read_bytes()} for path in read))


def damaged(series: int, number: int) -> dict[str, bytes]:
    """The upload ``number`` of a series."""
    chance = random.Random(f"{series}:{number}")  # noqa: S311  # repeatable damage, no secret
    files = dict(chance.choice(seeds()))
    if chance.random() < 0.05:
        files |= dict(chance.choice(seeds()))
    hurt = chance.choice(sorted(files))
    files[hurt] = _damage(files[hurt], chance)
    return {"карти.zip": _torn_zip(files, chance)} if chance.random() < 0.07 else files


def _damage(data: bytes, chance: Chance) -> bytes:
    if chance.random() < 0.7:
        data = _as_tree(data, chance)
    if chance.random() < 0.35:
        for _ in range(chance.randint(1, 3)):
            data = chance.choice(_OF_BYTES)(data, chance)
    return data


def _as_tree(data: bytes, chance: Chance) -> bytes:
    try:
        root = ET.fromstring(data)  # noqa: S314  # our own fixtures
    except (ET.ParseError, ValueError, LookupError):
        return data
    for _ in range(chance.choice((1, 1, 2, 3, 5, 12))):
        mutate_tree(root, chance)
    return bytes(ET.tostring(root, encoding="utf-8"))


def _flip(data: bytes, chance: Chance) -> bytes:
    at = chance.randrange(len(data) or 1)
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _cut(data: bytes, chance: Chance) -> bytes:
    at = chance.randrange(len(data) or 1)
    return data[:at] + data[at + chance.randint(1, 200) :]


def _truncate(data: bytes, chance: Chance) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _repeat(data: bytes, chance: Chance) -> bytes:
    at = chance.randrange(len(data) or 1)
    piece = data[at : at + chance.randint(1, 300)]
    return data[:at] + piece * 3 + data[at:]


def _odd_value(data: bytes, chance: Chance) -> bytes:
    values = re.findall(rb'="[^"]*"', data)
    odd = chance.choice((b'=""', b'="%(x)s"', b'="9999999999999"', b'="=1/0"', b'="${x.y}"', b'="Start"', b'="&#x26;"'))
    return data.replace(chance.choice(values), odd, 1) if values else data


def _other_encoding(data: bytes, chance: Chance) -> bytes:
    """Really in another encoding, or only said to be."""
    used, declared = chance.choice(_ENCODINGS), chance.choice((*_ENCODINGS, "x-unknown"))
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", data.decode("utf-8", "replace"))
    try:
        return f'<?xml version="1.0" encoding="{declared}"?>{text}'.encode(used, "replace")
    except LookupError:
        return data


def _declare(data: bytes, chance: Chance) -> bytes:
    """What attackers write in front."""
    front = (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]>',
        b"<?xml-stylesheet href='x'?>",
        b"<!-- -- -->",
        b"\xef\xbb\xbf\n",
        b"\x00",
    )
    return chance.choice(front) + data


_OF_BYTES: tuple[Callable[[bytes, Chance], bytes], ...] = (
    _flip,
    _cut,
    _truncate,
    _repeat,
    _odd_value,
    _odd_value,
    _other_encoding,
    _other_encoding,
    _declare,
)


def _torn_zip(files: Files, chance: Chance) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, content in _entries(files, chance):
            archive.writestr(name, content)
    data = packed.getvalue()
    for _ in range(chance.choice((0, 0, 1, 2, 8))):
        data = chance.choice((_flip, _cut, _truncate, _repeat))(data, chance)
    return data


def _entries(files: Files, chance: Chance) -> Iterator[tuple[zipfile.ZipInfo, bytes]]:
    entries = list(files.items())
    if chance.random() < 0.5:
        entries.append((chance.choice(_ODD_NAMES), chance.choice((b"", b"\x00\x05\x16\x07", b"PK\x03\x04", b"<a/>"))))
    if chance.random() < 0.3:
        entries.append(("карта.png", b"\x89PNG"))
    if chance.random() < 0.1:
        entries.append((entries[0][0].upper(), entries[0][1]))
    for name, content in entries:
        info = zipfile.ZipInfo(name or "x")
        info.external_attr = chance.choice((0, 0, 0, 0o120777 << 16))
        yield info, content
