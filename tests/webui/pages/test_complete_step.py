from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

import pytest
from support.office import Office
from support.sales_map import sales_map
from support.web import Browser, events_of, text_of
from werkzeug.test import TestResponse

from engine.bpmn.compiled import ApprovalRule, FieldChoice, FieldDefinition, FieldType
from engine.model.deal import Deal

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def prepare(office: Office) -> int:
    """The first step of a deal: the owner's, as a member of the sales department."""
    office.open_deal("olena")
    return office.step("prepare").id


JUST_DONE = MappingProxyType({"outcome": "completed"})


def complete(browser: Browser, step: int, form: Mapping[str, str] = JUST_DONE, *, part: bool = True) -> TestResponse:
    return browser.post(f"/work-items/{step}/complete", {**JUST_DONE, **form}, part=part)


def test_step_is_done_by_one_press_and_the_next_ones_are_open(office: Office, browse: SignIn, prepare: int) -> None:
    answer = complete(browse("olena"), prepare, {"field:discount": "7,5", "field:deal.amount": "12 500,50"})
    assert answer.status_code == 200
    assert "Виконано: Підготувати пропозицію" in text_of(answer)
    assert events_of(answer) == {"inbox-changed": None, "draft-done": {"name": f"step-{prepare}"}}
    assert {step.element_id for step in office.open_steps()} == {"legal", "finance", "logistics"}


def test_without_scripts_the_inbox_follows(browse: SignIn, prepare: int) -> None:
    answer = complete(browse("olena"), prepare, {"field:discount": "5"}, part=False)
    assert (answer.status_code, answer.location) == (303, "/inbox")


def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    office: Office, browse: SignIn, prepare: int
) -> None:
    typed = {"field:discount": "багато", "field:deal.amount": "12,5", "comment": "Клієнт просив"}
    answer = complete(browse("olena"), prepare, typed)
    assert answer.status_code == 422
    assert "«багато» не вдалося прочитати. Потрібно: відсоток." in text_of(answer)
    assert 'value="багато"' in answer.text
    assert 'value="12,5"' in answer.text
    assert "Клієнт просив" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert office.step("prepare").is_live


def test_required_field_is_asked_for_by_its_name(browse: SignIn, prepare: int) -> None:
    answer = complete(browse("olena"), prepare, {"field:discount": ""})
    assert answer.status_code == 422
    assert "Заповніть поле «Знижка, %»." in text_of(answer)


def test_return_without_a_reason_asks_for_it(office: Office, browse: SignIn, prepare: int) -> None:
    office.prepare()
    legal = office.step("legal").id
    answer = browse("iryna").post(f"/work-items/{legal}/complete", {"outcome": "returned"}, part=True)
    assert answer.status_code == 422
    assert "наступна людина має знати, що змінити" in text_of(answer)


def test_returned_offer_goes_back_with_its_reason(office: Office, browse: SignIn, prepare: int) -> None:
    office.prepare()
    for login, element in (("iryna", "legal"), ("oksana", "finance"), ("petro", "logistics")):
        form = {"outcome": "returned" if element == "legal" else "approved", "comment": "Змініть пункт 4"}
        answer = browse(login).post(f"/work-items/{office.step(element).id}/complete", form, part=True)
        assert answer.status_code == 200
    assert office.step("prepare").is_live


def test_second_person_is_told_who_was_faster(office: Office, browse: SignIn, prepare: int) -> None:
    late = browse("taras")
    office.prepare("olena")
    answer = complete(late, prepare, {"field:discount": "9"})
    assert answer.status_code == 409
    assert "Уже зроблено: Олена Коваль, 10:00." in text_of(answer)
    assert "Знижка, % 7,5 %" in text_of(answer)


def test_who_typed_while_the_step_was_given_to_somebody_else_keeps_what_was_typed(
    office: Office, browse: SignIn, prepare: int
) -> None:
    typing = browse("olena")
    taras = {"to": str(office.company.taras.id)}
    assert browse("bohdan").post(f"/work-items/{prepare}/delegate", taras, part=True).status_code == 200
    for action in ("draft", "complete"):  # the draft that the page keeps meanwhile is no reason to forget it
        typed = {"field:discount": "9", "comment": "Клієнт просив більше"}
        answer = typing.post(f"/work-items/{prepare}/{action}", typed, part=True)
    assert answer.status_code == 403
    assert "Знижка, %: 9" in text_of(answer)
    assert "Клієнт просив більше" in text_of(answer)
    assert office.step("prepare").is_live


