from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import SalesRecords

from engine.bpmn.compiled import StepKind
from engine.errors import NotFound
from engine.events import Commented
from engine.model import Draft, Substitution
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.work_items import ApprovalProgress, work_item_view

Act = Callable[[Person], Actor]


def test_the_form_shows_stored_values_and_defaults(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena, amount=Decimal("1250.50"), close_date=date(2026, 4, 1))
    step = records.step(deal, assignee=company.olena)
    view = work_item_view(session, as_actor(company.olena), step.id, now)
    assert view.typed == {"discount": "5", "deal.amount": "1250.50", "deal.close_date": "2026-04-01"}
    assert view.instruction == "Порахуйте знижку"
    assert view.deadline_text == "3 р.д."
    assert [outcome.id for outcome in view.outcomes] == ["completed"]
    assert view.approval is None


def test_the_actor_s_own_draft_wins_even_where_it_was_emptied(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena, amount=Decimal("1000.00"), fields={"discount": "7"})
    step = records.step(deal, assignee=company.olena)
    session.add(Draft(work_item_id=step.id, person_id=company.olena.id, typed={"deal.amount": ""}, saved_at=now))
    session.flush()
    mine = work_item_view(session, as_actor(company.olena), step.id, now)
    assert (mine.typed["deal.amount"], mine.typed["discount"]) == ("", "7")
    assert work_item_view(session, as_actor(company.bohdan), step.id, now).typed["deal.amount"] == "1000.00"


def test_comments_and_what_happened_before_are_shown(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    step, other = records.step(deal, assignee=company.olena), records.step(deal, assignee=company.olena)
    records.event(Commented(text="Інше"), deal, by=company.taras, step=other)
    records.event(Commented(text="Зачекайте"), deal, by=company.bohdan, step=step)
    view = work_item_view(session, as_actor(company.olena), step.id, now)
    assert [comment.data["text"] for comment in view.comments] == ["Зачекайте"]
    assert [event.data["text"] for event in view.earlier] == ["Зачекайте", "Інше"]


def test_an_outsider_and_an_unknown_step_get_the_same_answer(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    step = records.step(records.deal(company.olena), assignee=company.olena)
    for work_item_id in (step.id, 10**9):
        with pytest.raises(NotFound):
            work_item_view(session, as_actor(company.danylo), work_item_id, now)


def test_who_asked_may_not_approve_where_four_eyes_are_wanted(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    approval: dict[str, Any] = {"element_id": "approve", "kind": StepKind.APPROVAL}
    step = records.step(deal, group=company.legal, asked_by_id=company.olena.id, **approval)
    assert work_item_view(session, as_actor(company.olena), step.id, now).four_eyes_blocked
    assert work_item_view(session, as_actor(company.olena), step.id, now).asked_by == "Олена Коваль"
    assert not work_item_view(session, as_actor(company.iryna), step.id, now).four_eyes_blocked


def test_nor_may_a_substitute_in_the_asker_s_name(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    step = records.step(
        records.deal(company.olena), assignee=company.olena, asked_by_id=company.olena.id, element_id="approve"
    )
    today = now.date()
    session.add(
        Substitution(person_id=company.olena.id, substitute_id=company.taras.id, starts_on=today, ends_on=today)
    )
    session.flush()
    assert work_item_view(session, as_actor(company.taras), step.id, now).four_eyes_blocked


def test_progress_counts_the_approvals_of_the_same_activity(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    approval: dict[str, Any] = {"element_id": "approve", "activity_id": "round2"}
    waiting = records.step(deal, assignee=company.iryna, part=0, **approval)
    records.done_step(deal, company.oksana, outcome="approved", part=1, **approval)
    records.done_step(deal, company.petro, outcome="approved", element_id="approve", activity_id="round1")
    view = work_item_view(session, as_actor(company.iryna), waiting.id, now)
    assert view.approval == ApprovalProgress(approved=1, needed=2)


def test_a_head_may_direct_the_members_steps_and_a_colleague_may_not(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    step = records.step(records.deal(company.danylo), assignee=company.danylo, group=company.sales)
    company.marketing.head_id = company.petro.id
    session.flush()
    assert work_item_view(session, as_actor(company.petro), step.id, now).may_direct
    assert work_item_view(session, as_actor(company.bohdan), step.id, now).may_direct
    assert work_item_view(session, as_actor(company.danylo), step.id, now).may_direct
    colleague = work_item_view(session, as_actor(company.taras), step.id, now)
    assert not colleague.may_direct
    assert not colleague.row.may_act
