"""What a return takes back out of parallel branches is over for everybody: programs, questions, failures, letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.at_once import at_once
from support.drawn_maps import bag, chain, element, flow
from support.founded_offices import FoundedOffices
from support.office import Office
from support.parallel_returns import around_approvals, parallel_returns, said_step

from engine.bpmn.compiled import CompiledProcess
from engine.commands.alike_retries import retry_alike
from engine.commands.approvals import StepTakenBack
from engine.commands.call_results import CallOver
from engine.commands.completions import complete_work_item
from engine.commands.consultations import answer_consultation, ask_about_work_item
from engine.commands.deals import update_deal
from engine.commands.external_jobs import Failure, complete_job, fail_job, fetch_jobs
from engine.commands.incident_retries import IncidentOver
from engine.commands.people import set_substitution
from engine.commands.variables import set_variables
from engine.errors import AlreadyCancelled, MapFailed
from engine.model.deal import Deal
from engine.model.incident import Incident, IncidentState
from engine.model.service_call import CallState, ServiceCall
from engine.queries.consultations import questions_to

RATING = {"connector": "job", "topic": "score", "result.rating": "rating"}


def rated_before_legal() -> CompiledProcess:
    """prepare → a program's rating, which decides, then legal, beside finance; both return to prepare → sign."""
    return around_approvals(
        element("serviceTask", "rate", "Оцінити", bag(**RATING)),
        element("exclusiveGateway", "good", "Добре?"),
        element("exclusiveGateway", "both"),
        said_step("check", "Перевірити", "=owner"),
        chain("split", "rate", "good"),
        flow("good", "both", condition="rating > 5"),
        flow("good", "check", condition="rating <= 5"),
        chain("check", "both", "legal"),
    )


def opened(office: Office) -> list[str]:
    return sorted(one.element_id for one in office.open_steps())


def fetched(office: Office) -> list[str]:
    return office.do("owner", fetch_jobs, ["score"], "w1", limit=10, lock_s=3600)


def answer(office: Office, job: str, **values: Any) -> None:
    complete_job(office.database, job, "w1", values, actor=office.actor("owner"), clock=office.clock)


def calls(office: Office) -> list[ServiceCall]:
    with office.database.read() as session:
        return list(session.scalars(select(ServiceCall).order_by(ServiceCall.opened_at, ServiceCall.id)))


def open_incidents(office: Office) -> list[Incident]:
    with office.database.read() as session:
        return list(session.scalars(select(Incident).where(Incident.state == IncidentState.OPEN)))


def at_rating(office: Office) -> Deal:
    office.publish(rated_before_legal())
    deal = office.open_deal()
    office.complete("olena", "prepare")
    return deal


def reworked(office: Office) -> None:
    """Finance returns the deal, and it is prepared anew."""
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    office.clock.advance(timedelta(minutes=1))
    assert opened(office) == ["prepare"]
    office.complete("olena", "prepare")


def test_an_answer_to_a_call_that_was_taken_back_counts_for_no_round(office: Office) -> None:
    deal = at_rating(office)
    (asked,) = fetched(office)
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    with pytest.raises(CallOver):
        answer(office, asked, rating=9)
    office.complete("olena", "prepare")
    with pytest.raises(CallOver):
        answer(office, asked, rating=9)
    assert opened(office) == ["finance"]
    assert "rating" not in office.deal(deal).fields
    (anew,) = fetched(office)
    answer(office, anew, rating=1)
    assert opened(office) == ["check", "finance"]


def test_a_call_that_was_given_up_in_a_branch_taken_back_is_tried_again_no_more(office: Office) -> None:
    at_rating(office)
    (asked,) = fetched(office)
    office.do("owner", fail_job, asked, "w1", Failure("Немає зв’язку", retries=0))
    (incident,) = open_incidents(office)
    reworked(office)
    assert open_incidents(office) == []
    with pytest.raises(IncidentOver):
        retry_alike(office.database, incident.id, actor=office.actor("admin"), clock=office.clock)
    assert sorted(one.state for one in calls(office)) == sorted([CallState.CANCELLED, CallState.WAITING])
    (anew,) = fetched(office)
    assert anew != asked


def test_an_answer_at_which_the_map_failed_is_not_taken_after_its_branch_was_taken_back(office: Office) -> None:
    deal = at_rating(office)
    (asked,) = fetched(office)
    with pytest.raises(MapFailed):
        answer(office, asked)
    (incident,) = open_incidents(office)
    reworked(office)
    assert open_incidents(office) == []
    with pytest.raises(IncidentOver):
        retry_alike(office.database, incident.id, actor=office.actor("admin"), clock=office.clock)
    (anew,) = fetched(office)
    answer(office, anew, rating=9)
    assert opened(office) == ["finance", "legal"]
    assert office.deal(deal).fields["rating"] == 9


