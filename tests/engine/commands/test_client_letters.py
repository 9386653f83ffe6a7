"""Letters to the client: who may write, what is refused, that a double click is one letter, what history says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.client_mail import CLIENT, deal_with_a_contact, file_of, letters_in, write
from support.files import pdf
from support.office import Office
from support.personal_traces import ensure_whole, named_in

from engine.adapters.received_letters import ReceivedLetter
from engine.adapters.received_mail import ReceivedMessage
from engine.commands.client_answers import BroughtLetter, take_client_answer
from engine.commands.client_letters import MOST_ATTACHED, LetterDraft, LetterNotYours, write_to_client
from engine.commands.erasure import ErasureRequest, erase_client, erase_contact
from engine.commands.idempotency import KeyReused
from engine.errors import InvalidInput, NotFound
from engine.model.client import Contact
from engine.model.deal import Deal
from engine.model.deal_file import DealFile
from engine.model.history_event import HistoryEvent
from engine.model.person import Person
from engine.policy.file_limits import FileLimits
from engine.policy.letter_addresses import sendable_address
from engine.policy.personal_texts import ERASED
from engine.queries.client_letters import leaving_letter

on_both = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
"""Where rows are locked, or values are compared in their own type."""


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test alone: on SQLite, unless the test says otherwise."""
    return str(request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_database_url"))


@on_both
def test_a_double_click_is_one_letter_and_another_letter_under_its_key_is_refused(office: Office) -> None:
    deal = deal_with_a_contact(office)
    first = write(office, deal, command_id="key")
    assert write(office, deal, command_id="key") == first
    assert len(letters_in(office)) == 1
    with pytest.raises(KeyReused):
        write(office, deal, command_id="key", subject="Інший")


def test_history_says_to_whom_and_of_what_but_not_what_was_written(office: Office) -> None:
    deal = deal_with_a_contact(office)
    write(office, deal, file_ids=(file_of(office, deal, "offer.pdf", pdf("an offer")),))
    with office.database.read() as session:
        event = session.query(HistoryEvent).filter_by(kind="client_letter_written").one()
        assert (event.deal_id, event.actor_id) == (deal.id, office.company.olena.id)
        assert (event.data["to"], event.data["subject"]) == ([CLIENT], "Пропозиція")
        assert [one["name"] for one in event.data["files"]] == ["offer.pdf"]
        assert "Надсилаю" not in str(event.data)
        assert event.salt  # address and subject can be erased from under the hash


def test_the_receivers_are_named_as_the_card_knows_them(office: Office) -> None:
    write(office, deal_with_a_contact(office), to=(CLIENT.upper(), "other@example.com"))
    (letter,) = letters_in(office)
    assert letter.receivers == [
        {"address": "MARIA@client.example.com", "name": "Марія Іваненко"},
        {"address": "other@example.com", "name": ""},
    ]


WRONG: tuple[tuple[dict[str, Any], set[str]], ...] = (
    ({"to": ()}, {"to"}),
    ({"to": ("maria@",)}, {"to"}),
    ({"to": ("a@example.com\r\nBcc: b@example.com",)}, {"to"}),
    ({"to": tuple(f"a{number}@example.com" for number in range(11))}, {"to"}),
    ({"subject": " ", "text": "\u200b"}, {"subject", "text"}),
    ({"subject": "a" * 201}, {"subject"}),
    ({"text": "a" * 20_001}, {"text"}),
    ({"file_ids": (999,)}, {"files"}),
    ({"answers_id": 999}, {"answers_id"}),
)


def test_what_cannot_leave_is_refused_at_its_field(office: Office) -> None:
    deal = deal_with_a_contact(office)
    for values, wrong in WRONG:
        with pytest.raises(InvalidInput) as refused:
            write(office, deal, **values)
        assert set(refused.value.errors) == wrong
    assert letters_in(office) == []


def test_files_of_other_deals_and_too_large_ones_do_not_leave(office: Office) -> None:
    deal, other = deal_with_a_contact(office), office.open_deal("olena")
    foreign = file_of(office, other, "foreign.pdf", pdf("foreign"))
    large = file_of(office, deal, "large.pdf", pdf("large"))
    with office.database.write() as session:
        session.get_one(DealFile, large).size = MOST_ATTACHED + 1
    for file_id in (foreign, large):
        with pytest.raises(InvalidInput) as refused:
            write(office, deal, file_ids=(file_id,))
        assert set(refused.value.errors) == {"files"}


def test_the_owner_and_a_head_write_and_others_do_not(office: Office) -> None:
    deal = deal_with_a_contact(office)
    write(office, deal, "bohdan")
    for login in ("admin", "owner"):
        with pytest.raises(LetterNotYours):
            write(office, deal, login)
    with pytest.raises(NotFound):
        office.do("danylo", write_to_client, deal.id, LetterDraft((CLIENT,), "a", "b"))
    with office.database.read() as session:
        people = {one.id: one.login for one in session.query(Person)}
    assert [people[one.person_id or 0] for one in letters_in(office)] == ["bohdan"]


def talk(office: Office) -> tuple[Deal, int]:
    """A deal with a letter to Марія, her answer, and one to somebody else; the id of her contact."""
    deal = deal_with_a_contact(office)
    answered = write(office, deal, subject="Зустріч", text="Зустріч про ваше здоров’я")
    message = ReceivedMessage("m", "<m@client.example.com>", CLIENT, (), is_automatic=False, failure="", text="")
    said = ReceivedLetter("Марія", "Re: Зустріч", "Лікар каже мені відпочити", "> цитата", (), ())
    with office.database.write() as session:
        take_client_answer(session, message, BroughtLetter(said), answered, limits=FileLimits(), clock=office.clock)
    write(office, deal, to=("other@example.com",), subject="Інше", text="Про насоси")
    write(office, deal, to=("other@example.com",), subject="Інше", text=f"Пишіть на {CLIENT}")
    with office.database.read() as session:
        return deal, session.query(Contact).one().id


@on_both
def test_with_a_contact_the_letters_to_and_from_them_are_erased(office: Office, tmp_path: Path) -> None:
    deal, contact_id = talk(office)
    ensure_whole(office, deal, tmp_path)
    office.do("admin", erase_contact, contact_id, ErasureRequest("лист № 7"))
    assert named_in(office, CLIENT, "client.example.com", "іваненко", "здоров", "лікар") == []
    letters = letters_in(office)
    assert [one.text for one in letters] == [ERASED, ERASED, "Про насоси", ERASED]
    assert letters[0].key is None  # a later answer to it comes nowhere
    assert letters[2].receivers == [{"address": "other@example.com", "name": ""}]
    ensure_whole(office, deal, tmp_path)
    with office.database.read() as session:
        assert leaving_letter(session, letters[0].id) is None
        assert leaving_letter(session, letters[2].id) is not None


@on_both
def test_with_the_client_all_letters_are_gone(office: Office, tmp_path: Path) -> None:
    deal, _ = talk(office)
    office.do("admin", erase_client, deal.client_id, ErasureRequest("лист № 7"))
    assert letters_in(office) == []
    assert named_in(office, CLIENT, "other@example.com", "здоров", "лікар", "про насоси", "зустріч") == []
    ensure_whole(office, deal, tmp_path)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" olena@Example.COM ", "olena@example.com"),
        ("Olena@example.com", "Olena@example.com"),
        ("info@пошта.укр", "info@xn--80a1acn3a.xn--j1amh"),
        ("олена@example.com", None),
        ("a..b@example.com", None),
        ("olena@localhost", None),
        ("olena@example..com", None),
        ("", None),
    ],
)
def test_an_address_is_one_that_servers_take(typed: str, address: str | None) -> None:
    assert sendable_address(typed) == address
