from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from support.office import Office
from support.waiting import somebody_waits

from engine.bpmn.writing import apply_to_files
from engine.commands.amending import AmendedMeanwhile, AnotherMap, amend_definition
from engine.commands.definitions import MapRejected, check_map, deploy_definition
from engine.commands.publishing import publish_definition
from engine.db.session import Database
from engine.errors import NotAllowed, NotFound
from engine.model.history_event import HistoryEvent
from engine.model.process_definition import DefinitionFile, DefinitionState, ProcessDefinition
from engine.queries.processes import process_of

SMALL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="{key}" name="Мала карта">
  <startEvent id="s"/><userTask id="call" name="Подзвонити"><documentation>Етап: Перший
  Термін: 1 р.д.
  Відповідальний: Юридичний відділ</documentation></userTask><endEvent id="e"/>
  <sequenceFlow id="f1" sourceRef="s" targetRef="call"/><sequenceFlow id="f2" sourceRef="call" targetRef="e"/>
</process></definitions>"""
FILES = {"small.bpmn": SMALL.format(key="small").encode()}


@pytest.fixture
def draft(office: Office) -> ProcessDefinition:
    return office.do("owner", deploy_definition, check_map(FILES, library={}))


def amend(
    office: Office, definition: ProcessDefinition, deadline: str, *, read_revision: int = 1, login: str = "owner"
) -> ProcessDefinition:
    edited = apply_to_files(FILES, {"call": {"deadline": deadline}})
    checked = check_map(edited, library={}, process_key="small")
    return office.do(login, amend_definition, definition.id, checked, read_revision=read_revision)


def deadline_text(office: Office, definition_id: int) -> str:
    with office.database.read() as session:
        return process_of(session, definition_id).steps["call"].deadline_text


def test_a_draft_takes_the_edited_files_and_counts_its_revisions(office: Office, draft: ProcessDefinition) -> None:
    office.clock.advance(timedelta(minutes=5))
    amended = amend(office, draft, "2 р.д.")
    assert (amended.id, amended.version, amended.revision) == (draft.id, 1, 2)
    assert (amended.amended_at, amended.amended_by_id) == (office.clock.now(), office.company.owner.id)
    assert deadline_text(office, draft.id) == "2 р.д."
    with office.database.read() as session:
        files = session.scalars(select(DefinitionFile).where(DefinitionFile.definition_id == draft.id)).all()
        assert [file.name for file in files] == ["small.bpmn"]
        assert "2 р.д." in files[0].content.decode()
        told = session.scalars(select(HistoryEvent).where(HistoryEvent.kind == "definition_amended")).one()
    assert (told.data["revision"], told.data["based_on"]) == (2, None)


def test_a_draft_changed_meanwhile_is_not_saved_over(office: Office, draft: ProcessDefinition) -> None:
    amend(office, draft, "2 р.д.")
    with pytest.raises(AmendedMeanwhile) as refused:
        amend(office, draft, "3 р.д.")
    assert refused.value.params["by"] == office.company.owner.full_name
    assert deadline_text(office, draft.id) == "2 р.д."
    amend(office, draft, "3 р.д.", read_revision=2)
    assert deadline_text(office, draft.id) == "3 р.д."


@pytest.mark.parametrize("retired", [False, True])
def test_a_version_that_deals_run_on_stays_and_a_draft_is_made_from_it(
    office: Office, draft: ProcessDefinition, *, retired: bool
) -> None:
    office.do("owner", publish_definition, draft.id)
    if retired:
        later = office.do("owner", deploy_definition, check_map(FILES, library={}))
        office.do("owner", publish_definition, later.id)
    amended = amend(office, draft, "2 р.д.")
    assert (amended.state, amended.based_on_id, amended.revision) == (DefinitionState.DRAFT, draft.id, 1)
    assert amended.version == (3 if retired else 2)
    assert deadline_text(office, draft.id) == "1 р.д."
    assert deadline_text(office, amended.id) == "2 р.д."


def test_errors_are_kept_in_a_draft_too(office: Office, draft: ProcessDefinition) -> None:
    amended = amend(office, draft, "коли рак свисне")
    assert "DEADLINE_NOT_UNDERSTOOD" in {one["code"] for one in amended.findings}


def test_what_is_another_map_or_none_is_refused(office: Office, draft: ProcessDefinition) -> None:
    other = check_map({"other.bpmn": SMALL.format(key="other").encode()}, library={})
    with pytest.raises(AnotherMap):
        office.do("owner", amend_definition, draft.id, other, read_revision=1)
    with pytest.raises(MapRejected):
        office.do("owner", amend_definition, draft.id, check_map({"x.bpmn": b"<a/>"}, library={}), read_revision=1)
    with pytest.raises(NotFound):
        office.do("owner", amend_definition, 9_999, other, read_revision=1)
    assert deadline_text(office, draft.id) == "1 р.д."


@pytest.mark.parametrize("login", ["olena", "bohdan"])
def test_only_who_may_deploy_maps_amends_them(office: Office, draft: ProcessDefinition, login: str) -> None:
    with pytest.raises(NotAllowed):
        amend(office, draft, "2 р.д.", login=login)


@pytest.mark.postgres
def test_of_two_who_save_at_once_the_second_is_told(postgresql_database_url: str) -> None:
    database = Database(postgresql_database_url)
    office = Office(database)
    draft = office.do("owner", deploy_definition, check_map(FILES, library={}))
    edited = check_map(apply_to_files(FILES, {"call": {"stage": "Другий"}}), library={}, process_key="small")
    owner = office.actor("owner")
    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            amend_definition(session, draft.id, edited, read_revision=1, actor=owner, clock=office.clock)
            waiting = pool.submit(amend, office, draft, "2 р.д.")
            while not somebody_waits(database):
                assert not waiting.done()
        with pytest.raises(AmendedMeanwhile):
            waiting.result()
    with database.read() as session:
        assert session.scalar(select(func.count()).where(DefinitionFile.definition_id == draft.id)) == 1
    database.dispose()
