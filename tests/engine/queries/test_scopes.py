from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import SalesRecords

from engine.errors import NotFound
from engine.model import Client, Deal, Substitution, WorkItem
from engine.model.person import Person
from engine.policy.permissions import Ability, Actor
from engine.queries.scopes import (
    actable_work_items,
    choosable_clients,
    ensure_sees,
    visible_clients,
    visible_deals,
    visible_work_items,
)

Act = Callable[[Person], Actor]


def all_steps(session: Session, deal: Deal) -> set[int]:
    return set(session.scalars(select(WorkItem.id).where(WorkItem.deal_id == deal.id)))


def sees(session: Session, actor: Actor, deal: Deal) -> bool:
    """The deal itself, its client and its steps are seen together or not at all."""
    found = session.scalar(select(Deal.id).where(visible_deals(actor), Deal.id == deal.id)) is not None
    client = session.scalar(select(Client.id).where(visible_clients(actor), Client.id == deal.client_id)) is not None
    steps = session.scalars(select(WorkItem.id).where(visible_work_items(actor), WorkItem.deal_id == deal.id)).all()
    assert client is found
    for one, condition in (
        (Deal.id == deal.id, visible_deals(actor, only=deal.id)),
        (Client.id == deal.client_id, visible_clients(actor, only=deal.client_id)),
    ):
        assert (session.scalar(select(one.left).where(one, condition)) is not None) is found
    for step_id in all_steps(session, deal):
        asked = select(WorkItem.id).where(WorkItem.id == step_id, visible_work_items(actor, only=step_id))
        assert (session.scalar(asked) is not None) is found
    assert set(steps) == (all_steps(session, deal) if found else set())
    return found


def who_sees(session: Session, company: Company, as_actor: Act, deal: Deal) -> set[str]:
    return {person.login for person in company.people if sees(session, as_actor(person), deal)}


ALL_SEEING = {"bohdan", "owner", "admin"}


def test_a_deal_without_steps_is_seen_by_its_owner_and_those_who_see_all(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    deal = records.deal(company.olena)
    assert who_sees(session, company, as_actor, deal) == {"olena"} | ALL_SEEING


def test_a_step_shared_by_a_department_opens_the_deal_to_its_members_only(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    deal = records.deal(company.olena)
    records.step(deal, group=company.legal)
    assert who_sees(session, company, as_actor, deal) == {"olena", "iryna"} | ALL_SEEING


def test_a_person_who_did_a_step_keeps_seeing_the_deal(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    deal = records.deal(company.olena)
    step = records.done_step(deal, company.petro)
    step.assignee_id = None
    assert who_sees(session, company, as_actor, deal) == {"olena", "petro"} | ALL_SEEING


def test_a_head_of_a_department_sees_what_the_members_see(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    deal = records.deal(company.danylo)
    company.logistics.head_id, company.marketing.parent_id = company.petro.id, company.logistics.id
    session.flush()
    assert who_sees(session, company, as_actor, deal) == {"danylo", "petro"} | ALL_SEEING


def test_a_substitute_sees_the_absent_person_s_deals_between_the_dates(
    session: Session, company: Company, records: SalesRecords, as_actor: Act, now: datetime
) -> None:
    deal = records.deal(company.olena)
    away = Substitution(
        person_id=company.olena.id,
        substitute_id=company.danylo.id,
        starts_on=now.date(),
        ends_on=now.date(),
    )
    session.add(away)
    session.flush()
    assert sees(session, as_actor(company.danylo), deal)
    away.starts_on = away.ends_on = date(2026, 3, 15)
    session.flush()
    assert not sees(session, as_actor(company.danylo), deal)


def test_a_manager_may_choose_any_client_but_an_approver_only_visible_ones(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    client = records.client("ТОВ «Далеке»")

    def chosen(person: Person) -> list[int]:
        return list(session.scalars(select(Client.id).where(choosable_clients(as_actor(person)))))

    assert chosen(company.danylo) == [client.id]
    assert chosen(company.iryna) == []


def test_own_clients_are_visible_without_a_deal(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    client = records.client("ТОВ «Своє»", owner_id=company.taras.id)
    seen = select(Client.id).where(visible_clients(as_actor(company.taras)))
    assert session.scalars(seen).all() == [client.id]


def test_only_live_steps_held_or_shared_with_one_s_department_may_be_done(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    deal = records.deal(company.olena)
    held = records.step(deal, assignee=company.iryna, group=company.legal)
    shared = records.step(deal, group=company.legal)
    records.step(deal, assignee=company.oksana, group=company.finance)
    records.done_step(deal, company.iryna)

    def actable(actor: Actor) -> set[int]:
        return set(session.scalars(select(WorkItem.id).where(actable_work_items(actor))))

    assert actable(as_actor(company.iryna)) == {held.id, shared.id}
    assert actable(as_actor(company.danylo)) == set()
    assert actable(as_actor(company.owner)) == set()
    assert len(actable(Actor.system())) == 3


def test_a_page_that_is_not_open_to_the_actor_does_not_exist(company: Company, as_actor: Act) -> None:
    ensure_sees(as_actor(company.owner), Ability.SEE_MAPS)
    with pytest.raises(NotFound):
        ensure_sees(as_actor(company.danylo), Ability.SEE_MAPS)
