"""The files of a map's version as they came, and the form of it that the engine executes."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.drawing_file import drawing_as_utf8
from engine.errors import NotFound
from engine.model.process_definition import DefinitionFile, ProcessDefinition
from engine.policy.permissions import Ability, Actor
from engine.queries.definitions import definition_xml
from engine.queries.processes import process_of
from engine.queries.scopes import ensure_sees


def uploaded_files(session: Session, actor: Actor, definition_id: int) -> dict[str, bytes]:
    """Every file of the version by name, the map's own first. Raises NotFound."""
    ensure_sees(actor, Ability.SEE_MAPS)
    rows = session.execute(
        select(DefinitionFile.name, DefinitionFile.content)
        .where(DefinitionFile.definition_id == definition_id)
        .order_by(DefinitionFile.id)
    )
    files = {row.name: row.content for row in rows}
    if not files:
        raise NotFound
    return files


def drawing_of(session: Session, actor: Actor, definition_id: int) -> bytes:
    """The map's own file for a viewer: UTF-8, whatever the tool wrote. Raises NotFound."""
    _, content = definition_xml(session, actor, definition_id)
    return drawing_as_utf8(content)


def executed_map(session: Session, actor: Actor, definition_id: int) -> str:
    """The canonical BPMN that the engine runs. Raises NotFound, also while errors stand in its way."""
    ensure_sees(actor, Ability.SEE_MAPS)
    compiled = session.scalar(
        select(ProcessDefinition.compiled.is_not(None)).where(ProcessDefinition.id == definition_id)
    )
    if not compiled:
        raise NotFound
    return process_of(session, definition_id).executable
