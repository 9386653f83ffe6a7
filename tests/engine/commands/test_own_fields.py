"""Fields that the company gives its clients and contacts are the same wherever they are read and written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from support.approval_maps import naming
from support.office import Office
from support.sales_map import sales_map

from engine.bpmn.compiled import CompiledProcess, ContentRule, FieldDefinition, FieldType
from engine.commands.clients import (
    ClientDraft,
    ContactDraft,
    add_client,
    add_contact,
    update_client,
    update_contact,
)
from engine.commands.definitions import check_map, deploy_definition, publishing_findings
from engine.commands.own_fields import (
    add_own_field,
    move_own_field,
    restore_own_field,
    retire_own_field,
    update_own_field,
)
from engine.db.session import Database
from engine.errors import InvalidInput, NotAllowed
from engine.model.client import Client, Contact
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.own_field import FieldSubject, OwnField
from engine.model.process_definition import ProcessDefinition
from engine.model.work_item import WorkItem
from engine.policy.own_fields import OwnFieldDraft, fields_by_name
from engine.policy.simultaneous_edits import EditedMeanwhile
from engine.queries.calendars import default_calendar
from engine.queries.clients import clients
from engine.queries.facts import DealFacts
from engine.queries.organisation import organisation
from engine.queries.processes import process_of

CLIENT, CONTACT = FieldSubject.CLIENT, FieldSubject.CONTACT
INDUSTRY = OwnFieldDraft(label="Галузь", type="choice", choices="agro=Агро\nit=ІТ")
LIMIT = OwnFieldDraft(label="Кредитний ліміт", name="limit", type="money", minimum="0", maximum="100000")


@pytest.fixture
def office(sqlite_database_url: str) -> Iterator[Office]:
    """What is read and written here is the same on both databases; writing in a step is tried on each."""
    yield from company(sqlite_database_url)


@pytest.fixture
def each_office(database_url: str) -> Iterator[Office]:
    yield from company(database_url)


def company(url: str) -> Iterator[Office]:
    database = Database(url)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()


def with_form(*fields: FieldDefinition) -> CompiledProcess:
    """The sales map whose first step asks for these fields."""
    process = sales_map()
    prepare = process.steps["prepare"].model_copy(update={"fields": fields})
    content_hash = f"{process.content_hash[:40]}{abs(hash(fields)):024x}"[:64]
    return process.model_copy(update={"steps": {**process.steps, "prepare": prepare}, "content_hash": content_hash})


def own(office: Office, draft: OwnFieldDraft, subject: FieldSubject = CLIENT) -> OwnField:
    return office.do("owner", add_own_field, subject, draft)


def client_of(office: Office, deal: Deal) -> Client:
    with office.database.read() as session:
        return session.get_one(Client, deal.client_id)


def events(office: Office, kind: str) -> list[HistoryEvent]:
    with office.database.read() as session:
        return list(session.scalars(select(HistoryEvent).where(HistoryEvent.kind == kind).order_by(HistoryEvent.id)))


def test_a_field_is_defined_read_by_its_rules_and_told_in_history(office: Office) -> None:
    field = own(office, INDUSTRY)
    own(office, LIMIT)
    assert field.name == "haluz"
    client = office.do(
        "olena", add_client, ClientDraft(name="ТОВ «Хвиля»", fields={"haluz": "Агро", "limit": "12 500,50"})
    )
    assert client.fields == {"haluz": "agro", "limit": "12500.50"}
    office.do("olena", update_client, client.id, {"fields": {"limit": "20000"}})
    changed = office.do("olena", update_client, client.id, {"fields": {"haluz": ""}})
    assert changed.fields == {"limit": "20000"}
    told = [event.data["changes"] for event in events(office, "client_changed")]
    assert told == [{"client.limit": ["12500.50", "20000"]}, {"client.haluz": ["agro", None]}]


def test_what_is_wrong_is_told_at_the_field_and_nothing_is_kept(office: Office) -> None:
    own(office, LIMIT)
    own(office, OwnFieldDraft(label="Код", name="code", required=True, pattern="[A-Z]{3}"))
    with pytest.raises(InvalidInput) as refused:
        office.do("olena", add_client, ClientDraft(name="ТОВ «Хвиля»", fields={"limit": "-1", "code": "ab"}))
    assert {name: error.code for name, error in refused.value.errors.items()} == {
        "fields.limit": "field_out_of_range",
        "fields.code": "field_does_not_fit",
    }
    with pytest.raises(InvalidInput) as missing:
        office.do("olena", add_client, ClientDraft(name="ТОВ «Хвиля»"), whole=True)
    assert missing.value.errors["fields.code"].code == "field_required"
    office.do("olena", add_client, ClientDraft(name="ТОВ «Хвиля»"))


def test_a_name_that_is_no_field_is_refused_unless_a_map_had_written_it(office: Office) -> None:
    client = office.do("olena", add_client, ClientDraft(name="ТОВ «Хвиля»"))
    with pytest.raises(InvalidInput) as refused:
        office.do("olena", update_client, client.id, {"fields": {"colour": "синій"}})
    assert refused.value.errors["fields"].code == "unknown_fields"
    with office.database.write() as session:
        session.get_one(Client, client.id).fields = {"colour": "синій"}
    assert office.do("olena", update_client, client.id, {"fields": {"colour": "сірий"}}).fields == {"colour": "сірий"}


@pytest.mark.parametrize(
    ("draft", "wrong"),
    [
        (OwnFieldDraft(label=""), "label"),
        (OwnFieldDraft(label="Телефон", name="phone"), "name"),
        (OwnFieldDraft(label="Ліміт", name="limit"), "name"),
        (OwnFieldDraft(label="Знак", name="1 знак"), "name"),
        (OwnFieldDraft(label="Товари", type="lines"), "type"),
        (OwnFieldDraft(label="Галузь", type="choice"), "choices"),
        (OwnFieldDraft(label="Галузь", type="many", choices="а=Б\nа=В"), "choices"),
        (OwnFieldDraft(label="Сума", type="money", minimum="багато"), "limits"),
        (OwnFieldDraft(label="Код", pattern="(a+)+"), "pattern"),
    ],
)
def test_a_field_that_cannot_work_is_refused(office: Office, draft: OwnFieldDraft, wrong: str) -> None:
    own(office, LIMIT)
    with pytest.raises(InvalidInput) as refused:
        own(office, draft)
    assert list(refused.value.errors) == [wrong]


def test_only_who_may_defines_fields(office: Office) -> None:
    field = own(office, LIMIT)
    for login in ("olena", "bohdan"):
        with pytest.raises(NotAllowed):
            office.do(login, add_own_field, CLIENT, INDUSTRY)
        with pytest.raises(NotAllowed):
            office.do(login, retire_own_field, field.id)


def test_fields_are_ordered_renamed_and_retired_without_losing_values(office: Office) -> None:
    first, second = own(office, INDUSTRY), own(office, LIMIT)
    client = office.do("olena", add_client, ClientDraft(name="Хвиля", fields={"haluz": "it", "limit": 5}))
    office.do("owner", move_own_field, second.id, by=-1)
    office.do("owner", move_own_field, second.id, by=-1)
    office.do("owner", update_own_field, first.id, OwnFieldDraft(label="Напрям", name="other", choices="it=ІТ"))
    office.do("owner", retire_own_field, second.id)
    with office.database.read() as session:
        known = organisation(session).own_fields
        assert [(one.name, one.definition.label, one.is_retired) for one in known] == [
            ("limit", "Кредитний ліміт", True),
            ("haluz", "Напрям", False),
        ]
    kept = office.do("olena", update_client, client.id, {"name": "Хвиля 2", "fields": {"haluz": "it"}})
    assert kept.fields == {"haluz": "it", "limit": "5"}
    assert office.do("owner", restore_own_field, second.id).retired_at is None


def test_two_who_edit_one_client_are_told_of_the_same_field_only(office: Office) -> None:
    own(office, INDUSTRY)
    own(office, LIMIT)
    client = office.do("olena", add_client, ClientDraft(name="Хвиля", fields={"limit": "10"}))
    office.do("bohdan", update_client, client.id, {"fields": {"limit": "20"}})
    read = {"read_version": client.version}
    kept = office.do("olena", update_client, client.id, {"fields": {"limit": "10", "haluz": "it"}}, **read)
    assert kept.fields == {"limit": "20", "haluz": "it"}
    with pytest.raises(EditedMeanwhile) as told:
        office.do("olena", update_client, client.id, {"fields": {"limit": "30"}}, **read)
    assert list(told.value.errors) == ["client.limit"]


def test_a_contact_has_fields_of_its_own(office: Office) -> None:
    own(office, OwnFieldDraft(label="День народження", name="birthday", type="date"), CONTACT)
    client = office.do("olena", add_client, ClientDraft(name="Хвиля"))
    draft = ContactDraft(full_name="Марія Іваненко", fields={"birthday": "05.03.1990"})
    contact = office.do("olena", add_contact, client.id, draft)
    office.do("olena", update_contact, contact.id, {"position": "Директорка", "fields": {"birthday": "06.03.1990"}})
    with office.database.read() as session:
        assert session.get_one(Contact, contact.id).fields == {"birthday": "1990-03-06"}
    (told,) = events(office, "contact_changed")
    assert told.data["changes"] == {
        "position": ["", "Директорка"],
        "contact.birthday": ["1990-03-05", "1990-03-06"],
    }


def test_a_step_asks_for_the_clients_field_as_the_company_defines_it(each_office: Office) -> None:
    office = each_office
    own(office, LIMIT)
    office.publish(
        with_form(
            FieldDefinition(name="client.limit", label="client.limit", required=True),
            FieldDefinition(name="client.segment", label="Сегмент"),
        )
    )
    deal = office.open_deal()
    with office.database.read() as session:
        step = session.get_one(WorkItem, office.step("prepare", deal).id)
        asked, _ = process_of(session, step.instance.definition_id).steps["prepare"].fields
    assert (asked.label, asked.type, asked.maximum, asked.required) == (
        "Кредитний ліміт",
        FieldType.MONEY,
        "100000",
        True,
    )
    with pytest.raises(InvalidInput) as refused:
        office.complete("olena", "prepare", values={"client.limit": "100 001", "client.segment": "B2G"})
    assert list(refused.value.errors) == ["client.limit"]
    office.complete("olena", "prepare", values={"client.limit": "5 000,00", "client.segment": "B2G"})
    client = client_of(office, deal)
    assert (client.fields, client.segment) == ({"limit": "5000.00"}, "B2G")
    (told,) = events(office, "client_changed")
    assert (told.deal_id, told.actor_name) == (deal.id, office.company.olena.full_name)
    assert told.data["changes"] == {"segment": ["", "B2G"], "client.limit": [None, "5000.00"]}
    with office.database.read() as session:
        found = session.get_one(Deal, deal.id)
        assert "client.limit" not in found.fields
        process = process_of(session, session.scalars(select(WorkItem).limit(1)).one().instance.definition_id)
        facts = DealFacts(found, process, calendar=default_calendar(session), at=office.clock.now())
        assert facts.value("client.limit >= 5000") is True
        assert facts.value("client.limit * 2") == 10000


def test_what_a_program_leaves_out_of_a_step_stays_with_the_client(office: Office) -> None:
    own(office, LIMIT)
    own(office, OwnFieldDraft(label="Платник ПДВ", name="vat", type="yes_no"))
    office.publish(
        with_form(
            FieldDefinition(name="client.limit", label="client.limit"),
            FieldDefinition(name="client.vat", label="client.vat"),
        )
    )
    deal = office.open_deal(client=ClientDraft(name="Хвиля", fields={"limit": "7", "vat": True}))
    office.complete("olena", "prepare")
    assert client_of(office, deal).fields == {"limit": "7", "vat": True}


def test_a_clients_field_that_an_approval_names_is_bound(office: Office) -> None:
    own(office, LIMIT)
    office.publish(naming({"legal": ContentRule(names=("client.limit",))}))
    deal = office.open_deal(client=ClientDraft(name="Хвиля", fields={"limit": "7"}))
    office.prepare()
    office.complete("iryna", "legal", "approved")
    office.do("olena", update_client, deal.client_id, {"fields": {"limit": "8"}})
    office.complete("oksana", "finance", "approved")
    assert {one.element_id for one in office.open_steps(deal)} == {"legal", "logistics"}
    (asked,) = events(office, "approval_asked_again")
    assert asked.data["changes"] == {"client.limit": ["7", "8"]}


def test_a_step_that_changes_the_client_asks_those_again_who_approved_it_as_it_was(office: Office) -> None:
    own(office, LIMIT)
    process = naming({"legal": ContentRule(names=("client.limit",))})
    asked = FieldDefinition(name="client.limit", label="client.limit")
    finance = process.steps["finance"].model_copy(update={"fields": (asked,)})
    office.publish(
        process.model_copy(update={"steps": {**process.steps, "finance": finance}, "content_hash": "a" * 64})
    )
    deal = office.open_deal(client=ClientDraft(name="Хвиля", fields={"limit": "7"}))
    office.prepare()
    office.complete("iryna", "legal", "approved")
    office.complete("oksana", "finance", "approved", {"client.limit": "9"})
    assert client_of(office, deal).fields == {"limit": "9"}
    assert {one.element_id for one in office.open_steps(deal)} == {"legal", "logistics"}
    office.complete("iryna", "legal", "approved")
    office.complete("petro", "logistics", "approved")
    assert [one.element_id for one in office.open_steps(deal)] == ["sign"]


def test_the_definitions_are_read_again_when_they_were_changed(office: Office) -> None:
    field = own(office, LIMIT)
    with office.database.read() as session:
        assert fields_by_name(organisation(session).own_fields, CLIENT)["limit"].label == "Кредитний ліміт"
    office.do("admin", update_own_field, field.id, OwnFieldDraft(label="Ліміт"))
    with office.database.read() as session:
        assert fields_by_name(organisation(session).own_fields, CLIENT)["limit"].label == "Ліміт"


def test_a_map_that_names_a_field_nobody_has_is_told_so(office: Office) -> None:
    field = own(office, LIMIT)
    names = ("client.limit", "client.limt", "client.segment")
    definition = office.publish(with_form(*(FieldDefinition(name=name, label=name) for name in names)))

    def told() -> list[tuple[str, str]]:
        with office.database.read() as session:
            found = publishing_findings(session, session.get_one(ProcessDefinition, definition.id))
            return [(one.severity.value, one.params["field"]) for one in found if one.code == "CLIENT_FIELD_UNKNOWN"]

    assert told() == [("warning", "client.limt")]
    office.do("owner", retire_own_field, field.id)
    assert told() == [("warning", "client.limit"), ("warning", "client.limt")]


WITH_CHOICES = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:reglament="https://reglament.app/schema/bpmn/1.0"
  targetNamespace="t"><process id="asks"><startEvent id="s"/>
  <userTask id="ask" name="Запитати"><extensionElements>
    <reglament:field name="client.branch" label="Галузь" type="choice"/>
    <reglament:field name="mood" label="Настрій" type="choice"/></extensionElements></userTask>
  <sequenceFlow id="f" sourceRef="s" targetRef="ask"/></process></definitions>"""


