"""What a letter costs the database, and what a worker leaves that is killed between any two of its transactions."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session
from support.client_mail import deal_with_a_contact, file_of, letters_in, write
from support.files import pdf
from support.office import Office
from support.post_office import PostOffice
from support.wire import Said, Wire

from engine.adapters.mail import Letter as LeavingLetter
from engine.adapters.mail import MailFailed, MailRefused, mailer_for
from engine.adapters.webhook_calls import ConsoleWebhookCaller
from engine.clock import SettableClock
from engine.commands.client_letters import send_client_letter_again
from engine.commands.erasure import ErasureRequest, erase_contact
from engine.commands.file_erasure import erase_file
from engine.commands.password_links import send_password_link
from engine.commands.people import update_person
from engine.commands.staff_erasure import erase_employee
from engine.commands.tokens import create_token
from engine.db.job import Job, JobState
from engine.db.outbox import LEASE
from engine.db.session import Database
from engine.errors import DomainError
from engine.model.client import Contact
from engine.model.client_letter import ClientLetterState
from engine.model.deal import Deal
from engine.model.letter import Letter, LetterState, MailLink
from engine.settings import settings_from
from tasks.jobs import run_job, sweep
from tasks.notices import tell_people
from tasks.services import Services, use

MOMENT = timedelta(seconds=1)


def asked(office: Office) -> str:
    """Iryna is asked for her approval; the job of the letter, which carries a link."""
    office.open_deal()
    office.prepare()
    tell_people()
    with office.database.read() as session:
        wanted = select(Letter.job_id).where(Letter.person_id == office.company.iryna.id)
        return session.scalars(wanted).one()


def job_of(office: Office, job_id: str) -> Job:
    with office.database.read() as session:
        return session.get_one(Job, job_id)


def only_job(office: Office) -> str:
    with office.database.read() as session:
        return session.scalars(select(Job.id).where(Job.state == JobState.QUEUED)).one()


def links(office: Office) -> int:
    with office.database.read() as session:
        return session.scalars(select(func.count()).select_from(MailLink)).one()


class Transactions:
    """Counts all transactions of a database, and those that write."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.all = self.writing = 0
        self._write = Database.write
        event.listen(database.engine, "begin", self._begun)

        def write(database: Database) -> AbstractContextManager[Session]:
            return self._writing(database)

        monkeypatch.setattr(Database, "write", write)

    def _begun(self, *_: object) -> None:
        self.all += 1

    @contextmanager
    def _writing(self, database: Database) -> Iterator[Session]:
        self.writing += 1
        with self._write(database) as session:
            yield session

    def of(self, work: Callable[[], object]) -> tuple[int, int]:
        before = self.all, self.writing
        work()
        return self.all - before[0], self.writing - before[1]


@pytest.fixture
def transactions(office: Office, monkeypatch: pytest.MonkeyPatch) -> Transactions:
    return Transactions(office.database, monkeypatch)


@pytest.mark.usefixtures("services")
def test_a_letter_is_read_claimed_and_ended_in_a_transaction_each(
    office: Office, post_office: PostOffice, transactions: Transactions
) -> None:
    job_id = asked(office)
    assert transactions.of(lambda: run_job(job_id)) == (3, 2)
    assert post_office.receivers == ["iryna@example.com"]
    assert transactions.of(lambda: run_job(job_id)) == (1, 0), "a second hint looks, and writes nothing"


@pytest.mark.usefixtures("services")
def test_a_letter_that_is_over_is_ended_with_its_claim(office: Office, transactions: Transactions) -> None:
    job_id = asked(office)
    office.complete("iryna", "legal", "approved")
    assert transactions.of(lambda: run_job(job_id)) == (2, 1)
    assert job_of(office, job_id).state is JobState.DONE


@pytest.mark.usefixtures("services")
def test_a_letter_that_fails_costs_no_more_than_one_that_leaves(
    office: Office, post_office: PostOffice, transactions: Transactions
) -> None:
    job_id = asked(office)
    post_office.answer = "451 later, please"
    assert transactions.of(lambda: run_job(job_id)) == (3, 2)
    job = job_of(office, job_id)
    assert (job.state, job.attempts, job.lease_until) == (JobState.QUEUED, 1, None)
    with office.database.read() as session:
        letter = session.scalars(select(Letter).where(Letter.job_id == job_id)).one()
    assert "later, please" in letter.last_error


