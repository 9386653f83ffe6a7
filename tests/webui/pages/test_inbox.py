from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from support.office import Office
from support.web import Browser, events_of, text_of

from engine.commands.work_items import save_draft
from engine.queries.pages import ListOrder
from webui.news_desk import news_desk

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def approval(office: Office) -> int:
    """Legal's step of a deal."""
    office.open_deal("olena")
    office.prepare()
    return office.step("legal").id


def test_step_says_what_to_do_for_whom_and_by_when(office: Office, browse: SignIn) -> None:
    office.open_deal("olena")
    page = text_of(browse("olena").get("/inbox"))
    for told in ("Підготувати пропозицію", "ТОВ «Промінь»", "125 000,50", "Пропозиція", "Цього тижня", "до 10:00"):
        assert told in page


def test_deadline_that_passed_is_told_in_working_time(office: Office, browse: SignIn) -> None:
    office.open_deal("olena")
    office.wait(days=7)
    page = text_of(browse("bohdan").get("/inbox"))
    assert "прострочено на 3 робочі дні" in page
    assert "Прострочено" in page


def test_new_steps_come_with_the_list_that_is_asked_for_again(office: Office, browse: SignIn) -> None:
    iryna = browse("iryna")
    assert "Погодити: Юридичний відділ" not in text_of(iryna.get("/inbox/steps?tab=groups", part=True))
    office.open_deal("olena")
    office.prepare()
    part = iryna.get("/inbox/steps?tab=groups", part=True)
    assert "Погодити: Юридичний відділ" in text_of(part)
    assert 'id="nav-inbox-count"' in part.text
    assert "<html" not in part.text


def test_list_is_filtered_by_its_own_box(office: Office, browse: SignIn) -> None:
    office.open_deal("olena")
    olena = browse("olena")
    assert "Підготувати пропозицію" in text_of(olena.get("/inbox?q=водоканал"))
    assert "За запитом «автобус» тут нічого немає" in text_of(olena.get("/inbox?q=автобус"))


@pytest.mark.parametrize("tab", ["mine", "groups", "substituting", "waiting", "done"])
def test_empty_tab_says_what_will_appear_there(browse: SignIn, tab: str) -> None:
    assert 'class="empty"' in browse("danylo").get(f"/inbox?tab={tab}").text


def test_done_steps_are_kept(office: Office, browse: SignIn) -> None:
    office.open_deal("olena")
    office.prepare("olena")
    assert "Підготувати пропозицію" in text_of(browse("olena").get("/inbox?tab=done"))


def test_step_has_an_address_of_its_own(browse: SignIn, approval: int) -> None:
    iryna = browse("iryna")
    whole = iryna.get(f"/work-items/{approval}")
    part = iryna.get(f"/work-items/{approval}", part=True)
    assert "<html" in whole.text
    assert 'id="steps"' in whole.text
    assert "<html" not in part.text
    for button in ("approved", "returned", "rejected"):
        assert f'value="{button}"' in part.text


def test_outsider_finds_no_such_step(browse: SignIn, approval: int) -> None:
    assert browse("danylo").get(f"/work-items/{approval}").status_code == 404


def test_several_steps_are_approved_together_and_each_is_told_of(office: Office, browse: SignIn) -> None:
    for _ in range(2):
        office.open_deal("olena")
        office.complete(
            "olena", "prepare", values={"discount": "5"}, work_item_id=max(step.id for step in office.open_steps())
        )
    legal = [str(step.id) for step in office.open_steps() if step.element_id == "legal"]
    other = next(str(step.id) for step in office.open_steps() if step.element_id == "finance")
    iryna = browse("iryna")
    looked = iryna.post("/inbox/together/approve", {"step": [*legal, other, "999"]}, part=True)
    assert "inbox-changed" not in events_of(looked)
    hashes = dict(re.findall(r'name="(content_hash:\d+)" value="(\w{64})"', looked.text))
    assert {f"content_hash:{one}" for one in legal} == set(hashes)
    seen = hashes | {f"content_hash:{legal[0]}": "0" * 64}
    answer = iryna.post("/inbox/together/approve", {"step": legal, "looked": "yes"} | seen, part=True)
    assert "тим часом змінилося" in text_of(answer)
    answer = iryna.post("/inbox/together/approve", {"step": [*legal, other], "looked": "yes"} | hashes, part=True)
    page = text_of(answer)
    assert answer.status_code == 200
    assert "Погоджено" in page
    assert "inbox-changed" in events_of(answer)
    assert not [step for step in office.open_steps() if step.element_id == "legal"]
    assert next(step for step in office.open_steps() if str(step.id) == other).is_live


def test_step_with_a_form_is_left_out_of_approving_together(office: Office, browse: SignIn) -> None:
    office.open_deal("olena")
    step = office.step("prepare")
    answer = browse("olena").post("/inbox/together/approve", {"step": [str(step.id)]}, part=True)
    assert "Цей крок не є погодженням: відкрийте його і виберіть." in text_of(answer)
    assert office.step("prepare").is_live


def test_plain_steps_are_completed_together_and_choices_are_left_out(office: Office, browse: SignIn) -> None:
    office.open_deal("olena")
    step = office.step("prepare")
    answer = browse("olena").post("/inbox/together/complete", {"step": [str(step.id)]}, part=True)
    assert "Відкрийте його і заповніть" in text_of(answer)
    assert office.step("prepare").is_live
    office.do("olena", save_draft, step.id, {"discount": "5"})
    answer = browse("olena").post("/inbox/together/complete", {"step": [str(step.id)]}, part=True)
    assert "Зроблено: 1, пропущено: 0" in text_of(answer)
    legal = office.step("legal").id
    answer = browse("iryna").post("/inbox/together/complete", {"step": [str(legal)]}, part=True)
    assert "Цей крок потребує вибору" in text_of(answer)
    assert office.step("legal").is_live


