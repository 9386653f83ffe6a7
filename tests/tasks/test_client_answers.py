"""What clients answer: into the deal of the letter that they answer, whatever they or a stranger send."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select
from support.client_mail import CLIENT, deal_with_a_contact, file_of, letters_in, write
from support.files import pdf, png
from support.imap_server import ImapServer
from support.office import Office
from support.post_office import PostOffice

from engine.adapters.mailbox import ImapMailbox, Place, mailbox_server
from engine.adapters.received_letters import LARGEST_LETTER
from engine.commands.client_answers import MOST_ANSWERS, MOST_AUTOMATIC
from engine.commands.deal_files import show_file
from engine.commands.mail_answers import LEASE, claim_mailbox, keep_place
from engine.commands.watching import watch_deal
from engine.model.client_letter import ClientLetter, ClientLetterState
from engine.model.deal import Deal
from engine.model.deal_file import DealFile
from engine.model.history_event import HistoryEvent
from engine.model.letter import ReceivedMail
from engine.model.notice import Notice, NoticeKind
from tasks.answers import read_answers
from tasks.jobs import sweep
from tasks.services import Services, use

OFFER, SIGNED = pdf("an offer"), pdf("a signed offer")


on_both = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
"""Where rows are locked, or values are compared in their own type."""


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test alone: on SQLite, unless the test says otherwise."""
    return str(request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_database_url"))


@dataclass
class Talk:
    """Olena has written to the client, and the letter has left."""

    office: Office
    post_office: PostOffice
    mailbox: ImapServer
    deal: Deal
    letter: EmailMessage
    number: int = 0

    def answer(self, text: str = "Згодні.", **headers: str) -> EmailMessage:
        """What the client's mail program makes of pressing "reply" and typing."""
        self.number += 1
        reply = EmailMessage()
        wanted = {
            "From": f"Марія <{CLIENT}>",
            "To": self.letter["Reply-To"],
            "Subject": "Re: Пропозиція",
            "Message-ID": f"<answer{self.number}@client.example.com>",
            "In-Reply-To": self.letter["Message-ID"],
        }
        for name, value in (wanted | {name.replace("_", "-"): value for name, value in headers.items()}).items():
            if value:
                reply[name] = value
        reply.set_content(f"{text}\n\nпн, 2 бер. 2026 р. Олена <sales@example.com> пише:\n> Добрий день!\n> Надсилаю\n")
        return reply

    def take(self, *messages: EmailMessage | bytes) -> list[ClientLetter]:
        """What has come into the deal by now."""
        for one in messages:
            self.mailbox.deliver(one if isinstance(one, bytes) else one.as_bytes())
        read_answers()
        return [one for one in letters_in(self.office) if one.state is ClientLetterState.RECEIVED]

    def became(self) -> list[str]:
        with self.office.database.read() as session:
            return list(session.scalars(select(ReceivedMail.became).order_by(ReceivedMail.became)))

    def files(self) -> list[tuple[str, bool]]:
        """The names of the deal's files, and whether each is on its list."""
        with self.office.database.read() as session:
            rows = session.query(DealFile).order_by(DealFile.id)
            return [(one.name, one.hidden_at is None) for one in rows]

    def told(self) -> list[tuple[int | None, str]]:
        with self.office.database.read() as session:
            rows = session.query(Notice).filter_by(kind=NoticeKind.CLIENT_WROTE).order_by(Notice.id)
            return [(row.person_id, row.details["text"]) for row in rows]


@pytest.fixture
def talk(office: Office, services: Services, post_office: PostOffice, mailbox: ImapServer) -> Talk:
    box = ImapMailbox(mailbox_server(mailbox.url), tls=mailbox.tls)
    use(replace(services, settings=replace(services.settings, imap_url=mailbox.url), mailbox=box))
    deal = deal_with_a_contact(office)
    file_of(office, deal, "offer.pdf", OFFER)
    write(office, deal)
    sweep()
    return Talk(office, post_office, mailbox, deal, post_office.letters[0])


@on_both
def test_an_answer_comes_into_the_deal_and_its_owner_is_told(talk: Talk) -> None:
    assert talk.letter["Reply-To"].startswith("reply+")
    (letter,) = talk.take(talk.answer("Згодні.\nКоли привезете?"))
    assert (letter.deal_id, letter.sender, letter.sender_name) == (talk.deal.id, CLIENT, "Марія")
    assert (letter.subject, letter.text) == ("Re: Пропозиція", "Згодні.\nКоли привезете?")
    assert letter.quoted.endswith("> Добрий день!\n> Надсилаю")
    assert (letter.is_known, letter.is_automatic) == (True, False)
    assert talk.told() == [
        (talk.office.company.olena.id, f"{CLIENT}: Re: Пропозиція\nЗгодні.\nКоли привезете?"),
    ]
    with talk.office.database.read() as session:
        event = session.query(HistoryEvent).filter_by(kind="client_letter_received").one()
        assert (event.deal_id, event.data["sender"], "Згодні" in str(event.data)) == (talk.deal.id, CLIENT, False)


def test_our_answer_stands_in_one_thread_with_the_client_s(talk: Talk) -> None:
    (letter,) = talk.take(talk.answer())
    write(talk.office, talk.deal, answers_id=letter.id, subject="Re: Пропозиція")
    sweep()
    ours = talk.post_office.letters[1]
    assert ours["In-Reply-To"] == "<answer1@client.example.com>"
    assert ours["References"].split() == [talk.letter["Message-ID"], "<answer1@client.example.com>"]
    write(talk.office, talk.deal, answers_id=letter.answers_id, subject="Пропозиція")  # "write once more"
    sweep()
    assert talk.post_office.letters[2]["In-Reply-To"] == talk.letter["Message-ID"]


def test_the_same_message_is_taken_once_also_from_a_mailbox_that_was_made_anew(talk: Talk) -> None:
    talk.take(talk.answer())
    talk.mailbox.deliver(talk.mailbox.messages[1])
    read_answers()
    talk.mailbox.validity += 1
    assert len(talk.take()) == 1
    assert talk.became() == ["client_letter"]


def test_only_what_names_a_letter_of_ours_comes_into_a_deal(talk: Talk) -> None:
    by_reference = talk.answer(To="reply@example.com", In_Reply_To="", References=talk.letter["Message-ID"])
    by_subject = talk.answer(To="reply@example.com", In_Reply_To="")
    guessed = talk.answer(To=f"reply+{'0' * 32}@example.com", In_Reply_To="")
    assert len(talk.take(by_reference, by_subject, guessed)) == 1
    assert talk.became() == ["client_letter", "unknown", "unknown"]


def test_a_stranger_who_knows_the_address_is_shown_as_one(talk: Talk) -> None:
    (letter,) = talk.take(talk.answer(From=f'"Марія {CLIENT}" <thief@evil.example>'))
    assert (letter.sender, letter.is_known) == ("thief@evil.example", False)
    two, nobody = talk.answer(From=f"{CLIENT}, thief@evil.example"), talk.answer(From="")
    assert [(one.sender, one.is_known) for one in talk.take(two, nobody)[1:]] == [("", False), ("", False)]


@on_both
def test_files_are_kept_off_the_list_and_never_as_versions_of_ours(talk: Talk) -> None:
    answer = talk.answer()
    answer.add_attachment(SIGNED, maintype="application", subtype="pdf", filename="offer.pdf")
    answer.add_attachment(b"MZ" + bytes(100), maintype="application", subtype="x-msdownload", filename="virus.exe")
    answer.add_attachment(b"<html>", maintype="application", subtype="pdf", filename="../../lie.pdf")
    answer.add_attachment(b"", maintype="application", subtype="pdf", filename="empty.pdf")
    answer.add_attachment(OFFER, maintype="application", subtype="pdf", filename="as it was.pdf")
    (letter,) = talk.take(answer)
    assert talk.files() == [("offer.pdf", True), ("offer (2).pdf", False)]
    assert letter.file_ids == [2, 1]
    assert {one["name"]: one["problem"] for one in letter.left_out} == {
        "virus.exe": "file_kind_not_allowed",
        "../../lie.pdf": "file_content_differs",
        "empty.pdf": "file_empty",
    }
    talk.office.do("olena", show_file, 2)
    assert talk.files()[1] == ("offer (2).pdf", True)


def test_a_large_letter_is_fetched_with_its_files(talk: Talk) -> None:
    answer, photo = talk.answer(), png(2, 2) + bytes(600 * 1024)
    answer.add_attachment(photo, maintype="image", subtype="png", filename="photo.png")
    answer.add_attachment(SIGNED, maintype="application", subtype="pdf", filename="signed.pdf")
    (letter,) = talk.take(answer)
    with talk.office.database.read() as session:
        sizes = [session.get_one(DealFile, one).size for one in letter.file_ids]
    assert sizes == [len(photo), len(SIGNED)]


def test_a_letter_that_the_mailbox_does_not_give_holds_up_nobody(talk: Talk) -> None:
    answer = talk.answer()
    answer.add_attachment(SIGNED, maintype="application", subtype="pdf", filename="signed.pdf")
    answer.add_attachment(bytes(600 * 1024), maintype="image", subtype="png", filename="photo.png")
    talk.mailbox.fails_at = f"UID FETCH 1 (BODY.PEEK[]<0.{LARGEST_LETTER}"
    (letter,) = talk.take(answer)
    assert letter.text == "Згодні."
    assert [one["name"] for one in letter.left_out] == ["photo.png"]
    assert [name for name, _ in talk.files()] == ["offer.pdf", "signed.pdf"]
    assert [one.text for one in talk.take(talk.answer("Ще одне"))] == ["Згодні.", "Ще одне"]


def test_what_programs_write_is_marked_tells_nobody_and_is_bounded(talk: Talk) -> None:
    away = [talk.answer("Я у відпустці", Auto_Submitted="auto-replied") for _ in range(MOST_AUTOMATIC + 2)]
    taken = talk.take(*away)
    assert [one.is_automatic for one in taken] == [True] * MOST_AUTOMATIC
    assert {one.unread_since for one in taken} == {None}
    assert talk.told() == []
    assert talk.became().count("too_many") == 2
    ours = talk.answer(**{"Message-ID": talk.letter["Message-ID"]})  # our own letter, sent to our own mailbox
    assert len(talk.take(ours)) == MOST_AUTOMATIC
    sweep()
    assert len(talk.post_office.letters) == 1  # nothing is ever answered by itself


def test_who_watches_the_deal_hears_of_a_person_s_letter_and_its_owner_once(talk: Talk) -> None:
    """An answer from somebody on holiday was news, too, and what the client wrote went along into Telegram."""
    for login in ("olena", "bohdan"):
        talk.office.do(login, watch_deal, talk.deal.id)
    talk.take(talk.answer("Я у відпустці", Auto_Submitted="auto-replied"), talk.answer())
    assert [person_id for person_id, _ in talk.told()] == [talk.office.company.olena.id]
    with talk.office.database.read() as session:
        news = session.query(Notice).filter_by(kind=NoticeKind.DEAL_CHANGED).one()
        assert (news.person_id, news.details) == (
            talk.office.company.bohdan.id,
            {"outcome": "a letter of the client"},
        )


def test_nobody_floods_a_deal(talk: Talk) -> None:
    with talk.office.database.write() as session:
        (sent,) = session.query(ClientLetter)
        for _ in range(MOST_ANSWERS):
            values = {"state": ClientLetterState.RECEIVED, "subject": "", "text": "", "answers_id": sent.id}
            session.add(ClientLetter(deal_id=talk.deal.id, written_at=sent.written_at, **values))
    assert len(talk.take(talk.answer())) == MOST_ANSWERS
    assert talk.became() == ["too_many"]


def test_a_letter_that_came_back_is_shown_as_not_delivered_and_for_whom(talk: Talk) -> None:
    def bounce(number: int, address: str = CLIENT) -> bytes:
        return (
            f"From: Mailer-Daemon@example.com\r\nTo: sales@example.com\r\nSubject: Undelivered\r\n"
            f"Message-ID: <bounce{number}@example.com>\r\nReturn-Path: <>\r\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
            "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
            "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
            f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
            "Diagnostic-Code: smtp; 550 no such user\r\n\r\n"
            f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {talk.letter['Message-ID']}\r\n--b--\r\n"
        ).encode()

    assert talk.take(bounce(1), bounce(2), bounce(3, "boss@client.example.com"), bounce(4)) == []
    (letter,) = letters_in(talk.office)
    assert letter.state is ClientLetterState.REFUSED
    assert letter.last_error.splitlines() == [
        f"{CLIENT}: 550 no such user",
        "boss@client.example.com: 550 no such user",  # it came back later, by itself
    ]
    with talk.office.database.read() as session:
        assert session.query(Notice).filter_by(kind=NoticeKind.CLIENT_LETTER_RETURNED).count() == 2
        assert session.query(HistoryEvent).filter_by(kind="client_letter_returned").count() == 2


def test_an_answer_to_a_letter_that_is_gone_comes_nowhere(talk: Talk) -> None:
    with talk.office.database.write() as session:
        session.query(ClientLetter).delete()
    assert talk.take(talk.answer()) == []
    assert talk.became() == ["unknown"]


def test_a_long_look_into_the_mailbox_is_one_worker_s_as_long_as_messages_come(office: Office) -> None:
    """Fifty letters with files may take longer than a lease: another worker read the same ones, and went back."""
    for reached in (1, 2, 3):
        with office.database.write() as session:
            assert claim_mailbox(session, "box", clock=office.clock) == (Place() if reached == 1 else None)
            keep_place(session, "box", Place(7, reached), clock=office.clock)
        office.clock.advance(LEASE - timedelta(seconds=1))
    office.clock.advance(timedelta(seconds=2))
    with office.database.write() as session:
        assert claim_mailbox(session, "box", clock=office.clock) == Place(7, 3)
