"""An ad-hoc sub-process on the page of its choice: what can be begun, and that nothing more is to be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.drawn_maps import END, START, chain, compiled, element, step
from support.office import Office
from support.web import Browser, text_of

from engine.bpmn.compiled import StepKind
from engine.model.work_item import WorkItem

SignIn = Callable[[str | None], Browser]
SAID = {"відповідальний": "власник угоди", "термін": "2 р.д.", "етап": "Переговори"}


@pytest.fixture
def choice(office: Office) -> WorkItem:
    talks = element(
        "adHocSubProcess",
        "talks",
        "Що далі?",
        step("call", "Подзвонити", **SAID) + step("letter", "Написати листа", **SAID),
    )
    office.publish(compiled(START, talks, END, chain("start", "talks", "end")))
    office.open_deal("olena")
    return choice_in(office)


def choice_in(office: Office) -> WorkItem:
    (found,) = (one for one in office.open_steps() if one.kind is StepKind.CHOICE)
    return found


def press(browser: Browser, office: Office, label: str) -> None:
    item = choice_in(office)
    page = browser.get(f"/work-items/{item.id}", part=True)
    before, _, _ = page.text.partition(f"{label}</button>")
    outcome = before.rpartition('name="outcome" value="')[2].partition('"')[0]
    answer = browser.post(f"/work-items/{item.id}/complete", {"outcome": outcome}, part=True)
    assert answer.status_code == 200, text_of(answer)


def test_each_step_has_its_button_and_so_has_that_it_is_enough(browse: SignIn, choice: WorkItem) -> None:
    page = text_of(browse("olena").get(f"/work-items/{choice.id}", part=True))
    assert "Подзвонити" in page
    assert "Написати листа" in page
    assert "Вас запитають знову, доки не натиснете «Більше нічого не починати»" in page


def test_steps_are_begun_as_often_as_chosen_and_withdrawn_when_it_is_enough(
    office: Office, browse: SignIn, choice: WorkItem
) -> None:
    browser = browse("olena")
    for label in ("Подзвонити", "Подзвонити", "Написати листа"):
        press(browser, office, label)
    begun = sorted(one.name for one in office.open_steps() if one.id != choice_in(office).id)
    assert begun == ["Написати листа", "Подзвонити", "Подзвонити"]
    press(browser, office, "Більше нічого не починати")
    assert office.open_steps() == []
