"""When votes decide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn.compiled import ApprovalRule, OutcomeKind
from engine.policy.approval_rules import Vote, decide

APPROVED, RETURNED, REJECTED = OutcomeKind.APPROVED, OutcomeKind.RETURNED, OutcomeKind.REJECTED
ANY, ALL, TWO = ApprovalRule(), ApprovalRule(mode="all"), ApprovalRule(mode="count", count=2)
LIST = ApprovalRule(mode="list", approvers=("юрист", "фінанси", "директор"))
TWO_OF_THEM = LIST.model_copy(update={"at_least": 2})
ORDERED_ALL, ORDERED_LIST = ALL.model_copy(update={"in_order": True}), LIST.model_copy(update={"in_order": True})
MEMBERS = (1, 2, 3)


def yes(person: int, approver: str = "") -> Vote:
    return Vote(person, APPROVED, approver)


@pytest.mark.parametrize(
    ("rule", "votes", "outcome", "missing", "needed", "to_ask"),
    [
        (ANY, [], None, (1, 2, 3), 1, (1, 2, 3)),
        (ANY, [yes(2)], APPROVED, (), 0, ()),
        (ALL, [yes(2)], None, (1, 3), 2, (1, 3)),
        (ALL, [yes(2), yes(2), yes(1)], None, (3,), 1, (3,)),
        (ALL, [yes(2), yes(1), yes(3)], APPROVED, (), 0, ()),
        (ALL, [yes(2), yes(1), yes(9)], None, (3,), 1, (3,)),  # who is no member does not stand for one
        (TWO, [yes(2)], None, (1, 3), 1, (1, 3)),
        (TWO, [yes(2), yes(2)], None, (1, 3), 1, (1, 3)),  # a person counts once
        (TWO, [yes(2), yes(3)], APPROVED, (), 0, ()),
        (ALL, [yes(1), Vote(2, RETURNED)], RETURNED, (), 0, ()),
        (ALL, [yes(1), Vote(2, REJECTED), Vote(3, RETURNED)], REJECTED, (), 0, ()),
        (ANY, [Vote(1, RETURNED), yes(2)], RETURNED, (), 0, ()),
        (ORDERED_ALL, [], None, (1, 2, 3), 3, (1,)),
        (ORDERED_ALL, [yes(2)], None, (1, 2, 3), 3, (1,)),  # out of turn
        (ORDERED_ALL, [yes(1), yes(2)], None, (3,), 1, (3,)),
        (ORDERED_ALL, [yes(1), yes(2), yes(3)], APPROVED, (), 0, ()),
        (ORDERED_ALL, [Vote(3, REJECTED)], None, (1, 2, 3), 3, (1,)),
        (ORDERED_ALL, [Vote(1, REJECTED)], REJECTED, (), 0, ()),
    ],
)
def test_a_group_decides(  # noqa: PLR0917  # a table's columns
    rule: ApprovalRule,
    votes: list[Vote],
    outcome: OutcomeKind | None,
    missing: tuple[int, ...],
    needed: int,
    to_ask: tuple[int, ...],
) -> None:
    decision = decide(rule, votes, MEMBERS)
    assert (decision.outcome, decision.missing_people, decision.needed, decision.to_ask) == (
        outcome,
        missing,
        needed,
        to_ask,
    )


@pytest.mark.parametrize(
    ("rule", "votes", "outcome", "missing", "to_ask"),
    [
        (LIST, [], None, ("юрист", "фінанси", "директор"), ("юрист", "фінанси", "директор")),
        (LIST, [yes(1, "фінанси")], None, ("юрист", "директор"), ("юрист", "директор")),
        (LIST, [yes(1, "юрист"), yes(2, "фінанси"), yes(3, "директор")], APPROVED, (), ()),
        (LIST, [yes(1, "юрист"), Vote(2, RETURNED, "фінанси")], RETURNED, (), ()),
        (LIST, [yes(1), yes(2, "маркетинг")], None, ("юрист", "фінанси", "директор"), ("юрист", "фінанси", "директор")),
        (TWO_OF_THEM, [yes(1, "юрист")], None, ("фінанси", "директор"), ("фінанси", "директор")),
        (TWO_OF_THEM, [yes(1, "юрист"), yes(1, "юрист")], None, ("фінанси", "директор"), ("фінанси", "директор")),
        (TWO_OF_THEM, [yes(1, "юрист"), yes(3, "директор")], APPROVED, (), ()),
        (TWO_OF_THEM, [yes(1, "юрист"), Vote(3, RETURNED, "директор")], RETURNED, (), ()),
        (ORDERED_LIST, [yes(2, "фінанси")], None, ("юрист", "фінанси", "директор"), ("юрист",)),
        (ORDERED_LIST, [yes(1, "юрист")], None, ("фінанси", "директор"), ("фінанси",)),
        (ORDERED_LIST, [yes(1, "юрист"), yes(2, "фінанси"), yes(3, "директор")], APPROVED, (), ()),
    ],
)
def test_a_list_decides(
    rule: ApprovalRule,
    votes: list[Vote],
    outcome: OutcomeKind | None,
    missing: tuple[str, ...],
    to_ask: tuple[str, ...],
) -> None:
    decision = decide(rule, votes)
    assert (decision.outcome, decision.missing_approvers, decision.to_ask) == (outcome, missing, to_ask)


@pytest.mark.parametrize(
    ("rule", "members"), [(ANY, ()), (ALL, ()), (TWO, (1,)), (ApprovalRule(mode="list"), ()), (TWO, (1, 1))]
)
def test_a_group_too_small_approves_nothing_and_says_so(rule: ApprovalRule, members: tuple[int, ...]) -> None:
    decision = decide(rule, [], members)
    assert decision.outcome is None
    assert decision.is_out_of_reach


def test_a_group_that_can_still_approve_is_within_reach() -> None:
    assert not decide(TWO, [yes(1)], (1, 2)).is_out_of_reach


@given(
    rule=st.sampled_from([ANY, ALL, TWO, ORDERED_ALL]),
    votes=st.lists(st.builds(Vote, st.integers(1, 4), st.sampled_from([APPROVED, RETURNED, REJECTED])), max_size=8),
)
def test_a_decision_once_made_stays(rule: ApprovalRule, votes: list[Vote]) -> None:
    decisions = [decide(rule, votes[:count], MEMBERS).outcome for count in range(len(votes) + 1)]
    made = [outcome for outcome in decisions if outcome is not None]
    assert decisions[: len(decisions) - len(made)] == [None] * (len(decisions) - len(made))
    if made and made[0] is not APPROVED:
        assert set(made) == {made[0]}
