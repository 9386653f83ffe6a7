from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from email.message import EmailMessage

import pytest
from sqlalchemy import select
from support.imap_server import ImapServer
from support.office import Office
from support.post_office import PostOffice

from engine.adapters.mailbox import ImapMailbox, mailbox_server
from engine.commands.mail_answers import MOST_ANSWERS
from engine.model.letter import Letter, LetterState, MailboxPlace, MailLink, ProposedDecision, ReceivedMail
from engine.model.person import Person
from tasks.answers import read_answers
from tasks.jobs import sweep
from tasks.notices import tell_people
from tasks.services import Services, use

_LINK = re.compile(r"https://sales\.example\.com/mail/([\w-]{43})\b")


@pytest.fixture(autouse=True)
def _reads_mail(services: Services, mailbox: ImapServer, office: Office) -> None:
    use(with_mailbox(services, mailbox))
    with office.database.write() as session:
        for login in ("iryna", "oksana", "olena"):
            session.get_one(Person, getattr(office.company, login).id).locale = "en"


def with_mailbox(services: Services, mailbox: ImapServer) -> Services:
    box = ImapMailbox(mailbox_server(mailbox.url), tls=mailbox.tls)
    return replace(services, settings=replace(services.settings, imap_url=mailbox.url), mailbox=box)


def send() -> None:
    tell_people()
    sweep()


def asked(office: Office, post_office: PostOffice) -> EmailMessage:
    """The letter that asks Iryna for her approval."""
    office.open_deal()
    office.prepare()
    send()
    return letters(post_office, "iryna")[0]


def letters(post_office: PostOffice, login: str) -> list[EmailMessage]:
    return [letter for letter in post_office.letters if letter["To"] == f"{login}@example.com"]


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def answer(
    letter: EmailMessage, text: str, *, sender: str = "Iryna <Iryna@example.com>", number: int = 1, **headers: str
) -> bytes:
    """What a mail program makes of pressing "reply" and typing."""
    quoted = "\n".join(f"> {line}" for line in text_of(letter).splitlines())
    reply = EmailMessage()
    wanted = {
        "From": sender,
        "To": letter["Reply-To"],
        "Subject": f"Re: {letter['Subject']}",
        "Message-ID": f"<answer{number}@phone.example.com>",
        "In-Reply-To": letter["Message-ID"],
    }
    for name, value in (wanted | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        if value:
            reply[name] = value
    reply.set_content(f"{text}\n\nOn Mon, 2 Mar 2026 at 10:00, Reglament <sales@example.com> wrote:\n{quoted}\n")
    return reply.as_bytes()


def became(office: Office) -> list[str]:
    with office.database.read() as session:
        return list(session.scalars(select(ReceivedMail.became).order_by(ReceivedMail.received_at)))


def proposals(office: Office) -> list[tuple[int, str, str]]:
    with office.database.read() as session:
        rows = session.scalars(select(ProposedDecision))
        return [(row.person_id, row.outcome, row.comment) for row in rows]


def test_an_answer_becomes_a_draft_that_waits_to_be_confirmed(
    office: Office, post_office: PostOffice, mailbox: ImapServer
) -> None:
    letter = asked(office, post_office)
    uid = mailbox.deliver(answer(letter, "Return: the discount is too large"))
    read_answers()
    assert proposals(office) == [(office.company.iryna.id, "returned", "the discount is too large")]
    assert office.step("legal").is_live
    assert mailbox.seen == {uid}
    send()
    told = letters(post_office, "iryna")[1]
    assert told["Subject"].startswith("Confirm your decision: “Погодити: Юридичний відділ”")
    assert told["In-Reply-To"] == "<answer1@phone.example.com>"
    assert "Returned for rework. Nothing is decided yet" in text_of(told)
    assert _LINK.search(text_of(told))
    with office.database.read() as session:
        (link,) = session.scalars(select(MailLink).where(MailLink.outcome != ""))
    assert (link.outcome, link.comment) == ("returned", "the discount is too large")


def test_an_answer_is_taken_once_however_often_it_comes(
    office: Office, post_office: PostOffice, mailbox: ImapServer, services: Services
) -> None:
    letter = asked(office, post_office)
    for _ in range(2):
        mailbox.deliver(answer(letter, "approve"))
        read_answers()
    mailbox.validity += 1  # the mailbox was made anew, and all of it looks new
    read_answers()
    use(with_mailbox(services, mailbox))  # and so does a server that was started anew
    read_answers()
    send()
    assert became(office) == ["proposal"]
    assert len(letters(post_office, "iryna")) == 2


def test_without_an_own_address_the_letter_is_found_by_what_is_answered(
    office: Office, post_office: PostOffice, mailbox: ImapServer
) -> None:
    letter = asked(office, post_office)
    mailbox.deliver(answer(letter, "погоджую", To="reply@example.com"))
    read_answers()
    assert became(office) == ["proposal"]


AUTOMATIC = (
    {"Auto_Submitted": "auto-replied"},
    {"Precedence": "bulk"},
    {"Precedence": "auto_reply"},
    {"X_Auto_Response_Suppress": "All"},
    {"Return_Path": "<>"},
    {"List_Id": "<all.example.com>"},
)
FOREIGN = ("oksana@example.com", "iryna@example.com, oksana@example.com", "", "iryna@example.com.evil.example")


def test_only_the_person_of_the_letter_answers_it_and_no_program(
    office: Office, post_office: PostOffice, mailbox: ImapServer
) -> None:
    letter = asked(office, post_office)
    for number, headers in enumerate(AUTOMATIC):
        mailbox.deliver(answer(letter, "approve", number=number, **headers))
    for number, sender in enumerate(FOREIGN):
        mailbox.deliver(answer(letter, "approve", sender=sender, number=100 + number))
    read_answers()
    send()
    assert Counter(became(office)) == {"automatic": len(AUTOMATIC), "foreign": len(FOREIGN)}
    assert proposals(office) == []
    assert len(letters(post_office, "iryna")) == 1


def test_an_answer_without_a_decision_is_told_so_and_leads_to_the_step(
    office: Office, post_office: PostOffice, mailbox: ImapServer
) -> None:
    letter = asked(office, post_office)
    mailbox.deliver(answer(letter, "I do not approve of this at all"))
    read_answers()
    send()
    told = letters(post_office, "iryna")[1]
    assert (became(office), proposals(office)) == (["unread"], [])
    assert told["Subject"].startswith("Your answer names no decision")
    mailbox.deliver(answer(told, "reject: the client owes us", number=2))  # the conversation goes on
    read_answers()
    assert [row[1] for row in proposals(office)] == ["rejected"]


def test_a_late_answer_is_told_that_nothing_waits_any_more(
    office: Office, post_office: PostOffice, mailbox: ImapServer
) -> None:
    letter = asked(office, post_office)
    office.complete("iryna", "legal", "approved")
    mailbox.deliver(answer(letter, "reject: too late"))
    read_answers()
    send()
    assert (became(office), proposals(office)) == (["late"], [])
    assert letters(post_office, "iryna")[1]["Subject"].startswith("Your answer came late")


def test_nobody_can_make_us_write_for_ever(office: Office, post_office: PostOffice, mailbox: ImapServer) -> None:
    letter = asked(office, post_office)
    for number in range(MOST_ANSWERS + 3):
        mailbox.deliver(answer(letter, "hm", number=number))
    read_answers()
    assert became(office).count("unread") == MOST_ANSWERS
    assert became(office).count("too_many") == 3


def test_what_answers_no_letter_and_what_cannot_be_read_holds_nothing_up(
    office: Office, post_office: PostOffice, mailbox: ImapServer
) -> None:
    letter = asked(office, post_office)
    for hostile in (
        b"",
        b"\0\xff" * 5_000,
        b"From: iryna@example.com\nContent-Type: multipart/mixed\n\napprove",
        b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(1_500)),
        b"From: stranger@example.com\nTo: reply+00000000000000000000000000000000@example.com\n\napprove",
        b"X: " + b"y" * 2_000_000,
    ):
        mailbox.deliver(hostile)
    mailbox.deliver(answer(letter, "approve"))
    read_answers()
    assert proposals(office) == [(office.company.iryna.id, "approved", "")]
    assert set(became(office)) == {"unknown", "proposal"}


