"""Moving, suspending, reopening and repairing a deal on its page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from support.free_maps import map_with
from support.office import Office
from support.web import Browser, text_of

from engine.bpmn.compiled import Freedom
from engine.commands.jumps import move_token
from engine.model.deal import Deal, DealResult
from engine.model.intervention import Intervention
from engine.model.work_item import WorkItem

SignIn = Callable[[str | None], Browser]

WHY = {"reason": "Клієнт змінив умови"}


@pytest.fixture
def deal(office: Office) -> Deal:
    """It waits for its three approvals, on a map that may be left with a reason."""
    office.publish(map_with(Freedom.ADVISED))
    deal = office.open_deal()
    office.prepare()
    return deal


def open_elements(office: Office, deal: Deal) -> list[str]:
    return sorted(one.element_id for one in office.open_steps(deal))


@pytest.mark.parametrize("action", ["suspend", "cancel"])
def test_what_is_missing_is_told_by_the_page_and_not_by_the_browser_in_its_own_language(
    deal: Deal, browse: SignIn, action: str
) -> None:
    page = browse("olena").get(f"/deals/{deal.id}").text
    assert re.search(rf'<form method="post" action="/deals/{deal.id}/{action}" novalidate>', page)


def test_the_page_says_what_a_move_would_do_and_does_it(office: Office, deal: Deal, browse: SignIn) -> None:
    olena = browse("olena")
    assert f"/deals/{deal.id}/move" in olena.get(f"/deals/{deal.id}").text
    page = text_of(olena.get(f"/deals/{deal.id}/move"))
    for said in (
        "Кроки «Погодити: Юридичний відділ», «Погодити: Фінансовий відділ», «Погодити: Логістика» відкликаються.",
        "Відкриється «Підготувати пропозицію» для: Відділ продажів.",
        "Переміщення оминуло б погодження, якого не дано.",
    ):
        assert said in page
    assert olena.post(f"/deals/{deal.id}/move", WHY | {"to": "prepare"}).status_code == 303
    assert open_elements(office, deal) == ["prepare"]
    page = text_of(olena.get(f"/deals/{deal.id}"))
    assert "Сюди її перемістили: Олена Коваль" in page
    assert "Повернуто на «Підготувати пропозицію»" in page


def test_a_move_is_undone_from_the_page_until_the_deal_goes_on(office: Office, deal: Deal, browse: SignIn) -> None:
    olena = browse("olena")
    olena.post(f"/deals/{deal.id}/move", WHY | {"to": "prepare"})
    assert "Скасувати переміщення" in olena.get(f"/deals/{deal.id}").text
    assert olena.post(f"/deals/{deal.id}/move/undo", {"intervention": "1"}).status_code == 303
    assert open_elements(office, deal) == ["finance", "legal", "logistics"]
    assert "Скасувати переміщення" not in olena.get(f"/deals/{deal.id}").text
    assert olena.post(f"/deals/{deal.id}/move/undo", {"intervention": "1"}).status_code == 409


def test_a_double_click_moves_once(office: Office, deal: Deal, browse: SignIn) -> None:
    olena = browse("olena")
    for _ in range(2):
        assert olena.post(f"/deals/{deal.id}/move", WHY | {"to": "prepare", "command_id": "x"}).status_code == 303
    assert office.kinds(deal).count("deal_moved") == 1


def test_a_refused_move_says_why_and_keeps_what_was_typed(office: Office, deal: Deal, browse: SignIn) -> None:
    olena = browse("olena")
    answer = olena.post(f"/deals/{deal.id}/move", WHY | {"to": "sign"})
    assert answer.status_code == 403
    assert "оминуло б погодження" in text_of(answer)
    answer = olena.post(f"/deals/{deal.id}/move", {"to": "prepare", "reason": " "})
    assert answer.status_code == 422
    assert open_elements(office, deal) == ["finance", "legal", "logistics"]


def test_the_head_sees_in_words_what_is_passed_over_and_the_sheet_shows_it(
    office: Office, deal: Deal, browse: SignIn
) -> None:
    bohdan = browse("bohdan")
    assert "оминаються, хоч їх не дано" in text_of(bohdan.get(f"/deals/{deal.id}/move"))
    assert bohdan.post(f"/deals/{deal.id}/move", WHY | {"to": "sign"}).status_code == 303
    sheet = text_of(bohdan.get(f"/deals/{deal.id}/approval-sheet"))
    assert "Погодити: Юридичний відділ" in sheet
    assert "Оминуто без погодження" in sheet
    assert "Богдан Шевченко" in sheet


def test_the_maps_page_counts_departures(office: Office, deal: Deal, browse: SignIn) -> None:
    office.do("bohdan", move_token, deal.id, "sign", "Треба")
    page = text_of(browse("owner").get("/maps/2"))
    assert "1 угоду переміщено сюди" in page


def test_a_suspended_deal_shows_it_and_is_resumed(office: Office, deal: Deal, browse: SignIn) -> None:
    olena = browse("olena")
    refused = olena.post(f"/deals/{deal.id}/suspend", {"reason": "", "action": "suspend"})
    assert refused.status_code == 422
    assert "Напишіть чому: причина лишиться в історії угоди." in text_of(refused)
    assert olena.post(f"/deals/{deal.id}/suspend", {"reason": "Відпустка", "action": "suspend"}).status_code == 303
    page = text_of(olena.get(f"/deals/{deal.id}"))
    assert "Угоду призупинено (Олена Коваль" in page
    assert "Відпустка" in page
    for address in ("/deals", "/deals/board"):
        assert "hourglass" in olena.get(address).text
        assert "Призупинено" in text_of(olena.get(address))
    with office.database.read() as session:
        legal = session.query(WorkItem).filter_by(element_id="legal").one().id
    assert "Угоду призупинено" in text_of(browse("iryna").get(f"/work-items/{legal}"))
    assert "Погодити: Юридичний відділ" not in text_of(browse("iryna").get("/inbox"))
    assert olena.post(f"/deals/{deal.id}/resume", {"deadlines": "keep"}).status_code == 303
    assert open_elements(office, deal) == ["finance", "legal", "logistics"]
    assert "Призупинено" not in text_of(olena.get("/deals"))
    assert olena.post(f"/deals/{deal.id}/resume", {}).status_code == 409


def test_a_cancelled_deal_is_opened_again(office: Office, deal: Deal, browse: SignIn) -> None:
    olena = browse("olena")
    assert olena.post(f"/deals/{deal.id}/cancel", WHY).status_code == 303
    assert "Угоду скасовано" in text_of(olena.get(f"/deals/{deal.id}"))
    assert olena.post(f"/deals/{deal.id}/reopen", {"reason": ""}).status_code == 422
    assert olena.post(f"/deals/{deal.id}/reopen", WHY).status_code == 303
    assert office.deal(deal).result is DealResult.OPEN


def test_an_administrator_sets_values_and_takes_them_back(office: Office, deal: Deal, browse: SignIn) -> None:
    admin = browse("admin")
    office.do("admin", move_token, deal.id, "prepare", "Треба")
    assert "Знижка, %" in text_of(admin.get(f"/deals/{deal.id}/variables"))
    assert admin.post(f"/deals/{deal.id}/variables", {"set.discount": "багато", "reason": "Треба"}).status_code == 422
    nothing = admin.post(f"/deals/{deal.id}/variables", {"set.discount": " ", "reason": "Треба"})
    assert (nothing.status_code, "Нічого не заповнено" in text_of(nothing)) == (422, True)
    answer = admin.post(f"/deals/{deal.id}/variables", {"set.discount": "9", "reason": "Треба"})
    assert answer.status_code == 303
    assert office.deal(deal).fields["discount"] == "9"
    with office.database.read() as session:
        number = session.query(Intervention).count()
    assert admin.post(f"/deals/{deal.id}/variables/undo", {"intervention": str(number)}).status_code == 303
    assert office.deal(deal).fields["discount"] == "7.5"


@pytest.mark.parametrize(
    "action", ["move", "move/undo", "suspend", "resume", "reopen", "cancel", "variables", "variables/undo"]
)
def test_outsiders_find_nothing_and_reading_changes_nothing(
    action: str, office: Office, deal: Deal, browse: SignIn
) -> None:
    before = office.kinds(deal)
    form = WHY | {"to": "prepare", "set.discount": "1", "intervention": "1"}
    assert browse("danylo").post(f"/deals/{deal.id}/{action}", form).status_code == 404
    assert browse("olena").post(f"/deals/{deal.id}/{action}", form, token="forged").status_code == 400
    assert browse("danylo").get(f"/deals/{deal.id}/{action}").status_code in {404, 405}
    assert office.kinds(deal) == before
