from __future__ import annotations

import pytest
from support.office import Office
from support.sales_map import sales_map

from engine.commands.definitions import publishing_findings
from engine.commands.map_rules import MOST_RULES, Place, keep_rule, remove_rule, replace_rules
from engine.commands.publishing import prepare_publishing, publish_definition
from engine.errors import Conflict, InvalidInput, MapHasErrors, NotAllowed, NotFound
from engine.model.history_event import HistoryEvent
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.policy.map_rules import Expected, Given, Rule
from engine.queries.map_rules import rules_of

HOLDS = Rule(name="Юристи погоджують", expected=Expected(through=("legal",), ends="won"))
BROKEN = Rule(
    name="Без юристів", given=Given(outcomes={"finance": ("approved",)}), expected=Expected(not_through=("legal",))
)


def rule_names(office: Office) -> list[str]:
    with office.database.read() as session:
        return [one.rule.name for one in rules_of(session, "sale")]


@pytest.fixture
def draft(office: Office) -> ProcessDefinition:
    """The next version of the sale, not live yet."""
    changed = sales_map(four_eyes=True)
    definition = office.publish(changed)
    with office.database.write() as session:
        first, second = session.get_one(ProcessDefinition, 1), session.get_one(ProcessDefinition, definition.id)
        first.state, second.state, second.published_at = DefinitionState.PUBLISHED, DefinitionState.DRAFT, None
    return definition


def test_rules_are_kept_in_order_for_all_versions_and_the_change_is_recorded(
    office: Office, draft: ProcessDefinition
) -> None:
    office.do("owner", replace_rules, 1, [HOLDS, BROKEN])
    assert rule_names(office) == [HOLDS.name, BROKEN.name]
    with office.database.read() as session:
        assert [one.rule for one in rules_of(session, draft.key)] == [HOLDS, BROKEN]
        event = session.query(HistoryEvent).filter_by(kind="map_rules_changed").one()
        assert event.data == {"key": "sale", "rules": [HOLDS.name, BROKEN.name]}
    office.do("owner", replace_rules, draft.id, [BROKEN])
    assert rule_names(office) == [BROKEN.name]


def test_a_broken_rule_stands_against_publishing_until_it_or_the_map_is_changed(
    office: Office, draft: ProcessDefinition
) -> None:
    office.do("owner", replace_rules, draft.id, [HOLDS, BROKEN])
    with office.database.read() as session:
        findings = publishing_findings(session, session.get_one(ProcessDefinition, draft.id))
    assert [(one.code, one.element_id, one.params["rule"]) for one in findings] == [
        ("RULE_TEST_FAILED", "legal", BROKEN.name)
    ]
    prepared = prepare_publishing(office.database, draft.id)
    with pytest.raises(MapHasErrors) as refused:
        office.do("owner", publish_definition, draft.id, prepared=prepared)
    assert [one.code for one in refused.value.findings] == ["RULE_TEST_FAILED"]
    office.do("owner", remove_rule, draft.id, Place(1, BROKEN.name))
    assert office.do("owner", publish_definition, draft.id).state is DefinitionState.PUBLISHED


def test_one_rule_is_added_changed_and_removed_where_it_still_stands(office: Office) -> None:
    office.do("owner", keep_rule, 1, None, HOLDS)
    office.do("owner", keep_rule, 1, None, BROKEN)
    renamed = HOLDS.model_copy(update={"name": "Інша"})
    office.do("owner", keep_rule, 1, Place(0, HOLDS.name), renamed)
    assert rule_names(office) == ["Інша", BROKEN.name]
    for place in (Place(0, HOLDS.name), Place(7, BROKEN.name)):
        with pytest.raises(Conflict):
            office.do("owner", remove_rule, 1, place)
    office.do("owner", remove_rule, 1, Place(0, "Інша"))
    assert rule_names(office) == [BROKEN.name]


def test_a_rule_needs_a_name_and_expects_something(office: Office) -> None:
    with pytest.raises(InvalidInput) as refused:
        office.do("owner", replace_rules, 1, [Rule(name=" ")])
    assert set(refused.value.errors) == {"name", "expected"}
    with pytest.raises(InvalidInput):
        office.do("owner", replace_rules, 1, [HOLDS] * (MOST_RULES + 1))
    assert rule_names(office) == []


def test_only_who_may_deploy_maps_writes_their_rules(office: Office) -> None:
    for login in ("olena", "bohdan", "admin"):
        with pytest.raises(NotAllowed):
            office.do(login, replace_rules, 1, [HOLDS])
    with pytest.raises(NotFound):
        office.do("owner", replace_rules, 99, [HOLDS])
