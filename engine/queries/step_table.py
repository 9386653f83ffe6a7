"""The table of steps of a map's version, as those who may edit maps see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, StepDefinition, StepKind
from engine.bpmn.step_cells import OF_APPROVALS, StepCell, cell_text
from engine.bpmn.writing import process_ids
from engine.errors import NotFound
from engine.model.person import Person
from engine.model.process_definition import DefinitionState, ProcessDefinition
from engine.policy.permissions import Ability, Actor
from engine.queries.processes import process_of
from engine.queries.scopes import ensure_sees

_DECIDED_BY_PEOPLE = frozenset({StepKind.USER, StepKind.APPROVAL})


@dataclass(frozen=True, slots=True)
class TableRow:
    """A step. ``address`` names its element for an edit (see ``apply_properties``); it is empty for a step that cannot
    be edited here: one of a called map, and one that shares its element with the row before.
    """

    address: str
    step: StepDefinition
    texts: Mapping[StepCell, str]

    @property
    def is_editable(self) -> bool:
        return bool(self.address)

    def takes(self, cell: StepCell) -> bool:
        """Whether an edit of the cell would be heeded: only what a person works on can be made an approval."""
        if cell in OF_APPROVALS:
            return self.is_editable and self.step.kind is StepKind.APPROVAL
        return self.is_editable and (cell is not StepCell.APPROVAL or self.step.kind in _DECIDED_BY_PEOPLE)


@dataclass(frozen=True, slots=True)
class StepTable:
    """``rows`` are in the order of the stages, and empty while errors stand against compiling the version.

    ``revision`` is what an edit has to name as read. ``saved_as_new``: edits make a new draft of this version.
    ``amended_by`` is who edited it last, and ``amended_at`` when, empty and None for one that nobody has.
    """

    definition_id: int
    key: str
    name: str
    version: int
    revision: int
    saved_as_new: bool
    amended_by: str
    amended_at: datetime | None
    rows: tuple[TableRow, ...]

    def row(self, address: str) -> TableRow | None:
        return next((row for row in self.rows if row.address == address), None) if address else None


def step_table(session: Session, actor: Actor, definition_id: int, language: str) -> StepTable:
    """The table with its cells in ``language`` (``uk``, else English). Raises NotFound."""
    ensure_sees(actor, Ability.SEE_MAPS)
    definition = session.get(ProcessDefinition, definition_id)
    if definition is None:
        raise NotFound
    by = session.get(Person, definition.amended_by_id) if definition.amended_by_id is not None else None
    process = process_of(session, definition_id) if definition.compiled is not None else None
    return StepTable(
        definition_id=definition.id,
        key=definition.key,
        name=definition.name,
        version=definition.version,
        revision=definition.revision,
        amended_by=by.full_name if by is not None else "",
        amended_at=definition.amended_at,
        saved_as_new=definition.state is not DefinitionState.DRAFT,
        rows=tuple(_rows(definition, process, language)) if process is not None else (),
    )


def address_of(step: StepDefinition) -> str:
    """How an edit names the element that the step stands at; empty where nothing in the file can be named."""
    return step.source_id or (f":{step.line}" if step.line else "")


def _rows(definition: ProcessDefinition, process: CompiledProcess, language: str) -> list[TableRow]:
    own = _own_processes(definition, process)
    order = {stage.name: stage.position for stage in process.stages}
    fields: dict[str, list[FieldDefinition]] = {}
    for step in process.steps.values():
        fields.setdefault(step.process_key, []).extend(step.fields)
    taken: set[str] = set()
    rows = []
    for step in sorted(process.steps.values(), key=lambda step: order.get(step.stage, len(order))):
        address = address_of(step) if step.process_key in own else ""
        rows.append(
            TableRow(
                address=address if address not in taken else "",
                step=step,
                texts={cell: cell_text(step, cell, language, fields=fields[step.process_key]) for cell in StepCell},
            )
        )
        taken.add(address)
    return rows


def _own_processes(definition: ProcessDefinition, process: CompiledProcess) -> frozenset[str]:
    """The processes whose steps stand in the version's own files."""
    own = frozenset({definition.key})
    if {step.process_key for step in process.steps.values()} <= own:
        return own
    return own.union(*(process_ids(file.content) for file in definition.files))
