from __future__ import annotations

import pytest

from engine.errors import NotAllowed
from engine.model.person import Role
from engine.policy.permissions import (
    Ability,
    Actor,
    ensure_may,
    may,
    may_act_on_step,
    may_claim_step,
    may_direct_step,
    may_edit_deal,
)

SALES, LEGAL = 10, 20


def actor(role: Role = Role.MANAGER, **facts: frozenset[int]) -> Actor:
    return Actor(person_id=1, login="olena", full_name="Олена", role=role, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.MANAGER, {"open_deal", "edit_deal", "manage_clients"}),
        (Role.APPROVER, set()),
        (
            Role.HEAD,
            {
                "open_deal",
                "edit_deal",
                "see_all_deals",
                "direct_work",
                "see_maps",
                "manage_clients",
                "see_reports",
                "see_all_history",
                "move_deal",
                "move_past_approval",
            },
        ),
        (
            Role.OWNER,
            {
                "see_all_deals",
                "deploy_map",
                "publish_map",
                "see_maps",
                "add_department",
                "see_reports",
                "see_all_history",
                "manage_fields",
                "manage_loss_reasons",
                "manage_letter_templates",
                "serve_jobs",
            },
        ),
        (
            Role.ADMINISTRATOR,
            {
                "see_all_deals",
                "direct_work",
                "see_maps",
                "manage_people",
                "add_department",
                "manage_calendars",
                "manage_clients",
                "see_reports",
                "manage_webhooks",
                "manage_connectors",
                "manage_fields",
                "see_journal",
                "manage_loss_reasons",
                "manage_letter_templates",
                "erase_person",
                "manage_rates",
                "manage_seal",
                "retry_incident",
                "see_all_history",
                "move_deal",
                "move_past_approval",
                "repair_deal",
                "serve_jobs",
            },
        ),
    ],
)
def test_a_role_allows_exactly_its_abilities(role: Role, allowed: set[str]) -> None:
    assert {ability.value for ability in Ability if may(actor(role), ability)} == allowed


def test_what_the_role_does_not_allow_is_refused() -> None:
    ensure_may(actor(Role.OWNER), Ability.PUBLISH_MAP)
    with pytest.raises(NotAllowed) as refused:
        ensure_may(actor(Role.ADMINISTRATOR), Ability.PUBLISH_MAP)
    assert str(refused.value) == "Your role does not allow this."


def test_the_machinery_may_everything_and_is_recorded_as_nobody() -> None:
    system = Actor.system()
    assert all(may(system, ability) for ability in Ability)
    assert may_act_on_step(system, assignee_id=5, group_id=None)
    assert not may_claim_step(system, assignee_id=None, group_id=SALES)
    assert system.recorded_id is None
    assert actor().recorded_id == 1


@pytest.mark.parametrize(
    ("who", "assignee_id", "group_id", "act", "claim"),
    [
        (actor(), 1, None, True, False),
        (actor(), 2, None, False, False),
        (actor(department_ids=frozenset({SALES})), None, SALES, True, True),
        (actor(department_ids=frozenset({SALES})), None, LEGAL, False, False),
        (actor(department_ids=frozenset({SALES})), 2, SALES, False, False),
        (actor(), None, None, False, False),
        (actor(substitutes_for=frozenset({2})), 2, SALES, True, False),
        (actor(substituted_department_ids=frozenset({LEGAL})), None, LEGAL, True, True),
        (actor(headed_department_ids=frozenset({LEGAL})), None, LEGAL, True, True),
        (actor(Role.ADMINISTRATOR), 2, SALES, False, False),
    ],
)
def test_a_step_is_done_by_its_holder_or_taken_by_the_department(
    who: Actor, assignee_id: int | None, group_id: int | None, *, act: bool, claim: bool
) -> None:
    assert may_act_on_step(who, assignee_id=assignee_id, group_id=group_id) is act
    assert may_claim_step(who, assignee_id=assignee_id, group_id=group_id) is claim


@pytest.mark.parametrize(
    ("who", "directs"),
    [
        (actor(), False),
        (actor(department_ids=frozenset({SALES})), False),
        (actor(substitutes_for=frozenset({2})), True),
        (actor(headed_department_ids=frozenset({SALES})), True),
        (actor(headed_department_ids=frozenset({LEGAL})), True),
        (actor(Role.HEAD), True),
        (actor(Role.ADMINISTRATOR), True),
        (actor(Role.OWNER), False),
    ],
)
def test_a_held_step_is_directed_by_its_holder_and_by_heads(who: Actor, *, directs: bool) -> None:
    member_of_legal = frozenset({LEGAL})
    assert may_direct_step(who, assignee_id=2, group_id=SALES, assignee_department_ids=member_of_legal) is directs


@pytest.mark.parametrize(
    ("who", "edits"),
    [
        (actor(), False),
        (actor(substitutes_for=frozenset({2})), True),
        (actor(Role.HEAD), True),
        (actor(Role.OWNER), False),
        (actor(Role.APPROVER, substitutes_for=frozenset({2})), False),
    ],
)
def test_a_deal_is_edited_by_its_owner_a_substitute_or_the_head_of_sales(who: Actor, *, edits: bool) -> None:
    assert may_edit_deal(who, owner_id=2) is edits
    assert may_edit_deal(actor(), owner_id=1)
