from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session
from support.company import Company
from support.sales_records import OFFER, SalesRecords, sales_process

from engine.errors import NotFound
from engine.model import DefinitionState, ProcessDefinition
from engine.model.person import Person
from engine.policy.permissions import Actor
from engine.queries.definitions import (
    definition_view,
    definition_xml,
    definitions,
    map_names,
    startable_definitions,
    version_ids,
    versions_of,
)
from engine.queries.processes import process_of

Act = Callable[[Person], Actor]


def second_version(session: Session, records: SalesRecords) -> ProcessDefinition:
    """A draft that could not be compiled."""
    draft = ProcessDefinition(
        key="sale",
        version=2,
        name="Продаж, друга редакція",
        findings=[{"code": "no_start", "severity": "error", "params": {}}],
        created_at=records.at,
    )
    session.add(draft)
    session.flush()
    return draft


def test_maps_are_listed_with_versions_findings_and_running_deals(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    records.deal(company.olena)
    second_version(session, records)
    (row,) = definitions(session, as_actor(company.owner), newest=1)
    assert (row.key, row.name) == ("sale", "Продаж, друга редакція")
    draft, published = row.versions
    assert (draft.version, draft.errors, draft.can_run, draft.running_deals) == (2, 1, False, 0)
    assert (published.warnings, published.can_run, published.running_deals) == (1, True, 1)
    assert row.published == published
    assert published.published_by_name == "Наталія Гриценко"


def test_of_many_versions_the_newest_are_read_and_those_that_are_in_use(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    """500 maps of 50 versions were 25,000 rows with their findings, for a page that shows the newest of each."""
    records.deal(company.olena)
    for version in range(2, 6):
        session.add(
            ProcessDefinition(key="sale", version=version, name=f"Продаж {version}", findings=[], created_at=records.at)
        )
    session.add(ProcessDefinition(key="tender", version=1, name="Аукціон", findings=[], created_at=records.at))
    session.flush()
    owner = as_actor(company.owner)
    tender, sale = definitions(session, owner, newest=2)
    assert (tender.name, tender.all_versions, sale.name, sale.all_versions) == ("Аукціон", 1, "Продаж 5", 5)
    assert [(one.version, one.running_deals) for one in sale.versions] == [(5, 0), (4, 0), (1, 1)]
    assert list(map_names(session, owner).items()) == [("tender", "Аукціон"), ("sale", "Продаж 5")]
    ids = version_ids(session, owner)
    told = [(one.key, one.version, one.running_deals) for one in versions_of(session, owner, ids[:2] + ids[-1:])]
    assert told == [("tender", 1, 0), ("sale", 5, 0), ("sale", 1, 1)]
    assert version_ids(session, owner, key="tender") == ids[:1]
    assert version_ids(session, owner, state=DefinitionState.PUBLISHED) == [records.definition.id]


def test_the_deals_of_all_versions_are_counted_in_one_look_at_them(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    """Each version looked through all deals of the company: 57 ms for 100,000, ten times for ten versions."""
    records.deal(company.olena)
    second_version(session, records)
    asked: list[tuple[str, Any]] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    view = definition_view(session, as_actor(company.owner), records.definition.id)
    assert [(one.version, one.running_deals) for one in view.versions] == [(2, 0), (1, 1)]
    assert view.versions[1] == view.row
    ((statement, values),) = [one for one in asked if "process_instance" in one[0]]
    explain = "EXPLAIN QUERY PLAN" if session.get_bind().dialect.name == "sqlite" else "EXPLAIN"
    plan = str(session.connection().exec_driver_sql(f"{explain} {statement}", values).all())
    assert "process_instance" in plan
    assert "CORRELATED" not in plan
    assert "SubPlan" not in plan


def test_a_version_shows_its_steps_stages_files_and_findings(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    view = definition_view(session, as_actor(company.owner), records.definition.id)
    assert [step.name for step in view.steps] == ["Підготувати пропозицію", "Погодити договір"]
    assert view.stages[0].name == OFFER
    assert [(file.name, file.size) for file in view.files] == [("sale.bpmn", len(b"<definitions/>"))]
    assert [finding.code for finding in view.findings] == ["no_deadline"]


def test_a_version_with_errors_is_shown_without_steps(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    draft = second_version(session, records)
    view = definition_view(session, as_actor(company.owner), draft.id)
    assert (view.steps, view.stages, view.row.errors) == ((), (), 1)
    with pytest.raises(ValueError, match="has errors"):
        process_of(session, draft.id)


def test_maps_are_not_open_to_managers_but_the_diagram_of_their_deals_is(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    records.deal(company.olena)
    olena, outsider = as_actor(company.olena), as_actor(company.danylo)
    assert definition_xml(session, olena, records.definition.id) == ("sale.bpmn", b"<definitions/>")
    assert definition_xml(session, as_actor(company.owner), records.definition.id)[0] == "sale.bpmn"
    with pytest.raises(NotFound):
        definition_xml(session, outsider, records.definition.id)
    for read in (partial(definitions, newest=1), map_names, version_ids, partial(versions_of, ids=[1])):
        with pytest.raises(NotFound):
            read(session, olena)
    with pytest.raises(NotFound):
        definition_view(session, olena, records.definition.id)


def test_only_published_maps_start_deals_and_only_for_those_who_open_them(
    session: Session, company: Company, records: SalesRecords, as_actor: Act
) -> None:
    second_version(session, records)
    assert [(one.key, one.version) for one in startable_definitions(session, as_actor(company.olena))] == [("sale", 1)]
    assert startable_definitions(session, as_actor(company.iryna)) == ()
    records.definition.state = DefinitionState.RETIRED
    session.flush()
    assert startable_definitions(session, as_actor(company.olena)) == ()


def test_a_map_is_read_once_and_kept_by_its_content(session: Session, records: SalesRecords) -> None:
    records.definition.content_hash = "cafe" * 16
    session.flush()
    first = process_of(session, records.definition.id)
    assert first == sales_process()
    assert process_of(session, records.definition.id) is first
    records.definition.content_hash = "beef" * 16
    session.flush()
    assert process_of(session, records.definition.id) is not first
    with pytest.raises(NotFound):
        process_of(session, 10**9)
