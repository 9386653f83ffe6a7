"""What somebody decides on when they decide about a step: the deal's data and files, as they stand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.events import plain
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.deal_file import DealFile
from engine.model.person import Person
from engine.model.work_item import WorkItem
from engine.policy.history_chain import canonical_json
from engine.queries.decided_fields import decided_fields
from engine.queries.processes import process_of


@dataclass(frozen=True, slots=True)
class DecisionContent:
    """``fields`` are the deal's own with what they hold, in the order of the map; people and clients by their names.

    ``hash`` covers all of it.

    ``version`` is the step's own: it grows when the step is handed on, or its deadline moved.
    """

    work_item_id: int
    version: int
    hash: str
    fields: tuple[tuple[FieldDefinition, Any], ...]
    files: tuple[tuple[str, int], ...]

    @property
    def fingerprint(self) -> str:
        """Of the content and of the step: who it is with, and until when."""
        return f"{self.version}-{self.hash}"


def decision_content(session: Session, work_item: WorkItem) -> DecisionContent:
    """The content that stands before who decides about the step now."""
    deal, process = work_item.deal, process_of(session, work_item.instance.definition_id)
    fields = [field for step in process.steps.values() for field in step.fields]
    shown = [field for field in fields if field.type is FieldType.READ_ONLY]
    asked = [field for field in fields if field.type is not FieldType.READ_ONLY]
    known = {field.name.removeprefix("deal."): field for field in (*shown, *decided_fields(process).values(), *asked)}
    files = _files(session, deal.id)
    return DecisionContent(
        work_item_id=work_item.id,
        version=work_item.version,
        hash=_hash(deal, files),
        fields=tuple(
            (field, _named(session, field, deal.fields[name]))
            for name, field in known.items()
            if _holds(deal.fields, name)
        ),
        files=tuple((name, version) for name, version, _ in files),
    )


def _holds(fields: Mapping[str, Any], name: str) -> bool:
    return fields.get(name) not in (None, "", [])


def _named(session: Session, field: FieldDefinition, value: Any) -> Any:
    if field.type is FieldType.PERSON and isinstance(value, int):
        return session.scalar(select(Person.full_name).where(Person.id == value)) or value
    if field.type is FieldType.CLIENT and isinstance(value, int):
        return session.scalar(select(Client.name).where(Client.id == value)) or value
    return value


def _files(session: Session, deal_id: int) -> list[tuple[str, int, str]]:
    """The newest version of each file that is not removed: name, version, SHA-256."""
    newest = (
        select(DealFile.name, func.max(DealFile.version).label("version"))
        .where(DealFile.deal_id == deal_id)
        .group_by(DealFile.name)
        .subquery()
    )
    rows = session.execute(
        select(DealFile.name, DealFile.version, DealFile.sha256)
        .join(newest, (newest.c.name == DealFile.name) & (newest.c.version == DealFile.version))
        .where(DealFile.deal_id == deal_id, DealFile.hidden_at.is_(None))
        .order_by(DealFile.name)
    )
    return [(name, version, sha256) for name, version, sha256 in rows]


def _hash(deal: Deal, files: list[tuple[str, int, str]]) -> str:
    content = {
        "title": deal.title,
        "client": deal.client.name,
        "amount": deal.amount,
        "currency": deal.currency,
        "close_date": deal.close_date,
        "fields": deal.fields,
        "files": [[name, sha256] for name, _, sha256 in files],
    }
    return hashlib.sha256(canonical_json(plain(content))).hexdigest()
