"""Files in a practice deal: only their names are given, and empty files of these names stand for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldType
from engine.commands.deal_files import add_made_file
from engine.model.work_item import WorkItem
from engine.policy.file_names import uploaded_name
from engine.policy.permissions import Actor
from engine.queries.processes import process_of


def with_imagined_files(
    session: Session, work_item_id: int, values: Mapping[str, Any], *, actor: Actor, at: datetime
) -> Mapping[str, Any]:
    """What was typed into a step's form, with a file for every name in its file fields."""
    work_item = session.get(WorkItem, work_item_id)
    if work_item is None:
        return values
    process = process_of(session, work_item.instance.definition_id)
    given = dict(values)
    for field in process.steps[work_item.element_id].fields:
        if field.type is FieldType.FILE and isinstance(given.get(field.name), str):
            names = [name.strip() for name in re.split(r"[,;]", given[field.name]) if name.strip()]
            given[field.name] = [
                add_made_file(
                    session,
                    work_item.instance.deal,
                    uploaded_name(name),
                    b"",
                    media_type="text/plain",
                    step=work_item.name,
                    actor=actor,
                    at=at,
                ).id
                for name in names
            ]
    return given
