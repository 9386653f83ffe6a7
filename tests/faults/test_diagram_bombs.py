"""A diagram drawn to hang or fill the engine: a finding or an incident soon, and the other deals go on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from faults.audit import assert_deal_is_whole
from faults.bombs import around, bombs
from faults.scorecard import Scorecard
from sqlalchemy import select
from support.computing import spent
from support.office import Office

from engine.bpmn.compile_child import CPU_SECONDS
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.findings import Severity
from engine.commands.completions import complete_work_item
from engine.commands.definitions import check_map
from engine.db.session import Database
from engine.errors import MapFailed
from engine.model.deal import Deal
from engine.model.incident import Incident
from engine.model.work_item import WorkItem

BOMBS = dict(bombs())
LONGEST_S = CPU_SECONDS + 1  # the system looks once a second


@pytest.fixture
def office(sqlite_database_url: str) -> Iterator[Office]:
    """What a diagram can do does not depend on the database."""
    database = Database(sqlite_database_url)
    office = Office(database)
    office.publish()
    yield office
    database.dispose()


@pytest.fixture(scope="module")
def start_of_child() -> float:
    """Seconds of computing that a harmless map takes here: starting Python is not the diagram's fault."""
    began = spent()
    assert check_map({"map.bpmn": around('<b:userTask id="t" name="Крок"/>')}, library={}).outcome.process is not None
    return spent() - began


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_in_a_finding_or_an_incident_and_harms_nobody(
    office: Office, name: str, start_of_child: float, scorecard: Scorecard
) -> None:
    other = office.open_deal()
    began = spent()
    outcome = check_map({"map.bpmn": BOMBS[name]}, library={}).outcome
    assert spent() - began < LONGEST_S + 3 * start_of_child
    if outcome.process is None:
        errors = [finding for finding in outcome.findings if finding.severity is Severity.ERROR]
        assert errors, "refused without a reason"
    else:
        office.publish(outcome.process)
        began = spent()
        ignited = ignite(office, outcome.process)
        assert spent() - began < LONGEST_S
        assert ignited
    office.prepare()
    with office.database.read() as session:
        assert_deal_is_whole(session, other.id)
    scorecard.passed(10, "any database", "a bomb, other deals went on")


def ignite(office: Office, process: CompiledProcess) -> bool:
    """Open a deal on the map and do its first step. True when it was stopped by an incident, or did no harm."""
    try:
        deal = office.open_deal(title="Бомба", definition_key=process.key)
        for item in office.open_steps(deal)[:1]:
            button = process.steps[item.element_id].outcomes[0].id  # what cannot be evaluated is asked of the person
            office.do("olena", complete_work_item, item.id, {}, button)
    except MapFailed:
        with office.database.read() as session:
            return session.scalar(select(Incident.code)) is not None
    return is_small(office, deal)


def is_small(office: Office, deal: Deal) -> bool:
    with office.database.read() as session:
        assert_deal_is_whole(session, deal.id)
        return len(session.scalars(select(WorkItem.id).where(WorkItem.deal_id == deal.id)).all()) <= 1
