"""Which version of a called map a deal runs on: the one that was published when the deal began."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from support.canonical_maps import DECISIONS
from support.office import Office

from engine.bpmn.compiled import ApprovalRule, StepKind
from engine.commands.definitions import check_map, deploy_definition, published_sources, retire_definition
from engine.commands.publishing import CallerCannotFollow, prepare_publishing, publish_definition
from engine.errors import Conflict, MapHasErrors
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.queries.definitions import definition_view

_MAP = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
  targetNamespace="t"><process id="{key}" name="{key}">
  <startEvent id="s"/>{body}<endEvent id="e"/>
  <sequenceFlow id="f1" sourceRef="s" targetRef="a"/><sequenceFlow id="f2" sourceRef="a" targetRef="e"/>
  </process></definitions>"""
_SAID = """<extensionElements><camunda:properties>
    <camunda:property name="етап" value="Перший"/><camunda:property name="термін" value="1 р.д."/>
    <camunda:property name="відповідальний" value="=owner"/></camunda:properties></extensionElements>"""


def step_map(key: str, name: str) -> bytes:
    return _MAP.format(key=key, body=f'<userTask id="a" name="{name}">{_SAID}</userTask>').encode()


def calling_map(key: str, called: str) -> bytes:
    call = f'<callActivity id="a" name="Виклик" calledElement="{called}">{_SAID}</callActivity>'
    return _MAP.format(key=key, body=call).encode()


def deploy(office: Office, content: bytes) -> int:
    with office.database.read() as session:
        library = published_sources(session)
    return office.do("owner", deploy_definition, check_map({"map.bpmn": content}, library=library)).id


def publish(office: Office, definition_id: int) -> ProcessDefinition:
    prepared = prepare_publishing(office.database, definition_id)
    return office.do("owner", publish_definition, definition_id, prepared=prepared)


def put(office: Office, content: bytes) -> ProcessDefinition:
    return publish(office, deploy(office, content))


def versions(office: Office, key: str) -> list[tuple[int, str, dict[str, int]]]:
    with office.database.read() as session:
        rows = session.scalars(
            select(ProcessDefinition).where(ProcessDefinition.key == key).order_by(ProcessDefinition.version)
        )
        return [(one.version, one.state.value, one.called) for one in rows]


def open_step(office: Office, deal: Deal) -> str:
    (found,) = office.open_steps(deal)
    return found.name


def test_a_new_deal_runs_on_the_newest_called_map_and_a_running_one_keeps_its_own(office: Office) -> None:
    put(office, step_map("inner", "Погодити по-старому"))
    put(office, calling_map("outer", "inner"))
    before = office.open_deal(definition_key="outer")

    put(office, step_map("inner", "Погодити по-новому"))

    after = office.open_deal(definition_key="outer")
    assert open_step(office, before) == "Погодити по-старому"
    assert open_step(office, after) == "Погодити по-новому"
    assert versions(office, "outer") == [(1, "retired", {"inner": 1}), (2, "published", {"inner": 2})]
    with office.database.read() as session:
        told = session.scalars(
            select(HistoryEvent).where(HistoryEvent.kind == "definition_published").order_by(HistoryEvent.id.desc())
        ).first()
        assert told is not None
        assert (told.data["key"], told.data["version"]) == ("outer", 2)
        assert (told.data["called_key"], told.data["called_version"]) == ("inner", 2)


def test_maps_that_call_through_another_map_follow_too(office: Office) -> None:
    put(office, step_map("c", "Старий крок"))
    put(office, calling_map("b", "c"))
    put(office, calling_map("a", "b"))

    put(office, step_map("c", "Новий крок"))

    assert versions(office, "a")[-1] == (2, "published", {"b": 2, "c": 2})
    assert versions(office, "b")[-1] == (2, "published", {"c": 2})
    assert open_step(office, office.open_deal(definition_key="a")) == "Новий крок"


def test_a_draft_that_waited_gets_the_called_map_of_the_day_on_which_it_is_published(office: Office) -> None:
    put(office, step_map("inner", "Старий крок"))
    draft = deploy(office, calling_map("outer", "inner"))
    put(office, step_map("inner", "Новий крок"))

    assert publish(office, draft).id == draft

    assert versions(office, "outer") == [(1, "published", {"inner": 2})]
    assert open_step(office, office.open_deal(definition_key="outer")) == "Новий крок"


def test_a_version_on_which_deals_run_is_published_again_as_a_new_one(office: Office) -> None:
    put(office, step_map("inner", "Старий крок"))
    first = put(office, calling_map("outer", "inner"))
    running = office.open_deal(definition_key="outer")
    office.do("owner", retire_definition, first.id)
    put(office, step_map("inner", "Новий крок"))

    live = publish(office, first.id)

    assert live.id != first.id
    assert versions(office, "outer") == [(1, "retired", {"inner": 1}), (2, "published", {"inner": 2})]
    assert open_step(office, running) == "Старий крок"


def test_the_same_file_again_makes_no_version_of_its_callers(office: Office) -> None:
    put(office, step_map("inner", "Крок"))
    put(office, calling_map("outer", "inner"))

    put(office, step_map("inner", "Крок"))

    assert versions(office, "outer") == [(1, "published", {"inner": 2})]


