"""What is set aside is read as the library would have read it, and costs no more memory than the message itself."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path
from time import process_time

import pytest

from engine.adapters.set_aside import set_aside

LEAST = 400
CONTENT = b"".join(hashlib.sha256(bytes([one])).digest() for one in range(94))[:3001]
LINES = base64.encodebytes(CONTENT)
HEAD = b"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n"


def read(raw: bytes) -> bytes | None:
    """What is in the only part, large stretches of it set aside."""
    aside = set_aside(raw, LEAST)
    part = message_from_bytes(aside.raw)
    content = aside.content_of(part)
    if content is None:
        return None
    first = content.read()
    content.seek(0)
    assert content.read() == first
    return first


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + LINES,
        (HEAD + LINES).replace(b"\n", b"\r\n"),
        HEAD + b"\n\n" + LINES + b"\n\n",
        HEAD + b"short\n" + LINES,
        HEAD + LINES[:1000] + b" stray * letters \n" + LINES[1000:],
        HEAD + LINES.rstrip(b"=\n"),
        HEAD + LINES + LINES,
        HEAD.replace(b"base64", b"BASE64") + LINES,
        HEAD.replace(b"base64", b"quoted-printable") + LINES,
        HEAD.replace(b"base64", b"8bit") + "Їжак\n".encode() + LINES + b"\xff\n",
        HEAD.replace(b"base64", b"7bit") + b"a" * 5000,
        HEAD + b"a few words\n",
        HEAD + b"A" * LEAST + b"\n",
        b"Subject: x\n" + LINES,
    ],
)
def test_a_file_is_what_the_library_reads(raw: bytes) -> None:
    assert read(raw) == message_from_bytes(raw).get_payload(decode=True)


def test_each_file_of_several_is_its_own_and_nothing_else_is_touched() -> None:
    parts = [
        b"Content-Type: text/plain\n\nTwo files\n",
        *(
            b"Content-Disposition: attachment; filename=%d.pdf\n" % number + HEAD + LINES[77 * number :]
            for number in (0, 1)
        ),
    ]
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"".join(b"--b\n" + one for one in parts) + b"--b--\n"
    aside, whole = set_aside(raw, LEAST), message_from_bytes(raw)
    assert len(aside.raw) < 1000
    for part, same in zip(message_from_bytes(aside.raw).walk(), whole.walk(), strict=True):
        assert part.items() == same.items()
        if not part.is_multipart():
            content = aside.content_of(part)
            assert content is not None
            assert content.read() == same.get_payload(decode=True)
    assert set_aside(raw, len(raw)).raw is raw


def test_a_single_letter_at_the_end_costs_nothing_but_itself() -> None:
    """The library gives such a file up: what came whole was kept as letters that nothing opens."""
    assert read(HEAD + base64.b64encode(bytes(900)) + b"A\n") == bytes(900)


def test_files_that_are_not_quite_large_cost_no_more_than_one_look() -> None:
    """To look from each of their letters anew took half a minute for every photograph of a letter."""
    photograph = b"A" * 76 + b"\n"
    raw = b"".join(b"--b\n" + HEAD + photograph * 800 for _ in range(20))
    began = process_time()
    assert set_aside(raw, 65_536).stretches == {}
    assert process_time() - began < 2


@pytest.mark.parametrize("begins", range(0, 2 * LEAST, 37))
def test_a_file_is_found_wherever_it_begins(begins: int) -> None:
    before = b"- " * (begins // 2) + b"-" * (begins % 2) + b"\n"
    for length, is_found in ((LEAST, True), (LEAST - 1, False), (3 * LEAST, True)):
        aside = set_aside(before + b"A" * length + b"\n-" + b" -" * LEAST, LEAST)
        assert [len(one) for one in aside.stretches.values()] == [length] * is_found


MEASURE = """
from email.message import EmailMessage
from support.peak_memory import peak_mebibytes
from engine.adapters.received_letters import read_letter
letter = open(r"{path}", "rb").read()
before = peak_mebibytes()
read = read_letter(letter)
(file,) = read.files
size = 0
while piece := file.content.read(1 << 20):
    size += len(piece)
assert (read.text, size) == ("A file", 12 << 20), (read.text, size)
print(peak_mebibytes() - before)
"""


def test_a_large_letter_is_taken_apart_in_little_more_memory_than_it_has(tmp_path: Path) -> None:
    """It took seven times its size."""
    path = tmp_path / "letter"
    head = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nA file\n--b\nContent-Disposition: attachment\n"
    path.write_bytes(head + HEAD + base64.encodebytes(bytes(12 << 20)) + b"--b--\n")
    root = Path(__file__).parents[2]
    told = subprocess.run(
        [sys.executable, "-c", MEASURE.format(path=path)],
        cwd=root,
        env={"PYTHONPATH": f"{root}:{root.parent}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert float(told.stdout) < 16
