"""The process owner gives clients and contacts fields of the company's own, in the browser."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from flask import Flask
from support.api import ApiClient
from support.deal_files import DealFiles
from support.office import Office
from support.sales_map import sales_map
from support.web import Browser, text_of, versions_of

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.commands.clients import ClientDraft, add_client
from engine.model.client import Client, Contact
from engine.model.history_event import HistoryEvent
from engine.model.own_field import FieldSubject
from engine.queries.own_fields import own_fields

SignIn = Callable[[str | None], Browser]

LIMIT = {"label": "Кредитний ліміт", "name": "limit", "type": "money", "maximum": "100000", "required": "yes"}
VAT = {"label": "Платник ПДВ", "name": "vat", "type": "yes_no", "is_listed": "yes"}
INDUSTRY = {"label": "Галузь", "type": "choice", "choices": "agro=Агро\nit=ІТ\na\nb\nc", "is_listed": "yes"}


def define(browse: SignIn, *fields: dict[str, str], of: str = "client") -> None:
    for field in fields:
        assert browse("owner").post(f"/settings/fields/{of}", field).status_code == 303


def names(office: Office) -> list[str]:
    with office.database.read() as session:
        return [one.name for one in own_fields(session, FieldSubject.CLIENT)]


def test_fields_are_added_ordered_changed_and_taken_out_of_use(office: Office, browse: SignIn) -> None:
    define(browse, LIMIT, INDUSTRY)
    owner = browse("owner")
    page = text_of(owner.get("/settings/fields"))
    for said in ("Кредитний ліміт", "client.limit", "client.haluz", "Агро, ІТ"):
        assert said in page
    assert owner.post("/settings/fields/2/move", {"by": "up"}).status_code == 303
    assert names(office) == ["haluz", "limit"]
    assert 'value="100000"' in owner.get("/settings/fields/1").text
    assert owner.post("/settings/fields/1", LIMIT | {"label": "Ліміт"}).status_code == 303
    assert owner.post("/settings/fields/1/retire", {}).status_code == 303
    assert names(office) == ["haluz"]
    assert "Ліміт" in text_of(owner.get("/settings/fields"))
    assert owner.post("/settings/fields/1/restore", {}).status_code == 303
    assert names(office) == ["haluz", "limit"]


def test_what_is_wrong_with_a_field_stands_at_its_input(office: Office, browse: SignIn) -> None:
    answer = browse("owner").post("/settings/fields/client", LIMIT | {"minimum": "багато", "name": "phone"})
    assert answer.status_code == 422
    assert 'id="field-name-error"' in answer.text
    assert 'value="багато"' in answer.text
    assert names(office) == []


def test_who_may_not_define_fields_finds_no_page(office: Office, browse: SignIn) -> None:
    define(browse, LIMIT)
    for login in ("olena", "bohdan"):
        for answer in (
            browse(login).get("/settings/fields"),
            browse(login).post("/settings/fields/client", INDUSTRY),
            browse(login).post("/settings/fields/1/retire", {}),
        ):
            assert answer.status_code == 404
    assert names(office) == ["limit"]


def test_a_client_is_added_shown_changed_and_found_with_own_fields(office: Office, browse: SignIn) -> None:
    define(browse, LIMIT, VAT, INDUSTRY)
    olena = browse("olena")
    new = {"name": "ТОВ «Хвиля»", "field:vat": ["", "yes"], "field:haluz": "agro"}
    refused = olena.post("/clients", new | {"field:limit": "багато"})
    assert refused.status_code == 422
    assert 'value="багато"' in refused.text
    assert 'id="client-own-0-error"' in refused.text
    assert olena.post("/clients", new | {"field:limit": ""}).status_code == 422
    assert olena.post("/clients", new | {"field:limit": "12 500,50"}).status_code == 303
    page = olena.get("/clients/1")
    assert "12 500,50" in text_of(page).replace("\xa0", " ").replace("\u202f", " ")
    read = versions_of(page)["read_version"]
    changed = olena.post(
        "/clients/1",
        {"name": "ТОВ «Хвиля»", "read_version": read, "field:vat": "", "field:haluz": "it", "field:limit": "20"},
    )
    assert changed.status_code == 303
    with office.database.read() as session:
        assert session.get_one(Client, 1).fields == {"limit": "20", "vat": False, "haluz": "it"}
    told = text_of(olena.get("/clients/1/history", part=True))
    assert "Агро → ІТ" in told
    assert "Кредитний ліміт 12 500,50 ₴ → 20 ₴" in told


def test_the_list_of_clients_has_columns_filters_and_an_export_of_own_fields(office: Office, browse: SignIn) -> None:
    define(browse, VAT, INDUSTRY, LIMIT | {"required": ""})
    for name, fields in (("Агрофірма", {"haluz": "agro", "limit": "5,5"}), ("Байт", {"haluz": "it", "vat": True})):
        office.do("olena", add_client, ClientDraft(name=name, fields=fields))
    olena = browse("olena")
    assert "Платник ПДВ" in text_of(olena.get("/clients"))
    for query, found in (("own.haluz=agro", "Агрофірма"), ("own.vat=yes", "Байт"), ("own.vat=no", "Агрофірма")):
        page = text_of(olena.get(f"/clients?{query}"))
        assert [name for name in ("Агрофірма", "Байт") if name in page] == [found]
    rows = list(csv.reader(io.StringIO(olena.get("/clients/export.csv").text.lstrip("\ufeff")), delimiter=";"))
    assert [row[-3:] for row in rows] == [
        ["Платник ПДВ", "Галузь", "Кредитний ліміт"],
        ["", "Агро", "5,5"],
        ["так", "ІТ", ""],
    ]


def test_a_contact_has_its_page_with_own_fields(office: Office, browse: SignIn) -> None:
    define(browse, {"label": "День народження", "name": "birthday", "type": "date"}, of="contact")
    client = office.do("olena", add_client, ClientDraft(name="Хвиля"))
    olena, address = browse("olena"), f"/clients/{client.id}/contacts"
    assert olena.post(address, {"full_name": "Марія Іваненко", "field:birthday": "05.03.1990"}).status_code == 303
    assert "1990-03-05" in olena.get(f"{address}/1").text
    typed = {"full_name": "Марія Іваненко", "field:birthday": "32.03.1990"}
    refused = olena.post(f"{address}/1", typed)
    assert (refused.status_code, "32.03.1990" in refused.text) == (422, True)
    assert olena.post(f"{address}/1", typed | {"field:birthday": "06.03.1990"}).status_code == 303
    with office.database.read() as session:
        assert session.get_one(Contact, 1).fields == {"birthday": "1990-03-06"}
    assert olena.get(f"/clients/{client.id + 1}/contacts/1").status_code == 404
    assert browse("danylo").get(f"{address}/1").status_code == 404


def test_a_sheet_of_deals_fills_the_own_fields_of_new_clients(office: Office, browse: SignIn) -> None:
    define(browse, LIMIT | {"required": ""}, INDUSTRY)
    olena = browse("olena")
    assert "Кредитний ліміт" in olena.get("/deals/import/template.csv?map=sale").text
    sheet = "Назва;Клієнт;Кредитний ліміт;haluz\nНасоси;ТОВ «Лан»;12 500,50;Агро\nПомпи;ТОВ «Біт»;багато;\n"
    form = {"file": (io.BytesIO(sheet.encode()), "deals.csv"), "definition_key": "sale"}
    assert olena.post("/deals/import", form).status_code == 303
    DealFiles(office).check(1)
    assert "«багато» не вдалося прочитати" in text_of(olena.get("/deals/import/1"))
    olena.post("/deals/import/1/open")
    DealFiles(office).work(1)
    with office.database.read() as session:
        (client,) = session.query(Client)
        assert client.fields == {"limit": "12500.50", "haluz": "agro"}


def test_a_client_that_comes_with_a_deal_is_asked_the_same_and_needs_no_answer(office: Office, browse: SignIn) -> None:
    define(browse, LIMIT, INDUSTRY)
    olena = browse("olena")
    assert "Кредитний ліміт" in text_of(olena.get("/deals/new"))
    deal = {"title": "Насоси", "definition_key": "sale", "client.name": "Хвиля", "field:haluz": "it"}
    refused = olena.post("/deals", deal | {"field:limit": "багато"})
    assert (refused.status_code, 'id="client-own-0-error"' in refused.text) == (422, True)
    assert olena.post("/deals", deal | {"field:limit": ""}).status_code == 303
    with office.database.read() as session:
        assert [one.fields for one in session.query(Client)] == [{"haluz": "it"}]


def test_a_step_shows_the_clients_field_and_writes_it_back(office: Office, browse: SignIn) -> None:
    define(browse, LIMIT | {"required": ""}, INDUSTRY)
    asked = FieldDefinition(name="client.limit", label="client.limit")
    shown = FieldDefinition(name="client.haluz", label="client.haluz", type=FieldType.READ_ONLY)
    process = sales_map()
    prepare = process.steps["prepare"].model_copy(update={"fields": (asked, shown)})
    office.publish(
        process.model_copy(update={"steps": {**process.steps, "prepare": prepare}, "content_hash": "c" * 64})
    )
    deal = office.open_deal(client=ClientDraft(name="Хвиля", fields={"limit": "7", "haluz": "it"}))
    step, olena = office.step("prepare").id, browse("olena")
    pane = olena.get(f"/work-items/{step}")
    assert "Кредитний ліміт" in text_of(pane)
    assert 'name="field:client.limit" value="7"' in pane.text
    assert "Галузь ІТ" in text_of(pane)
    assert text_of(pane).count("Записується і в картку клієнта.") == 1  # what is only shown is not written
    refused = olena.post(f"/work-items/{step}/complete", {"outcome": "completed", "field:client.limit": "100 001"})
    assert (refused.status_code, 'id="step-field-0-error"' in refused.text) == (422, True)
    done = olena.post(f"/work-items/{step}/complete", {"outcome": "completed", "field:client.limit": "8,5"})
    assert done.status_code == 303
    timeline = text_of(olena.get(f"/deals/{deal.id}"))
    assert "Картку клієнта змінено кроком угоди" in timeline
    assert "Кредитний ліміт 7 ₴ → 8,50 ₴" in timeline


def test_the_api_reads_and_writes_own_fields(office: Office, browse: SignIn, app: Flask) -> None:
    define(browse, LIMIT, INDUSTRY)
    olena = ApiClient(app, office, "olena")
    told = olena.get("/own-fields").get_json()["items"]
    assert [(one["name"], one["name_in_maps"], one["type"]) for one in told] == [
        ("limit", "client.limit", "money"),
        ("haluz", "client.haluz", "choice"),
    ]
    define(browse, LIMIT, of="contact")
    (of_contact,) = olena.get("/own-fields?of=contact").get_json()["items"]
    assert (of_contact["name"], of_contact["name_in_maps"]) == ("limit", None)
    refused = olena.post("/clients", {"name": "Хвиля", "fields": {"haluz": "космос"}})
    assert refused.status_code == 422
    assert set(refused.get_json()["errors"]) == {"fields.limit", "fields.haluz"}
    strange = olena.post("/clients", {"name": "Хвиля", "fields": {f"name{one}": 1 for one in range(5_000)}})
    assert strange.status_code == 422
    assert strange.get_json()["errors"]["fields"]["code"] == "unknown_fields"
    assert "“name0”, “name1”" in strange.get_json()["errors"]["fields"]["message"]
    assert "and 4995 more" in strange.get_json()["errors"]["fields"]["message"]
    assert len(strange.data) < 1_000
    listed = {"title": "Насоси", "definition_key": "sale", "client": {"name": "Хвиля", "fields": {"nothing": 1}}}
    (row,) = olena.post("/deals/import", {"items": [listed], "check": True}).get_json()["items"]
    assert set(row["error"]["errors"]) == {"client.fields"}
    client = olena.post("/clients", {"name": "Хвиля", "fields": {"limit": 12.5, "haluz": "it"}}).get_json()
    assert client["fields"] == {"limit": "12.5", "haluz": "it"}
    changed = olena.patch(f"/clients/{client['id']}", {"fields": {"haluz": None}}).get_json()
    assert changed["fields"] == {"limit": "12.5"}
    given = {"client_id": client["id"], "full_name": "Марія", "fields": {"limit": 1}}
    contact = olena.post("/contacts", given).get_json()
    assert olena.patch(f"/contacts/{contact['id']}", {"position": "Юристка"}).get_json()["position"] == "Юристка"


def test_the_api_sets_fields_up_as_the_page_does(office: Office, browse: SignIn, app: Flask) -> None:
    define(browse, LIMIT, INDUSTRY, VAT)
    owner, olena = ApiClient(app, office, "owner"), ApiClient(app, office, "olena")
    told = owner.get("/own-fields").get_json()["items"]
    assert owner.call("PUT", "/own-fields", {"items": told}).get_json()["items"] == told
    with office.database.read() as session:
        assert not session.query(HistoryEvent).filter(HistoryEvent.kind == "own_field_changed").count()
    limit, industry, _vat = told
    wanted = [industry | {"label": "Сфера"}, {"label": "Обіг", "type": "number"}, limit]
    assert olena.call("PUT", "/own-fields", {"items": wanted}).status_code == 403
    done = owner.call("PUT", "/own-fields", {"items": wanted}).get_json()["items"]
    assert [(one["name"], one["label"], one["is_retired"]) for one in done] == [
        ("haluz", "Сфера", False),
        ("obih", "Обіг", False),
        ("limit", "Кредитний ліміт", False),
        ("vat", "Платник ПДВ", True),
    ]
    assert names(office) == ["haluz", "obih", "limit"]
    with office.database.read() as session:
        last = session.query(HistoryEvent).order_by(HistoryEvent.id.desc()).limit(5).all()
    assert {(one.kind, one.data["name"]) for one in last} == {
        ("own_field_changed", "haluz"),
        ("own_field_added", "obih"),
        ("own_field_retired", "vat"),
        ("own_field_changed", "limit"),
    }
    assert "Сфера" in text_of(browse("owner").get("/settings/fields"))


def test_what_is_wrong_with_fields_set_up_over_the_api_changes_none(office: Office, browse: SignIn, app: Flask) -> None:
    define(browse, LIMIT)
    owner = ApiClient(app, office, "owner")
    wrong = [
        {"label": "Телефон", "name": "phone"},
        {"label": "Ліміт", "name": "limit", "type": "text"},
        {"label": "Галузь", "type": "choice"},
        {"label": "Галузь"},
    ]
    refused = owner.call("PUT", "/own-fields", {"items": wrong})
    assert refused.status_code == 422
    assert {name: one["code"] for name, one in refused.get_json()["errors"].items()} == {
        "items.0.name": "field_name_taken",
        "items.1.type": "field_type_stays",
        "items.2.choices": "field_required",
        "items.3.name": "field_name_taken",
    }
    assert names(office) == ["limit"]
    bad = {"label": "Галузь", "type": "choice", "choices": [{"value": "a=b"}]}
    assert owner.call("PUT", "/own-fields", {"items": [bad]}).status_code == 422


def test_an_import_names_the_choices_where_a_cell_holds_none_of_them(office: Office, browse: SignIn) -> None:
    define(browse, INDUSTRY | {"choices": "agro=Агро\nit=ІТ\na\nb\nc\nd\ne\nf"})
    olena = browse("olena")
    olena.get("/deals/import")
    sheet = "Назва;Клієнт;Галузь\nНасоси;ТОВ «Лан»;Агро\nПомпи;ТОВ «Поле»;Космос\n".encode()
    olena.post("/deals/import", {"file": (io.BytesIO(sheet), "deals.csv"), "definition_key": "sale"})
    DealFiles(office).check(1)
    preview = olena.get("/deals/import/1")
    told = "Галузь «Космос» — такого варіанта в полі «Галузь» немає. Варіанти: «Агро», «ІТ», «a», «b», «c», «d» і ще 2."
    assert told in text_of(preview)
    assert "Відкрити 1 угоду" in text_of(preview)
