from __future__ import annotations

import pytest
from support.office import Office

from engine.commands.clients import ContactDraft, add_contact, update_client
from engine.commands.deals import update_deal
from engine.commands.search_texts import SEARCH_TEXTS, outdated_texts
from engine.db.job import Job, JobState
from engine.model.deal import Deal
from engine.model.work_item import WorkItem
from engine.queries.search import SearchResults, search
from tasks import search_texts
from tasks.jobs import sweep

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


def test_what_does_not_fit_into_one_lease_goes_on_in_another_job(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_texts, "_LOOKED_AT_ONCE", 1)
    first = office.open_deal()
    office.open_deal(title="Ще", client_id=first.client_id, client=None)
    office.do("olena", update_client, first.client_id, {"name": "ПрАТ «Ясень»"})
    anew = search_texts.find_deal_anew

    def slowly(*arguments: object) -> None:
        anew(*arguments)  # type: ignore[arg-type]
        office.clock.advance(search_texts._TIME)

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
