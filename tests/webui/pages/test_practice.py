from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from support.office import Office
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.model.deal import Deal

SignIn = Callable[[str | None], Browser]


class Practising:
    """The process owner with a practice deal of the sale before them."""

    def __init__(self, office: Office, owner: Browser) -> None:
        self.office, self.owner = office, owner
        opening = {
            "field:title": "Проба",
            "field:deal.amount": "500 000",
            "field:client.name": "ТОВ «Проба»",
            "owner_id": str(office.company.olena.id),
        }
        answer = owner.post("/maps/1/practice", opening)
        assert answer.status_code == 303, text_of(answer)
        self.address = answer.location
        self.page = owner.get(self.address)

    def post(self, action: str, **form: str) -> TestResponse:
        found = re.search(r'name="revision" value="(\d+)"', self.page.text)
        sent = {"revision": found[1] if found else "", **form}
        answer = self.owner.post(f"{self.address}/{action}", sent)
        self.page = self.owner.get(self.address) if answer.status_code == 303 else answer
        return answer

    def do(self, outcome: str = "completed", **form: str) -> TestResponse:
        found = re.search(r'name="work_item_id" value="(\d+)"', self.page.text)
        assert found is not None
        person = re.search(r'<option value="(\d+)" selected', self.page.text)
        assert person is not None
        return self.post("do", work_item_id=found[1], person_id=person[1], outcome=outcome, **form)


@pytest.fixture
def practising(office: Office, browse: SignIn) -> Practising:
    return Practising(office, browse("owner"))


def test_the_step_is_asked_as_the_inbox_asks_it_and_what_is_wrong_stands_at_its_field(practising: Practising) -> None:
    told = text_of(practising.page)
    assert "Підготувати пропозицію" in told
    assert "500 000 ₴" in told
    answer = practising.do(**{"field:discount": "багато"})
    assert answer.status_code == 422
    assert "багато" in text_of(answer)
    assert practising.do(**{"field:discount": "7,5"}).status_code == 303
    told = text_of(practising.page)
    assert "Погодити: Юридичний відділ" in told
    assert "Ірина Бондар, Юристка" in told
    assert "7,5" in told
    with practising.office.database.read() as session:
        assert session.query(Deal).count() == 0


def test_the_clock_moves_to_what_comes_next_and_the_last_action_is_taken_back(practising: Practising) -> None:
    before = re.findall(r'<time datetime="([^"]+)">', practising.page.text)[0]
    assert practising.post("time", until="next").status_code == 303
    after = re.findall(r'<time datetime="([^"]+)">', practising.page.text)[0]
    assert after > before
    assert "Олена Коваль: надіслано нагадування" in text_of(practising.page)
    practising.post("undo")
    assert re.findall(r'<time datetime="([^"]+)">', practising.page.text)[0] == before
    practising.post("time", until="hour")
    assert re.findall(r'<time datetime="([^"]+)">', practising.page.text)[0] == before.replace("T08", "T09")


def test_a_second_press_of_a_button_shows_where_the_deal_stands(practising: Practising) -> None:
    assert practising.post("time", until="hour", revision="1").status_code == 303
    answer = practising.post("time", until="hour", revision="1")
    assert answer.status_code == 409
    assert 'name="revision" value="2"' in answer.text


def test_a_practice_is_open_to_its_owner_alone(practising: Practising, browse: SignIn) -> None:
    for login, address, status in (
        ("admin", practising.address, 404),
        ("olena", practising.address, 404),
        ("olena", "/maps/1/practice", 404),
        ("admin", "/maps/1/practice", 403),
    ):
        assert browse(login).get(address).status_code == status, (login, address)
    assert practising.owner.get(f"{practising.address}/do").status_code == 405
    answer = practising.post("forget")
    assert answer.location == "/maps/1/practice"
    assert practising.owner.get(practising.address).status_code == 404


def test_what_is_missing_of_the_opening_is_said_at_its_field(browse: SignIn) -> None:
    owner = browse("owner")
    answer = owner.post("/maps/1/practice", {"field:title": "", "field:client.name": "ТОВ"})
    assert answer.status_code == 422
    answer = owner.post("/maps/1/practice", {"field:title": "", "field:client.name": "ТОВ", "owner_id": "1"})
    assert answer.status_code == 422
    assert "Що продаємо" in text_of(answer)
