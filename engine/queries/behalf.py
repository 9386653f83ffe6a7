"""For whom somebody acts when they are a substitute."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor
from engine.queries.directories import directory


def behalf_of(session: Session, work_item: WorkItem, actor: Actor, *, barred: Collection[int] = ()) -> int | None:
    """For whom the actor acts: who holds the step; or, in a department that is not the actor's, its absent member.

    A step claimed there stays the absent member's voice: claiming must not turn one right into two. Of several absent
    members it is one whom four eyes do not bar.
    """
    if work_item.assignee_id in actor.substitutes_for:
        return work_item.assignee_id
    if work_item.group_id is None or work_item.group_id in actor.department_ids | actor.headed_department_ids:
        return None
    members = directory(session).members_of(work_item.group_id)
    absent = [one for one in members if one in actor.substitutes_for]
    others = [one for one in absent if one != work_item.asked_by_id and one not in barred]
    return next(iter(others or absent), None)


def behalf_name(session: Session, work_item: WorkItem, actor: Actor) -> str:
    """The name of whom the actor acts for, as history keeps it; empty for who acts for themselves."""
    if not actor.substitutes_for:
        return ""
    person = directory(session).known_person(behalf_of(session, work_item, actor))
    return person.full_name if person is not None else ""
