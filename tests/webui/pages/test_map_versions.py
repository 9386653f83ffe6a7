from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from support.office import Office
from support.sale_versions import NEXT_SALE, SALE
from support.web import Browser, text_of

from engine.commands.definitions import check_map, deploy_definition
from engine.commands.publishing import prepare_publishing, publish_definition
from engine.model.process_definition import ProcessDefinition
from processes import shipped_sources

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def owner(browse: SignIn) -> Browser:
    return browse("owner")


def deploy(office: Office, content: bytes) -> ProcessDefinition:
    return office.do("owner", deploy_definition, check_map({"sale.bpmn": content}, library=shipped_sources()))


@pytest.fixture
def two(office: Office) -> tuple[ProcessDefinition, ProcessDefinition]:
    """The shipped sale, published, and its next version as a draft."""
    first = deploy(office, SALE)
    prepared = prepare_publishing(office.database, first.id, shipped=shipped_sources())
    office.do("owner", publish_definition, first.id, prepared=prepared, note="Перша редакція")
    return first, deploy(office, NEXT_SALE)


def marks(page: str) -> list[dict[str, str]]:
    """What the two drawings mark, the earlier version's first."""
    return [
        {one["element"]: one["mark"] for one in json.loads(told)} for told in re.findall(r"data-marks='(.*?)'", page)
    ]


def test_the_difference_is_told_in_words_and_marked_on_both_drawings(
    owner: Browser, two: tuple[ProcessDefinition, ProcessDefinition]
) -> None:
    page = owner.get(f"/maps/{two[1].id}/compare")
    said = text_of(page)
    for words in (
        "4 робочі години → 1 робочий день",
        "Прийняти лід у роботу → Взяти лід у роботу",
        "«Подякувати за оплату»",
        "після «Отримати передплату», перед «Відвантажити товар»",
        "«Знижка, %» більше за 5 → «Знижка, %» більше за 7",
    ):
        assert words in said
    before, now = marks(page.text)
    assert before == {"accept_lead": "changed", "b2b_discount": "changed", "b2b_21": "changed"}
    assert now["thank"] == "added" or "thank" not in now  # it is not in the drawing, and so has nothing to mark
    assert now["accept_lead"] == "changed"


def test_versions_are_chosen_by_number_under_the_maps_key_by_those_who_see_maps(
    browse: SignIn, owner: Browser, two: tuple[ProcessDefinition, ProcessDefinition]
) -> None:
    assert "4 робочі години → 1 робочий день" in text_of(owner.get("/maps/b2b-sale/compare?from=1&to=2"))
    assert "1 робочий день → 4 робочі години" in text_of(owner.get("/maps/b2b-sale/compare?from=2&to=1"))
    for address in ("b2b-sale/compare?from=1&to=9", "b2b-sale/compare?from=one", "no-such-map/compare", "999/compare"):
        assert owner.get(f"/maps/{address}").status_code == 404
    assert browse("olena").get(f"/maps/{two[0].id}/compare").status_code == 404


def test_deals_are_counted_per_version_and_why_it_was_published_stays_with_it(
    office: Office, owner: Browser, two: tuple[ProcessDefinition, ProcessDefinition]
) -> None:
    office.open_deal(definition_key="b2b-sale", title="Перша за версією один")
    page = owner.get(f"/maps/{two[0].id}/compare")
    assert "<title>Версії 1 і 2" in page.text
    assert 'href="/deals?map=b2b-sale&amp;version=1"' in owner.get(f"/maps/{two[0].id}").text
    assert "замало угод" in text_of(page)
    assert "Перша за версією один" in text_of(owner.get("/deals?map=b2b-sale&version=1"))
    assert "Перша за версією один" not in text_of(owner.get("/deals?map=b2b-sale&version=2"))
    owner.get(f"/maps/{two[1].id}")
    too_long = owner.post(f"/maps/{two[1].id}/publish", {"warnings_confirmed": "yes", "note": "я" * 2_001})
    assert too_long.status_code == 422
    assert "я" * 2_001 in too_long.text
    answer = owner.post(f"/maps/{two[1].id}/publish", {"warnings_confirmed": "yes", "note": " Клієнти чекали довго. "})
    assert answer.status_code == 303
    published = text_of(owner.get(f"/maps/{two[1].id}"))
    assert "Клієнти чекали довго." in published
    assert "Перша редакція" in published
    with office.database.read() as session:
        assert session.get_one(ProcessDefinition, two[1].id).published_note == "Клієнти чекали довго."


def test_two_versions_with_errors_are_compared_as_drawings(office: Office, owner: Browser) -> None:
    deploy(office, SALE)
    broken = deploy(office, SALE.replace(b"discount &gt; 5", b"discount &gt;&gt; 5 ((").replace(b'name="Tak"', b""))
    page = owner.get(f"/maps/{broken.id}/compare?from=1&to=2")
    assert page.status_code == 200
    assert 'class="bpmn-viewer"' in page.text