@pytest.mark.usefixtures("services")
def test_a_letter_to_a_client_reads_its_files_besides(
    office: Office, post_office: PostOffice, transactions: Transactions
) -> None:
    deal = deal_with_a_contact(office)
    write(office, deal)
    plain = only_job(office)
    assert transactions.of(lambda: run_job(plain)) == (3, 2)
    write(office, deal, file_ids=(file_of(office, deal, "Пропозиція.pdf", pdf("an offer")),))
    with_a_file = only_job(office)
    looks_for_pieces = 2  # the one that there is, and that there is no other
    assert transactions.of(lambda: run_job(with_a_file)) == (3 + looks_for_pieces, 2)
    assert len(post_office.letters) == 2


@pytest.mark.usefixtures("services")
def test_a_letter_with_a_link_for_the_password_is_no_dearer(
    office: Office, post_office: PostOffice, transactions: Transactions
) -> None:
    office.do("admin", send_password_link, office.company.olena.id)
    job_id = only_job(office)
    assert transactions.of(lambda: run_job(job_id)) == (3, 2)
    assert post_office.receivers == ["olena@example.com"]


@pytest.mark.postgres
@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_claim_and_end_of_a_letter_are_one_trip_each(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = asked(office)
    office.database.dispose()  # only new connections are traced
    wire, write, heard = Wire(office.database, tmp_path / "wire"), Database.write, list[Said]()

    @contextmanager
    def listening(database: Database) -> Iterator[Session]:
        with wire.heard() as said, write(database) as session:
            yield session
        heard.extend(said)

    monkeypatch.setattr(Database, "write", listening)
    run_job(job_id)
    office.database.dispose()
    wire.close()
    # Begin, letter, claim, link, commit; begin, letter, job, commit. What is said first is also prepared.
    assert [(one.trips, one.statements) for one in heard] == [(1, 5), (1, 4)]


@pytest.mark.usefixtures("services")
def test_the_claim_and_the_links_are_durable_before_the_mail_server_is_spoken_to(
    office: Office, services: Services
) -> None:
    job_id = asked(office)
    seen: list[tuple[int, datetime | None, int]] = []

    class Mailer:
        def send(self, letter: LeavingLetter) -> Mapping[str, str]:
            job = job_of(office, job_id)
            assert letter.text
            seen.append((job.attempts, job.lease_until, links(office)))
            run_job(job_id)  # the hint of another worker
            return {}

    use(replace(services, mailer=Mailer()))
    run_job(job_id)
    assert seen == [(1, office.clock.now() + LEASE, 1)]


@pytest.mark.usefixtures("services")
def test_what_was_written_for_a_claim_that_was_lost_is_not_kept(
    office: Office, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers read the same free job; the second finds it taken, and no link of its letter stays behind."""
    job_id = asked(office)
    write, passed = Database.write, list[str]()

    @contextmanager
    def later(database: Database) -> Iterator[Session]:
        if not passed:
            passed.append("the other worker was faster")
            run_job(job_id)
        with write(database) as session:
            yield session

    monkeypatch.setattr(Database, "write", later)
    run_job(job_id)
    assert passed
    assert (len(post_office.letters), links(office), job_of(office, job_id).attempts) == (1, 1, 1)


@contextmanager
def before_the_claim(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> Iterator[None]:
    """Somebody acts between the reading of a letter and its claim."""
    write, passed = Database.write, list[str]()

    @contextmanager
    def later(database: Database) -> Iterator[Session]:
        if not passed:
            passed.append("somebody acts")
            act()
        with write(database) as session:
            yield session

    monkeypatch.setattr(Database, "write", later)
    yield
    monkeypatch.setattr(Database, "write", write)
    assert passed


@pytest.mark.usefixtures("services")
def test_who_loses_their_access_before_the_claim_does_not_get_the_letter(
    office: Office, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id, iryna = asked(office), office.company.iryna.id
    with before_the_claim(monkeypatch, lambda: office.do("admin", update_person, iryna, {"is_active": False})):
        run_job(job_id)
    assert (post_office.letters, links(office)) == ([], 0)
    run_job(job_id)
    assert (post_office.letters, job_of(office, job_id).state) == ([], JobState.DONE)


@pytest.mark.usefixtures("services")
def test_a_letter_goes_to_the_address_that_stands_there_with_the_claim(
    office: Office, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id, iryna = asked(office), office.company.iryna.id
    renewed = {"email": "iryna.new@example.com"}
    with before_the_claim(monkeypatch, lambda: office.do("admin", update_person, iryna, renewed)):
        run_job(job_id)
    assert post_office.letters == []
    run_job(job_id)
    assert post_office.receivers == ["iryna.new@example.com"]


@pytest.mark.usefixtures("services")
def test_who_loses_their_access_before_the_claim_is_not_told_of_it_or_of_a_token(
    office: Office, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    olena = office.company.olena.id
    office.do("olena", create_token, olena, "Імпорт")
    job_id = only_job(office)

    def leave() -> None:
        office.do("admin", update_person, olena, {"is_active": False})
        office.do("admin", erase_employee, olena, "лист № 1")

    with before_the_claim(monkeypatch, leave):
        run_job(job_id)
    assert (post_office.letters, job_of(office, job_id).state) == ([], JobState.DONE)


@pytest.mark.usefixtures("services")
def test_who_loses_their_access_before_the_claim_gets_no_link_for_a_password(
    office: Office, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    olena = office.company.olena.id
    office.do("admin", send_password_link, olena)
    job_id = only_job(office)
    with before_the_claim(monkeypatch, lambda: office.do("admin", update_person, olena, {"is_active": False})):
        run_job(job_id)
    assert (post_office.letters, job_of(office, job_id).state) == ([], JobState.DONE)


def erase_the_contact(office: Office, deal: Deal, _file_id: int) -> None:
    with office.database.read() as session:
        contact_id = session.scalars(select(Contact.id).where(Contact.client_id == deal.client_id)).one()
    office.do("admin", erase_contact, contact_id, ErasureRequest("лист № 12"))


def erase_the_file(office: Office, _deal: Deal, file_id: int) -> None:
    office.do("admin", erase_file, file_id, "лист № 7")


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize(
    ("erase", "becomes"),
    [(erase_the_contact, ClientLetterState.GIVEN_UP), (erase_the_file, ClientLetterState.INCOMPLETE)],
)
def test_what_is_erased_before_the_claim_does_not_leave(
    office: Office,
    post_office: PostOffice,
    monkeypatch: pytest.MonkeyPatch,
    erase: Callable[[Office, Deal, int], None],
    becomes: ClientLetterState,
) -> None:
    """A letter is read with its files before it is claimed: that takes its time, and left as it had been read."""
    deal = deal_with_a_contact(office)
    file_id = file_of(office, deal, "Пропозиція.pdf", pdf("an offer"))
    write(office, deal, file_ids=(file_id,))
    job_id = only_job(office)
    with before_the_claim(monkeypatch, lambda: erase(office, deal, file_id)):
        run_job(job_id)
    run_job(job_id)
    assert ([one.state for one in letters_in(office)], post_office.letters) == ([becomes], [])
    assert job_of(office, job_id).state is JobState.DONE


@pytest.mark.usefixtures("services")
def test_a_worker_that_was_thought_dead_does_not_let_the_next_one_s_letter_go_twice(
    office: Office, services: Services
) -> None:
    """It fails long after its lease: the one who has the job now goes on, and nobody begins a third time."""
    job_id = asked(office)
    tries: list[int] = []

    class Mailer:
        def send(self, letter: LeavingLetter) -> Mapping[str, str]:
            tries.append(len(tries) + 1)
            if len(tries) == 1:
                office.clock.advance(LEASE + MOMENT)
                run_job(job_id)
                raise ConnectionResetError
            if len(tries) == 2:
                held = job_of(office, job_id)
                assert (held.attempts, held.lease_until) == (2, office.clock.now() + LEASE)
            return {letter.to: ""}

    use(replace(services, mailer=Mailer()))
    run_job(job_id)
    assert tries == [1, 2]
    job = job_of(office, job_id)
    assert (job.state, job.attempts, job.last_error) == (JobState.DONE, 2, "")


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("failure", [MailRefused, MailFailed])
def test_a_letter_that_has_left_is_not_said_to_have_failed_by_a_worker_that_was_thought_dead(
    office: Office, services: Services, failure: type[DomainError]
) -> None:
    job_id = asked(office)
    tries: list[str] = []

    class Mailer:
        def send(self, letter: LeavingLetter) -> Mapping[str, str]:
            tries.append(letter.key)
            if len(tries) == 1:
                office.clock.advance(LEASE + MOMENT)
                run_job(job_id)
                raise failure(host="mail.example.com", answer="no such user")
            return {}

    use(replace(services, mailer=Mailer()))
    run_job(job_id)
    assert len(tries) == 2
    with office.database.read() as session:
        letter = session.scalars(select(Letter).where(Letter.job_id == job_id)).one()
    assert (letter.state, letter.last_error) == (LetterState.SENT, "")


@pytest.mark.usefixtures("services")
def test_a_letter_that_cannot_even_be_read_is_not_tried_with_every_round(
    office: Office, monkeypatch: pytest.MonkeyPatch, post_office: PostOffice
) -> None:
    job_id = asked(office)

    def broken(*_: object, **__: object) -> None:
        raise LookupError("a map that is gone")

    monkeypatch.setattr("tasks.notices.letter_view", broken)
    run_job(job_id)
    run_job(job_id)
    job = job_of(office, job_id)
    assert (job.state, job.attempts, job.lease_until) == (JobState.QUEUED, 1, None)
    assert "a map that is gone" in job.last_error
    assert post_office.letters == []


@pytest.mark.usefixtures("services")
def test_what_came_of_a_letter_cannot_be_kept_and_it_is_still_tried_less_and_less(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = asked(office)

    def broken(*_: object, **__: object) -> None:
        raise LookupError("no such letter")

    monkeypatch.setattr("tasks.notices.letter_left", broken)
    run_job(job_id)
    job = job_of(office, job_id)
    assert (job.state, job.attempts, job.lease_until) == (JobState.QUEUED, 1, None)
    assert "no such letter" in job.last_error


@pytest.mark.usefixtures("services")
def test_a_letter_that_is_sent_again_while_its_first_job_is_under_way_leaves_once(
    office: Office, services: Services
) -> None:
    deal = deal_with_a_contact(office)
    letter_id = write(office, deal)
    job_id, sent = only_job(office), []

    class Mailer:
        def send(self, letter: LeavingLetter) -> Mapping[str, str]:
            sent.append(letter.key)
            office.do("olena", send_client_letter_again, deal.id, letter_id)
            return {}

    use(replace(services, mailer=Mailer()))
    run_job(job_id)
    sweep()
    assert len(sent) == 1
    assert [one.state for one in letters_in(office)] == [ClientLetterState.SENT]


DEATHS = {
    # where it dies: how many letters there are then, and how many in the end
    "in the claim": (0, 1),
    "behind the claim": (0, 1),
    "in the end": (1, 2),
    "behind the end": (1, 1),
}


class MortalDatabase(Database):
    """Its process is ended, as ``kill -9`` does, at one moment of its transactions that write."""

    def __init__(self, url: str, death: str) -> None:
        super().__init__(url)
        self._death, self._writes = death, iter(("claim", "end"))

    @contextmanager
    def write(self) -> Iterator[Session]:
        name = next(self._writes)
        with super().write() as session:
            yield session
            session.flush()
            self._dies(f"in the {name}")
        self._dies(f"behind the {name}")

    def _dies(self, moment: str) -> None:
        if moment == self._death:
            os.kill(os.getpid(), signal.SIGKILL)


def mortal_worker(database_url: str, smtp_url: str, job_id: str, at: datetime, death: str) -> None:
    use(
        Services(
            settings=replace(settings_from({}), smtp_url=smtp_url, base_url="https://sales.example.com"),
            database=MortalDatabase(database_url, death),
            clock=SettableClock(at),
            mailer=mailer_for(smtp_url),
            webhooks=ConsoleWebhookCaller(),
        )
    )
    run_job(job_id)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # it is how a worker makes its processes
@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("death", DEATHS)
def test_a_worker_killed_between_any_two_transactions_loses_no_letter_and_doubles_none_that_it_knows_of(
    office: Office, post_office: PostOffice, database_url: str, death: str
) -> None:
    """Only where the server took it and nobody could note so it leaves again, with the id by which it is one letter."""
    job_id = asked(office)
    told = database_url, post_office.url, job_id, office.clock.now(), death
    worker = multiprocessing.get_context("fork").Process(target=mortal_worker, args=told)
    worker.start()
    worker.join(60)
    assert worker.exitcode == -signal.SIGKILL
    at_first, in_the_end = DEATHS[death]
    assert len(post_office.letters) == at_first
    held = job_of(office, job_id)
    if death == "in the claim":
        assert (held.attempts, held.lease_until, links(office)) == (0, None, 0)
    elif death != "behind the end":
        assert (held.state, held.attempts) == (JobState.QUEUED, 1)
        run_job(job_id)
        assert len(post_office.letters) == at_first, "its lease is not over"
    office.clock.advance(LEASE + MOMENT)
    for _ in range(2):
        run_job(job_id)
    assert len(post_office.letters) == in_the_end
    assert len({letter["Message-ID"] for letter in post_office.letters}) == 1
    with office.database.read() as session:
        letter = session.scalars(select(Letter).where(Letter.job_id == job_id)).one()
    assert (letter.state, job_of(office, job_id).state) == (LetterState.SENT, JobState.DONE)
