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


def test_parts_within_parts_are_read_no_deeper_than_anybody_s_letter_has_them() -> None:
    """Each line is compared with every boundary around it: 256 KB of empty lines in 800 parts took twelve seconds."""

    def within(depth: int) -> bytes:
        parts = (b"Content-Type: multipart/mixed; Boundary=%x\n\n--%x\n" % (one, one) for one in range(depth))
        return b"".join(parts) + b"Content-Type: text/plain\n\napprove"

    assert [read_message(within(depth)).text for depth in (10, 60)] == ["approve", ""]


def test_of_the_letters_that_a_message_names_the_first_are_looked_for() -> None:
    """Each is looked for in the database: a message could name forty thousand."""
    named = [f"{number:032x}" for number in range(1000)]
    heads = "".join(f"To: {', '.join(f'reply+{key}@example.com' for key in named[at : at + 50])}\n" for at in (0, 50))
    assert read_message(f"{heads}\napprove".encode()).keys == tuple(named[:50])


def test_a_letter_that_came_back_from_several_addresses_names_each() -> None:
    blocks = "".join(
        f"Final-Recipient: rfc822; {name}@example.com\nAction: {action}\nDiagnostic-Code: smtp; {why}\n\n"
        for name, action, why in (
            ("maria", "failed", "550 nobody"),
            ("ivan", "delayed", "451 later"),
            ("petro", "failed", "552 full"),
            ("oleh", "failed", "550 nobody"),
        )
    )
    report = read_message(
        b"Content-Type: multipart/report; boundary=B\n\n--B\nContent-Type: message/delivery-status\n\n"
        b"Reporting-MTA: x\n\n" + blocks.encode() + b"--B--\n"
    )
    assert report.failed_for == "maria@example.com, petro@example.com, oleh@example.com"
    assert report.failure == "550 nobody; 552 full"