def test_steps_are_taken_together_and_given_back(office: Office, browse: SignIn, approval: int) -> None:
    taken_by_others = office.step("finance").id
    iryna = browse("iryna")
    answer = iryna.post("/inbox/together/take", {"step": [str(approval), str(taken_by_others)]}, part=True)
    assert office.step("legal").assignee_id == office.company.iryna.id
    assert office.step("finance").assignee_id is None
    assert "Зроблено: 1, пропущено: 1" in text_of(answer)
    assert '/inbox/together/release" hx-post' in answer.text
    iryna.post("/inbox/together/release", {"step": [str(approval)]}, part=True)
    assert office.step("legal").assignee_id is None


def test_what_was_taken_can_be_given_back_from_the_message(browse: SignIn, approval: int) -> None:
    told = events_of(browse("iryna").post(f"/work-items/{approval}/claim", part=True))["toast"]
    assert told["undo"] == f"/work-items/{approval}/release"
    assert told["label"]


def test_a_filter_is_kept_for_the_person_wherever_they_sign_in(office: Office, browse: SignIn) -> None:
    office.open_deal("olena")
    olena = browse("olena")
    assert "Пропозиція" in text_of(olena.get("/inbox/filter?tab=mine", part=True))
    answer = olena.post("/inbox/filter", {"tab": "mine", "overdue": "1", "sort": "amount"}, part=True)
    assert "Немає кроків, які відповідають фільтру" in text_of(answer)
    elsewhere = browse("olena")
    assert "лише прострочені · спершу найбільша сума" in text_of(elsewhere.get("/inbox"))
    assert "Підготувати пропозицію" not in text_of(elsewhere.get("/inbox"))
    office.clock.advance(timedelta(days=7))
    assert "Підготувати пропозицію" in text_of(elsewhere.get("/inbox"))
    assert olena.post("/inbox/filter", {"tab": "mine"}).status_code == 303
    assert "лише прострочені" not in text_of(elsewhere.get("/inbox"))


def test_list_is_exported_as_it_is_narrowed(office: Office, browse: SignIn) -> None:
    office.open_deal("olena", title="=Насоси")
    office.open_deal("olena", title="Труби")
    olena = browse("olena")
    rows = olena.get("/inbox/export.csv?q=насоси").text.splitlines()
    assert len(rows) == 2
    assert rows[1].startswith("Підготувати пропозицію;")
    assert "'=Насоси;ТОВ «Промінь»;125000,50;UAH;Пропозиція;Олена Коваль;2026-03-04 10:00;;" in rows[1]
    assert str(olena.get("/inbox/export.xlsx?tab=done").mimetype).endswith("sheet")
    assert olena.get("/inbox/export.pdf").status_code == 404


def test_a_place_in_another_order_is_not_looked_for(office: Office, browse: SignIn) -> None:
    office.open_deal("olena")
    olena = browse("olena")
    cursor = ListOrder("steps by deadline", (datetime, int)).cursor([office.clock.now(), 0])
    assert olena.get(f"/inbox?cursor={cursor}&sort=deadline").status_code == 200
    olena.post("/inbox/filter", {"tab": "mine", "sort": "amount"})
    assert "Підготувати пропозицію" in text_of(olena.get(f"/inbox/steps?cursor={cursor}&sort=deadline", part=True))


def test_page_that_asks_for_news_is_told_what_concerns_its_person(office: Office, browse: SignIn) -> None:
    olena, danylo = browse("olena"), browse("danylo")
    first = olena.get("/inbox/news?since=junk").get_json()
    assert first["changed"]
    office.clock.advance(timedelta(minutes=1))
    since = olena.get("/inbox/news").get_json()["since"]
    assert not danylo.get(f"/inbox/news?since={since}").get_json()["changed"]
    assert browse(None).get("/inbox/news").status_code == 401


def test_stream_says_that_it_is_one_and_only_so_many_are_open(app: Flask, browse: SignIn) -> None:
    olena = browse("olena")
    news_desk(app).stop_when(lambda: True)
    answer = olena.get("/inbox/stream?since=0")
    assert answer.mimetype == "text/event-stream"
    assert answer.text.startswith("retry:")
    desk = news_desk(app)
    while desk.take_seat():
        pass
    assert olena.get("/inbox/stream").status_code == 204


def test_get_approves_nothing(browse: SignIn, approval: int) -> None:
    assert browse("iryna").get(f"/inbox/together/approve?step={approval}").status_code == 405


def test_cursor_of_nobody_is_told_not_guessed(browse: SignIn) -> None:
    answer = browse("olena").get("/inbox?cursor=forged")
    assert answer.status_code == 422
    assert "Почніть із першої" in text_of(answer)


def test_number_in_the_menu_is_the_number_in_the_list(office: Office, browse: SignIn) -> None:
    office.open_deal("olena")
    olena = browse("olena")
    count = re.search(r">(\d+)</span>", olena.get("/inbox/count", part=True).text)
    assert count is not None
    assert count[1] == "1"
    assert olena.get("/inbox").text.count("data-row=") == 1
