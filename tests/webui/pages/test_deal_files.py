"""Files of a deal: added, listed, looked at and fetched; over the API; and in a practice deal, where none is made."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select
from support.drawn_maps import END, START, bag, chain, drawn, element, step
from support.files import HEIC, add, asking_for_files, pdf, png, tiff
from support.office import Office
from support.office_documents import docx
from support.web import Browser, shared_application, text_of
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from engine.bpmn.compile import compile_bpmn
from engine.commands.deal_files import Place, add_made_file
from engine.model.deal import Deal
from engine.model.deal_file import DealFile, StoredFile
from engine.policy.permissions import Actor
from webui.file_lists import FIRST_SHOWN

SignIn = Callable[[str | None], Browser]
PAGE = b"<script>alert(1)</script>"
ONE = pdf("one")
SAID = {
    "connector": "document",
    "template": "offer.docx",
    "file_name": "Offer {{ deal.title }}",
    "result.offer": "name",
}


@pytest.fixture
def app(office: Office) -> Flask:
    return shared_application(office, FILE_MAX_MB="1")


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


def ids_of(office: Office) -> list[int]:
    with office.database.read() as session:
        return list(session.scalars(select(DealFile.id).order_by(DealFile.id)))


def test_the_deals_page_lists_every_version_and_gives_it_as_a_download_only(
    office: Office, browse: SignIn, deal: Deal
) -> None:
    olena = browse("olena")
    told = text_of(olena.get(f"/deals/{deal.id}"))
    assert re.search(
        "Пропозиція.html версія 2 24 КБ.*склав крок «Скласти пропозицію».*Ще 1 давніша версія версія 1 25 Б", told
    )
    assert "Файл «Пропозиція.html», версія 2" in told
    first, latest = ids_of(office)
    for address in (f"/deals/{deal.id}/files/{first}", f"/files/{first}/content"):
        answer = olena.get(address)
        assert (answer.data, answer.content_length) == (PAGE, len(PAGE))
        kind, _, named = answer.headers["Content-Disposition"].partition("; ")
        assert (kind, unquote(named.partition("UTF-8''")[2])) == ("attachment", "Пропозиція.html")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert olena.get(f"/files/{latest}/content").data == PAGE * 1000
    shown = olena.get(f"/files/{first}")
    assert "версія 1" in text_of(shown)
    assert b"<script>alert" not in shown.data
    assert olena.get(f"/files/{first}/picture").status_code == 404


def test_who_does_not_see_the_deal_sees_no_file_and_none_of_another_deal(
    office: Office, browse: SignIn, deal: Deal
) -> None:
    other = office.open_deal("taras")
    file_id = ids_of(office)[0]
    petro, taras = browse("petro"), browse("taras")
    for address in (f"/files/{file_id}", f"/files/{file_id}/content", f"/files/{file_id}/picture"):
        assert petro.get(address).status_code == 404
    for action in (f"/files/{file_id}/hide", f"/files/{file_id}/put-back", f"/deals/{deal.id}/files"):
        assert petro.post(action, sent("a.pdf", ONE)).status_code == 404
    assert petro.get(f"/deals/{deal.id}/files/{file_id}").status_code == 404
    assert taras.get(f"/deals/{other.id}").status_code == 200
    assert taras.get(f"/deals/{other.id}/files/{file_id}").status_code == 404
    with office.database.read() as session:
        assert session.scalar(select(func.count()).select_from(StoredFile)) == 2


def sent(name: str, content: bytes, **more: str) -> dict[str, Any]:
    return {"file": (io.BytesIO(content), name), **more}


def test_a_file_is_added_to_a_deal_and_to_a_step_and_shown_at_both(office: Office, browse: SignIn) -> None:
    deal = office.open_deal("olena")
    step, olena = office.step("prepare", deal).id, browse("olena")
    answer = olena.post(f"/deals/{deal.id}/files", sent("Схема.png", png(), command_id="one"))
    assert answer.status_code == 303
    asked = {"Accept": "application/json"}
    answer = olena.post(f"/work-items/{step}/files", sent("Договір.pdf", ONE, command_id="two"), headers=asked)
    (told,) = answer.get_json()["files"]
    again = olena.post(f"/work-items/{step}/files", sent("Договір.pdf", ONE, command_id="two"), headers=asked)
    assert (again.json, told["version"]) == (answer.json, 1)
    pane = text_of(olena.get(f"/work-items/{step}", part=True))
    assert re.search("На цьому кроці pdf Договір.pdf.*Інші файли угоди png Схема.png", pane)
    assert "Договір.pdf" in text_of(olena.get(f"/deals/{deal.id}/files", part=True))
    assert "Договір.pdf" in text_of(olena.get(f"/work-items/{step}/files", part=True))
    page = olena.get(told["url"])
    assert f'data-pdf="/files/{told["id"]}/content"' in page.text
    picture = next(one for one in ids_of(office) if one != told["id"])
    answer = olena.get(f"/files/{picture}/picture")
    assert (answer.data, answer.mimetype) == (png(), "image/png")
    assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_of_many_files_the_last_added_are_listed_and_the_others_on_request(office: Office, browse: SignIn) -> None:
    deal = office.open_deal("olena")
    step, olena = office.step("prepare", deal).id, browse("olena")
    for number in range(FIRST_SHOWN + 2):
        add(office, "olena", Place(deal_id=deal.id), f"Лист {number:03}.pdf", pdf(str(number)))
    latest, earliest = f"Лист {FIRST_SHOWN + 1:03}.pdf", "Лист 000.pdf"
    for page, part in ((f"/deals/{deal.id}", False), (f"/work-items/{step}", True)):
        few, whole = olena.get(page, part=part), olena.get(f"{page}?files=all", part=part)
        assert latest in few.text
        assert earliest not in few.text
        assert f"Показати всі файли: {FIRST_SHOWN + 2}" in text_of(few)
        assert earliest in whole.text
        assert "Показати всі файли" not in whole.text
        assert f'href="{page}/files?files=all"' in few.text, "works without scripts, too"
        assert olena.get(f"{page}/files?files=all").location.startswith(f"{page}?files=all")
    again = olena.get(f"/deals/{deal.id}/files?files=all", part=True)
    assert earliest in again.text
    assert f'hx-get="/deals/{deal.id}/files?files=all" hx-trigger="files-changed' in again.text, "stays whole"
    olena.post(f"/files/{max(ids_of(office))}/hide")
    assert latest not in olena.get(f"/work-items/{step}/files", part=True).text.partition("Поза списком")[0]
    assert olena.get(f"/deals/{deal.id}/files").location == f"/deals/{deal.id}#files"


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_the_beginning_of_a_long_text_is_readable_wherever_it_is_cut(
    office: Office, browse: SignIn, deal: Deal, mark: bytes
) -> None:
    olena = browse("olena")
    for spaces in range(2):
        before = set(ids_of(office))
        content = mark + b" " * spaces + "я".encode() * 101_000
        olena.post(f"/deals/{deal.id}/files", {"file": (io.BytesIO(content), f"Лист {spaces}.txt")})
        (added,) = set(ids_of(office)) - before
        assert "я" * 99_000 in olena.get(f"/files/{added}").text


def test_what_cannot_be_taken_is_told_and_nothing_is_kept(office: Office, browse: SignIn) -> None:
    deal, olena = office.open_deal("olena"), browse("olena")
    address, asked = f"/deals/{deal.id}/files", {"Accept": "application/json"}
    for name, content, problem in (
        ("Договір.pdf", b"MZ\x90", "Договір.pdf» не те, чим називається"),
        ("Договір.pdf", b"", "порожній"),
        ("рахунок\u202efdp.exe", b"MZ", "рахунокfdp.exe»: файли такого виду не приймаються"),
    ):
        answer = olena.post(address, sent(name, content), headers=asked)
        assert answer.status_code == 422
        assert problem in answer.get_json()["error"]
    assert "Заповніть" in olena.post(address, {}, headers=asked).get_json()["error"]
    for megabytes, status in ((1, 422), (6, 413)):
        large = FileStorage(io.BytesIO(b"%PDF-" + bytes(megabytes * 1024 * 1024)), "великий.pdf")
        boundary, body = encode_multipart({"csrf_token": olena.token, "file": large})
        kind = f'multipart/form-data; boundary="{boundary}"'
        answer = olena.client.post(address, data=body, content_type=kind, headers=asked)
        assert answer.status_code == status
        assert status == 413 or "щонайбільше 1 МБ" in answer.get_json()["error"]
    assert ids_of(office) == []


def test_a_file_goes_with_a_comment_and_leaves_the_list_and_comes_back(office: Office, browse: SignIn) -> None:
    deal = office.open_deal("olena")
    step, olena = office.step("prepare", deal).id, browse("olena")
    form = {"text": "Погляньте", "files": (io.BytesIO(b"\xcf\xf0\xe8\xe2\xb3\xf2"), "Лист.txt")}
    assert "Лист.txt, версія 1" in text_of(olena.post(f"/work-items/{step}/comment", form, part=True))
    refused = olena.post(f"/deals/{deal.id}/comment", {"text": "Ще", "files": (io.BytesIO(b"MZ\x00"), "Лист.txt")})
    assert refused.status_code == 422
    assert "не те, чим називається" in text_of(refused)
    assert ">Ще</textarea>" in refused.text
    (file_id,) = ids_of(office)
    assert "Привіт" in text_of(olena.get(f"/files/{file_id}"))
    assert olena.post(f"/files/{file_id}/hide", part=True).status_code == 204
    told = text_of(olena.get(f"/deals/{deal.id}"))
    assert "Поза списком: 1" in told
    assert "Файл «Лист.txt» вилучено зі списку" in told
    assert olena.get(f"/files/{file_id}/content").status_code == 200
    assert olena.post(f"/files/{file_id}/put-back").status_code == 303
    assert "Поза списком: 1" not in text_of(olena.get(f"/deals/{deal.id}"))


def test_a_form_that_asks_for_a_file_shows_what_was_sent_and_its_page_links_to_it(
    office: Office, browse: SignIn
) -> None:
    office.publish(asking_for_files('name="contract" label="Договір" type="file" required="true" accept="pdf"'))
    deal, olena = office.open_deal("olena"), browse("olena")
    step = office.step("prepare", deal).id
    answer = olena.post(f"/work-items/{step}/complete", {"outcome": "completed", "field:contract": ""}, part=True)
    assert "Заповніть поле «Договір»" in text_of(answer)
    address = f"/work-items/{step}/files?field=contract"
    refused = olena.post(address, sent("Схема.png", png()), headers={"Accept": "application/json"})
    assert "приймає лише такі файли: pdf" in refused.get_json()["error"]
    olena.post(address, sent("Договір 1.pdf", ONE))
    pane = olena.get(f"/work-items/{step}", part=True).text
    (chosen,) = re.findall(r'name="field:contract" value="(\d+)"', pane)
    olena.post(f"/work-items/{step}/draft", {"field:contract": chosen})
    assert f'name="field:contract" value="{chosen}"' in olena.get(f"/work-items/{step}", part=True).text
    olena.post(f"/work-items/{step}/complete", {"outcome": "completed", "field:contract": chosen}, part=True)
    for page in (f"/deals/{deal.id}", f"/work-items/{step}"):
        assert re.search(rf'href="/files/{chosen}" data-file-link>Договір 1.pdf</a>', olena.get(page).text)


def test_files_are_read_over_the_api(office: Office, browse: SignIn, deal: Deal) -> None:
    olena = browse("olena")
    listed = olena.get(f"/api/v1/deals/{deal.id}/files").get_json()
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


def test_a_photograph_of_a_telephone_and_a_scan_are_shown(office: Office, browse: SignIn) -> None:
    deal, olena = office.open_deal("olena"), browse("olena")
    photo = add(office, "olena", Place(deal.id), "Підписано.heic", HEIC)
    page = olena.get(f"/files/{photo}").text
    assert f'src="/files/{photo}/picture"' in page
    shown = olena.get(f"/files/{photo}/picture")
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    picture = Image.open(io.BytesIO(shown.data))
    assert picture.size == (64, 48)
    left, right = (picture.getpixel((x, 20)) for x in (8, 56))
    assert isinstance(left, tuple)
    assert left[0] > 150 > left[2]
    assert isinstance(right, tuple)
    assert right[2] > 150 > right[0]
    scan = add(office, "olena", Place(deal.id), "Скан.tiff", tiff(5_000, 7_000))
    assert Image.open(io.BytesIO(olena.get(f"/files/{scan}/picture").data)).size == (1_714, 2_400)
    assert browse("danylo").get(f"/files/{photo}/picture").status_code == 404


@pytest.mark.parametrize(("name", "made"), [("x.heic", lambda: HEIC[:300]), ("y.tif", lambda: tiff(30_000, 30_000))])
def test_of_a_damaged_or_huge_picture_none_is_made(
    office: Office, browse: SignIn, name: str, made: Callable[[], bytes]
) -> None:
    content = made()
    deal = office.open_deal("olena")
    file = add(office, "olena", Place(deal.id), name, content)
    olena = browse("olena")
    assert olena.get(f"/files/{file}/picture").status_code == 404
    assert "Завантажте" in olena.get(f"/files/{file}").text
    assert olena.get(f"/files/{file}/content").data == content
