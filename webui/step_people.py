"""What stands between people about a step: from whom it comes, what was asked and answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from engine.queries.consultations import questions_on_step
from engine.queries.delegations import handed_on
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
