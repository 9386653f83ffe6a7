from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from support.called_maps import calling_map
from support.office import Office
from support.waiting import somebody_waits

from engine.bpmn.findings import Severity
from engine.commands.call_permits import allow_host, set_secret
from engine.commands.definitions import (
    MapRejected,
    check_map,
    deploy_definition,
    published_sources,
    publishing_findings,
    retire_definition,
)
from engine.commands.departments import (
    DepartmentDraft,
    DepartmentInUse,
    add_department,
    archive_department,
    restore_department,
)
from engine.commands.publishing import AlreadyPublished, publish_definition
from engine.db.session import Database
from engine.errors import DomainError, InvalidInput, MapHasErrors, NotAllowed
from engine.model.history_event import HistoryEvent
from engine.model.process_definition import DefinitionState, ProcessDefinition
from processes import shipped_map

SMALL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  targetNamespace="t"><process id="small" name="Мала карта">
  <startEvent id="s"/><userTask id="call" name="Подзвонити"><extensionElements><camunda:properties>
    <camunda:property name="етап" value="Перший"/><camunda:property name="термін" value="{deadline}"/>
    <camunda:property name="відповідальний" value="{responsible}"/></camunda:properties></extensionElements></userTask>
  <endEvent id="e"/><sequenceFlow id="f1" sourceRef="s" targetRef="call"/>
  <sequenceFlow id="f2" sourceRef="call" targetRef="e"/></process></definitions>"""


def small(deadline: str = "1 р.д.", responsible: str = "Юридичний відділ") -> dict[str, bytes]:
    return {"small.bpmn": SMALL.format(deadline=deadline, responsible=responsible).encode()}


def deploy(office: Office, files: dict[str, bytes], login: str = "owner") -> ProcessDefinition:
    with office.database.read() as session:
        library = published_sources(session)
    return office.do(login, deploy_definition, check_map(files, library=library))


def standing(office: Office, definition: ProcessDefinition) -> set[tuple[str, str | None]]:
    with office.database.read() as session:
        found = session.get_one(ProcessDefinition, definition.id)
        return {
            (one.code, one.element_name)
            for one in publishing_findings(session, found)
            if one.severity is Severity.ERROR
        }


def test_a_deployed_map_is_a_draft_that_keeps_its_file_byte_for_byte(office: Office) -> None:
    definition = deploy(office, small())
    assert (definition.key, definition.version, definition.state) == ("small", 1, DefinitionState.DRAFT)
    with office.database.read() as session:
        kept = session.get_one(ProcessDefinition, definition.id)
        assert kept.files[0].content == small()["small.bpmn"]


def test_of_a_zip_the_maps_and_forms_are_kept_and_what_no_step_reads_is_told() -> None:
    packed = io.BytesIO()
    inside = small() | {"offer.form": b"{}", "small.png": b"PNG"}
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in inside.items():
            archive.writestr(name, content)
    checked = check_map({"maps.zip": packed.getvalue()}, library={})
    assert list(checked.files) == ["small.bpmn", "offer.form"]
    told = [(one.file, one.params) for one in checked.outcome.findings if one.code == "ZIP_FOREIGN_FILE"]
    assert told == [("offer.form", {"name": "offer.form"}), ("maps.zip", {"name": "small.png"})]


def test_publishing_retires_the_version_before(office: Office) -> None:
    first, second = deploy(office, small()), deploy(office, small(deadline="2 р.д."))
    office.do("owner", publish_definition, first.id)
    office.do("owner", publish_definition, second.id)
    with office.database.read() as session:
        states = dict(
            session.execute(
                select(ProcessDefinition.version, ProcessDefinition.state).where(ProcessDefinition.key == "small")
            ).all()
        )
    assert states == {1: DefinitionState.RETIRED, 2: DefinitionState.PUBLISHED}
    with pytest.raises(AlreadyPublished):
        office.do("owner", publish_definition, second.id)
    office.do("owner", retire_definition, second.id)
    with pytest.raises(InvalidInput):
        office.open_deal(definition_key="small")


def test_a_step_without_deadline_or_for_nobody_cannot_be_published(office: Office) -> None:
    definition = deploy(office, small(deadline="", responsible="Відділ мрій"))
    assert standing(office, definition) == {("DEADLINE_MISSING", "Подзвонити"), ("RESPONSIBLE_UNKNOWN", "Подзвонити")}
    with pytest.raises(MapHasErrors) as refused:
        office.do("owner", publish_definition, definition.id)
    assert len(refused.value.findings) == 2


def test_a_map_that_names_a_department_put_away_says_so(office: Office) -> None:
    definition = deploy(office, small(responsible="Відділ мрій"))
    dreams = office.do("admin", add_department, DepartmentDraft("Відділ мрій"))
    assert standing(office, definition) == set()
    office.do("admin", archive_department, dreams.id)
    assert standing(office, definition) == {("RESPONSIBLE_ARCHIVED", "Подзвонити")}
    office.do("admin", restore_department, dreams.id)
    office.do("owner", publish_definition, definition.id)
    with pytest.raises(DepartmentInUse):
        office.do("admin", archive_department, dreams.id)


def test_an_escalation_to_nobody_is_told_before_publishing(office: Office) -> None:
    ladder = "нагадати виконавцю за 2 год; повідомити Марсіянина в термін; передати bohdan через 1 р.д."
    said = f'<camunda:property name="ескалація" value="{ladder}"/></camunda:properties>'
    definition = deploy(office, {"m.bpmn": small()["small.bpmn"].replace(b"</camunda:properties>", said.encode())})
    with office.database.read() as session:
        found = publishing_findings(session, session.get_one(ProcessDefinition, definition.id))
    assert [(one.element_name, dict(one.params)) for one in found if one.code == "ESCALATION_UNKNOWN"] == [
        ("Подзвонити", {"name": "Марсіянина"})
    ]


@pytest.mark.parametrize(
    "ladder",
    [
        "нагадати йому за 2 год; повідомити керівника відділу в термін; передати начальнику підрозділу через 1 р.д.",
        "remind them 1 day before; tell the head of the department at due; reassign to department head 1 day after",
        "нагадати власнику угоди за 1 р.д.; повідомити власника угоди в термін; повідомити head of sales через 1 р.д.",
    ],
)
def test_an_escalation_in_words_for_those_around_the_step_names_nobody_unknown(office: Office, ladder: str) -> None:
    said = f'<camunda:property name="ескалація" value="{ladder}"/></camunda:properties>'
    definition = deploy(office, {"m.bpmn": small()["small.bpmn"].replace(b"</camunda:properties>", said.encode())})
    with office.database.read() as session:
        found = publishing_findings(session, session.get_one(ProcessDefinition, definition.id))
    assert "ESCALATION_UNKNOWN" not in {one.code for one in found}


def test_an_unknown_department_can_be_created_on_the_spot(office: Office) -> None:
    definition = deploy(office, small(responsible="Відділ мрій"))
    assert standing(office, definition) == {("RESPONSIBLE_UNKNOWN", "Подзвонити")}
    office.do("admin", add_department, DepartmentDraft("Відділ мрій"))
    office.do("owner", publish_definition, definition.id)


def test_a_deadline_that_cannot_be_read_is_told_at_once(office: Office) -> None:
    definition = deploy(office, small(deadline="коли рак свисне"))
    assert ("DEADLINE_NOT_UNDERSTOOD", "Подзвонити") in standing(office, definition)


@pytest.mark.parametrize("content", [b"", b"not xml", b"<a/>", b"PK\x03\x04zip?", b"\xff\xfe\x00", b"<!DOCTYPE x><a/>"])
def test_what_is_no_map_is_refused_and_nothing_is_kept(office: Office, content: bytes) -> None:
    checked = check_map({"x.bpmn": content}, library={})
    with pytest.raises(MapRejected) as refused:
        office.do("owner", deploy_definition, checked)
    assert refused.value.findings
    with office.database.read() as session:
        assert session.scalar(select(ProcessDefinition.id).where(ProcessDefinition.key != "sale")) is None


@pytest.mark.postgres
def test_of_two_versions_published_at_once_one_stays_published(postgresql_database_url: str) -> None:
    database = Database(postgresql_database_url)
    office = Office(database)
    first, second = deploy(office, small()), deploy(office, small(deadline="2 р.д."))
    owner = office.actor("owner")

    def publish_behind_the_lock() -> None:
        with database.write() as session:
            publish_definition(session, second.id, actor=owner, clock=office.clock)

    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            publish_definition(session, first.id, actor=owner, clock=office.clock)
            session.flush()
            waiting = pool.submit(publish_behind_the_lock)
            while not somebody_waits(database):
                assert not waiting.done()
        waiting.result()
    with database.read() as session:
        states = dict(session.execute(select(ProcessDefinition.id, ProcessDefinition.state)).all())
    assert states == {first.id: DefinitionState.RETIRED, second.id: DefinitionState.PUBLISHED}
    database.dispose()


def test_two_who_publish_and_retire_at_once_leave_one_outcome(database_url: str) -> None:
    database = Database(database_url)
    office = Office(database)
    first, second = deploy(office, small()), deploy(office, small(deadline="2 р.д."))
    office.do("owner", publish_definition, first.id)
    refused: list[str] = []

    def attempt(command: Callable[..., ProcessDefinition], definition: ProcessDefinition) -> None:
        try:
            office.do("owner", command, definition.id)
        except DomainError as error:
            refused.append(error.code)

    attempts = [(publish_definition, second), (publish_definition, second), (retire_definition, first)]
    with ThreadPoolExecutor(len(attempts)) as pool:
        list(pool.map(lambda one: attempt(*one), attempts))
    with database.read() as session:
        states = dict(session.execute(select(ProcessDefinition.id, ProcessDefinition.state)).all())
        told = session.scalars(select(HistoryEvent.kind).where(HistoryEvent.kind.in_(("definition_published",)))).all()
    assert states == {first.id: DefinitionState.RETIRED, second.id: DefinitionState.PUBLISHED}
    assert len(told) == 2
    assert refused.count("already_published") == 1
    assert set(refused) <= {"already_published", "not_published"}
    database.dispose()


@pytest.mark.parametrize("login", ["olena", "iryna", "bohdan", "admin"])
def test_only_the_process_owner_deploys(office: Office, login: str) -> None:
    with pytest.raises(NotAllowed):
        deploy(office, small(), login)


def test_the_shipped_sale_calls_the_published_discount_approval_and_opens_a_deal(office: Office) -> None:
    for key in ("discount-approval", "b2b-sale"):
        shipped = shipped_map(key)
        definition = deploy(office, {shipped.file_name: shipped.content})
        assert standing(office, definition) == set()
        office.do("owner", publish_definition, definition.id)
    assert definition.called == {"discount-approval": 1}
    deal = office.open_deal(definition_key="b2b-sale")
    assert [one.name for one in office.open_steps(deal)] == ["Прийняти лід у роботу"]


def test_a_call_of_a_host_or_with_a_secret_that_the_administrator_does_not_know_stands_against_publishing(
    office: Office,
) -> None:
    said = {"connector": "http", "url": "https://crm.example.com/", "header.Authorization": "{{ secret.crm }}"}
    definition = office.publish(calling_map(**said))

    def told() -> set[str]:
        with office.database.read() as session:
            found = publishing_findings(session, session.get_one(ProcessDefinition, definition.id))
        return {one.code for one in found if one.element_id == "call"}

    assert told() == {"CONNECTOR_HOST_NOT_ALLOWED", "CONNECTOR_SECRET_UNKNOWN"}
    office.do("admin", allow_host, "crm.example.com")
    assert told() == {"CONNECTOR_SECRET_UNKNOWN"}
    office.do("admin", set_secret, "crm", "crm.example.com", "x", seal=str.upper)
    assert told() == set()
