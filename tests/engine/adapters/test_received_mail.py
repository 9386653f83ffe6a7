from __future__ import annotations

import pytest

from engine.adapters.received_mail import read_message

HEAD = b"From: iryna@example.com\r\nMessage-ID: <1@example.com>\r\nContent-Type: text/plain"


def text_of(body: bytes, *, charset: str = "utf-8", encoding: str = "8bit") -> str:
    head = HEAD + f"; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
    return read_message(head + body).text


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (b"approve\x00 it", {}),
        (b"approve=00 it", {"encoding": "quoted-printable"}),
        ("approve\x00 it".encode("utf-16"), {"charset": "utf-16"}),
    ],
)
def test_what_no_database_keeps_is_left_out(body: bytes, more: dict[str, str]) -> None:
    assert text_of(body, **more) == "approve it"


def test_the_answer_of_a_mail_server_is_storable_too() -> None:
    report = (
        b"From: mailer-daemon@example.com\r\nContent-Type: multipart/report; boundary=B\r\n\r\n"
        b"--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: x\r\n\r\n"
        b"Action: failed\r\nDiagnostic-Code: 550 no\x00\r\n\r\n--B--\r\n"
    )
    assert read_message(report).failure == "550 no"


@pytest.mark.parametrize("charset", ["punycode", "idna", "unicode_escape", "raw-unicode-escape", "utf_7"])
def test_a_charset_that_is_none_of_a_letter_is_not_believed(charset: str) -> None:
    """Punycode would take minutes for a long text, and escapes give halves of letters."""
    said = b"approve-" + b"\\ud800" + b"a" * 1000
    assert text_of(said, charset=charset) == said.decode()
