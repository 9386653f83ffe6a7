"""The fields that a sales map asks for, as columns of a spreadsheet of deals."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, FieldType
from engine.model.own_field import FieldSubject
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.policy.search_keys import fold
from engine.queries.decided_fields import decided_alone
from engine.queries.own_fields import own_fields
from engine.queries.processes import process_of

OWN = "fields."
"""Before the names of a map's own fields, so that none is taken for a column of every deal."""
OWN_OF_CLIENT = "client.fields."
"""Before the names of the company's own fields of a client: they fill in a new one."""

_NOT_IN_A_CELL = frozenset({FieldType.READ_ONLY, FieldType.CALCULATED, FieldType.LINES, FieldType.FILE})


def own_columns(session: Session, definition_key: str) -> Mapping[str, FieldDefinition]:
    """Of the published version of a map, and of a new client; none where no such map is published."""
    published = session.scalar(
        select(ProcessDefinition.id).where(
            ProcessDefinition.key == definition_key, ProcessDefinition.state == DefinitionState.PUBLISHED
        )
    )
    if published is None:
        return {}
    of_client = {
        OWN_OF_CLIENT + one.name: one.definition.model_copy(
            update={"required": False, "name": OWN_OF_CLIENT + one.name}
        )
        for one in own_fields(session, FieldSubject.CLIENT)
    }
    return _columns_of(process_of(session, published)) | of_client


def _columns_of(process: CompiledProcess) -> dict[str, FieldDefinition]:
    """What nobody could type into a cell, what a table decides, and what has a column in every sheet, has none here."""
    decided = decided_alone(process)
    return {
        OWN + field.name: field.model_copy(update={"required": False, "name": OWN + field.name})
        for step in process.steps.values()
        for field in step.fields
        if "." not in field.name and field.type not in _NOT_IN_A_CELL and field.name not in decided
    }


def own_column(heading: str, own: Mapping[str, FieldDefinition]) -> str | None:
    """The column that ``heading`` means: the field of this label or this name."""
    known = fold(heading)
    labelled = (column for column, field in own.items() if known == fold(field.label))
    named = (column for column in own if known == fold(column.removeprefix(OWN_OF_CLIENT).removeprefix(OWN)))
    return next(labelled, None) or next(named, None)
