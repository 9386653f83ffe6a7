from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import update
from support.office import Office
from support.web import Browser, events_of, text_of

from engine.model.draft import CommentDraft, Draft
from engine.model.person import Person

SignIn = Callable[[str | None], Browser]

ACTIONS = ("claim", "release", "delegate", "extend", "comment", "draft", "comment-draft", "complete")


@pytest.fixture
def step(office: Office) -> int:
    office.open_deal("olena")
    return office.step("prepare").id


def test_member_takes_a_step_and_gives_it_back(office: Office, browse: SignIn, step: int) -> None:
    olena, taras = browse("olena"), browse("taras")
    assert olena.post(f"/work-items/{step}/release", part=True).status_code == 200
    assert office.step("prepare").assignee_id is None
    taken = taras.post(f"/work-items/{step}/claim", part=True)
    assert taken.status_code == 200
    assert events_of(taken)["toast"]["text"] == "Крок ваш."
    assert office.step("prepare").assignee_id == office.company.taras.id


def test_taken_step_is_told_to_be_taken(browse: SignIn, step: int) -> None:
    answer = browse("taras").post(f"/work-items/{step}/claim", part=True)
    assert answer.status_code == 409
    assert "Уже взято: Олена Коваль." in text_of(answer)


def test_who_has_done_a_step_in_another_window_is_told_so_calmly(browse: SignIn, step: int) -> None:
    olena, bohdan = browse("olena"), browse("bohdan")
    done = {"field:discount": "5", "outcome": "completed"}
    assert olena.post(f"/work-items/{step}/complete", done, part=True).status_code == 200
    again = olena.post(f"/work-items/{step}/complete", done, part=True)
    assert again.status_code == 409
    assert "Ви вже зробили це, " in text_of(again)
    assert "alert-danger" not in again.text
    other = bohdan.post(f"/work-items/{step}/complete", done, part=True)
    assert "Уже зроблено: Олена Коваль, " in text_of(other)
    assert "alert-danger" in other.text


def test_what_one_has_recorded_oneself_is_not_told_to_be_lost_for_how_it_is_written(browse: SignIn, step: int) -> None:
    olena, lost = browse("olena"), "Що ви встигли ввести"
    done = {"field:discount": "5,0", "field:deal.amount": "200 000,50", "outcome": "completed", "comment": "Готово"}
    assert olena.post(f"/work-items/{step}/complete", done, part=True).status_code == 200
    again = text_of(olena.post(f"/work-items/{step}/complete", done, part=True))
    assert "Ви вже зробили це, " in again
    assert lost not in again
    other = text_of(olena.post(f"/work-items/{step}/complete", done | {"field:discount": "6"}, part=True))
    assert f"{lost} Знижка, %: 6" in other


def test_who_has_decided_otherwise_in_another_window_is_not_told_that_this_is_done(
    office: Office, browse: SignIn, step: int
) -> None:
    office.prepare()
    legal, iryna = office.step("legal").id, browse("iryna")
    assert iryna.post(f"/work-items/{legal}/complete", {"outcome": "approved"}, part=True).status_code == 200
    again = iryna.post(f"/work-items/{legal}/complete", {"outcome": "rejected", "comment": "Ні"}, part=True)
    assert again.status_code == 409
    assert "Ви вже зробили це" not in text_of(again)
    assert "Уже зроблено: Ірина Бондар, " in text_of(again)
    assert "alert-danger" in again.text


def test_step_is_handed_on(office: Office, browse: SignIn, step: int) -> None:
    form = {"to": str(office.company.taras.id), "note": "Я у відпустці"}
    answer = browse("olena").post(f"/work-items/{step}/delegate", form, part=True)
    assert answer.status_code == 200
    assert "«Підготувати пропозицію» передано: Тарас Мельник" in text_of(answer)


def test_handing_on_to_nobody_is_told_at_the_field(browse: SignIn, step: int) -> None:
    form = {"to": "", "to_text": "Оксана", "note": "Я у відпустці"}
    answer = browse("olena").post(f"/work-items/{step}/delegate", form, part=True)
    assert answer.status_code == 422
    assert "Заповніть поле «Кому»." in text_of(answer)
    assert 'value="Оксана"' in answer.text
    assert 'value="Я у відпустці"' in answer.text


def test_a_refused_question_keeps_whom_it_was_for(office: Office, browse: SignIn, step: int) -> None:
    form = {"asked": str(office.company.taras.id), "asked_text": "Тарас", "question": " "}
    answer = browse("olena").post(f"/work-items/{step}/consult", form, part=True)
    assert answer.status_code == 422
    assert f'name="asked" value="{office.company.taras.id}"' in answer.text
    assert 'value="Тарас"' in answer.text


def test_head_gives_more_time(office: Office, browse: SignIn, step: int) -> None:
    before = office.step("prepare").due_at
    form = {"due_at": "5 р.д.", "reason": "Чекаємо на виробника"}
    assert browse("bohdan").post(f"/work-items/{step}/extend", form, part=True).status_code == 200
    after = office.step("prepare").due_at
    assert before is not None
    assert after is not None
    assert after > before


