"""What a program needs of many steps at once to do them: form, buttons, instruction, and who holds each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, Outcome, Reauthentication, StepKind
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.person import Person
from engine.policy.approved_content import BoundFile, Content, approved_content, deal_value
from engine.policy.form_values import Known, default_of
from engine.queries.approved_contents import latest_files
from engine.queries.processes import process_of
from engine.queries.work_item_rows import WorkItemRow
from engine.queries.work_items import deal_known


@dataclass(frozen=True, slots=True)
class WorkItemDetails:
    """``values`` holds per field what the deal has stored, else the field's default, else None; ready for JSON.

    ``content`` is what an approval is bound to, empty for any other step.
    """

    row: WorkItemRow
    assignee_login: str
    instruction: str
    deadline_text: str
    fields: tuple[FieldDefinition, ...]
    outcomes: tuple[Outcome, ...]
    values: Mapping[str, Any]
    content: Content
    reauthenticate: Reauthentication
    content_seen: bool


def details_of(session: Session, rows: Sequence[WorkItemRow], now: datetime) -> tuple[WorkItemDetails, ...]:
    """The rows, which the caller has found visible, with their details; in three statements, however many rows."""
    deal_ids = {row.deal_id for row in rows}
    found = session.execute(select(Deal, Client).join(Client, Client.id == Deal.client_id).where(Deal.id.in_(deal_ids)))
    deals = {deal.id: (deal, client) for deal, client in found}
    asked = {row.deal_id for row in rows if row.kind is StepKind.APPROVAL}
    files = latest_files(session, asked) if asked else {}
    people = {row.assignee_id for row in rows if row.assignee_id is not None}
    logins = dict(session.execute(select(Person.id, Person.login).where(Person.id.in_(people))).all())
    return tuple(
        _details(session, row, *deals[row.deal_id], files.get(row.deal_id, ()), logins=logins, now=now) for row in rows
    )


def _details(
    session: Session,
    row: WorkItemRow,
    deal: Deal,
    client: Client,
    files: Sequence[BoundFile],
    *,
    logins: Mapping[int, str],
    now: datetime,
) -> WorkItemDetails:
    step = process_of(session, row.definition_id).steps.get(row.element_id)
    fields = step.fields if step else ()
    stored = {field.name: deal_value(deal, client, field.name) for field in fields}
    known = deal_known(session, deal, row.definition_id, now)
    return WorkItemDetails(
        row=row,
        assignee_login=logins.get(row.assignee_id, "") if row.assignee_id is not None else "",
        instruction=step.instruction if step else "",
        deadline_text=step.deadline_text if step else "",
        fields=fields,
        outcomes=step.outcomes if step else (),
        values={field.name: _value(field, stored, known) for field in fields},
        content=approved_content(step, deal, client, files) if step and row.kind is StepKind.APPROVAL else {},
        reauthenticate=step.reauthenticate if step else Reauthentication.NONE,
        content_seen=step is not None and step.content_seen,
    )


def _value(field: FieldDefinition, stored: Mapping[str, Any], known: Known) -> Any:
    value = stored.get(field.name)
    if value is None or value == "":
        return default_of(field, known)
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date | datetime) else value
