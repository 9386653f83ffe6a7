"""Amending a map: edits of a draft go into the draft, edits of any other version into a new draft made from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sqlalchemy.orm import Session

from engine.bpmn.step_cells import StepCell, read_cell
from engine.bpmn.writing import apply_to_files
from engine.clock import Clock
from engine.commands.definitions import CheckedMap, check_map, chosen_process, fill_draft, locked_definition, new_draft
from engine.commands.history import record
from engine.errors import N_, Conflict, DomainError, InvalidInput
from engine.events import DefinitionAmended
from engine.model.person import Person
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.policy.permissions import Ability, Actor, ensure_may


class AmendedMeanwhile(Conflict):
    """Somebody saved since the editor read the draft. ``params``: ``by``, a name, and ``at``, an aware instant."""

    code: ClassVar[str] = "amended_meanwhile"
    template: ClassVar[str] = N_("Changed meanwhile by %(by)s, %(at)s. Nothing of yours was saved over it.")


class AnotherMap(DomainError):
    """The edited files hold another process: that is a map of its own."""

    code: ClassVar[str] = "another_map"
    template: ClassVar[str] = N_("The file holds the map “%(key)s”, and this is “%(expected)s”.")


class CellsNotUnderstood(InvalidInput):
    """Some cells of the table of steps cannot be read. ``cells`` holds the error of each, by row and column."""

    def __init__(self, cells: Mapping[str, Mapping[StepCell, DomainError]]) -> None:
        super().__init__({f"{row}.{cell}": error for row, of_row in cells.items() for cell, error in of_row.items()})
        self.cells = cells


def edit_steps(
    files: Mapping[str, bytes],
    edits: Mapping[str, Mapping[StepCell, str]],
    *,
    library: Mapping[str, bytes],
    process_key: str,
) -> CheckedMap:
    """The files with edited cells of the table of steps, compiled anew: what ``amend_definition`` keeps.

    ``edits`` are texts as people write them, by the address of the row (see ``apply_properties``). Raises
    CellsNotUnderstood, ElementNotInFile.
    """
    wanted: dict[str, dict[str, str | None]] = {}
    wrong: dict[str, dict[StepCell, DomainError]] = {}
    for row, cells in edits.items():
        for cell, text in cells.items():
            try:
                wanted.setdefault(row, {})[cell.value] = read_cell(cell, text).written
            except DomainError as error:
                wrong.setdefault(row, {})[cell] = error
    if wrong:
        raise CellsNotUnderstood(wrong)
    return check_map(apply_to_files(files, wanted), library=library, process_key=process_key)


def amend_definition(
    session: Session, definition_id: int, checked: CheckedMap, *, read_revision: int, actor: Actor, clock: Clock
) -> ProcessDefinition:
    """Keep edited files, and answer with the draft that holds them.

    A draft's files are replaced and its revision goes up by one; a version that is or was published is left alone, and
    a new draft is made that says on which it is based. ``read_revision`` is the revision that the editor began with;
    ``checked`` has to be compiled for the version's key. Raises NotFound, NotAllowed, AmendedMeanwhile, AnotherMap, and
    MapRejected for what is no map.
    """
    ensure_may(actor, Ability.DEPLOY_MAP)
    definition = locked_definition(session, definition_id)
    ensure_as_read(session, definition, read_revision)
    chosen = chosen_process(checked)
    if chosen.key[:200] != definition.key:
        raise AnotherMap(key=chosen.key, expected=definition.key)
    based_on = None
    if definition.state is DefinitionState.DRAFT:
        fill_draft(session, definition, checked, chosen)
        definition.revision += 1
        definition.amended_at, definition.amended_by_id = clock.now(), actor.recorded_id
        session.flush()
    else:
        based_on = definition
        definition = new_draft(session, checked, chosen, actor=actor, clock=clock, based_on=based_on)
    record(
        session,
        DefinitionAmended(
            key=definition.key,
            version=definition.version,
            revision=definition.revision,
            content_hash=definition.content_hash,
            based_on=based_on.version if based_on is not None else None,
        ),
        actor=actor,
        at=clock.now(),
    )
    return definition


def ensure_as_read(session: Session, definition: ProcessDefinition, read_revision: int) -> None:
    """Raises AmendedMeanwhile when ``read_revision`` is not the one that the version has."""
    if definition.revision == read_revision:
        return
    by = session.get(Person, definition.amended_by_id) if definition.amended_by_id is not None else None
    raise AmendedMeanwhile(by=by.full_name if by is not None else "", at=definition.amended_at)
