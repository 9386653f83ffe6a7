from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from support.called_maps import calling_map
from support.drawn_maps import END, START, chain, drawn, element, step
from support.office import Office
from support.sales_map import sales_map
from support.web import Browser, text_of
from werkzeug.test import TestResponse

from engine.model.process_definition import DefinitionState, ProcessDefinition
from processes import shipped_map

SignIn = Callable[[str | None], Browser]

SALE = shipped_map("b2b-sale").content
TWO_POOLS = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="urn:two">
  <collaboration id="c">
    <participant id="p1" name="Ours" processRef="ours"/>
    <participant id="p2" name="Theirs" processRef="theirs"/>
  </collaboration>
  <process id="ours" name="Ours">
    <startEvent id="s1"/><userTask id="t1" name="Offer"/><userTask id="t2" name="Sign"/><endEvent id="e1"/>
    <sequenceFlow id="f1" sourceRef="s1" targetRef="t1"/>
    <sequenceFlow id="f2" sourceRef="t1" targetRef="t2"/>
    <sequenceFlow id="f3" sourceRef="t2" targetRef="e1"/>
  </process>
  <process id="theirs" name="Theirs">
    <startEvent id="s2"/><userTask id="t3" name="Buy"/><endEvent id="e2"/>
    <sequenceFlow id="f4" sourceRef="s2" targetRef="t3"/>
    <sequenceFlow id="f5" sourceRef="t3" targetRef="e2"/>
  </process>
