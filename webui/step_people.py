"""What stands between people about a step: from whom it comes, what was asked and answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from engine.policy.permissions import may_direct_step
from engine.queries.consultations import questions_on_step
from engine.queries.delegations import handed_on
from engine.queries.directories import directory
from engine.queries.work_item_rows import WorkItemRow
from engine.queries.work_items import WorkItemView
from webui.request_context import actor


def between_people(session: Session, view: WorkItemView) -> dict[str, Any]:
    """For the step's pane; the step is one that the reader sees."""
    row, acted_for = view.row, actor().people_acted_for
    is_held = row.completed_at is None and row.assignee_id in acted_for
    return {
        "handed": handed_on(session, row.id, row.assignee_id) if is_held else None,
        "questions": questions_on_step(session, row.id),
        "acted_for": acted_for,
    }


def may_extend(session: Session, row: WorkItemRow) -> bool:
    """A head of whoever holds the step, or of its department, may give it more time; the holder may not."""
    if row.assignee_id in actor().people_acted_for:
        return False
    holders = (one.department_ids for one in directory(session).people if one.id == row.assignee_id)
    departments = frozenset(next(holders, ())) | ({row.group_id} if row.group_id is not None else frozenset())
    return may_direct_step(actor(), assignee_id=None, group_id=None, assignee_department_ids=departments)
