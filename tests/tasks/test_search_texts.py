from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete
from support.client_mail import deal_with_a_contact, take_answer, write
from support.office import Office

from engine.commands.clients import ContactDraft, add_contact, update_client
from engine.commands.deals import comment_on_deal, update_deal
from engine.commands.erasure import ErasureRequest, erase_client, erase_written
from engine.commands.search_texts import (
    MISSED_TEXTS,
    SEARCH_TEXTS,
    deals_with_missed,
    find_deal_anew,
    find_missed,
    outdated_texts,
)
from engine.db.job import Job, JobState
from engine.db.outbox import enqueue
from engine.model.deal import Deal
from engine.model.work_item import WorkItem
from engine.model.written_text import WrittenText
from engine.queries.search import SearchResults, search
from tasks import search_texts
from tasks.jobs import sweep
from tasks.turns import JOB_TURN

pytestmark = pytest.mark.usefixtures("services")


def found(office: Office, login: str, q: str) -> SearchResults:
    with office.database.read() as session:
        return search(session, office.actor(login), q, now=office.clock.now())


def counts(office: Office, login: str, q: str) -> tuple[int, int, int]:
    results = found(office, login, q)
    return len(results.deals), len(results.steps), len(results.clients)


def test_a_renamed_client_is_found_with_its_deals_and_steps_by_the_new_name_alone(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", update_client, deal.client_id, {"name": "ПрАТ «Ясень»", "edrpou": "12345678"})
    sweep()
    for q, deals in (("ясень", (1, 1, 1)), ("12345678", (1, 0, 1)), ("ясень насос", (1, 1, 0))):
        assert counts(office, "olena", q) == deals
    assert counts(office, "olena", "промінь") == (0, 0, 0)
    assert counts(office, "bohdan", "ясень") == (1, 1, 1)
    assert counts(office, "danylo", "ясень") == (0, 0, 0), "what a stranger may not see is not found"


def test_many_deals_are_done_page_by_page_and_other_clients_deals_are_left(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_texts, "_LOOKED_AT_ONCE", 2)
    first = office.open_deal()
    for number in range(4):
        office.open_deal(title=f"Ще {number}", client_id=first.client_id, client=None)
    office.open_deal(title="Чужа")
    office.do("olena", update_client, first.client_id, {"name": "ПрАТ «Ясень»"})
    with office.database.read() as session:
        assert len(outdated_texts(session, first.client_id, 0, limit=100)[0]) == 5
        versions = [item.version for item in session.query(WorkItem).order_by(WorkItem.id)]
    sweep()
    assert counts(office, "olena", "ясень") == (5, 5, 1)
    with office.database.read() as session:
        assert outdated_texts(session, None, 0, limit=100)[0] == []
        assert [item.version for item in session.query(WorkItem).order_by(WorkItem.id)] == versions
        assert {job.state for job in session.query(Job).filter_by(kind=SEARCH_TEXTS)} == {JobState.DONE}


def test_what_does_not_fit_into_one_turn_goes_on_in_another_job(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_texts, "_LOOKED_AT_ONCE", 1)
    first = office.open_deal()
    office.open_deal(title="Ще", client_id=first.client_id, client=None)
    office.do("olena", update_client, first.client_id, {"name": "ПрАТ «Ясень»"})
    anew = find_deal_anew

    def slowly(*arguments: object) -> None:
        anew(*arguments)  # type: ignore[arg-type]
        office.clock.advance(JOB_TURN)

    monkeypatch.setattr(search_texts, "find_deal_anew", slowly)
    sweep()
    assert counts(office, "olena", "ясень")[0] == 1
    sweep()
    assert counts(office, "olena", "ясень")[0] == 2


def test_a_renamed_deal_is_found_with_its_steps_at_once(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", update_deal, deal.id, {"title": "Турбіни"})
    assert counts(office, "olena", "турбіни") == (1, 1, 0)


def test_what_is_not_in_the_texts_of_deals_looks_at_none(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", update_client, deal.client_id, {"phone": "0671234567"})
    office.do("olena", add_contact, deal.client_id, ContactDraft("Марія"))
    with office.database.read() as session:
        assert session.query(Job).filter_by(kind=SEARCH_TEXTS).count() == 0
        assert session.query(Deal).count() == 1


def missed(office: Office, **behind: int) -> None:
    """As after an upgrade, during which the version before wrote on."""
    with office.database.write() as session:
        session.execute(delete(WrittenText))
    look_again(office, **behind)


def look_again(office: Office, **behind: int) -> None:
    payload = {"letters_after": 0, "entries_after": 0, "after": 0} | behind
    with office.database.write() as session:
        enqueue(session, MISSED_TEXTS, payload, at=office.clock.now())


def texts(office: Office, login: str, q: str) -> list[tuple[int | None, int | None]]:
    return [(one.letter_id, one.number) for one in found(office, login, q).texts]


def test_letters_and_comments_that_the_version_before_wrote_are_found_once_and_not_what_was_erased(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_texts, "_LOOKED_AT_ONCE", 1)
    deal, other = deal_with_a_contact(office), office.open_deal(title="Інша")
    take_answer(office, write(office, deal, text="Про кран"), "Кран потрібен")
    for one, said in ((deal, "кран!"), (deal, "кран, стерте"), (other, "кран @taras")):
        office.do("olena", comment_on_deal, one.id, said)
    office.complete("olena", "prepare", values={"discount": "5"}, comment="без крана", deal=deal)
    (erased,) = [number for _, number in texts(office, "olena", "стерте")]
    office.do("admin", erase_written, deal.id, erased, "лист № 1")
    expected = texts(office, "olena", "кран")
    assert len(expected) == 5
    missed(office)
    assert texts(office, "olena", "кран") == []
    sweep()
    assert sorted(texts(office, "olena", "кран"), key=str) == sorted(expected, key=str)
    assert len(texts(office, "olena", "тарас")) == 1, "a mention is found by the name"
    assert texts(office, "danylo", "кран") == [], "what a stranger may not see is not found"
    with office.database.read() as session:
        assert deals_with_missed(session, 0, 0, 0, limit=9) == []
        count = session.query(WrittenText).count()
    look_again(office)
    sweep()
    with office.database.read() as session:
        assert session.query(WrittenText).count() == count
    office.do("admin", erase_client, deal.client_id, ErasureRequest("лист № 7"))
    missed(office)
    sweep()
    assert {letter_id for letter_id, _ in texts(office, "admin", "кран")} <= {None}


def test_only_what_was_written_behind_the_upgrade_is_looked_at(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", comment_on_deal, deal.id, "кран")
    missed(office, entries_after=1_000)
    sweep()
    assert texts(office, "olena", "кран") == []


def test_missed_texts_that_do_not_fit_into_one_turn_are_found_by_another_job(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_texts, "_LOOKED_AT_ONCE", 1)
    for title in ("Перша", "Друга"):
        office.do("olena", comment_on_deal, office.open_deal(title=title).id, "кран")

    def slowly(*arguments: Any) -> None:
        find_missed(*arguments)
        office.clock.advance(JOB_TURN)

    monkeypatch.setattr(search_texts, "find_missed", slowly)
    missed(office)
    sweep()
    assert len(texts(office, "olena", "кран")) == 1
    sweep()
    assert len(texts(office, "olena", "кран")) == 2