</definitions>
"""


def upload(browser: Browser, *files: tuple[str, bytes], token: str | None = None) -> TestResponse:
    browser.get("/maps")
    sent = {
        "csrf_token": browser.token if token is None else token,
        "files": [(io.BytesIO(content), name) for name, content in files],
    }
    answer = browser.client.post("/maps", data=sent, content_type="multipart/form-data")
    answer.request.environ["wsgi.input"].close()  # the test client keeps a large body in a temporary file
    return answer


def map_of(answer: TestResponse) -> str:
    """The page of the version to whose questions an upload led, or to which it led at once."""
    return (answer.location or "").removesuffix("/questions")


def zipped(*files: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files:
            archive.writestr(name, content)
    return packed.getvalue()


def versions(office: Office, key: str = "b2b-sale") -> list[ProcessDefinition]:
    with office.database.read() as session:
        return list(session.query(ProcessDefinition).filter_by(key=key).order_by(ProcessDefinition.version))


@pytest.fixture
def owner(browse: SignIn) -> Browser:
    return browse("owner")


@pytest.fixture
def draft(office: Office, owner: Browser) -> ProcessDefinition:
    assert upload(owner, ("b2b.bpmn", SALE)).status_code == 303
    return versions(office)[-1]


def test_a_dropped_file_is_answered_with_its_version(office: Office, owner: Browser) -> None:
    answer = upload(owner, ("Продаж.bpmn", SALE))
    (definition,) = versions(office)
    assert (answer.status_code, answer.location) == (303, f"/maps/{definition.id}")
    assert definition.state is DefinitionState.DRAFT
    page = owner.get(answer.location)
    for said in ("Погодити договір: юристи", "Погодити договір: юристи", "1 робочий день", "Юридичний відділ"):
        assert said in text_of(page)
    assert 'data-element="departments_decision"' in page.text


def test_the_file_comes_back_byte_for_byte(draft: ProcessDefinition, owner: Browser) -> None:
    answer = owner.get(f"/maps/{draft.id}/files/0")
    assert answer.data == SALE
    assert "b2b.bpmn" in answer.headers["Content-Disposition"]
    assert owner.get(f"/maps/{draft.id}/files/1").status_code == 404


def test_a_draft_is_thrown_away_by_its_owner_after_reading_what_goes(
    office: Office, draft: ProcessDefinition, owner: Browser, browse: SignIn
) -> None:
    page = owner.get(f"/maps/{draft.id}")
    assert "Інших версій цієї карти немає" in text_of(page)
    head = browse("bohdan")
    assert "Викинути чернетку" not in text_of(head.get(f"/maps/{draft.id}"))
    assert head.post(f"/maps/{draft.id}/discard", {}).status_code == 403
    answer = owner.post(f"/maps/{draft.id}/discard", {"command_id": "away"})
    assert (answer.status_code, answer.location) == (303, "/maps")
    assert owner.post(f"/maps/{draft.id}/discard", {"command_id": "away"}).status_code == 303
    assert versions(office) == []
    gone = head.get(f"/maps/{draft.id}")
    assert (gone.status_code, office.company.owner.full_name in text_of(gone)) == (404, True)
    assert "або її вам не відкрито" not in text_of(gone)


def test_a_published_version_offers_no_throwing_away(office: Office, owner: Browser) -> None:
    (live,) = versions(office, "sale")
    assert "Викинути чернетку" not in text_of(owner.get(f"/maps/{live.id}"))
    refused = owner.post(f"/maps/{live.id}/discard", {})
    assert (refused.status_code, "її можна вилучити з ужитку" in text_of(refused)) == (409, True)


def test_the_engines_own_form_is_shown_as_plain_text(draft: ProcessDefinition, owner: Browser) -> None:
    answer = owner.get(f"/maps/{draft.id}/executed")
    assert answer.mimetype == "text/plain"
    assert '<bpmn:process id="b2b-sale"' in answer.text


def test_a_zip_is_opened_and_its_map_comes_first(office: Office, owner: Browser) -> None:
    called = shipped_map("discount-approval")
    packed = zipped(("a/discount.bpmn", called.content), ("b/sale.bpmn", SALE))
    answer = upload(owner, ("maps.zip", packed))
    page = owner.get(answer.location)
    assert owner.get(f"{answer.location}/drawing").data == SALE
    assert "discount.bpmn" in text_of(page)
    assert owner.get(f"{answer.location}/files/1").data == called.content


def test_a_drawing_in_another_encoding_reaches_the_viewer_in_utf_8(owner: Browser) -> None:
    text = SALE.decode().replace('encoding="UTF-8"', 'encoding="windows-1251"').replace("₴", "")
    answer = upload(owner, ("old.bpmn", text.encode("windows-1251", errors="xmlcharrefreplace")))
    assert "Погодити договір" in owner.get(f"{answer.location}/drawing").data.decode("utf-8")


def test_what_is_no_map_is_told_and_not_kept(office: Office, owner: Browser) -> None:
    answer = upload(owner, ("page.xml", b"<html><body/></html>"), ("empty.bpmn", b""))
    page = text_of(answer)
    assert answer.status_code == 422
    for said in ("page.xml", "empty.bpmn"):
        assert said in page
    with office.database.read() as session:
        assert session.query(ProcessDefinition).count() == 1  # the office's own map


def test_a_file_above_the_limit_is_refused_unread(office: Office, owner: Browser) -> None:
    answer = upload(owner, ("huge.bpmn", b"<a>" + b" " * (2 * 1024 * 1024)))
    assert answer.status_code == 413
    assert "huge.bpmn" in text_of(answer)
    assert versions(office) == []


def test_an_upload_without_a_file_asks_for_one(owner: Browser) -> None:
    answer = upload(owner)
    assert answer.status_code == 422
    assert "data-drop-zone" in answer.text
    assert 'aria-describedby="map-files-help map-files-names map-files-error" aria-invalid="true"' in answer.text
    assert "Заповніть" in text_of(answer)


def test_a_shipped_map_is_taken_with_one_press(office: Office, owner: Browser) -> None:
    assert "/maps/shipped/tender" in owner.get("/maps").text
    assert owner.post("/maps/shipped/tender").status_code == 303
    assert len(versions(office, "tender")) == 1
    assert "/maps/shipped/tender" not in owner.get("/maps").text
    assert owner.post("/maps/shipped/nothing").status_code == 404


def test_the_list_of_maps_counts_what_is_good_to_know_like_the_version_itself(owner: Browser) -> None:
    """It said “nothing” beside a version of which five things were noticed."""
    owner.post("/maps/shipped/tender")
    (address,) = re.findall(r'href="(/maps/\d+)">Версія 1<', owner.get("/maps").text.split("tender", 1)[1])[:1]
    told = re.compile(r"Варто знати: \d+")
    (of_version,) = set(told.findall(text_of(owner.get(address))))
    assert of_version in told.findall(text_of(owner.get("/maps")))


def test_a_version_is_published_and_the_former_one_retired(
    office: Office, draft: ProcessDefinition, owner: Browser
) -> None:
    assert owner.post(f"/maps/{draft.id}/publish").status_code == 303
    upload(owner, ("b2b.bpmn", SALE))
    second = versions(office)[-1]
    assert f'action="/maps/{second.id}/publish"' in owner.get(f"/maps/{second.id}").text
    owner.post(f"/maps/{second.id}/publish")
    assert [one.state.value for one in versions(office)] == ["retired", "published"]
    assert owner.post(f"/maps/{second.id}/retire").status_code == 303
    assert [one.state.value for one in versions(office)] == ["retired", "retired"]


def test_errors_stand_against_publishing(office: Office, owner: Browser) -> None:
    """A step without stage, deadline and responsible is only a warning while one draws."""
    answer = upload(owner, ("two.bpmn", TWO_POOLS))
    page = owner.get(map_of(answer))
    assert f"{map_of(answer)}/publish" not in page.text
    assert owner.post(f"{map_of(answer)}/publish", {"warnings_confirmed": "yes"}).status_code == 422
    assert [one.state.value for one in versions(office, "ours")] == ["draft"]


def test_warnings_have_to_be_confirmed(office: Office, draft: ProcessDefinition, owner: Browser) -> None:
    with office.database.write() as session:
        row = session.get_one(ProcessDefinition, draft.id)
        row.findings = [*row.findings, {"code": "FREEDOM_UNKNOWN", "severity": "warning", "params": {"text": "loose"}}]
    refused = owner.post(f"/maps/{draft.id}/publish", {"note": "Коротші строки"})
    assert refused.status_code == 422
    assert 'aria-invalid="true" aria-describedby="warnings-confirmed-error"' in refused.text
    assert "Коротші строки" in refused.text
    assert versions(office)[-1].state is DefinitionState.DRAFT
    assert owner.post(f"/maps/{draft.id}/publish", {"warnings_confirmed": "yes"}).status_code == 303
    assert versions(office)[-1].state is DefinitionState.PUBLISHED


def test_another_process_of_the_file_can_be_chosen(office: Office, owner: Browser) -> None:
    answer = upload(owner, ("two.bpmn", TWO_POOLS))
    assert f"{map_of(answer)}/processes" in owner.get(map_of(answer)).text
    assert "Theirs" in text_of(owner.get(f"{map_of(answer)}/processes"))
    chosen = owner.post(f"{map_of(answer)}/processes", {"process_key": "theirs"})
    assert chosen.status_code == 303
    assert [one.name for one in versions(office, "theirs")] == ["Theirs"]


def test_an_unknown_department_is_added_on_the_spot_by_who_may(office: Office, browse: SignIn, owner: Browser) -> None:
    renamed = SALE.replace("Юридичний відділ".encode(), "Договірний відділ".encode())
    address = map_of(upload(owner, ("b2b.bpmn", renamed)))
    assert "Договірний відділ" in text_of(owner.get(address))
    assert 'action="/departments"' not in browse("bohdan").get(address).text
    assert 'action="/departments"' in owner.get(address).text
    back = owner.post("/departments", {"name": "Договірний відділ", "next": address})
    assert (back.status_code, back.location) == (303, address)
    assert "RESPONSIBLE" not in owner.get(address).text
    assert 'action="/departments"' not in owner.get(address).text
    again = owner.post("/departments", {"name": "Договірний відділ", "next": address})
    assert again.location == address
    assert "уже є" in text_of(owner.get(address))


def test_running_deals_are_counted(office: Office, owner: Browser) -> None:
    office.open_deal()
    page = owner.get("/maps")
    assert "/deals?map=sale" in page.text


@pytest.mark.parametrize("login", ["olena", "iryna", "danylo"])
def test_drafts_do_not_exist_for_those_who_only_work_by_maps(
    login: str, draft: ProcessDefinition, browse: SignIn
) -> None:
    browser = browse(login)
    assert draft.name not in text_of(browser.get("/maps"))
    gone = browser.client.get(f"/maps/{draft.id}", follow_redirects=True)
    assert (gone.status_code, "Чинні карти відкрито всім" in text_of(gone)) == (404, True)
    for address in (f"/{draft.id}/files/0", f"/{draft.id}/executed", f"/{draft.id}/drawing"):
        assert browser.get(f"/maps{address}").status_code == 404
    for address in ("", "/shipped/tender", f"/{draft.id}/publish", f"/{draft.id}/retire", f"/{draft.id}/processes"):
        assert browser.post(f"/maps{address}").status_code == 404


@pytest.mark.parametrize("login", ["olena", "iryna"])
def test_who_works_by_a_map_may_look_at_it(login: str, office: Office, browse: SignIn) -> None:
    (live,) = versions(office, "sale")
    browser = browse(login)
    page = browser.get("/maps")
    for said in (live.name, "Версія 1", "Подивитися карту"):
        assert said in text_of(page)
    assert f'href="/maps/{live.id}/handbook"' in page.text
    assert browser.get(f"/maps/{live.id}").location == f"/maps/{live.id}/handbook"


@pytest.mark.parametrize("login", ["bohdan", "admin"])
def test_who_may_only_read_maps_changes_none(
    login: str, office: Office, draft: ProcessDefinition, browse: SignIn
) -> None:
    browser = browse(login)
    page = browser.get(f"/maps/{draft.id}")
    assert page.status_code == 200
    assert f"/maps/{draft.id}/publish" not in page.text
    for address in ("", "/shipped/tender", f"/{draft.id}/publish", f"/{draft.id}/retire", f"/{draft.id}/processes"):
        assert browser.post(f"/maps{address}").status_code == 403
    assert versions(office)[-1].state is DefinitionState.DRAFT


def test_reading_changes_nothing_and_writing_needs_its_token(
    office: Office, draft: ProcessDefinition, owner: Browser
) -> None:
    for address in (f"/{draft.id}/publish", f"/{draft.id}/retire", "/shipped/tender"):
        assert owner.get(f"/maps{address}").status_code == 405
        assert owner.post(f"/maps{address}", token="forged").status_code == 400
    assert upload(owner, ("again.bpmn", SALE), token="forged").status_code == 400
    assert len(versions(office)) == 1


def test_a_visitor_is_asked_to_sign_in(browse: SignIn) -> None:
    assert (browse(None).get("/maps").location or "").startswith("/sign-in")


def test_publishing_a_called_map_says_who_calls_it_and_takes_them_along(office: Office, owner: Browser) -> None:
    approval = shipped_map("discount-approval").content
    for content in (approval, SALE):
        answer = upload(owner, ("map.bpmn", content))
        owner.get(answer.location)
        assert owner.post(f"{answer.location}/publish", {"warnings_confirmed": "yes"}).status_code == 303
    changed = upload(owner, ("map.bpmn", approval.replace("Погодити знижку".encode(), "Розглянути знижку".encode(), 1)))
    assert "її нові угоди теж підуть за цією версією" in text_of(owner.get(changed.location))
    owner.post(f"{changed.location}/publish", {"warnings_confirmed": "yes"})
    first, second = versions(office)
    assert (first.state.value, second.state.value) == ("retired", "published")
    assert (first.called, second.called) == ({"discount-approval": 1}, {"discount-approval": 2})
    assert owner.get(f"/maps/{second.id}").text.count(changed.location) == 1


def test_a_versions_page_lists_the_steps_that_programs_do(office: Office, browse: SignIn) -> None:
    said = {"connector": "http", "url": "https://crm.example.com/{{ client.edrpou }}", "result.limit": "answer.limit"}
    definition = office.publish(calling_map(**said, **{"header.A": "{{ secret.crm }}", "retry_after": "1 хв"}))
    page = text_of(browse("owner").get(f"/maps/{definition.id}"))
    for told in ("Перевірити клієнта", "запитує crm.example.com", "client.edrpou", "secret.crm", "limit", "1 хв"):
        assert told in page


def test_what_is_said_of_several_steps_is_said_once(owner: Browser) -> None:
    content = drawn(
        START,
        element("serviceTask", "a", "Рахунок"),
        element("serviceTask", "b", "Лист"),
        END,
        chain("start", "a", "b", "end"),
    )
    page = owner.get(map_of(upload(owner, ("foreign.bpmn", content))))
    assert page.text.count("людина підтверджує, що це зроблено") == 1
    assert re.findall(r'class="step-name" data-element="(\w+)">([^<]+)<', page.text)[:2] == [
        ("a", "Рахунок"),
        ("b", "Лист"),
    ]


def test_a_map_without_a_name_is_called_as_its_file(office: Office, owner: Browser) -> None:
    nameless = drawn(START, step("a"), END, chain("start", "a", "end"), key="Process_19noq").replace(
        "Продаж".encode(), b""
    )
    page = owner.get(map_of(upload(owner, ("Постачання.bpmn", nameless))))
    assert "<h1>Постачання</h1>" in re.sub(r"<h1[^>]*>", "<h1>", page.text)


def test_of_many_versions_the_newest_and_those_in_use_are_listed(office: Office, owner: Browser) -> None:
    for number in range(8):
        drawing = drawn(START, step(f"a{number}"), END, chain("start", f"a{number}", "end"), key="often")
        upload(owner, ("often.bpmn", drawing))
    page = text_of(owner.get("/maps"))
    assert ("Версія 8" in page, "Версія 3" in page, "Ще 3 давніші версії" in page) == (True, False, True)


def test_maps_of_one_name_are_told_apart_by_their_keys(office: Office, browse: SignIn) -> None:
    olena = browse("olena")
    assert '<span class="quiet">sale</span>' not in olena.get("/maps").text
    office.publish(sales_map().model_copy(update={"key": "sale-again"}))
    for key in ("sale", "sale-again"):
        assert f'<span class="quiet">{key}</span>' in olena.get("/maps").text


def test_a_host_that_is_not_allowed_is_allowed_by_an_administrator_and_not_mended_in_the_map(
    office: Office, browse: SignIn
) -> None:
    definition = office.publish(calling_map(connector="http", url="https://crm.example.com/orders"))
    with office.database.write() as session:
        session.get_one(ProcessDefinition, definition.id).state = DefinitionState.DRAFT
    owner, admin, place = browse("owner"), browse("admin"), f"/maps/{definition.id}"
    for_owner = owner.get(place)
    assert "Сама карта справна. Адміністратор має дозволити" in text_of(for_owner)
    assert "Виправте їх" not in text_of(for_owner)
    assert "/settings/connectors?" not in for_owner.text, "only an administrator can follow it"
    asked = f"/settings/connectors?host=crm.example.com&next={place}"
    assert asked.replace("&", "&amp;") in admin.get(place).text
    form = admin.get(asked).text
    assert 'value="crm.example.com"' in form
    assert f'name="next" value="{place}"' in form
    allowed = admin.post("/settings/connectors/hosts", {"host": "crm.example.com", "next": place})
    assert (allowed.status_code, allowed.location) == (303, place)
    assert "Публікації ніщо не заважає" in text_of(owner.get(place))


def test_of_many_maps_a_page_shows_fifty_and_leads_to_the_next(office: Office, browse: SignIn) -> None:
    with office.database.write() as session:
        session.add_all(
            ProcessDefinition(
                key=f"map-{number:02}",
                version=1,
                name=f"Карта {number:02}",
                state=DefinitionState.RETIRED,
                findings=[],
                created_at=office.clock.now(),
            )
            for number in range(70)
        )
    bohdan = browse("bohdan")
    seen, address, pages = list[str](), "/maps", 0
    while address:
        page = bohdan.get(address).text
        seen += re.findall(r'<h2 class="card-title" id="map-\d+" translate="no">([^<]+?) <', page)
        following = re.search(r'href="(/maps\?cursor=[^"]+)"', page)
        address, pages = following.group(1) if following else "", pages + 1
    assert pages == 2
    assert [one for one in seen if one.startswith("Карта")] == [f"Карта {number:02}" for number in range(70)]
    assert len(seen) == len(set(seen))
    assert len(re.findall('class="card mb-3" aria-labelledby="map-', bohdan.get("/maps?cursor=nothing").text)) == 50
