"""Letters and comments are found by what they say, by those who may read them and as long as it is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import delete, event, select, text, update
from sqlalchemy.orm import Session
from support.client_mail import CLIENT, deal_with_a_contact, take_answer, write
from support.office import Office
from support.personal_traces import named_in

from engine.clock import Clock
from engine.commands.clients import ContactDraft, add_contact
from engine.commands.consultations import answer_consultation, ask_about_work_item
from engine.commands.deals import comment_on_deal
from engine.commands.erasure import ErasureRequest, erase_client, erase_contact, erase_written
from engine.commands.people import set_substitution
from engine.db.session import Database
from engine.db.work_session import append
from engine.model.client import Contact
from engine.model.client_letter import ClientLetter
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.written_text import WrittenText
from engine.policy.permissions import Actor
from engine.policy.written_texts import LONGEST_SEARCHED
from engine.queries.search import search
from engine.queries.written_texts import FoundText, _newest, written_texts

EVERYBODY = ("owner", "olena", "taras", "bohdan", "iryna", "oksana", "petro", "admin", "danylo")


def found(office: Office, q: str, login: str = "olena", limit: int = 10) -> tuple[FoundText, ...]:
    with office.database.read() as session:
        return written_texts(session, office.actor(login), q, limit=limit)


def told(office: Office, q: str, login: str = "olena") -> list[str]:
    """What is shown of each found text, the sought words in brackets."""
    return [_line(one) for one in found(office, q, login)]


def _line(one: FoundText) -> str:
    return "".join(f"[{piece.text}]" if piece.is_found else piece.text for piece in (*one.subject, *one.pieces))


def comment(office: Office, deal: Deal, texts: Iterable[str]) -> None:
    """Say them one after the other, in one transaction."""

    def say(session: Session, *, actor: Actor, clock: Clock) -> None:
        for said in texts:
            comment_on_deal(session, deal.id, said, actor=actor, clock=clock)

    office.do("olena", say)


def number_of(office: Office, deal: Deal, said: str) -> int:
    with office.database.read() as session:
        events = session.scalars(select(HistoryEvent).where(HistoryEvent.deal_id == deal.id))
        (number,) = [one.number for one in events if said in one.data.get("text", "")]
    assert number is not None
    return number


def test_a_letter_is_found_by_its_subject_its_text_and_its_addresses(office: Office) -> None:
    deal = deal_with_a_contact(office)
    letter_id = write(office, deal, subject="Оренда техніки", text="Надсилаю умови на автокран.")
    take_answer(office, letter_id, "Об’єкт готовий, чекаємо КРАН!", sender="kran@other.example.com")
    assert told(office, "автокран") == ["Оренда технікиНадсилаю умови на [автокран]."]
    assert told(office, "оренда ТЕХНІКИ") == ["[Оренда] [техніки]Надсилаю умови на автокран."]
    assert told(office, "кран об'єкт") == ["Re: Пропозиція[Об’єкт] готовий, чекаємо [КРАН]!"]
    assert [one.letter_id for one in found(office, "кран")] == [letter_id + 1, letter_id]
    assert _line(found(office, "kran@other")[0]).endswith("Марія [kran@other].example.com")
    assert [one.letter_id for one in found(office, CLIENT)] == [letter_id]
    (answer,) = found(office, "чекаємо")
    assert (answer.is_received, answer.who) == (True, "Марія kran@other.example.com")
    (ours,) = found(office, "автокран")
    assert (ours.is_received, ours.who, ours.deal_number) == (False, "Олена Коваль", deal.number)


def test_comments_of_a_deal_and_of_its_steps_are_found(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", comment_on_deal, deal.id, "Телефон крановика: +38 (067) 123-45-67")
    office.complete("olena", "prepare", values={"discount": "5"}, comment="Кран замовлено окремо")
    step = office.step("legal", deal)
    office.do("iryna", ask_about_work_item, step.id, office.company.petro.id, "Чи є у нас підйомник?")
    assert told(office, "067 123 45 67") == ["Телефон крановика: +38 ([067) 123-45-67]"]
    assert told(office, "замовлено кран", "iryna") == ["[Кран] [замовлено] окремо"]
    assert told(office, "підйомник") == ["Чи є у нас [підйомник]?"]
    newest, oldest = found(office, "кран")
    assert (newest.who, newest.letter_id, newest.deal_title) == ("Олена Коваль", None, deal.title)
    assert oldest.number == number_of(office, deal, "крановика")
    with office.database.read() as session:
        question_id = session.scalar(text("SELECT id FROM consultation"))
    office.do("petro", answer_consultation, question_id, "Так, маніпулятор")
    assert told(office, "маніпулятор", "petro") == ["Так, [маніпулятор]"]


def test_a_step_that_is_done_without_a_comment_writes_no_text(office: Office) -> None:
    office.open_deal()
    office.prepare()
    with office.database.read() as session:
        assert session.scalars(select(WrittenText)).all() == []


def test_what_is_too_short_or_only_looks_like_a_pattern_finds_nothing(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", comment_on_deal, deal.id, "кран інший")
    for q in ("", "к", "ін", "кр ан", "%", "%%%", "кран%", "к_ан", '"', "кран OR інший", "і-н", "..."):
        assert found(office, q) == (), q


def test_a_short_word_counts_beside_a_longer_one(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", comment_on_deal, deal.id, "кран 5 т")
    assert told(office, "кран 5") == ["[кран] [5] т"]
    assert told(office, "кран 6") == []


def test_only_those_who_see_the_deal_find_what_is_written_in_it(office: Office) -> None:
    deal = deal_with_a_contact(office)
    take_answer(office, write(office, deal, text="Про кран"), "Кран потрібен")
    office.do("olena", comment_on_deal, deal.id, "кран!")
    seeing = {login: len(found(office, "кран", login)) for login in EVERYBODY}
    assert {login for login, count in seeing.items() if count} == {"olena", "taras", "bohdan", "owner", "admin"}
    assert set(seeing.values()) == {0, 3}
    office.prepare()  # departments are asked: their people see the deal from now on
    assert {login for login in EVERYBODY if not found(office, "кран", login)} == {"danylo"}
    with office.database.read() as session:
        results = search(session, office.actor("danylo"), "кран", now=office.clock.now())
        assert (results.count, results.texts) == (0, ())


def test_who_stands_in_finds_what_the_absent_one_would(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", comment_on_deal, deal.id, "кран")
    today = office.clock.now().date()
    assert found(office, "кран", "danylo") == ()
    office.do("olena", set_substitution, office.company.olena.id, office.company.danylo.id, today, today)
    assert len(found(office, "кран", "danylo")) == 1


def test_the_newest_come_first_and_no_more_than_asked(office: Office) -> None:
    asked, hidden = office.open_deal(), office.open_deal(title="Інша")
    step = office.step("prepare", asked)
    office.do("olena", ask_about_work_item, step.id, office.company.danylo.id, "Який кран?")
    office.do("olena", comment_on_deal, asked.id, "кран 0")
    comment(office, hidden, (f"кран {number}" for number in range(1, 231)))  # more than are named by their ids
    assert told(office, "кран")[:2] == ["[кран] 230", "[кран] 229"]
    assert len(found(office, "кран", limit=30)) == 30
    assert told(office, "кран", "danylo") == ["[кран] 0", "Який [кран]?"]


def test_what_is_written_behind_the_longest_searched_part_is_not_found(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", comment_on_deal, deal.id, "кран " + "а " * (LONGEST_SEARCHED // 2) + " лебідка")
    assert len(found(office, "кран")) == 1
    assert found(office, "лебідка") == ()


def test_an_erased_comment_is_found_no_more_and_stands_nowhere(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", comment_on_deal, deal.id, "Дзвонила Левкович про кран")
    office.do("olena", comment_on_deal, deal.id, "Інший кран")
    assert "written_text.search_text" in named_in(office, "левкович")
    number = number_of(office, deal, "Левкович")
    office.do("admin", erase_written, deal.id, number, "лист № 1")
    assert told(office, "кран") == ["Інший [кран]"]
    assert found(office, "стерто") == ()
    assert named_in(office, "левкович") == []


def test_letters_of_an_erased_contact_are_found_no_more_and_others_without_the_name(office: Office) -> None:
    deal = deal_with_a_contact(office)
    office.do("olena", add_contact, deal.client_id, ContactDraft("Олег Бут", email="oleh@client.example.com"))
    write(office, deal, text="Маріє, кран буде")
    write(office, deal, to=("oleh@client.example.com",), subject="Кран", text="Зверніться до\nМарія Іваненко\nпро кран")
    office.do("olena", comment_on_deal, deal.id, "Марія Іваненко: кран")
    with office.database.read() as session:
        contact_id = session.scalar(select(Contact.id).where(Contact.email == CLIENT))
    assert len(found(office, "кран")) == 3
    office.do("admin", erase_contact, contact_id, ErasureRequest("лист № 7"))
    assert found(office, "іваненко") == found(office, CLIENT) == found(office, "буде кран") == ()
    assert [one.who for one in found(office, "кран")] == ["Олена Коваль"]
    assert named_in(office, "іваненко", CLIENT) == []


def test_letters_of_an_erased_client_are_found_no_more(office: Office) -> None:
    deal = deal_with_a_contact(office)
    take_answer(office, write(office, deal, text="Про кран"), "Кран потрібен")
    office.do("admin", erase_client, deal.client_id, ErasureRequest("лист № 7"))
    assert found(office, "кран", "admin") == ()
    with office.database.read() as session:
        assert session.scalars(select(WrittenText)).all() == []


def test_whoever_changes_a_letter_or_an_entry_takes_its_old_words_out_of_the_search(office: Office) -> None:
    deal = deal_with_a_contact(office)
    letter_id = write(office, deal, text="Про кран")
    office.do("olena", comment_on_deal, deal.id, "кран")
    with office.database.write() as session:
        session.execute(update(ClientLetter).values(last_error="не дійшло"))
    assert len(found(office, "кран")) == 2  # what it says has not changed
    with office.database.write() as session:
        session.execute(update(ClientLetter).values(text="інше"))
        entry = session.scalars(select(HistoryEvent).where(HistoryEvent.kind == "commented")).one()
        data = entry.data | {"text": "інше"}
        session.execute(update(HistoryEvent).where(HistoryEvent.id == entry.id).values(data=data, salt="{}"))
        assert session.scalars(select(WrittenText)).all() == []
    assert found(office, "кран") == ()
    with office.database.write() as session:
        session.execute(delete(ClientLetter).where(ClientLetter.id == letter_id))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL leaves old rows to VACUUM
def test_of_an_index_on_sqlite_nothing_is_left_behind(office: Office) -> None:
    deal = office.open_deal()
    office.do("olena", comment_on_deal, deal.id, "Дзвонила Левкович, шифр qzxj")
    assert _trigram_in_index(office, "zxj")
    office.do("admin", erase_written, deal.id, number_of(office, deal, "Левкович"), "лист № 1")
    assert not _trigram_in_index(office, "zxj")


def _trigram_in_index(office: Office, trigram: str) -> bool:
    with office.database.read() as session:
        blocks = session.scalars(text("SELECT block FROM fts_written_text_data")).all()
    return any(trigram.encode() in block for block in blocks)


def test_however_many_are_found_the_database_is_asked_as_often(office: Office) -> None:
    deal, actor = office.open_deal(), office.actor("olena")
    asked: list[str] = []
    event.listen(office.database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    times = []
    for number in range(12):
        office.do("olena", comment_on_deal, deal.id, f"кран {number}")
        asked.clear()
        with office.database.read() as session:
            assert len(written_texts(session, actor, "кран", limit=10)) == min(number + 1, 10)
        times.append(len([one for one in asked if one.startswith("SELECT")]))
    assert set(times) == {3}  # which few, the newest of them, what they say


def test_a_word_of_long_ago_is_found_behind_the_texts_that_are_read_in_order(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.queries.written_texts._READ_IN_ORDER", 5)
    deal = office.open_deal()
    comment(office, deal, (f"{'кран' if number < 229 else 'кранівник'} {number}" for number in range(1, 231)))
    comment(office, deal, (f"інше {number}" for number in range(6)))
    assert told(office, "кран")[:3] == ["[кран]івник 230", "[кран]івник 229", "[кран] 228"]
    assert len(found(office, "кран")) == 10
    assert told(office, "230") == ["кранівник [230]"]
    assert found(office, "кран", "danylo") == ()


@pytest.mark.postgres
def test_the_latest_of_a_word_of_many_texts_are_read_in_their_order_and_asked_of_no_index(
    postgresql_database_url: str,
) -> None:
    """PostgreSQL takes a long word for a rare one: the index gave all 100,000 texts that hold it, to show thirty."""
    office = Office(Database(postgresql_database_url))
    office.publish()
    deal, actor = office.open_deal(), office.actor("admin")
    with office.database.write() as session:
        for number in range(1_001, 1_301):
            said = {"deal_id": deal.id, "number": number, "letter_id": None, "search_text": f"кранівник {number}"}
            append(session, WrittenText, **said)
    asked: list[tuple[str, Any]] = []
    event.listen(office.database.engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    with office.database.read() as session:
        _newest(session, actor, "кранівник", 30)
        (recent,) = [one for one in asked if "written_text.id >" in one[0]]
        for setting in ("seqscan", "indexscan"):  # nothing else is left to it but the index of texts
            session.execute(text(f"SET LOCAL enable_{setting} = off"))
        plan = session.connection().exec_driver_sql(f"EXPLAIN {recent[0]}", recent[1]).scalars().all()
    office.database.dispose()
    assert "written_text" in "".join(plan)
    assert "ix_written_text_search_text" not in "".join(plan)
