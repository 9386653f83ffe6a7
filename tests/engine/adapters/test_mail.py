from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from support.post_office import PostOffice
from support.servers import free_port

from engine.adapters.mail import (
    Attachment,
    ConsoleMailer,
    Letter,
    MailAddressNotUnderstood,
    MailFailed,
    MailRefused,
    MailServer,
    SmtpMailer,
    mail_server,
    mailer_for,
    message_of,
)

LETTER = Letter(
    key="job1",
    to="olena@example.com",
    subject="Термін\r\nBcc: all@example.com",
    text="Крок чекає.\n",
    written_at=datetime(2026, 3, 2, tzinfo=UTC),
)


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    post_office = PostOffice()
    post_office.open()
    yield post_office
    post_office.close()


@pytest.mark.parametrize(
    ("url", "server"),
    [
        (
            "smtp://mail.example.com",
            MailServer("mail.example.com", 25, over_tls=False, sender="reglament@mail.example.com"),
        ),
        (
            "smtp://sales%40example.com:p%3Aw@mail.example.com",
            MailServer(
                "mail.example.com",
                587,
                over_tls=False,
                sender="sales@example.com",
                user="sales@example.com",
                password="p:w",
            ),
        ),
        (
            "smtps://user:pw@mail.example.com?from=crm@example.com",
            MailServer("mail.example.com", 465, over_tls=True, sender="crm@example.com", user="user", password="pw"),
        ),
        (
            "smtp://mail.example.com:2525?from=a@b.c",
            MailServer("mail.example.com", 2525, over_tls=False, sender="a@b.c"),
        ),
    ],
)
def test_an_address_of_a_mail_server_is_read(url: str, server: MailServer) -> None:
    assert mail_server(url) == server


@pytest.mark.parametrize(
    "url", ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://h:port", "smtp://h?from=nobody"]
)
def test_anything_else_is_refused(url: str) -> None:
    with pytest.raises(MailAddressNotUnderstood):
        mail_server(url)


def test_a_letter_arrives_as_it_was_written(post_office: PostOffice) -> None:
    mailer_for(post_office.url).send(LETTER)
    (letter,) = post_office.letters
    assert (letter["To"], letter["From"]) == ("olena@example.com", "sales@example.com")
    assert letter.get_content().splitlines() == ["Крок чекає."]
    assert letter["Auto-Submitted"] == "auto-generated"


def test_a_line_break_in_a_title_makes_no_second_header(post_office: PostOffice) -> None:
    mailer_for(post_office.url).send(LETTER)
    (letter,) = post_office.letters
    assert letter["Subject"] == "Термін Bcc: all@example.com"
    assert letter["Bcc"] is None


def test_a_server_that_refuses_or_is_away_fails_the_letter(post_office: PostOffice) -> None:
    post_office.answer = "554 no"
    with pytest.raises(MailFailed):
        mailer_for(post_office.url).send(LETTER)
    with pytest.raises(MailFailed):
        mailer_for(f"smtp://127.0.0.1:{free_port()}?from=a@b.c").send(LETTER)


def test_a_letter_that_was_taken_has_left_however_the_server_says_good_bye(post_office: PostOffice) -> None:
    """It was sent anew, as often as the server was too busy to say good-bye."""
    post_office.farewell = "421 too busy"
    assert mailer_for(post_office.url).send(LETTER) == {}
    assert len(post_office.letters) == 1


def test_a_server_that_looks_at_a_letter_for_long_is_waited_for(post_office: PostOffice) -> None:
    """It has the letter already: who hangs up meanwhile would send it again, and again."""
    post_office.looks_s = 1.0
    SmtpMailer(mail_server(post_office.url), timeout_s=0.5).send(LETTER)
    assert len(post_office.letters) == 1


def test_a_password_is_never_sent_in_the_clear(post_office: PostOffice) -> None:
    server = mail_server(post_office.url.replace("smtp://", "smtp://user:pw@"))
    with pytest.raises(MailFailed, match="never sent in the clear"):
        SmtpMailer(server).send(LETTER)
    assert post_office.letters == []


def test_without_a_server_letters_are_written_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        mailer_for(None).send(LETTER)
    assert isinstance(mailer_for(None), ConsoleMailer)
    assert caplog.messages == ["Letter to olena@example.com: Термін Bcc: all@example.com"]


def test_an_address_that_the_server_refuses_for_good_is_told_apart_from_one_that_it_cannot_take_now(
    post_office: PostOffice,
) -> None:
    post_office.answer_to_receiver = "550 no such person"
    with pytest.raises(MailRefused, match="no such person"):
        mailer_for(post_office.url).send(LETTER)
    post_office.answer_to_receiver = "450 mailbox is busy"
    with pytest.raises(MailFailed, match="busy"):
        mailer_for(post_office.url).send(LETTER)
    post_office.answers_by_receiver = {"olena@example.com": "550 no such person"}
    with pytest.raises(MailFailed, match=r"no such person\nbusy@example.com: 450 mailbox"):  # it may take it
        mailer_for(post_office.url).send(replace(LETTER, also_to=("busy@example.com",)))


def test_a_letter_as_a_file_is_sent_as_a_file() -> None:
    """In base64, as every file is, no letter may stand inside another: programs showed an empty one."""
    inside = Attachment("answer.eml", "message/rfc822", b"Subject: a\r\n\r\nText\r\n")
    (attached,) = message_of(replace(LETTER, attachments=(inside,)), "sales@example.com").iter_attachments()
    assert isinstance(attached, EmailMessage)
    assert (attached.get_content_type(), attached.get_filename()) == ("application/octet-stream", "answer.eml")
    assert attached.get_content() == inside.content


@pytest.mark.parametrize("to", ["a@b.c\r\nBcc: x@y.z", "nobody", 'a"b@c.d', "a b@c.d"])
def test_an_address_that_is_none_reaches_no_server(post_office: PostOffice, to: str) -> None:
    with pytest.raises(MailRefused):
        mailer_for(post_office.url).send(replace(LETTER, to=to))
    assert post_office.letters == []


def test_a_long_subject_keeps_every_space(post_office: PostOffice) -> None:
    subject = "Потрібне ваше погодження: «Погодити: Юридичний відділ» · Насоси для водоканалу і ще кілька слів"
    mailer_for(post_office.url).send(replace(LETTER, subject=subject))
    (letter,) = post_office.letters
    assert letter["Subject"] == subject


def test_a_letter_carries_both_forms_and_what_programs_need_to_know() -> None:
    letter = replace(
        LETTER, html="<p>Крок чекає</p>", thread="deal-7-1", reply_to="reply+job1@b.c", settings_url="https://s.example"
    )
    message = message_of(letter, "a@b.c")
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["In-Reply-To"] == message["References"] == "<deal-7-1@b.c>"
    assert message["Reply-To"] == "reply+job1@b.c"
    assert message["List-Unsubscribe"] == "<https://s.example>"
    assert message["Date"] == "Mon, 02 Mar 2026 00:00:00 +0000"


def test_the_copy_of_a_letter_can_be_recognised() -> None:
    assert message_of(LETTER, "a@b.c")["Message-ID"] == "<job1@b.c>"
