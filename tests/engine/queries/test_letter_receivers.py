"""Whom a letter can go to by the client's card, however many contacts that has; and the files that can go with it."""

from __future__ import annotations

from support.client_mail import CLIENT, deal_with_a_contact, file_of, take_answer, write
from support.files import pdf
from support.large_clients import add_contacts, add_files_like, contact_address, contact_name, file_name
from support.office import Office

from engine.commands.clients import ContactDraft, add_contact, update_client
from engine.queries.client_letters import letter_desk
from engine.queries.deal_files import latest_files
from engine.queries.letter_receivers import found_receivers, likely_receivers, named_receivers

OWN = "office@client.example.com"


def test_receivers_are_offered_found_and_named(office: Office) -> None:
    deal = deal_with_a_contact(office)
    office.do("olena", update_client, deal.client_id, {"email": OWN})
    office.do("olena", add_contact, deal.client_id, ContactDraft("Яна Друга", email=CLIENT.upper()))
    add_contacts(office.database, deal.client_id, 30)
    take_answer(office, write(office, deal, to=(contact_address(20),)), sender=contact_address(25).upper())
    with office.database.read() as session:
        desk = letter_desk(session, office.actor("olena"), deal.id)
        likely = likely_receivers(session, desk, limit=4)
        assert [one.address for one in likely.receivers] == [*map(contact_address, (25, 20, 0)), OWN]
        assert likely.is_cut
        assert [one.name for one in likely_receivers(session, desk, limit=100).receivers] == [
            *map(contact_name, (25, 20)),
            *(contact_name(number) for number in range(30) if number not in {20, 25}),
            "Марія Іваненко",  # of two who have one address, the first by name
            "ТОВ «Промінь»",
        ]
        found = found_receivers(session, desk, "контакт 001", limit=3)
        assert ([one.address for one in found.receivers], found.is_cut) == (
            [contact_address(number) for number in (1, 10, 11)],
            True,
        )
        assert [one.address for one in found_receivers(session, desk, "промінь", limit=3).receivers] == [OWN]
        assert not found_receivers(session, desk, "100%", limit=3).receivers
        named = named_receivers(session, desk, [OWN.upper(), "nobody@other.example.com", CLIENT])
        assert [(one.address, one.name) for one in named] == [(OWN, "ТОВ «Промінь»"), (CLIENT, "Марія Іваненко")]


def test_the_latest_version_of_each_file_is_found_by_its_name(office: Office) -> None:
    deal = deal_with_a_contact(office)
    first = file_of(office, deal, "offer.pdf", pdf("an offer"))
    ids = add_files_like(office.database, first, 5)
    newer = file_of(office, deal, file_name(1), pdf("a newer estimate"))
    with office.database.read() as session:
        whole = latest_files(session, deal.id, limit=10)
        assert ([one.id for one in whole.files], whole.is_cut) == (
            [newer, ids[4], ids[3], ids[2], ids[0], first],
            False,
        )
        cut = latest_files(session, deal.id, "КОШТОРИС", limit=2)
        assert ([one.id for one in cut.files], cut.is_cut) == ([newer, ids[4]], True)
        assert [one.name for one in latest_files(session, deal.id, "offer", limit=2).files] == ["offer.pdf"]