def test_choices_that_the_company_keeps_are_not_missed_in_the_map(office: Office) -> None:
    definition = office.do("owner", deploy_definition, check_map({"a.bpmn": WITH_CHOICES.encode()}, library={}))

    def told() -> list[str]:
        with office.database.read() as session:
            found = publishing_findings(session, session.get_one(ProcessDefinition, definition.id))
            return [one.params["field"] for one in found if one.code == "FIELD_CHOICES_MISSING"]

    assert told() == ["Галузь", "Настрій"]
    own(office, OwnFieldDraft(label="Галузь клієнта", name="branch", type="choice", choices="Торгівля\nМедицина"))
    assert told() == ["Настрій"]


def test_what_was_kept_under_a_name_before_it_was_a_field_breaks_no_list(each_office: Office) -> None:
    office = each_office
    vat = ("abc", {"a": 1}, 5, True, False)
    ids = [office.do("olena", add_client, ClientDraft(name="ТОВ")).id for _ in vat]
    with office.database.write() as session:
        for client_id, value in zip(ids, vat, strict=True):
            session.get_one(Client, client_id).fields = {"vat": value}
    own(office, OwnFieldDraft(label="Платник ПДВ", name="vat", type="yes_no"))
    with office.database.read() as session:
        by = {wanted: clients(session, office.actor("olena"), own={"vat": wanted}).items for wanted in ("yes", "no")}
    assert [one.id for one in by["yes"]] == [ids[3]]
    assert ids[3] not in [one.id for one in by["no"]]
