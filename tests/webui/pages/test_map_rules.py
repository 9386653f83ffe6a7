from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.office import Office
from support.web import Browser, text_of

from engine.queries.map_rules import rules_of

SignIn = Callable[[str | None], Browser]
RULE: dict[str, Any] = {
    "name": "Юристи бачать усе",
    "field:deal.amount": "500 000",
    "outcome:finance": ["returned", ""],
    "expected:legal": "through",
    "ends": "won",
}


@pytest.fixture
def owner(browse: SignIn) -> Browser:
    return browse("owner")


def test_a_rule_is_written_run_changed_and_removed(office: Office, owner: Browser) -> None:
    assert owner.post("/maps/1/rules", RULE).location == "/maps/1/rules"
    told = text_of(owner.get("/maps/1/rules"))
    for said in ("Юристи бачать усе", "500 000 ₴", "Погодити: Юридичний відділ", "Підготувати пропозицію →"):
        assert said in told
    assert "Повернуто на доопрацювання" in told
    page = owner.get("/maps/1/rules/0")
    assert 'value="500000"' in page.text
    assert page.text.count('<option value="returned" selected') == 1
    changed = RULE | {"expected:legal": "not_through", "name_before": RULE["name"]}
    assert owner.post("/maps/1/rules/0", changed).status_code == 303
    broken = owner.get("/maps/1/rules")
    assert "map-rule-failures" in broken.text
    assert "RULE_TEST_FAILED" not in broken.text
    assert "Юристи бачать усе" in text_of(owner.get("/maps/1"))
    assert owner.post("/maps/1/rules/0/remove", {"name_before": RULE["name"]}).status_code == 303
    with office.database.read() as session:
        assert rules_of(session, "sale") == ()


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(owner: Browser) -> None:
    answer = owner.post("/maps/1/rules", RULE | {"field:deal.amount": "багато"})
    assert answer.status_code == 422
    assert 'value="багато"' in answer.text
    assert answer.text.count('<option value="returned" selected') == 1
    nothing = owner.post("/maps/1/rules", {"name": "Порожнє"})
    assert nothing.status_code == 422
    assert 'role="alert"' in nothing.text


def test_rules_are_read_by_who_sees_maps_and_written_by_who_draws_them(owner: Browser, browse: SignIn) -> None:
    owner.post("/maps/1/rules", RULE)
    head = browse("bohdan")
    assert "Юристи бачать усе" in text_of(head.get("/maps/1/rules"))
    assert head.get("/maps/1/rules/new").status_code == 403
    assert head.post("/maps/1/rules", RULE).status_code == 403
    assert browse("olena").get("/maps/1/rules").status_code == 404
    assert owner.get("/maps/1/rules/0/remove").status_code == 405
    assert owner.get("/maps/1/rules/7").status_code == 404


def test_all_ways_are_told_in_words_and_one_of_them_on_the_drawing(owner: Browser, browse: SignIn) -> None:
    page = owner.get("/maps/1/ways?way=longest-won")
    assert page.status_code == 200
    told = text_of(page)
    assert "6 робочих днів" in told
    assert 'aria-current="true"' in page.text
    assert "&#34;decide&#34;" in page.text or '"decide"' in page.text
    assert browse("olena").get("/maps/1/ways").status_code == 404
