"""Who may give an approval: those whom the map asks, and nobody who could hand it to themselves."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from engine.policy.assignment import Directory


class NotGiven(StrEnum):
    """Why a step cannot be handed to somebody."""

    FOUR_EYES = "four_eyes"
    OTHER_DEPARTMENT = "other_department"
    HOLDS_IT = "holds_it"


def why_not_given(
    directory: Directory,
    person_id: int,
    *,
    is_approval: bool,
    group_id: int | None,
    assignee_id: int | None,
    barred: Collection[int],
) -> NotGiven | None:
    """Why a step cannot be handed to a person, or None. ``barred`` are those whom four eyes keep from it.

    ``group_id`` and ``assignee_id`` say of whom it was asked first. Only an approval stays where it was asked.
    """
    if person_id in barred:
        return NotGiven.FOUR_EYES
    if is_approval and not may_decide(directory, person_id, group_id=group_id, assignee_id=assignee_id):
        return NotGiven.OTHER_DEPARTMENT
    return None


def may_decide(directory: Directory, person_id: int, *, group_id: int | None, assignee_id: int | None) -> bool:
    """May the approval be handed to a person: a member of the department asked, or a head of it or above it.

    An approval asked of a person may go to that person's department colleagues and heads.
    """
    person = directory.person(person_id)
    if person is None:
        return False
    asked = directory.person(assignee_id)
    departments = [group_id] if group_id is not None else list(asked.department_ids if asked is not None else ())
    seen: set[int] = set()
    for start in departments:
        if start in person.department_ids:
            return True
        at = directory.department(start)
        while at is not None and at.id not in seen:
            seen.add(at.id)
            if at.head_id == person_id:
                return True
            at = directory.department(at.parent_id)
    return False


def other_eyes_needed(asked_by_id: int | None, owner_id: int) -> frozenset[int]:
    """Who may not give an approval that needs four eyes: who asks for it, and whose deal it is."""
    return frozenset({owner_id} if asked_by_id is None else {asked_by_id, owner_id})
