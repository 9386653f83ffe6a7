from __future__ import annotations

from dataclasses import replace

import pytest
from support.client_mail import CLIENT, deal_with_a_contact, file_of, letters_in, write
from support.files import pdf
from support.office import Office
from support.post_office import PostOffice

from engine.adapters.mail import ConsoleMailer
from engine.commands.client_letters import CLIENT_LETTER, send_client_letter_again
from engine.commands.file_erasure import erase_file
from engine.db.job import Job
from engine.db.outbox import MAX_ATTEMPTS, enqueue
from engine.model.client_letter import ClientLetterState
from engine.model.deal_file import StoredPiece
from engine.model.history_event import HistoryEvent
from engine.model.notice import Notice, NoticeKind
from engine.model.person import Person
from engine.queries.client_letters import MOST_REFERENCES
from tasks.jobs import sweep
from tasks.notices import tell_people
from tasks.services import Services, use

OFFER = pdf("an offer")


@pytest.fixture
def database_url(sqlite_database_url: str) -> str:
    """What is written here is tried on both elsewhere."""
    return sqlite_database_url


@pytest.fixture(autouse=True)
def _sends_mail(services: Services) -> None:
    assert services.settings.imap_url is None


def states(office: Office) -> list[ClientLetterState]:
    return [one.state for one in letters_in(office)]


def told(office: Office) -> list[tuple[NoticeKind, int | None, str]]:
    with office.database.read() as session:
        kinds = (NoticeKind.CLIENT_LETTER_RETURNED, NoticeKind.CLIENT_WROTE)
        rows = session.query(Notice).filter(Notice.kind.in_(kinds)).order_by(Notice.id)
        return [(row.kind, row.person_id, row.details.get("text", "")) for row in rows]


def test_a_letter_leaves_as_its_writer_s_with_the_files_of_the_deal(office: Office, post_office: PostOffice) -> None:
    deal = deal_with_a_contact(office)
    file_id = file_of(office, deal, "Пропозиція.pdf", OFFER)
    write(office, deal, to=(CLIENT, "boss@client.example.com"), file_ids=(file_id,))
    sweep()
    sweep()
    (letter,) = post_office.letters
    assert [one.addr_spec for one in letter["To"].addresses] == [CLIENT, "boss@client.example.com"]
    assert letter["From"].addresses[0].display_name == office.company.olena.full_name
    assert letter["From"].addresses[0].addr_spec == "sales@example.com"
    assert letter["Reply-To"] == "olena@example.com"  # without a mailbox of ours, an answer comes to who wrote
    assert letter["Subject"] == "Пропозиція"
    assert letter["Auto-Submitted"] is None
    body = letter.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["Добрий день!", "Надсилаю пропозицію."]
    (attached,) = letter.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("Пропозиція.pdf", OFFER)
    assert letter["Message-ID"].startswith(f"<{letters_in(office)[0].key}@")
    assert states(office) == [ClientLetterState.SENT]


def test_what_is_quoted_stands_below_the_text(office: Office, post_office: PostOffice) -> None:
    write(office, deal_with_a_contact(office), text="Завтра", quoted="2 бер., Марія пише:\n> Коли?")
    sweep()
    body = post_office.letters[0].get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["Завтра", "", "2 бер., Марія пише:", "> Коли?"]


def test_of_a_long_talk_the_first_letter_and_the_last_ones_are_named(office: Office, post_office: PostOffice) -> None:
    deal, letter_id = deal_with_a_contact(office), None
    for _ in range(MOST_REFERENCES + 3):
        letter_id = write(office, deal, answers_id=letter_id)
    sweep()
    named = post_office.letters[-1]["References"].split()
    keys = [f"<{one.key}@example.com>" for one in letters_in(office)]
    assert named == [keys[0], *keys[-MOST_REFERENCES:-1]]


