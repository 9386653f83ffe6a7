"""What of two people's changes is kept, and what the second is told."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.policy.simultaneous_edits import UNKNOWN, ChangedTo, EditedMeanwhile, EmptiedBy, Touch, reconciled

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wanted", "now", "before", "kept"),
    [
        ("Насоси", "Помпи", "Насоси", {}),  # left as it was read
        ("Помпи", "Помпи", "Насоси", {"field": "Помпи"}),  # the same from both
        (Decimal("5.00"), Decimal(7), "5", {}),
        ("", 3, None, {}),
        (None, "3", "", {}),
    ],
)
def test_the_first_change_stays_where_the_second_left_the_field_alone(
    wanted: Any, now: Any, before: Any, kept: dict[str, Any]
) -> None:
    assert reconciled({"field": wanted}, {"field": now}, {"field": Touch("Олена", AT, before)}, {}) == kept


def test_fields_that_nobody_else_touched_are_the_editors() -> None:
    touches = {"amount": Touch("Олена", AT, "5")}
    wanted = {"title": "Помпи", "amount": Decimal(5)}
    assert reconciled(wanted, {"title": "Насоси", "amount": Decimal(7)}, touches, {}) == {"title": "Помпи"}


@pytest.mark.parametrize("before", ["1", UNKNOWN])
def test_what_both_changed_is_told_with_who_and_what_it_is_now(before: Any) -> None:
    touches = {"amount": Touch("Олена", AT, before), "note": Touch("Тарас", AT, before)}
    with pytest.raises(EditedMeanwhile) as told:
        reconciled({"amount": Decimal(2), "note": "нова"}, {"amount": Decimal(3), "note": None}, touches, {})
    amount, note = told.value.errors["amount"], told.value.errors["note"]
    assert (type(amount), amount.params["value"], amount.params["by"]) == (ChangedTo, Decimal(3), "Олена")
    assert (type(note), note.params["by"]) == (EmptiedBy, "Тарас")
    assert told.value.params["by"] == "Олена, Тарас"


def test_a_value_is_told_in_its_own_words() -> None:
    with pytest.raises(EditedMeanwhile) as told:
        reconciled({"owner_id": 1}, {"owner_id": 2}, {"owner_id": Touch("Олена", AT, 3)}, {"owner_id": "Тарас"})
    assert told.value.errors["owner_id"].params["value"] == "Тарас"


def test_what_was_told_may_be_overwritten_and_what_changed_again_since_is_told_again() -> None:
    wanted, now = {"amount": Decimal(2)}, {"amount": Decimal(3)}
    touches = {"amount": Touch("Олена", AT, "1", version=7)}
    assert reconciled(wanted, now, touches, {}, told_version=7) == wanted
    with pytest.raises(EditedMeanwhile):
        reconciled(wanted, now, touches, {}, told_version=6)


def test_what_was_left_alone_is_not_overwritten_though_others_were_told() -> None:
    touches = {"amount": Touch("Олена", AT, "1", version=7)}
    assert reconciled({"amount": Decimal(1)}, {"amount": Decimal(3)}, touches, {}, told_version=7) == {}
