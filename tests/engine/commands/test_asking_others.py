"""Handing a step back, asking somebody without giving it away, naming somebody in a comment, watching a deal."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select
from support.office import Office

from engine.commands.consultations import (
    answer_consultation,
    ask_about_work_item,
    note_answer,
    withdraw_consultation,
)
from engine.commands.deals import comment_on_deal
from engine.commands.handing_back import NotHandedOn, hand_back_work_item
from engine.commands.mentions import note_mention
from engine.commands.people import set_substitution, update_person
from engine.commands.watching import unwatch_deal, watch_deal
from engine.commands.work_items import claim_work_item, comment_on_work_item, delegate_work_item
from engine.errors import AlreadyCompleted, InvalidInput, NotAllowed, NotFound
from engine.model.consultation import AlreadyAnswered, QuestionWithdrawnAlready
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.notice import Notice
from engine.queries.attention import AttentionCounts, attention_counts, mentions_of, watched_deals
from engine.queries.consultations import questions_by, questions_on_step, questions_to
from engine.queries.deal_readers import sees_deal


def told(office: Office) -> list[tuple[str, str]]:
    """Whom notices go to, and why."""
    names = {person.id: person.login for person in office.company.people}
    with office.database.read() as session:
        rows = session.scalars(select(Notice).order_by(Notice.id))
        return [(one.kind.value, names[one.person_id]) for one in rows if one.person_id is not None]


def last(office: Office, deal: Deal) -> HistoryEvent:
    return office.history(deal)[-1]


def sees(office: Office, login: str, deal: Deal) -> bool:
    with office.database.read() as session:
        return sees_deal(session, getattr(office.company, login).id, deal.id, office.clock.now())


def counts(office: Office, login: str) -> AttentionCounts:
    with office.database.read() as session:
        return attention_counts(session, office.actor(login))


# Handing back


def test_a_step_that_is_handed_on_by_two_presses_is_handed_on_once(office: Office) -> None:
    """Who substitutes the receiver may hand on again: the history said that they did so to the receiver themselves."""
    deal, today = office.open_deal(), office.clock.now().date()
    step, taras = office.step("prepare").id, office.company.taras.id
    office.do("taras", set_substitution, taras, office.company.olena.id, today, today)
    for _press in range(2):
        office.do("olena", delegate_work_item, step, taras, "Порахуй, будь ласка")
    assert [one.kind for one in office.history(deal)].count("step_delegated") == 1
    assert office.step("prepare").assignee_id == taras


def test_a_step_goes_back_to_whoever_handed_it_on_with_the_answer(office: Office) -> None:
    deal = office.open_deal()
    step = office.step("prepare").id
    office.do("olena", delegate_work_item, step, office.company.taras.id, "Порахуй, будь ласка")
    with pytest.raises(NotAllowed):
        office.do("olena", hand_back_work_item, step, "Ще ні")
    with pytest.raises(InvalidInput):
        office.do("taras", hand_back_work_item, step, "  ")
    office.do("taras", hand_back_work_item, step, "Порахував: 7 %")
    assert office.step("prepare").assignee_id == office.company.olena.id
    assert last(office, deal).kind == "step_handed_back"
    assert last(office, deal).data == {
        "name": "Підготувати пропозицію",
        "to": "Олена Коваль",
        "comment": "Порахував: 7 %",
        "on_behalf_of": "",
    }
    assert told(office)[-1] == ("step_handed", "olena")
    with pytest.raises(NotHandedOn):
        office.do("olena", hand_back_work_item, step, "Ще раз")


def test_a_step_whose_giver_has_left_goes_to_who_held_it_before(office: Office) -> None:
    office.open_deal()
    step = office.step("prepare").id
    office.do("bohdan", delegate_work_item, step, office.company.taras.id)
    office.do("admin", update_person, office.company.bohdan.id, {"is_active": False})
    office.do("taras", hand_back_work_item, step, "Не моє")
    assert office.step("prepare").assignee_id == office.company.olena.id


def test_an_approval_with_four_eyes_is_not_handed_back_to_who_asked(office: Office) -> None:
    office.open_deal()
    office.prepare()
    step = office.step("legal").id
    office.do("iryna", claim_work_item, step)
    office.do("bohdan", delegate_work_item, step, office.company.iryna.id)  # hers already: nothing is handed on
    with pytest.raises(NotHandedOn):
        office.do("iryna", hand_back_work_item, step, "Так")


def test_what_a_substitute_does_says_for_whom(office: Office) -> None:
    deal = office.open_deal()
    today = office.clock.now().date()
    olena, taras, bohdan = office.company.olena.id, office.company.taras.id, office.company.bohdan.id
    office.do("olena", set_substitution, olena, taras, today, today + timedelta(days=3))
    step = office.step("prepare").id
    office.do("taras", delegate_work_item, step, bohdan, "Олена у відпустці")
    assert last(office, deal).data["on_behalf_of"] == "Олена Коваль"
    office.do("bohdan", hand_back_work_item, step, "Хай чекає")
    assert office.step("prepare").assignee_id == olena
    office.do("taras", ask_about_work_item, step, bohdan, "А що робити?")
    assert last(office, deal).data["on_behalf_of"] == "Олена Коваль"


# Asking


def test_a_question_is_answered_and_the_step_stays_where_it_is(office: Office) -> None:
    deal = office.open_deal()
    step = office.step("prepare").id
    assert not sees(office, "danylo", deal)
    asked = office.do("olena", ask_about_work_item, step, office.company.danylo.id, "Чи є бюджет?")
    assert told(office)[-1] == ("consultation_asked", "danylo")
    assert sees(office, "danylo", deal)
    assert counts(office, "danylo").questions == 1
    with pytest.raises(NotAllowed):
        office.do("danylo", delegate_work_item, step, office.company.danylo.id)
    with office.database.read() as session:
        (waiting,) = questions_to(session, office.actor("danylo"))
        assert (waiting.question, waiting.asked_by, waiting.deal_title) == ("Чи є бюджет?", "Олена Коваль", deal.title)

    office.do("danylo", answer_consultation, asked.id, "Так, до червня.")
    assert told(office)[-1] == ("consultation_answered", "olena")
    assert office.step("prepare").assignee_id == office.company.olena.id
    assert (last(office, deal).kind, last(office, deal).data["answer"]) == ("question_answered", "Так, до червня.")
    assert (counts(office, "danylo").questions, counts(office, "olena").answers) == (0, 1)
    with pytest.raises(AlreadyAnswered):
        office.do("danylo", answer_consultation, asked.id, "Ще одне")
    office.do("olena", note_answer, asked.id)
    assert counts(office, "olena").total == 0
    with office.database.read() as session:
        assert questions_by(session, office.actor("olena")) == ()
        assert [one.answer for one in questions_on_step(session, step)] == ["Так, до червня."]


def test_a_withdrawn_question_shows_the_deal_no_longer(office: Office) -> None:
    deal = office.open_deal()
    step = office.step("prepare").id
    asked = office.do("olena", ask_about_work_item, step, office.company.danylo.id, "Чи є бюджет?")
    office.do("olena", withdraw_consultation, asked.id)
    assert not sees(office, "danylo", deal)
    assert counts(office, "danylo").questions == 0
    with pytest.raises(NotFound):
        office.do("danylo", answer_consultation, asked.id, "Так")
    with pytest.raises(QuestionWithdrawnAlready):
        office.do("olena", withdraw_consultation, asked.id)


def test_a_question_about_a_step_that_is_done_waits_for_nobody(office: Office) -> None:
    office.open_deal()
    asked = office.do("olena", ask_about_work_item, office.step("prepare").id, office.company.petro.id, "Є на складі?")
    office.prepare()
    assert counts(office, "petro").questions == 0
    with pytest.raises(AlreadyCompleted):
        office.do("petro", answer_consultation, asked.id, "Є")


def test_a_substitute_answers_for_who_was_asked(office: Office) -> None:
    deal = office.open_deal()
    today = office.clock.now().date()
    office.do("admin", set_substitution, office.company.iryna.id, office.company.petro.id, today, today)
    asked = office.do("olena", ask_about_work_item, office.step("prepare").id, office.company.iryna.id, "Можна?")
    assert counts(office, "petro").questions == 1
    office.do("petro", answer_consultation, asked.id, "Можна.")
    assert last(office, deal).data["on_behalf_of"] == "Ірина Бондар"


def test_questions_are_the_holders_to_ask_and_the_askeds_to_answer(office: Office) -> None:
    office.open_deal()
    step = office.step("prepare").id
    with pytest.raises(InvalidInput) as refused:
        office.do("olena", ask_about_work_item, step, office.company.olena.id, " ")
    assert set(refused.value.errors) == {"asked", "question"}
    with pytest.raises(NotFound):
        office.do("danylo", ask_about_work_item, step, office.company.petro.id, "Що там?")
    asked = office.do("olena", ask_about_work_item, step, office.company.petro.id, "Є на складі?")
    with pytest.raises(NotAllowed):
        office.do("petro", ask_about_work_item, step, office.company.danylo.id, "А ти як думаєш?")
    for login in ("danylo", "iryna", "bohdan"):
        for command, more in ((answer_consultation, ("Так",)), (withdraw_consultation, ()), (note_answer, ())):
            with pytest.raises(NotFound):
                office.do(login, command, asked.id, *more)


# Naming somebody


def test_who_is_named_in_a_comment_is_told_and_finds_it(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", comment_on_work_item, office.step("prepare").id, "@taras і @bohdan, гляньте. @olena")
    assert Counter(told(office)[-2:]) == Counter([("mentioned", "taras"), ("mentioned", "bohdan")])
    with office.database.read() as session:
        (mention,) = mentions_of(session, office.actor("taras"))
    assert (mention.by, mention.text, mention.names["bohdan"]) == (
        "Олена Коваль",
        "@taras і @bohdan, гляньте. @olena",
        "Богдан Шевченко",
    )
    assert (mention.deal_id, counts(office, "taras").mentions, counts(office, "olena").mentions) == (deal.id, 1, 0)
    with pytest.raises(NotFound):
        office.do("bohdan", note_mention, mention.id)
    office.do("taras", note_mention, mention.id)
    assert counts(office, "taras").mentions == 0


def test_nothing_is_sent_that_names_somebody_who_may_not_see_the_deal(office: Office) -> None:
    deal = office.open_deal()
    with pytest.raises(InvalidInput) as refused:
        office.do("olena", comment_on_deal, deal.id, "@danylo, @petro, @nobody: що скажете?")
    assert refused.value.errors["text"].params["names"] == "Данило Кравець, Петро Лисенко"
    assert "commented" not in office.kinds(deal)
    office.do("olena", comment_on_deal, deal.id, "Пишіть на @nobody або office@danylo.example")
    assert last(office, deal).data["mentions"] == {}


# Watching


def test_who_watches_a_deal_is_told_of_what_matters(office: Office) -> None:
    deal = office.open_deal()
    for _ in range(2):
        office.do("bohdan", watch_deal, deal.id)
    assert office.deal(deal).watchers == 1
    office.prepare()
    office.do("bohdan", comment_on_deal, deal.id, "Я стежу")
    office.complete("iryna", "legal", "returned", comment="Ні")
    news = [one for one in told(office) if one[0] == "deal_changed"]
    assert news == [("deal_changed", "bohdan")] * 2  # another stage, and a return; not their own comment
    with office.database.read() as session:
        said = [one.details for one in session.scalars(select(Notice).order_by(Notice.id)) if one.person_id]
        assert {"text": "Погодження", "outcome": "it has come to another stage"} in said
        assert [one.id for one in watched_deals(session, office.actor("bohdan"))] == [deal.id]
    office.do("bohdan", unwatch_deal, deal.id)
    office.do("olena", comment_on_deal, deal.id, "Далі тихо")
    assert len([one for one in told(office) if one[0] == "deal_changed"]) == len(news)
    assert office.deal(deal).watchers == 0


def test_a_deal_that_one_does_not_see_is_not_watched(office: Office) -> None:
    deal = office.open_deal()
    for command in (watch_deal, unwatch_deal):
        with pytest.raises(NotFound):
            office.do("danylo", command, deal.id)
