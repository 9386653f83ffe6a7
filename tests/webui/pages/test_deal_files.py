"""Files of a deal: on its page, over the API, and in a practice deal, where none is made."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from sqlalchemy import func, select
from support.drawn_maps import END, START, bag, chain, drawn, element, step
from support.office import Office
from support.office_documents import docx
from support.web import Browser, text_of

from engine.bpmn.compile import compile_bpmn
from engine.commands.deal_files import add_made_file
from engine.model.deal import Deal
from engine.model.deal_file import DealFile
from engine.policy.permissions import Actor

SignIn = Callable[[str | None], Browser]
PAGE = b"<script>alert(1)</script>"
SAID = {
    "connector": "document",
    "template": "offer.docx",
    "file_name": "Offer {{ deal.title }}",
    "result.offer": "name",
}


@pytest.fixture
def deal(office: Office) -> Deal:
    """A deal with two versions of a page."""
    deal = office.open_deal("olena")
    for content in (PAGE, PAGE * 1000):
        with office.database.write() as session:
            add_made_file(
                session,
                session.get_one(Deal, deal.id),
                "Пропозиція.html",
                content,
                media_type="text/html",
                step="Скласти пропозицію",
                actor=Actor.system(),
                at=office.clock.now(),
            )
    return deal


def test_the_deals_page_lists_every_version_and_gives_it_as_a_download_only(
    office: Office, browse: SignIn, deal: Deal
) -> None:
    olena = browse("olena")
    page = olena.get(f"/deals/{deal.id}")
    told = text_of(page)
    assert "Файли: 2" in told
    assert re.search(
        "Пропозиція.html.*24 КБ.*версія 2.*склав крок «Скласти пропозицію».*25 Б.*версія 1", told, re.DOTALL
    )
    assert "Файл «Пропозиція.html», версія 2" in told
    latest, first = re.findall(rf"/deals/{deal.id}/files/\d+", page.text)
    answer = olena.get(first)
    assert answer.data == PAGE
    kind, _, named = answer.headers["Content-Disposition"].partition("; ")
    assert (kind, unquote(named.partition("UTF-8''")[2])) == ("attachment", "Пропозиція.html")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert olena.get(latest).data == PAGE * 1000


def test_who_does_not_see_the_deal_sees_no_file_and_none_of_another_deal(
    office: Office, browse: SignIn, deal: Deal
) -> None:
    other = office.open_deal("taras")
    with office.database.read() as session:
        file_id = session.scalars(select(DealFile.id)).first()
    assert browse("petro").get(f"/deals/{deal.id}/files/{file_id}").status_code == 404
    assert browse("taras").get(f"/deals/{other.id}").status_code == 200
    assert browse("taras").get(f"/deals/{other.id}/files/{file_id}").status_code == 404


def test_files_are_read_over_the_api(office: Office, browse: SignIn, deal: Deal) -> None:
    olena = browse("olena")
    listed = olena.get(f"/api/v1/deals/{deal.id}/files").json
    assert [(one["version"], one["size"], one["step"]) for one in listed["items"]] == [
        (2, 25_000, "Скласти пропозицію"),
        (1, 25, "Скласти пропозицію"),
    ]
    answer = olena.get(f"/api/v1/deals/{deal.id}/files/{listed['items'][1]['id']}/content")
    assert (answer.data, answer.headers["Content-Disposition"].partition(";")[0]) == (PAGE, "attachment")
    assert browse("petro").get(f"/api/v1/deals/{deal.id}/files").status_code == 404


def test_a_practice_deal_says_what_would_be_made_and_no_file_is(office: Office, browse: SignIn) -> None:
    call = element("serviceTask", "call", "Скласти пропозицію", bag(**SAID))
    after = step("after", "Надіслати", відповідальний="власник угоди", етап="Пропозиція", термін="2 р.д.")
    files = {
        "sale.bpmn": drawn(START, call, after, END, chain("start", "call", "after", "end")),
        "offer.docx": docx(("{{ client.name }}",)),
    }
    process = compile_bpmn(files).process
    assert process is not None
    definition = office.publish(process)
    opening = {
        "field:title": "Проба",
        "field:deal.amount": "1000",
        "field:client.name": "ТОВ «Проба»",
        "owner_id": str(office.company.olena.id),
    }
    owner = browse("owner")
    answer = owner.post(f"/maps/{definition.id}/practice", opening)
    assert answer.status_code == 303, text_of(answer)
    told = text_of(owner.get(answer.location))
    assert "Offer Проба.docx" in told
    assert "Надіслати" in told
    assert "Документ за шаблоном" in text_of(owner.get(f"/maps/{definition.id}"))
    with office.database.read() as session:
        assert session.scalar(select(func.count()).select_from(DealFile)) == 0
