from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from support.office import Office
from support.web import Browser, events_of, text_of

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
    assert "Тут ніщо не відповідає" in text_of(olena.get("/inbox?q=автобус"))


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
    answer = browse("iryna").post("/inbox/approve", {"step": [*legal, other, "999"]}, part=True)
    page = text_of(answer)
    assert answer.status_code == 200
    assert page.count("Погоджено") >= 2
    assert "inbox-changed" in events_of(answer)
    assert not [step for step in office.open_steps() if step.element_id == "legal"]
    assert next(step for step in office.open_steps() if str(step.id) == other).is_live


def test_step_with_a_form_is_left_out_of_approving_together(office: Office, browse: SignIn) -> None:
    office.open_deal("olena")
    step = office.step("prepare")
    answer = browse("olena").post("/inbox/approve", {"step": [str(step.id)]}, part=True)
    assert "Цей крок не є погодженням: відкрийте його і виберіть." in text_of(answer)
    assert office.step("prepare").is_live


def test_get_approves_nothing(browse: SignIn, approval: int) -> None:
    assert browse("iryna").get(f"/inbox/approve?step={approval}").status_code == 405


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
