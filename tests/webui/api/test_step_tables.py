from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.api import ApiClient, faults, problem, read

from processes import shipped_map

ApiOf = Callable[[str | None], ApiClient]

SHIPPED = shipped_map("discount-approval")


@pytest.fixture
def draft(api: ApiOf) -> dict[str, Any]:
    deployed: dict[str, Any] = read(api("owner").upload("/definitions", (SHIPPED.file_name, SHIPPED.content)), 201)
    return deployed


def steps_of(owner: ApiClient, definition_id: int) -> dict[str, Any]:
    return {one["address"]: one for one in read(owner.get(f"/definitions/{definition_id}/steps"))["items"]}


def test_edited_cells_are_what_the_map_says_and_the_rest_of_the_file_stays(api: ApiOf, draft: dict[str, Any]) -> None:
    owner, address = api("owner"), f"/definitions/{draft['id']}"
    before = steps_of(owner, draft["id"])
    step = next(iter(before))
    edits = {step: {"deadline": "2 business days", "escalation": "head at due"}}
    amended = read(owner.patch(f"{address}/steps", {"read_revision": draft["revision"], "edits": edits}))
    assert (amended["id"], amended["revision"], amended["status"]) == (draft["id"], 2, "draft")
    after = steps_of(owner, draft["id"])
    assert after[step]["cells"] == {
        **before[step]["cells"],
        "deadline": "2 business days",
        "escalation": "tell head at due",
    }
    assert {**after, step: None} == {**before, step: None}
    kept = owner.get(f"{address}/xml").data
    assert len(kept) > len(SHIPPED.content)
    assert kept.endswith(SHIPPED.content[-5_000:])
    assert read(owner.get(address))["revision"] == 2


def test_every_cell_that_cannot_be_read_is_named_and_nothing_is_kept(api: ApiOf, draft: dict[str, Any]) -> None:
    owner = api("owner")
    step, other = list(steps_of(owner, draft["id"]))[:2]
    edits = {step: {"deadline": "some day", "freedom": "free"}, other: {"four_eyes": "perhaps"}}
    answer = owner.patch(f"/definitions/{draft['id']}/steps", {"read_revision": 1, "edits": edits})
    assert faults(answer) == {
        f"{step}.deadline": "deadline_not_understood",
        f"{other}.four_eyes": "yes_or_no_not_understood",
    }
    assert owner.get(f"/definitions/{draft['id']}/xml").data == SHIPPED.content


def test_a_later_revision_an_unknown_step_and_an_unknown_cell_are_refused(api: ApiOf, draft: dict[str, Any]) -> None:
    owner, address = api("owner"), f"/definitions/{draft['id']}/steps"
    step = next(iter(steps_of(owner, draft["id"])))
    read(owner.patch(address, {"read_revision": 1, "edits": {step: {"stage": "One"}}}))
    problem(owner.patch(address, {"read_revision": 1, "edits": {step: {"stage": "Two"}}}), 409, "amended_meanwhile")
    gone = {"read_revision": 2, "edits": {"gone": {"stage": "Two"}}}
    problem(owner.patch(address, gone), 422, "element_not_in_map")
    assert owner.patch(address, {"read_revision": 2, "edits": {step: {"colour": "red"}}}).status_code == 422