def test_a_letter_whose_job_is_done_twice_leaves_once(office: Office, post_office: PostOffice) -> None:
    letter_id = write(office, deal_with_a_contact(office))
    sweep()
    with office.database.write() as session:
        enqueue(session, CLIENT_LETTER, {"letter_id": letter_id}, at=office.clock.now())
    sweep()
    assert len(post_office.letters) == 1


def test_an_address_that_is_refused_is_told_and_the_letter_tried_again(office: Office, post_office: PostOffice) -> None:
    deal = deal_with_a_contact(office)
    letter_id = write(office, deal)
    post_office.answer_to_receiver = "550 no such user"
    sweep()
    assert states(office) == [ClientLetterState.REFUSED]
    ((kind, person_id, text),) = told(office)
    assert (kind, person_id) == (NoticeKind.CLIENT_LETTER_RETURNED, office.company.olena.id)
    assert "550 no such user" in text
    post_office.answer_to_receiver = "250 OK"
    office.do("olena", send_client_letter_again, deal.id, letter_id)
    office.do("olena", send_client_letter_again, deal.id, letter_id)
    sweep()
    assert states(office) == [ClientLetterState.SENT]
    assert len(post_office.letters) == 1


def test_who_of_several_a_server_does_not_take_is_told(office: Office, post_office: PostOffice) -> None:
    """The letter was sent "not to everybody", and only who opened it again could learn so."""
    write(office, deal_with_a_contact(office), to=(CLIENT, "boss@client.example.com"))
    post_office.answers_by_receiver = {"boss@client.example.com": "550 no such user"}
    sweep()
    (letter,) = letters_in(office)
    assert (letter.state, letter.last_error) == (
        ClientLetterState.SENT,
        "boss@client.example.com: 550 no such user",
    )
    ((kind, person_id, text),) = told(office)
    assert (kind, person_id) == (NoticeKind.CLIENT_LETTER_RETURNED, office.company.olena.id)
    assert text == "boss@client.example.com: Пропозиція\nboss@client.example.com: 550 no such user"
    with office.database.read() as session:
        event = session.query(HistoryEvent).filter_by(kind="client_letter_returned").one()
        assert event.data["to"] == ["boss@client.example.com"]


@pytest.mark.parametrize("email", ["олена@example.com", "@..", "olena@office"])
def test_an_address_of_the_writer_to_which_no_answer_goes_keeps_no_letter_back(
    office: Office, post_office: PostOffice, email: str
) -> None:
    with office.database.write() as session:
        session.get_one(Person, office.company.olena.id).email = email
    write(office, deal_with_a_contact(office))
    sweep()
    assert states(office) == [ClientLetterState.SENT]
    assert post_office.letters[0]["Reply-To"] is None


def test_a_server_that_is_away_is_tried_until_the_writer_is_told(office: Office, post_office: PostOffice) -> None:
    write(office, deal_with_a_contact(office))
    post_office.answer = "451 later"
    sweep()
    (letter,) = letters_in(office)
    assert (letter.state, "451" in letter.last_error, told(office)) == (ClientLetterState.WAITING, True, [])
    with office.database.write() as session:
        session.get_one(Job, letter.job_id).attempts = MAX_ATTEMPTS - 1
        session.get_one(Job, letter.job_id).due_at = office.clock.now()
    sweep()
    assert states(office) == [ClientLetterState.GIVEN_UP]
    assert [kind for kind, _, _ in told(office)] == [NoticeKind.CLIENT_LETTER_RETURNED]


def test_without_a_mail_server_a_letter_is_kept_and_says_so(office: Office, services: Services) -> None:
    deal = deal_with_a_contact(office)
    letter_id = write(office, deal)
    use(replace(services, settings=replace(services.settings, smtp_url=None), mailer=ConsoleMailer()))
    sweep()
    assert states(office) == [ClientLetterState.UNSENT]
    use(services)
    office.do("olena", send_client_letter_again, deal.id, letter_id)
    sweep()
    assert states(office) == [ClientLetterState.SENT]


