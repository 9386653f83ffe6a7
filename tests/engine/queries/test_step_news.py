from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from support.office import Office

from engine.commands.consultations import ask_about_work_item
from engine.commands.deals import comment_on_deal
from engine.commands.work_items import claim_work_item, delegate_work_item
from engine.db.glance import glance
from engine.db.session import Database
from engine.model.department import Membership
from engine.queries import step_news
from engine.queries.step_news import LAST_EVENT, StepNews, last_settled, news_after


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    office = Office(Database(database_url))
    office.publish()
    yield office
    office.database.dispose()


def told_of(office: Office, happening: Callable[[], object]) -> StepNews:
    """What is news because of ``happening``."""
    with office.database.read(snapshot=False) as session:
        before = last_settled(session)
    happening()
    with office.database.read(snapshot=False) as session:
        news = news_after(session, before)
    assert news.last_id == glance(office.database, LAST_EVENT)
    return news


def concerned(office: Office, news: StepNews) -> set[str]:
    return {login for login in ("olena", "bohdan", "iryna", "oksana", "danylo") if news.concerns(office.actor(login))}


def test_a_step_for_a_department_is_news_to_its_members_and_to_the_owner_of_the_deal(office: Office) -> None:
    office.open_deal("olena")
    news = told_of(office, office.prepare)
    assert {"olena", "iryna", "oksana"} <= concerned(office, news)
    assert "danylo" not in concerned(office, news)


def test_a_step_that_a_colleague_takes_is_news_to_the_department(office: Office) -> None:
    office.open_deal("olena")
    office.prepare()
    news = told_of(office, lambda: office.do("iryna", claim_work_item, office.step("legal").id))
    assert "iryna" in concerned(office, news)
    assert "oksana" not in concerned(office, news)


def test_a_step_that_is_handed_on_is_news_to_who_gets_it(office: Office) -> None:
    office.open_deal("olena")
    step, danylo = office.step("prepare"), office.company.danylo
    news = told_of(office, lambda: office.do("bohdan", delegate_work_item, step.id, danylo.id))
    assert {"olena", "bohdan", "danylo"} <= concerned(office, news)
    assert "iryna" not in concerned(office, news)


def test_a_step_that_is_handed_on_is_news_to_who_held_it(office: Office) -> None:
    office.open_deal("olena")
    office.prepare()
    step, petro = office.step("legal"), office.company.petro
    office.do("iryna", claim_work_item, step.id)
    with office.database.write() as session:
        session.add(Membership(person_id=petro.id, department_id=office.company.legal.id))
    news = told_of(office, lambda: office.do("bohdan", delegate_work_item, step.id, petro.id))
    assert office.company.iryna.id in news.people


def test_a_question_is_news_to_who_is_asked_and_a_comment_to_whom_it_names(office: Office) -> None:
    deal = office.open_deal("olena")
    step, danylo = office.step("prepare"), office.company.danylo
    asked = told_of(office, lambda: office.do("olena", ask_about_work_item, step.id, danylo.id, "Є бюджет?"))
    assert {"olena", "danylo"} <= concerned(office, asked)
    assert "iryna" not in concerned(office, asked)
    named = told_of(office, lambda: office.do("olena", comment_on_deal, deal.id, "@bohdan, глянь"))
    assert "bohdan" in concerned(office, named)


def test_nothing_new_concerns_nobody(office: Office) -> None:
    office.open_deal("olena")
    news = told_of(office, lambda: None)
    assert concerned(office, news) == set()


def test_after_too_much_everybody_looks(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_news, "_MOST_READ", 1)
    news = told_of(office, office.open_deal)
    assert news.concerns(office.actor("danylo"))