def test_field_is_kept_whatever_its_name_ends_in(office: Office, browse: SignIn) -> None:
    offer = FieldDefinition(name="offer_text", label="Склад пропозиції", required=True)
    deal = _deal_with_fields(office, offer)
    step = office.step("prepare", deal).id
    assert complete(browse("olena"), step, {"field:offer_text": "Два насоси"}).status_code == 200
    assert office.deal(deal).fields["offer_text"] == "Два насоси"


def test_approver_reads_values_as_people_write_them(office: Office, browse: SignIn) -> None:
    process = sales_map()
    terms = FieldDefinition(
        name="terms",
        label="Умови оплати",
        type=FieldType.CHOICE,
        choices=(FieldChoice(value="prepaid", label="Передплата 100 %"),),
    )
    only_shown = [
        FieldDefinition(name=name, label=label, type=FieldType.READ_ONLY)
        for name, label in (("deal.amount", "Сума"), ("discount", "Знижка"), ("terms", "Умови"))
    ]
    prepare = process.steps["prepare"]
    steps = {
        **process.steps,
        "prepare": prepare.model_copy(update={"fields": (*prepare.fields, terms)}),
        "legal": process.steps["legal"].model_copy(update={"fields": tuple(only_shown)}),
    }
    office.publish(process.model_copy(update={"steps": steps, "content_hash": "e" * 64}))
    office.open_deal()
    office.complete("olena", "prepare", values={"discount": "7,5", "terms": "prepaid", "deal.amount": "1116470"})
    pane = text_of(browse("iryna").get(f"/work-items/{office.step('legal').id}", part=True)).replace("\xa0", " ")
    assert "1 116 470 ₴" in pane
    assert "7,5 %" in pane
    assert "Передплата 100 %" in pane
    refused = browse("iryna").post(
        f"/work-items/{office.step('legal').id}/complete", {"outcome": "returned"}, part=True
    )
    assert "Передплата 100 %" in text_of(refused)


def test_pressing_twice_completes_once(office: Office, browse: SignIn, prepare: int) -> None:
    olena = browse("olena")
    form = {"field:discount": "5", "command_id": "one press"}
    assert complete(olena, prepare, form).status_code == 200
    assert complete(olena, prepare, form).status_code == 200
    assert len(office.open_steps()) == 3


def test_button_that_the_map_does_not_have_is_refused(browse: SignIn, prepare: int) -> None:
    answer = browse("olena").post(
        f"/work-items/{prepare}/complete", {"outcome": "sold", "field:discount": "5"}, part=True
    )
    assert answer.status_code == 422
    assert "Цей крок не має кнопки «sold»." in text_of(answer)


def test_whose_step_fails_technically_is_told_what_to_do_next(office: Office, browse: SignIn) -> None:
    office.publish(sales_map({"legal": ApprovalRule(mode="count", count=2)}))  # the department has one member
    office.open_deal()
    office.prepare()
    answer = complete(browse("iryna"), office.step("legal").id, {"outcome": "approved"})
    assert answer.status_code == 422
    assert "Крок лишається відкритим, адміністратора повідомлено." in text_of(answer)
    assert office.step("legal").is_live


def test_outsider_finds_no_such_step(office: Office, browse: SignIn, prepare: int) -> None:
    assert complete(browse("danylo"), prepare, {"field:discount": "5"}).status_code == 404
    assert office.step("prepare").is_live


def test_colleague_of_another_department_may_not_do_it(office: Office, browse: SignIn, prepare: int) -> None:
    office.prepare()
    legal = office.step("legal").id
    answer = browse("olena").post(f"/work-items/{legal}/complete", {"outcome": "approved"}, part=True)
    assert answer.status_code == 403
    assert "Цей крок не ваш: Юридичний відділ." in text_of(answer)


def test_get_completes_nothing(office: Office, browse: SignIn, prepare: int) -> None:
    assert browse("olena").get(f"/work-items/{prepare}/complete").status_code == 405
    assert office.step("prepare").is_live


def _deal_with_fields(office: Office, *fields: FieldDefinition) -> Deal:
    """A deal on a version of the map whose first step asks for ``fields``."""
    process = sales_map()
    prepare = process.steps["prepare"].model_copy(update={"fields": fields})
    steps = {**process.steps, "prepare": prepare}
    content_hash = hashlib.sha256(repr(fields).encode()).hexdigest()  # what is compiled is kept by it
    office.publish(process.model_copy(update={"steps": steps, "content_hash": content_hash}))
    return office.open_deal()