def test_deadline_that_cannot_be_read_is_told_at_the_field(browse: SignIn, step: int) -> None:
    answer = browse("bohdan").post(f"/work-items/{step}/extend", {"due_at": "колись", "reason": "Треба"}, part=True)
    assert answer.status_code == 422
    assert "колись" in answer.text
    assert 'id="field-due_at-error"' in answer.text


def test_holder_is_not_offered_more_time_for_themselves(browse: SignIn, step: int) -> None:
    assert "Дати більше часу" not in text_of(browse("olena").get(f"/work-items/{step}"))
    assert "Дати більше часу" in text_of(browse("bohdan").get(f"/work-items/{step}"))


def test_comment_stands_in_the_history(browse: SignIn, step: int) -> None:
    answer = browse("olena").post(f"/work-items/{step}/comment", {"text": "<b>Жирний</b> коментар"}, part=True)
    assert answer.status_code == 200
    assert "&lt;b&gt;Жирний&lt;/b&gt; коментар" in answer.text


def test_draft_comes_back_after_a_reload(office: Office, browse: SignIn, step: int) -> None:
    olena = browse("olena")
    form = {"field:discount": "не знаю", "field:deal.amount": ""}
    assert olena.post(f"/work-items/{step}/draft", form, part=True).status_code == 204
    with office.database.read() as session:
        draft = session.get_one(Draft, (step, office.company.olena.id))
    assert draft.texts == {"discount": "не знаю", "deal.amount": ""}
    assert 'value="не знаю"' in olena.get(f"/work-items/{step}").text
    assert 'value="не знаю"' not in browse("taras").get(f"/work-items/{step}").text


def test_an_input_left_as_its_reader_saw_it_is_no_draft(office: Office, browse: SignIn) -> None:
    """The form is sent as the reader's language writes it, on the clock of the installation."""
    with office.database.write() as session:
        session.execute(update(Person).where(Person.login == "olena").values(locale="en"))
    deal = office.open_deal("olena", amount=Decimal(1250))
    step = office.step("prepare", deal).id
    form = {"field:deal.amount": "1,250", "comment": "Later"}
    kept = browse("olena").post(f"/work-items/{step}/draft", form, part=True)
    assert kept.status_code == 204
    with office.database.read() as session:
        draft = session.get_one(Draft, (step, office.company.olena.id))
    assert (draft.texts, draft.comment) == ({}, "Later")


def test_what_is_said_with_a_step_and_a_comment_being_written_come_back(
    office: Office, browse: SignIn, step: int
) -> None:
    """On any device, to nobody else; a comment also when the step is done meanwhile, until it is sent."""
    olena = browse("olena")
    assert olena.post(f"/work-items/{step}/draft", {"comment": "Чекаю на рахунок"}, part=True).status_code == 204
    answer = olena.post(f"/work-items/{step}/comment-draft", {"text": "Хто знає, чи"}, part=True)
    assert (answer.status_code, answer.headers["Draft-Saved"]) == (204, "2026-03-02T08:00:00+00:00")
    page = browse("olena").get(f"/work-items/{step}").text
    assert "Чекаю на рахунок</textarea>" in page
    assert "Хто знає, чи</textarea>" in page
    other = browse("bohdan").get(f"/work-items/{step}").text
    assert "Чекаю на рахунок" not in other
    assert "Хто знає, чи" not in other
    office.prepare()
    assert "Хто знає, чи</textarea>" in olena.get(f"/work-items/{step}").text
    sent = olena.post(f"/work-items/{step}/comment", {"text": "Хто знає, чи вистачить?"}, part=True)
    assert f'data-draft-done="comment-{step}"' in sent.text
    assert "Хто знає, чи</textarea>" not in olena.get(f"/work-items/{step}").text
    olena.post(f"/work-items/{step}/comment-draft", {"text": "Ще"}, part=True)
    olena.post(f"/work-items/{step}/comment-draft", {"text": " "}, part=True)
    with office.database.read() as session:
        assert session.query(CommentDraft).count() == 0


@pytest.mark.parametrize("action", ACTIONS)
def test_outsider_finds_no_such_step(office: Office, browse: SignIn, step: int, action: str) -> None:
    form = {"to": "1", "text": "я", "due_at": "1 р.д.", "reason": "я", "outcome": "completed"}
    assert browse("danylo").post(f"/work-items/{step}/{action}", form, part=True).status_code == 404
    assert office.step("prepare").is_live


@pytest.mark.parametrize("action", ACTIONS)
def test_get_changes_nothing(browse: SignIn, step: int, action: str) -> None:
    assert browse("olena").get(f"/work-items/{step}/{action}").status_code == 405


@pytest.mark.parametrize("action", ["claim", "delegate", "draft"])
def test_done_step_takes_no_more(office: Office, browse: SignIn, step: int, action: str) -> None:
    office.prepare()
    form = {"to": str(office.company.taras.id)}
    assert browse("olena").post(f"/work-items/{step}/{action}", form, part=True).status_code == 409