def test_a_version_that_calls_its_caller_is_refused_and_nothing_changes(office: Office) -> None:
    put(office, step_map("inner", "Крок"))
    put(office, calling_map("outer", "inner"))
    circular = deploy(office, calling_map("inner", "outer"))

    with pytest.raises(CallerCannotFollow) as refused:
        publish(office, circular)

    assert refused.value.params["name"] == "outer"
    assert versions(office, "inner")[0][1] == "published"
    assert versions(office, "outer") == [(1, "published", {"inner": 1})]


def test_a_caller_that_was_published_meanwhile_is_not_left_behind(office: Office) -> None:
    put(office, step_map("inner", "Крок"))
    newer = deploy(office, step_map("inner", "Новий крок"))
    prepared = prepare_publishing(office.database, newer)
    put(office, calling_map("outer", "inner"))

    with pytest.raises(Conflict):
        office.do("owner", publish_definition, newer, prepared=prepared)

    publish(office, newer)
    assert versions(office, "outer")[-1][1:] == ("published", {"inner": 2})


def test_a_called_map_is_never_forgotten_by_who_publishes_without_preparing(office: Office) -> None:
    put(office, step_map("inner", "Крок"))
    put(office, calling_map("outer", "inner"))
    with pytest.raises(Conflict):
        office.do("owner", publish_definition, deploy(office, step_map("inner", "Новий крок")))


def test_a_version_tells_what_it_calls_and_who_calls_it(office: Office) -> None:
    inner = put(office, step_map("inner", "Крок"))
    outer = put(office, calling_map("outer", "inner"))
    with office.database.read() as session:
        seen = definition_view(session, office.actor("owner"), outer.id)
        assert [(one.key, one.version, one.id) for one in seen.called] == [("inner", 1, inner.id)]
        assert seen.callers == ()
        called = definition_view(session, office.actor("owner"), inner.id)
        assert [(one.key, one.version, one.id) for one in called.callers] == [("outer", 1, outer.id)]
    office.do("owner", retire_definition, outer.id)
    with office.database.read() as session:
        assert definition_view(session, office.actor("owner"), inner.id).callers == ()
        assert session.get_one(ProcessDefinition, outer.id).state is DefinitionState.RETIRED


def as_another_release_read_it(office: Office, definition_id: int, **step: Any) -> None:
    """The version as it was compiled by a release of another format, which read its own step otherwise."""
    with office.database.write() as session:
        definition = session.get_one(ProcessDefinition, definition_id)
        process = definition.process()
        steps = {
            name: one.model_copy(update=step) if one.process_key == process.key else one
            for name, one in process.steps.items()
        }
        compiled = process.model_copy(update={"steps": steps, "content_hash": f"{definition_id:064}"})
        definition.compiled, definition.content_hash = compiled.model_dump_json(), compiled.content_hash


def with_a_step_of_its_own(key: str, called: str) -> bytes:
    two = f"""<userTask id="a" name="Власний крок">{_SAID}</userTask><sequenceFlow id="f3" sourceRef="a" targetRef="b"/>
    <callActivity id="b" name="Виклик" calledElement="{called}">{_SAID}</callActivity>"""
    return _MAP.format(key=key, body=two).replace('sourceRef="a" targetRef="e"', 'sourceRef="b" targetRef="e"').encode()


def test_a_caller_that_this_release_reads_otherwise_does_not_go_live_unseen(office: Office) -> None:
    """It was an approval to the release that compiled it: new deals would pass it without anybody having been told."""
    put(office, step_map("inner", "Крок"))
    outer = put(office, with_a_step_of_its_own("outer", "inner"))
    approval = {"kind": StepKind.APPROVAL, "approval": ApprovalRule(), "outcomes": DECISIONS}
    as_another_release_read_it(office, outer.id, **approval)
    running = office.open_deal(definition_key="outer")
    newer = deploy(office, step_map("inner", "Новий крок"))

    with pytest.raises(CallerCannotFollow) as refused:
        publish(office, newer)

    assert refused.value.params["name"] == "outer"
    told = [(one.code, one.element_id, one.element_name) for one in refused.value.findings]
    assert told == [("STEP_READ_OTHERWISE", "a", "Власний крок")]
    assert versions(office, "outer") == [(1, "published", {"inner": 1})]
    put(office, with_a_step_of_its_own("outer", "inner"))
    publish(office, newer)
    assert versions(office, "outer")[-1] == (3, "published", {"inner": 2})
    assert office.step("a", running).kind is StepKind.APPROVAL


def test_a_draft_that_this_release_reads_otherwise_is_uploaded_again(office: Office) -> None:
    put(office, step_map("inner", "Крок"))
    draft = deploy(office, with_a_step_of_its_own("outer", "inner"))
    as_another_release_read_it(office, draft, deadline=None, deadline_text="")
    put(office, step_map("inner", "Новий крок"))
    with pytest.raises(MapHasErrors) as refused:
        publish(office, draft)
    assert [one.code for one in refused.value.findings] == ["STEP_READ_OTHERWISE"]


def test_a_caller_of_another_release_that_is_read_alike_follows(office: Office) -> None:
    put(office, step_map("inner", "Крок"))
    outer = put(office, with_a_step_of_its_own("outer", "inner"))
    as_another_release_read_it(office, outer.id)
    put(office, step_map("inner", "Новий крок"))
    assert versions(office, "outer")[-1] == (2, "published", {"inner": 2})
