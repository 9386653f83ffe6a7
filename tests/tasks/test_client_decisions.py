"""Who changes a client's card is held up by no deal, and the deals that have decided by it are told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from support.card_maps import READS_SEGMENT, asked_of_state_clients
from support.merging import add, merge
from support.office import Office

from engine.commands.cancellations import cancel_deal, reopen_deal
from engine.commands.client_decisions import CLIENT_DECISIONS
from engine.commands.clients import update_client
from engine.commands.suspensions import suspend_deal
from engine.db.job import Job, JobState
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.notice import Notice, NoticeKind
from engine.policy.permissions import Actor
from tasks import client_decisions
from tasks.jobs import sweep

pytestmark = pytest.mark.usefixtures("services")

STATE = {"segment": "state"}


def behind_the_decision(office: Office, **more: Any) -> Deal:
    """A deal that has passed the lawyer by, since its client is none of the state's."""
    deal = office.open_deal(**more)
    office.complete("olena", "prepare", values={"discount": "5"}, deal=deal)
    assert [one.element_id for one in office.open_steps(deal)] == ["terms"]
    office.wait(minutes=1)
    return deal


def told(office: Office, deal: Deal) -> list[HistoryEvent]:
    return [one for one in office.history(deal) if one.kind == "approvals_spared"]


def notices(office: Office) -> list[tuple[int | None, int | None, str]]:
    with office.database.read() as session:
        rows = session.scalars(select(Notice).where(Notice.kind == NoticeKind.APPROVAL_SPARED).order_by(Notice.id))
        return [(one.person_id, one.deal_id, one.details["text"]) for one in rows]


def jobs(office: Office) -> list[JobState]:
    with office.database.read() as session:
        return list(session.scalars(select(Job.state).where(Job.kind == CLIENT_DECISIONS)))


def test_history_owner_and_head_hear_of_the_approval_that_the_deal_has_passed_by(office: Office) -> None:
    office.publish(asked_of_state_clients())
    deal = behind_the_decision(office)
    resting = behind_the_decision(office, client_id=deal.client_id, client=None)
    office.do("olena", suspend_deal, resting.id, "Канікули")
    ahead = office.open_deal(client_id=deal.client_id, client=None)
    office.do("taras", update_client, deal.client_id, STATE)
    sweep()
    sweep()
    for one in (deal, resting):
        (event,) = told(office, one)
        assert (event.data["steps"], event.data["fields"]) == ([READS_SEGMENT], ["client.segment"])
        assert event.actor_name == "Тарас Мельник"
    assert told(office, ahead) == []
    olena, bohdan = office.company.olena.id, office.company.bohdan.id
    assert sorted(notices(office)) == sorted(
        (person, one.id, READS_SEGMENT) for person in (olena, bohdan) for one in (deal, resting)
    )
    assert jobs(office) == [JobState.DONE]


def test_who_changed_the_card_is_not_told_but_their_head_is(office: Office) -> None:
    office.publish(asked_of_state_clients())
    deal = behind_the_decision(office)
    office.do("olena", update_client, deal.client_id, STATE)
    sweep()
    assert notices(office) == [(office.company.bohdan.id, deal.id, READS_SEGMENT)]


def test_what_no_decision_would_notice_is_told_nowhere(office: Office) -> None:
    office.publish(asked_of_state_clients())
    deal = behind_the_decision(office)
    for changes in ({"segment": "retail"}, {"phone": "0671234567"}, {"owner_id": office.company.taras.id}):
        office.do("olena", update_client, deal.client_id, changes)
        sweep()
    assert (told(office, deal), notices(office)) == ([], [])


def test_a_client_whose_deals_read_nothing_of_them_costs_no_job(office: Office) -> None:
    office.publish()
    deal = office.open_deal()
    office.do("olena", update_client, deal.client_id, STATE)
    assert jobs(office) == []


def test_a_job_that_is_done_again_tells_nobody_twice(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_decisions, "_LOOKED_AT_ONCE", 1)
    office.publish(asked_of_state_clients())
    deal = behind_the_decision(office)
    behind_the_decision(office, client_id=deal.client_id, client=None)
    office.do("taras", update_client, deal.client_id, STATE)
    sweep()
    with office.database.write() as session:
        job = session.scalars(select(Job).where(Job.kind == CLIENT_DECISIONS)).one()
        job.state, job.due_at = JobState.QUEUED, office.clock.now()
    sweep()
    assert (len(told(office, deal)), len(notices(office))) == (1, 4)


def test_a_step_of_one_deal_that_changes_the_card_is_told_to_the_others(office: Office) -> None:
    """The map of the one lets its step do it; the others know nothing of it."""
    office.publish(asked_of_state_clients(asks_segment=True))
    deal = behind_the_decision(office)
    other = behind_the_decision(office, client_id=deal.client_id, client=None)
    office.complete("olena", "terms", values={"client.segment": "state"}, deal=deal)
    sweep()
    assert (len(told(office, deal)), len(told(office, other))) == (0, 1)


def test_what_was_changed_while_the_deal_was_cancelled_is_told_when_it_is_opened_again(office: Office) -> None:
    office.publish(asked_of_state_clients())
    deal = behind_the_decision(office)
    office.do("olena", cancel_deal, deal.id, "Передумали")
    office.wait(minutes=1)
    office.do("olena", update_client, deal.client_id, STATE)
    sweep()
    assert told(office, deal) == []
    office.do("olena", reopen_deal, deal.id, "Ні, купують")
    assert len(told(office, deal)) == 1
    assert notices(office) == [(office.company.bohdan.id, deal.id, READS_SEGMENT)]


def test_deals_of_the_client_who_stays_are_told_what_a_merge_has_written_into_their_card(office: Office) -> None:
    office.publish(asked_of_state_clients())
    deal = behind_the_decision(office)
    state = add(office, "ДП «Водоканал»", segment="state")
    merge(office, deal.client_id, state, values={"segment": state})
    sweep()
    assert len(told(office, deal)) == 1
    assert notices(office) == [(office.company.olena.id, deal.id, READS_SEGMENT)]


def test_the_change_of_somebody_who_has_left_is_told_by_the_machinery(office: Office) -> None:
    office.publish(asked_of_state_clients())
    deal = behind_the_decision(office)
    office.do("taras", update_client, deal.client_id, STATE)
    with office.database.write() as session:
        session.merge(office.company.taras).is_active = False
    sweep()
    (event,) = told(office, deal)
    assert (event.actor_id, event.actor_name) == (Actor.system().recorded_id, "")
