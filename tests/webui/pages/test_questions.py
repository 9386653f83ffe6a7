from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from support.office import Office
from support.web import Browser, text_of

from engine.commands.consultations import ask_about_work_item
from engine.commands.people import set_substitution
from engine.model.consultation import Consultation
from engine.model.history_event import HistoryEvent
from engine.model.mention import Mention

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def step(office: Office) -> int:
    office.open_deal("olena")
    return office.step("prepare").id


@pytest.fixture
def question(office: Office, step: int) -> int:
    return office.do("olena", ask_about_work_item, step, office.company.petro.id, "Є на складі?").id


def asked(office: Office, question_id: int) -> Consultation:
    with office.database.read() as session:
        return session.get_one(Consultation, question_id)


def test_a_question_is_asked_at_the_step_and_a_second_press_asks_no_second_one(
    office: Office, browse: SignIn, step: int
) -> None:
    form = {"asked": str(office.company.petro.id), "question": "Є на складі?", "command_id": "once-q"}
    olena = browse("olena")
    for _ in range(2):
        answer = olena.post(f"/work-items/{step}/consult", form, part=True)
        assert answer.status_code == 200
    assert "Запитати когось (1)" in text_of(answer)
    assert "1 запитання до вас" in text_of(browse("petro").get("/inbox"))


def test_what_is_wrong_about_a_question_stands_at_its_fields(browse: SignIn, step: int) -> None:
    answer = browse("olena").post(f"/work-items/{step}/consult", {"asked": "", "question": " "}, part=True)
    assert answer.status_code == 422
    assert 'id="field-asked-error"' in answer.text
    assert 'id="field-question-error"' in answer.text


def test_who_is_asked_answers_on_their_page_or_at_the_step(
    office: Office, browse: SignIn, step: int, question: int
) -> None:
    petro = browse("petro")
    empty = petro.post(f"/questions/{question}/answer", {"answer": " "})
    assert empty.status_code == 422
    assert f'id="answer-{question}-error"' in empty.text
    assert "Є на складі?" in text_of(petro.get(f"/work-items/{step}"))
    address = f"/work-items/{step}/questions/{question}/answer"
    assert petro.post(address, {"answer": "Два насоси"}, part=True).status_code == 200
    assert asked(office, question).answer == "Два насоси"
    late = petro.post(f"/questions/{question}/answer", {"answer": "Три"})
    assert late.status_code == 409
    assert "На це запитання вже відповіли." in text_of(late)


def test_the_asker_reads_the_answer_and_takes_it_off_the_list(
    office: Office, browse: SignIn, step: int, question: int
) -> None:
    browse("petro").post(f"/questions/{question}/answer", {"answer": "Два насоси"})
    olena = browse("olena")
    assert "1 відповідь вам" in text_of(olena.get("/inbox"))
    assert "Два насоси" in text_of(olena.get("/questions"))
    read = f"/work-items/{step}/questions/{question}/read"
    assert olena.post(read, part=True).status_code == 200
    assert asked(office, question).read_at is not None
    assert "Два насоси" not in text_of(olena.get("/questions"))


def test_a_step_is_handed_back_from_its_pane(office: Office, browse: SignIn, step: int) -> None:
    browse("olena").post(f"/work-items/{step}/delegate", {"to": str(office.company.taras.id), "note": "Порахуй"})
    taras = browse("taras")
    assert "Олена Коваль передає вам цей крок" in text_of(taras.get(f"/work-items/{step}"))
    missing = taras.post(f"/work-items/{step}/hand-back", {"answer": ""}, part=True)
    assert 'id="hand-back-answer-error"' in missing.text
    assert taras.post(f"/work-items/{step}/hand-back", {"answer": "7 %"}, part=True).status_code == 200
    assert office.step("prepare").assignee_id == office.company.olena.id