def test_a_letter_that_comes_back_is_marked_and_not_answered(
    office: Office, post_office: PostOffice, mailbox: ImapServer
) -> None:
    letter = asked(office, post_office)
    returned = b"\r\n".join(
        (
            b"From: MAILER-DAEMON@example.com",
            b"To: sales@example.com",
            b"Message-ID: <bounce1@example.com>",
            b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            b"",
            b"--b",
            b"Content-Type: text/plain",
            b"",
            b"It could not be delivered.",
            b"--b",
            b"Content-Type: message/delivery-status",
            b"",
            b"Reporting-MTA: dns; mx.example.com",
            b"",
            b"Final-Recipient: rfc822; iryna@example.com",
            b"Action: failed",
            b"Status: 5.1.1",
            b"Diagnostic-Code: smtp; 550 5.1.1 no such mailbox",
            b"",
            b"--b",
            b"Content-Type: text/rfc822-headers",
            b"",
            b"Message-ID: " + str(letter["Message-ID"]).encode(),
            b"",
            b"--b--",
        )
    )
    mailbox.deliver(returned)
    read_answers()
    send()
    assert became(office) == ["bounce"]
    with office.database.read() as session:
        (refused,) = session.scalars(select(Letter).where(Letter.state == LetterState.REFUSED))
    assert (refused.person_id, refused.last_error) == (
        office.company.iryna.id,
        "550 5.1.1 no such mailbox",
    )
    assert len(letters(post_office, "iryna")) == 1


def test_a_mailbox_that_cannot_be_read_is_told_and_read_on_later(
    office: Office, post_office: PostOffice, mailbox: ImapServer
) -> None:
    letter = asked(office, post_office)
    for number, text in enumerate(("hm", "approve")):
        mailbox.deliver(answer(letter, text, number=number))
    mailbox.fails_at = "UID STORE"  # the connection breaks after the first message was taken
    read_answers()
    with office.database.read() as session:
        (place,) = session.scalars(select(MailboxPlace))
    assert (place.last_uid, place.read_at, place.lease_until) == (1, None, None)
    assert place.last_error.startswith("The mailbox at 127.0.0.1 cannot be read")
    mailbox.fails_at = ""
    read_answers()
    assert became(office) == ["unread", "proposal"]
    with office.database.read() as session:
        (place,) = session.scalars(select(MailboxPlace))
    assert (place.last_uid, place.read_at, place.last_error) == (2, office.clock.now(), "")
