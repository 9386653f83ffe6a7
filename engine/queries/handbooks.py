"""What a handbook of one version of a map is written from.

Who works by a map may read its handbook: the version in force is open to everybody, an earlier or a later one to those
who see maps, or a deal that follows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.picture import read_picture
from engine.bpmn.purpose import purpose_of
from engine.bpmn.strokes import Sheet, draw
from engine.errors import NotFound
from engine.model.process_definition import DefinitionFile, DefinitionState, ProcessDefinition
from engine.policy.permissions import Actor
from engine.queries.definitions import DefinitionView, definition_xml, view_of
from engine.queries.processes import process_of


@dataclass(frozen=True, slots=True)
class HandbookSource:
    """``process`` is None while errors stand against the version, ``sheet`` where its file has no drawing."""

    view: DefinitionView
    process: CompiledProcess | None
    sheet: Sheet | None
    purpose: str


def handbook_source(session: Session, actor: Actor, definition_id: int) -> HandbookSource:
    """Raises NotFound."""
    content = _content(session, actor, definition_id)
    view = view_of(session, definition_id)
    return HandbookSource(
        view=view,
        process=process_of(session, definition_id) if view.row.can_run else None,
        sheet=draw(read_picture(content)),
        purpose=purpose_of(content, view.row.key),
    )


def map_sheet(session: Session, actor: Actor, definition_id: int) -> tuple[str, Sheet]:
    """The map's name and its drawing. Raises NotFound, also where its file has none."""
    sheet = draw(read_picture(_content(session, actor, definition_id)))
    if sheet is None:
        raise NotFound
    return session.get_one(ProcessDefinition, definition_id).name, sheet


def _content(session: Session, actor: Actor, definition_id: int) -> bytes:
    """The map's own file. Raises NotFound."""
    in_force = session.scalar(
        select(DefinitionFile.content)
        .join(ProcessDefinition, ProcessDefinition.id == DefinitionFile.definition_id)
        .where(ProcessDefinition.id == definition_id, ProcessDefinition.state == DefinitionState.PUBLISHED)
        .order_by(DefinitionFile.id)
        .limit(1)
    )
    return in_force if in_force is not None else definition_xml(session, actor, definition_id)[1]