def test_a_letter_whose_file_is_erased_stays_and_its_writer_says_that_it_goes_without(
    office: Office, post_office: PostOffice, services: Services
) -> None:
    """It left without its file, and nobody was told."""
    with office.database.write() as session:
        session.get_one(Person, office.company.olena.id).locale = "en"
    deal = deal_with_a_contact(office)
    ids = [file_of(office, deal, f"{name}.pdf", pdf(name)) for name in ("offer", "terms")]
    letter_id = write(office, deal, file_ids=tuple(ids))
    office.do("admin", erase_file, ids[0], "лист № 7")
    sweep()
    sweep()
    assert (post_office.letters, states(office)) == ([], [ClientLetterState.INCOMPLETE])
    assert [(kind, person_id) for kind, person_id, _ in told(office)] == [
        (NoticeKind.CLIENT_LETTER_RETURNED, office.company.olena.id)
    ]
    tell_people()
    sweep()
    (notice,) = post_office.letters
    body = notice.get_body(("plain",))
    assert body is not None
    assert notice["Subject"].startswith("A letter has not left")
    assert "was erased before the letter left" in body.get_content().replace("\n", " ")
    office.do("olena", send_client_letter_again, deal.id, letter_id)
    sweep()
    (letter,) = letters_in(office)
    assert (letter.state, letter.file_ids) == (ClientLetterState.SENT, [ids[1]])
    assert letter.left_out == [{"name": "", "problem": "file_erased"}]
    assert [one.get_filename() for one in post_office.letters[1].iter_attachments()] == ["terms.pdf"]
    with office.database.read() as session:
        kinds = [one.kind for one in session.query(HistoryEvent).order_by(HistoryEvent.id) if "letter" in one.kind]
    assert kinds == [
        "client_letter_written",
        "client_letter_held_back",
        "client_letter_sent_again",
        "client_letter_sent",
    ]


def test_a_file_whose_content_is_gone_does_not_leave_as_a_part_of_it(office: Office, post_office: PostOffice) -> None:
    deal = deal_with_a_contact(office)
    write(office, deal, file_ids=(file_of(office, deal, "offer.pdf", OFFER),))
    with office.database.write() as session:  # as upkeep finds it that erases while the letter is read
        session.query(StoredPiece).delete()
    sweep()
    assert (post_office.letters, states(office)) == ([], [ClientLetterState.INCOMPLETE])
    office.do("olena", send_client_letter_again, deal.id, letters_in(office)[0].id)
    sweep()
    assert ([list(one.iter_attachments()) for one in post_office.letters], states(office)) == (
        [[]],
        [ClientLetterState.SENT],
    )


def test_history_says_for_whom_a_server_has_taken_a_letter(office: Office, post_office: PostOffice) -> None:
    write(office, deal_with_a_contact(office), to=(CLIENT, "boss@client.example.com"))
    post_office.answers_by_receiver = {"boss@client.example.com": "550 no such user"}
    sweep()
    with office.database.read() as session:
        event = session.query(HistoryEvent).filter_by(kind="client_letter_sent").one()
        assert (event.data["to"], event.actor_id) == ([CLIENT], None)


def test_who_wrote_a_letter_that_came_back_is_written_to(office: Office, post_office: PostOffice) -> None:
    with office.database.write() as session:
        session.get_one(Person, office.company.olena.id).locale = "en"
    deal = deal_with_a_contact(office)
    write(office, deal)
    post_office.answer_to_receiver = "550 no such user"
    sweep()
    post_office.answer_to_receiver = "250 OK"
    tell_people()
    sweep()
    (letter,) = [one for one in post_office.letters if one["Subject"].startswith("A letter did not arrive")]
    body = letter.get_body(("plain",))
    assert body is not None
    assert f"https://sales.example.com/deals/{deal.id}/letters" in body.get_content()