def test_a_comment_that_names_who_may_not_see_the_deal_comes_back_with_its_text(
    office: Office, browse: SignIn, step: int
) -> None:
    answer = browse("olena").post(f"/work-items/{step}/comment", {"text": "@danylo, глянь"}, part=True)
    assert answer.status_code == 422
    assert "Данило Кравець" in text_of(answer)
    assert "@danylo, глянь</textarea>" in answer.text
    with office.database.read() as session:
        assert session.query(HistoryEvent).filter_by(kind="commented").count() == 0


def test_people_are_looked_up_for_a_comment_with_whether_they_see_the_deal(
    office: Office, browse: SignIn, step: int
) -> None:
    deal_id = office.step("prepare").deal_id
    found = browse("olena").get(f"/choose/mentioned?deal={deal_id}&q=кра").get_json()["items"]
    assert found == [{"id": "danylo", "text": "Данило Кравець", "detail": "не бачить угоди", "sees": False}]
    (taras,) = browse("olena").get(f"/choose/mentioned?deal={deal_id}&q=taras").get_json()["items"]
    assert (taras["id"], taras["sees"]) == ("taras", True)
    assert browse("danylo").get(f"/choose/mentioned?deal={deal_id}&q=taras").status_code == 404


def test_a_mention_is_found_and_read(office: Office, browse: SignIn, step: int) -> None:
    browse("olena").post(f"/work-items/{step}/comment", {"text": "@taras, <b>глянь</b>"})
    taras = browse("taras")
    page = taras.get("/questions")
    assert "@Тарас Мельник, &lt;b&gt;глянь&lt;/b&gt;" in page.text
    with office.database.read() as session:
        mention_id = session.query(Mention).one().id
    assert browse("olena").post(f"/questions/mentions/{mention_id}/read").status_code == 404
    assert taras.post(f"/questions/mentions/{mention_id}/read").status_code == 303
    assert "згадка" not in text_of(taras.get("/inbox"))


def test_a_deal_is_watched_and_left_again(office: Office, browse: SignIn, step: int) -> None:
    deal_id = office.step("prepare").deal_id
    bohdan = browse("bohdan")
    assert bohdan.post(f"/deals/{deal_id}/watch").status_code == 303
    assert 'aria-pressed="true"' in bohdan.get(f"/deals/{deal_id}").text
    assert "Насоси для водоканалу" in text_of(bohdan.get("/questions"))
    assert bohdan.post(f"/deals/{deal_id}/unwatch").status_code == 303
    assert 'aria-pressed="false"' in bohdan.get(f"/deals/{deal_id}").text


def test_a_substitute_sees_for_whom_the_question_is(office: Office, browse: SignIn, step: int, question: int) -> None:
    today = office.clock.now().date()
    petro, oksana = office.company.petro.id, office.company.oksana.id
    office.do("admin", set_substitution, petro, oksana, today, today + timedelta(days=1))
    assert "за: Петро Лисенко" in text_of(browse("oksana").get("/questions"))


@pytest.mark.parametrize("login", ["danylo", "iryna"])
def test_for_a_stranger_none_of_it_exists(office: Office, browse: SignIn, step: int, question: int, login: str) -> None:
    stranger, deal_id = browse(login), office.step("prepare").deal_id
    form = {"answer": "Так", "asked": "1", "question": "?"}
    addresses = [
        *(f"/questions/{question}/{action}" for action in ("answer", "withdraw", "read")),
        *(f"/work-items/{step}/questions/{question}/{action}" for action in ("answer", "withdraw", "read")),
        *(f"/work-items/{step}/{action}" for action in ("consult", "hand-back")),
        *(f"/deals/{deal_id}/{action}" for action in ("watch", "unwatch")),
        "/questions/mentions/1/read",
    ]
    for address in addresses:
        assert stranger.post(address, form).status_code == 404, address
        assert stranger.get(address).status_code == 405, address


def test_a_question_of_another_step_does_not_exist_at_this_one(
    office: Office, browse: SignIn, step: int, question: int
) -> None:
    other = office.open_deal("olena")
    (elsewhere,) = (one.id for one in office.open_steps(other))
    address = f"/work-items/{elsewhere}/questions/{question}/withdraw"
    assert browse("olena").post(address, part=True).status_code == 404
    assert asked(office, question).withdrawn_at is None
