"""What somebody decides on when they decide about a step, for a letter that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, FieldType
from engine.model.client import Client
from engine.model.person import Person
from engine.model.work_item import WorkItem
from engine.policy.history_chain import content_hash
from engine.queries.approved_contents import present_content
from engine.queries.decided_fields import decided_fields
from engine.queries.processes import process_of


@dataclass(frozen=True, slots=True)
class DecisionContent:
    """``fields`` are those that the decision is bound to and that hold something; people and clients by their names.

    ``files`` are the bound ones: id, name, version. ``hash`` covers all of it, as the record of the decision has it.
    ``version`` is the step's own: it grows when the step is handed on, or its deadline moved.
    """

    work_item_id: int
    version: int
    hash: str
    fields: tuple[tuple[FieldDefinition, Any], ...]
    files: tuple[tuple[int, str, int], ...]

    @property
    def fingerprint(self) -> str:
        """Of the content and of the step: who it is with, and until when."""
        return f"{self.version}-{self.hash}"


def decision_content(session: Session, work_item: WorkItem) -> DecisionContent:
    """The content that stands before who decides about the step now."""
    deal, process = work_item.deal, process_of(session, work_item.instance.definition_id)
    step = process.steps[work_item.element_id]
    content = present_content(session, step, deal, deal.client)
    known = _known_fields(process)
    held = [(name, value) for name, value in content["fields"].items() if value not in (None, "", [])]
    fields = ((known.get(name) or FieldDefinition(name=name, label=name), value) for name, value in held)
    return DecisionContent(
        work_item_id=work_item.id,
        version=work_item.version,
        hash=content_hash(content),
        fields=tuple((field, _named(session, field, value)) for field, value in fields),
        files=tuple((file["id"], file["name"], file["version"]) for file in content["files"]),
    )


def _known_fields(process: CompiledProcess) -> dict[str, FieldDefinition]:
    """By their bare names. A step that asks for a value knows more of it than one that only shows it."""
    fields = [field for step in process.steps.values() for field in step.fields]
    shown = [field for field in fields if field.type is FieldType.READ_ONLY]
    asked = [field for field in fields if field.type is not FieldType.READ_ONLY]
    return {field.name.removeprefix("deal."): field for field in (*shown, *decided_fields(process).values(), *asked)}


def _named(session: Session, field: FieldDefinition, value: Any) -> Any:
    if field.type is FieldType.PERSON and isinstance(value, int):
        return session.scalar(select(Person.full_name).where(Person.id == value)) or value
    if field.type is FieldType.CLIENT and isinstance(value, int):
        return session.scalar(select(Client.name).where(Client.id == value)) or value
    return value