def test_what_failed_alike_in_another_deal_is_still_tried_again(office: Office) -> None:
    at_rating(office)
    other = office.open_deal(title="Труби")
    office.complete("olena", "prepare")
    for job in fetched(office):
        office.do("owner", fail_job, job, "w1", Failure("Немає зв’язку", retries=0))
    left = next(one for one in open_incidents(office) if one.deal_id == other.id)
    first = next(one for one in office.open_steps() if one.element_id == "finance" and one.deal_id != other.id)
    office.complete("oksana", "finance", "returned", comment="Ні", work_item_id=first.id)
    assert [one.deal_id for one in open_incidents(office)] == [other.id]
    told = retry_alike(office.database, left.id, actor=office.actor("admin"), clock=office.clock)
    assert [one.incident_id for one in told.tried] == [left.id]
    assert {one.deal_id: one.state for one in calls(office)} == {
        first.deal_id: CallState.CANCELLED,
        other.id: CallState.WAITING,
    }


def test_a_variable_may_be_set_in_the_rework_and_the_program_is_asked_anew(office: Office) -> None:
    deal = at_rating(office)
    (asked,) = fetched(office)
    answer(office, asked, rating=9)
    office.complete("iryna", "legal", "approved")
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    office.do("admin", set_variables, deal.id, {"rating": "3"}, "Помилка програми")
    assert office.deal(deal).fields["rating"] == "3", "who approved in the branch taken back does not hold it"
    assert opened(office) == ["prepare"]
    office.complete("olena", "prepare")
    assert opened(office) == ["finance"]
    assert len(fetched(office)) == 1


def beside_each_other(office: Office) -> Deal:
    office.publish(parallel_returns())
    deal = office.open_deal()
    office.complete("olena", "prepare")
    return deal


def test_a_question_about_a_request_taken_back_waits_for_nobody(office: Office) -> None:
    beside_each_other(office)
    asked = office.do("iryna", ask_about_work_item, office.step("legal").id, office.company.bohdan.id, "Чи можна?")
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    with office.database.read() as session:
        assert questions_to(session, office.actor("bohdan")) == ()
    with pytest.raises(AlreadyCancelled):
        office.do("bohdan", answer_consultation, asked.id, "Так")


def test_the_sum_may_be_changed_in_the_rework_though_one_had_approved(office: Office) -> None:
    deal = beside_each_other(office)
    office.complete("iryna", "legal", "approved")
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    office.do("olena", update_deal, deal.id, {"amount": Decimal(99)})
    office.complete("olena", "prepare")
    assert opened(office) == ["finance", "legal"]


def test_who_substitutes_for_the_lawyer_is_told_that_the_request_was_taken_back(office: Office) -> None:
    beside_each_other(office)
    legal = office.step("legal")
    today = office.clock.now().date()
    company = office.company
    office.do("iryna", set_substitution, company.iryna.id, company.danylo.id, today, today + timedelta(days=7))
    office.complete("oksana", "finance", "returned", comment="Знижка завелика")
    with pytest.raises(StepTakenBack):
        office.complete("danylo", "legal", "approved", work_item_id=legal.id)


def deciding(office: Office, login: str, element_id: str, outcome: str) -> Callable[[Session], object]:
    actor, step_id = office.actor(login), office.step(element_id).id
    return lambda session: complete_work_item(session, step_id, {}, outcome, "Так", actor=actor, clock=office.clock)


@pytest.fixture
def on_postgresql(postgresql_database_url: str, founded: FoundedOffices) -> Iterator[Office]:
    with founded.at_work(postgresql_database_url) as office:
        yield office


@pytest.mark.postgres
@pytest.mark.parametrize("outcome", ["approved", "returned"])
def test_who_answers_while_the_deal_is_being_returned_is_told_so(on_postgresql: Office, outcome: str) -> None:
    office = on_postgresql
    beside_each_other(office)
    answering = deciding(office, "iryna", "legal", outcome)
    with pytest.raises(StepTakenBack):
        at_once(office.database, deciding(office, "oksana", "finance", "returned"), answering)
    assert opened(office) == ["prepare"]


@pytest.mark.postgres
def test_a_return_behind_an_answer_given_at_the_same_moment_asks_both_anew(on_postgresql: Office) -> None:
    office = on_postgresql
    beside_each_other(office)
    returning = deciding(office, "oksana", "finance", "returned")
    at_once(office.database, deciding(office, "iryna", "legal", "approved"), returning)
    assert opened(office) == ["prepare"]
    office.complete("olena", "prepare")
    assert opened(office) == ["finance", "legal"]
