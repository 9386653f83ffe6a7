from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from support.called_maps import NO_DATA, calling_map, on_error, rated_map
from support.drawn_maps import END, START, bag, chain, compiled, element, step
from support.office import Office
from support.web import Browser, text_of

from engine.bpmn.compiled import CompiledProcess

SignIn = Callable[[str | None], Browser]
OWNED = {"відповідальний": "власник угоди", "етап": "Пропозиція", "термін": "2 р.д."}


class Trial:
    """The process owner tries a map; ``page`` is what the practice shows now."""

    def __init__(self, office: Office, owner: Browser, process: CompiledProcess) -> None:
        definition = office.publish(process)
        opening = {
            "field:title": "Проба",
            "field:deal.amount": "1000",
            "field:client.name": "ТОВ «Проба»",
            "owner_id": str(office.company.olena.id),
        }
        self.owner = owner
        answer = owner.post(f"/maps/{definition.id}/practice", opening)
        assert answer.status_code == 303, text_of(answer)
        self.address = answer.location
        self.page = owner.get(self.address)

    def answer(self, **form: str) -> str:
        sent = dict(re.findall(r'name="(revision|activity_id)" value="(\d+)"', self.page.text)) | form
        assert self.owner.post(f"{self.address}/answer", sent).status_code == 303
        self.page = self.owner.get(self.address)
        return text_of(self.page)


@pytest.mark.parametrize(
    ("form", "opened"),
    [
        ({"answered": "1", "value.limit": "5000"}, "Підготувати пропозицію"),
        ({"failed": "1", "code": "http_404"}, "Спитати клієнта"),
    ],
)
def test_who_tries_a_map_says_what_the_other_system_answers(
    office: Office, browse: SignIn, form: dict[str, str], opened: str
) -> None:
    said = {"connector": "http", "url": "https://crm.example.com/", "result.limit": "answer.limit"}
    process = calling_map(*on_error("http_404", "ask"), around=NO_DATA.replace("NO_DATA", "http_404"), **said)
    trial = Trial(office, browse("owner"), process)
    assert "запитує crm.example.com" in text_of(trial.page)
    told = trial.answer(**form)
    assert opened in told
    assert "Немає що робити" not in told


@pytest.mark.parametrize(("rating", "opened"), [("7.5", True), ("2.5", False)])
def test_a_number_that_is_typed_as_an_answer_stays_a_number(
    office: Office, browse: SignIn, rating: str, *, opened: bool
) -> None:
    trial = Trial(office, browse("owner"), rated_map())
    trial.answer(answered="1", **{"value.rating": rating})
    assert ('name="work_item_id"' in trial.page.text) is opened


@pytest.mark.parametrize("rating", ["1e99999999999999999999", '"\\ud83d"'])
def test_what_no_map_can_use_of_a_typed_answer_is_refused_and_the_deal_stays(
    office: Office, browse: SignIn, rating: str
) -> None:
    trial = Trial(office, browse("owner"), rated_map())
    sent = dict(re.findall(r'name="(revision|activity_id)" value="(\d+)"', trial.page.text))
    answer = trial.owner.post(f"{trial.address}/answer", {**sent, "answered": "1", "value.rating": rating})
    assert answer.status_code == 422
    assert 'name="activity_id"' in trial.owner.get(trial.address).text


def test_fields_are_set_and_letters_taken_for_sent_in_a_practice(office: Office, browse: SignIn) -> None:
    letter = {"connector": "mail", "to": "client", "subject": "Вітаємо", "text": "Добридень"}
    process = compiled(
        START,
        element("serviceTask", "f", "Порахувати", bag(**{"connector": "fields", "set.score": "= deal.amount / 100"})),
        element("sendTask", "m", "Написати", bag(**letter)),
        step("after", "Підготувати пропозицію", **OWNED),
        END,
        chain("start", "f", "m", "after", "end"),
    )
    told = text_of(Trial(office, browse("owner"), process).page)
    assert re.search("Отримано відповідь: «Порахувати».*score.*10", told, re.DOTALL)
    assert "Отримано відповідь: «Написати»" in told
    assert "Підготувати пропозицію" in told
