from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from support.imap_server import ImapServer
from support.servers import free_port

from engine.adapters.mailbox import (
    ImapMailbox,
    MailboxFailed,
    MailboxNotUnderstood,
    MailboxServer,
    Place,
    mailbox_for,
    mailbox_server,
    reply_address,
)
from engine.adapters.received_mail import LARGEST_MESSAGE

TODAY = date(2026, 3, 2)


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[ImapServer]:
    mailbox = ImapServer(tmp_path)
    mailbox.open()
    yield mailbox
    mailbox.close()


def box(mailbox: ImapServer) -> ImapMailbox:
    return ImapMailbox(mailbox_server(mailbox.url), tls=mailbox.tls)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        (
            "imaps://reply%40example.com:p%3Aw@mail.example.com",
            MailboxServer(
                "mail.example.com",
                993,
                over_tls=True,
                user="reply@example.com",
                password="p:w",
                folder="INBOX",
                address="reply@example.com",
            ),
        ),
        (
            "imap://u:p@h:1143/Answers%20here?address=r%2B*@e.com",
            MailboxServer(
                "h", 1143, over_tls=False, user="u", password="p", folder="Answers here", address="r+*@e.com"
            ),
        ),
        (
            "imaps://u:p@h?address=r+*@e.com",
            MailboxServer("h", 993, over_tls=True, user="u", password="p", folder="INBOX", address="r+*@e.com"),
        ),
    ],
)
def test_an_address_of_a_mailbox_is_read(url: str, server: MailboxServer) -> None:
    assert mailbox_server(url) == server


@pytest.mark.parametrize(
    "url", ["mail.example.com", "pop3://u:p@h?address=a@b", "imaps://h?address=a@b", "imaps://u:p@h", "imaps://u@h:x"]
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(MailboxNotUnderstood):
        mailbox_server(url)


def test_the_address_of_an_answer_bears_the_key_of_its_letter() -> None:
    assert reply_address("imaps://u:p@h?address=r%2B*@e.com", "k1") == "r+k1@e.com"
    assert reply_address(None, "k1") == ""
    assert mailbox_for(None) is None


def test_only_what_is_new_is_read_and_no_more_of_it_than_a_person_writes(mailbox: ImapServer) -> None:
    for content in (b"one", b"two", b"x" * (LARGEST_MESSAGE + 5)):
        mailbox.deliver(content)
    read = list(box(mailbox).new_messages(Place(1, 1), since=TODAY))
    assert [(one.place, len(one.raw)) for one in read] == [(Place(1, 2), 3), (Place(1, 3), LARGEST_MESSAGE)]
    assert list(box(mailbox).new_messages(Place(1, 3), since=TODAY)) == []


def test_a_mailbox_that_was_made_anew_is_read_from_its_beginning(mailbox: ImapServer) -> None:
    mailbox.deliver(b"one")
    mailbox.validity = 2
    (read,) = box(mailbox).new_messages(Place(1, 9), since=TODAY)
    assert read.place == Place(2, 1)
    assert "UID SEARCH SINCE 2-Mar-2026" in mailbox.commands


def test_a_wrong_password_an_unknown_folder_and_a_server_that_is_away_are_told(mailbox: ImapServer) -> None:
    wrong = (
        mailbox.url.replace("secret", "guess"),
        mailbox.url.replace("INBOX", "Nowhere"),
        mailbox.url.replace(str(mailbox.port), str(free_port())),
    )
    for url in wrong:
        with pytest.raises(MailboxFailed):
            list(ImapMailbox(mailbox_server(url), tls=mailbox.tls).new_messages(Place(), since=TODAY))


def test_a_server_with_a_certificate_that_nobody_vouches_for_gets_no_password(mailbox: ImapServer) -> None:
    with pytest.raises(MailboxFailed, match=r"(?i)certificate"):
        list(ImapMailbox(mailbox_server(mailbox.url)).new_messages(Place(), since=TODAY))
    assert mailbox.commands == []


def test_a_password_is_never_sent_in_the_clear(tmp_path: Path) -> None:
    mailbox = ImapServer(tmp_path, speaks_plainly=True)
    mailbox.open()
    with pytest.raises(MailboxFailed):
        list(box(mailbox).new_messages(Place(), since=TODAY))
    assert not any(command.startswith("LOGIN") for command in mailbox.commands)
    mailbox.close()
