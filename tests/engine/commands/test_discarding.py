from __future__ import annotations

import pytest
from sqlalchemy import select
from support.office import Office

from engine.bpmn.questions import QuestionKind
from engine.commands.amending import amend_definition
from engine.commands.definitions import CheckedMap, check_map, deploy_definition, retire_definition
from engine.commands.discarding import NotADraft, discard_draft
from engine.commands.idempotency import KeyReused
from engine.commands.map_editors import note_editing
from engine.commands.map_rules import keep_rule
from engine.commands.publishing import publish_definition
from engine.errors import NotAllowed, NotFound
from engine.model.heartbeat import Heartbeat
from engine.model.history_event import HistoryEvent
from engine.model.map_answer import MapAnswer
from engine.model.map_rule import MapRule
from engine.model.practice import Practice
from engine.model.process_definition import DefinitionFile, DefinitionState, ProcessDefinition
from engine.policy.map_rules import Expected, Rule
from engine.queries.definitions import DraftDiscarded, definition_view, versions_of_map

MAP = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="small" name="Мала карта">
  <startEvent id="s"/><userTask id="call" name="Подзвонити"><documentation>Етап: Перший
  Термін: 1 р.д.
  Відповідальний: Юридичний відділ</documentation></userTask><endEvent id="e"/>
  <sequenceFlow id="f1" sourceRef="s" targetRef="call"/><sequenceFlow id="f2" sourceRef="call" targetRef="e"/>
</process></definitions>"""


@pytest.fixture(scope="module")
def checked() -> CheckedMap:
    return check_map({"small.bpmn": MAP.encode()}, library={})


@pytest.fixture
def draft(office: Office, checked: CheckedMap) -> ProcessDefinition:
    return office.do("owner", deploy_definition, checked)


def left(office: Office) -> dict[str, int]:
    """How many rows of the map and of what hangs on it there are."""
    rows = {
        "versions": select(ProcessDefinition).where(ProcessDefinition.key == "small"),
        "files": select(DefinitionFile).where(DefinitionFile.name == "small.bpmn"),
        "practices": select(Practice),
        "editors": select(Heartbeat).where(Heartbeat.name.startswith("editing-")),
        "rules": select(MapRule).where(MapRule.map_key == "small"),
        "answers": select(MapAnswer).where(MapAnswer.map_key == "small"),
    }
    with office.database.read() as session:
        return {name: len(session.scalars(of).all()) for name, of in rows.items()}


def surround(office: Office, draft: ProcessDefinition) -> None:
    """A rule, an answer, a practice deal and somebody who has the draft open."""
    office.do("owner", keep_rule, draft.id, None, Rule(name="Дзвонимо завжди", expected=Expected(through=("call",))))
    office.do("owner", note_editing, draft.id)
    owner, at = office.company.owner.id, office.clock.now()
    with office.database.write() as session:
        session.add(
            Practice(definition_id=draft.id, person_id=owner, title="Проба", actions=[], started_at=at, touched_at=at)
        )
        session.add(
            MapAnswer(
                map_key="small",
                kind=QuestionKind.STAGE,
                element_id="call",
                answer="Перший",
                definition_id=draft.id,
                answered_at=at,
            )
        )


def test_a_map_that_was_never_published_goes_with_all_that_hangs_on_it(
    office: Office, draft: ProcessDefinition
) -> None:
    surround(office, draft)
    assert set(left(office).values()) == {1}
    office.do("owner", discard_draft, draft.id)
    assert set(left(office).values()) == {0}
    with office.database.read() as session:
        told = session.scalars(select(HistoryEvent).where(HistoryEvent.kind == "definition_discarded")).one()
    assert told.data == {"key": "small", "version": 1, "name": "Мала карта", "was_last": True}
    assert told.actor_id == office.company.owner.id


def test_a_map_with_another_version_loses_only_the_draft(
    office: Office, draft: ProcessDefinition, checked: CheckedMap
) -> None:
    office.do("owner", publish_definition, draft.id)
    second = office.do("owner", amend_definition, draft.id, checked, read_revision=1)
    surround(office, second)
    office.do("owner", discard_draft, second.id)
    assert left(office) == {"versions": 1, "files": 1, "practices": 0, "editors": 0, "rules": 1, "answers": 1}
    with office.database.read() as session:
        assert session.scalars(select(MapAnswer.definition_id)).one() == draft.id


def test_neither_its_id_nor_its_number_is_given_out_again(
    office: Office, draft: ProcessDefinition, checked: CheckedMap
) -> None:
    """Who has a page of it open would otherwise publish another map by its button."""
    office.do("owner", discard_draft, draft.id)
    again = office.do("owner", deploy_definition, checked)
    assert (again.id > draft.id, again.version) == (True, 2)
    with office.database.read() as session:
        with pytest.raises(DraftDiscarded) as gone:
            definition_view(session, office.actor("admin"), draft.id)
        assert [one.id for one in versions_of_map(session, office.actor("owner"), "small")] == [again.id]
    assert (gone.value.params["version"], gone.value.params["by"]) == (1, office.company.owner.full_name)
    with pytest.raises(DraftDiscarded):
        office.do("owner", publish_definition, draft.id)
    with pytest.raises(DraftDiscarded):
        office.do("owner", amend_definition, draft.id, checked, read_revision=1)


def test_what_was_ever_published_stays(office: Office, draft: ProcessDefinition) -> None:
    office.do("owner", publish_definition, draft.id)
    with pytest.raises(NotADraft):
        office.do("owner", discard_draft, draft.id)
    assert office.do("owner", retire_definition, draft.id).state is DefinitionState.RETIRED
    with pytest.raises(NotADraft):
        office.do("owner", discard_draft, draft.id)
    assert left(office)["files"] == 1


def test_repeated_it_answers_as_it_did_before(office: Office, draft: ProcessDefinition, checked: CheckedMap) -> None:
    assert office.do("owner", discard_draft, draft.id, command_id="once") == draft.id
    assert office.do("owner", discard_draft, draft.id, command_id="once") == draft.id
    with pytest.raises(NotFound):
        office.do("owner", discard_draft, draft.id)
    other = office.do("owner", deploy_definition, checked)
    with pytest.raises(KeyReused):
        office.do("owner", discard_draft, other.id, command_id="once")


@pytest.mark.parametrize("login", ["olena", "bohdan", "admin"])
def test_only_who_may_deploy_maps_throws_drafts_away(office: Office, draft: ProcessDefinition, login: str) -> None:
    with pytest.raises(NotAllowed):
        office.do(login, discard_draft, draft.id)
    assert left(office)["versions"] == 1
