"""What failed technically: the administrator's list, with everything that helps to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select, tuple_
from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, Outcome, Reauthentication
from engine.errors import NotFound
from engine.model.deal import Deal
from engine.model.incident import Incident, IncidentState
from engine.model.person import Person
from engine.model.process_definition import ProcessDefinition
from engine.model.process_instance import InstanceState, ProcessInstance
from engine.model.service_call import CallState, ServiceCall
from engine.policy.assignment import Directory
from engine.policy.permissions import Ability, Actor
from engine.queries.directories import directory
from engine.queries.pages import CursorNotUnderstood, ListOrder, Page
from engine.queries.processes import element_name, process_of
from engine.queries.scopes import ensure_sees
from engine.queries.walked_path import source_id_of

_ORDER = ListOrder("incidents", (datetime, int))

REPEATED_CALL = "RepeatCall"
"""The kind of stored stimulus that makes a call anew."""


@dataclass(frozen=True, slots=True)
class TypedStep:
    """What was typed into a step when it failed. ``by`` is whose step it was, ``fields`` the step's by name.

    ``values`` are JSON.
    """

    work_item_id: int
    by_id: int
    by: str
    outcome: str
    outcomes: tuple[Outcome, ...]
    comment: str
    fields: Mapping[str, FieldDefinition]
    values: Mapping[str, Any]
    is_approval: bool


def typed_again(process: CompiledProcess, stimulus: Mapping[str, Any]) -> TypedStep | None:
    """What was typed, where an administrator may complete the step again with it: never where people approve."""
    typed = _typed(process, stimulus)
    return None if typed is None or typed.is_approval else typed


def _typed(process: CompiledProcess, stimulus: Mapping[str, Any], names: Directory | None = None) -> TypedStep | None:
    kept = stimulus.get("typed")
    step = process.steps.get(kept["element_id"]) if kept else None
    if not kept or step is None:
        return None
    person = names.known_person(kept["by_id"]) if names is not None else None
    return TypedStep(
        work_item_id=kept["work_item_id"],
        by_id=kept["by_id"],
        by=person.full_name if person is not None else "",
        outcome=kept["outcome"],
        outcomes=step.outcomes,
        comment=kept["comment"],
        fields={field.name: field for field in step.fields},
        values=kept["values"],
        is_approval=step.approval is not None or step.four_eyes or step.reauthenticate is not Reauthentication.NONE,
    )


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """``params`` fills the template of the error with this ``code``; ``stimulus`` is the kind of what failed.

    ``problem_code`` is the kind of the failure, the map's own problem where it is one. ``source_id`` is the element's
    id in the owner's file. ``deal_runs``: the deal still can go on. ``is_under_way``: it is off the list because its
    call is made anew.
    """

    id: int
    deal_id: int | None
    deal_number: str
    deal_title: str
    deal_currency: str
    definition_id: int | None
    definition_key: str
    map_name: str
    element_id: str
    element_name: str
    source_id: str
    code: str
    problem_code: str
    params: Mapping[str, Any]
    variables: Mapping[str, Any]
    stimulus: str
    state: IncidentState
    attempts: int
    occurred_at: datetime
    last_failed_at: datetime | None
    resolved_at: datetime | None
    resolved_by: str
    closing_reason: str
    deal_runs: bool
    typed: TypedStep | None
    is_under_way: bool = False

    @property
    def completes_again(self) -> bool:
        """Whether trying again completes the step with what was typed."""
        return self.typed is not None and not self.typed.is_approval


@dataclass(frozen=True, slots=True)
class IncidentCounts:
    """Open failures per map key and per kind, the most frequent first; the maps' names by their keys.

    ``alike``: per map key, element and kind.
    """

    by_map: Mapping[str, int]
    by_code: Mapping[str, int]
    names: Mapping[str, str]
    alike: Mapping[tuple[str, str, str], int]

    def of(self, row: IncidentRow) -> int:
        """How many have failed as this one did."""
        return self.alike.get((row.definition_key, row.element_id, row.problem_code), 0)


def incident_page(
    session: Session,
    actor: Actor,
    *,
    state: IncidentState = IncidentState.OPEN,
    definition_key: str | None = None,
    code: str | None = None,
    deal_id: int | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[IncidentRow]:
    """Latest first. ``code`` is a ``problem_code``. Raises NotFound without the ability, CursorNotUnderstood."""
    ensure_sees(actor, Ability.RETRY_INCIDENT)
    wanted: list[ColumnElement[bool]] = [Incident.state == state]
    if definition_key:
        wanted.append(_definition_key() == definition_key)
    if code:
        wanted.append(_problem_code() == code)
    if deal_id is not None:
        wanted.append(Incident.deal_id == deal_id)
    total = session.scalar(_joined(select(func.count())).where(*wanted))
    start = _ORDER.after(cursor)
    if start is not None:
        if start[0] is None:
            raise CursorNotUnderstood(field="cursor")
        wanted.append(tuple_(Incident.occurred_at, Incident.id) < start)
    rows = session.execute(
        _rows().where(*wanted).order_by(Incident.occurred_at.desc(), Incident.id.desc()).limit(limit + 1)
    ).all()
    shown = rows[:limit]
    after = None
    if len(rows) > limit:
        last: Incident = shown[-1].Incident
        after = _ORDER.cursor([last.occurred_at.isoformat(), last.id])
    return Page(items=tuple(_row(session, row) for row in shown), next_cursor=after, total=total)


def incident(session: Session, actor: Actor, incident_id: int) -> IncidentRow:
    """Raises NotFound."""
    ensure_sees(actor, Ability.RETRY_INCIDENT)
    found = session.execute(_rows().where(Incident.id == incident_id)).one_or_none()
    if found is None:
        raise NotFound
    return _row(session, found)


@dataclass(frozen=True, slots=True)
class AlikeIncidents:
    """Open failures of one kind at one element of one map, whatever its version; ``ids`` the oldest of ``total``."""

    ids: tuple[int, ...]
    total: int


def alike_incidents(session: Session, actor: Actor, incident_id: int, *, limit: int) -> AlikeIncidents:
    """Those that failed as this one did, it among them while it is open. Raises NotFound."""
    ensure_sees(actor, Ability.RETRY_INCIDENT)
    one = session.execute(_rows().where(Incident.id == incident_id)).one_or_none()
    if one is None:
        raise NotFound
    found: Incident = one.Incident
    alike = (
        Incident.state == IncidentState.OPEN,
        _definition_key() == one.definition_key,
        Incident.element_id == found.element_id,
        _problem_code() == str(found.params.get("problem_code") or found.code),
    )
    ids = session.scalars(_joined(select(Incident.id)).where(*alike).order_by(Incident.id).limit(limit)).all()
    return AlikeIncidents(tuple(ids), session.scalar(_joined(select(func.count())).where(*alike)) or 0)


def incident_counts(session: Session, actor: Actor) -> IncidentCounts:
    """Of the open ones. Raises NotFound without the ability."""
    ensure_sees(actor, Ability.RETRY_INCIDENT)
    is_open = Incident.state == IncidentState.OPEN
    code, key = _problem_code(), _definition_key()
    by_map = session.execute(_joined(select(key, func.count())).where(is_open).group_by(key))
    by_code = session.execute(select(code, func.count()).where(is_open).group_by(code))
    of_maps = _ranked(by_map.all())
    named = (
        select(ProcessDefinition.key, ProcessDefinition.name)
        .where(ProcessDefinition.key.in_(of_maps))
        .order_by(ProcessDefinition.version)
    )
    names = {row.key: row.name for row in session.execute(named)}  # the newest version's stays
    places = (key, Incident.element_id, code)
    alike = session.execute(_joined(select(*places, func.count())).where(is_open, key.is_not(None)).group_by(*places))
    return IncidentCounts(of_maps, _ranked(by_code.all()), names, {(*place,): number for *place, number in alike})


def _ranked(rows: Any) -> dict[str, int]:
    found = [(str(name), int(number)) for name, number in rows if name]
    return dict(sorted(found, key=lambda one: (-one[1], one[0])))


def _problem_code() -> ColumnElement[str]:
    return func.coalesce(Incident.params["problem_code"].as_string(), Incident.code)


def _definition_key() -> ColumnElement[str]:
    """The key of the deal's map, also where the deal was not opened; null where that was not kept."""
    return func.coalesce(Deal.definition_key, Incident.stimulus["definition_key"].as_string())


def _joined(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        statement.select_from(Incident)
        .outerjoin(Deal, Deal.id == Incident.deal_id)
        .outerjoin(ProcessInstance, ProcessInstance.id == Incident.instance_id)
        .outerjoin(Person, Person.id == Incident.resolved_by_id)
    )


def _rows() -> Select[*tuple[Any, ...]]:
    return _joined(
        select(
            Incident,
            Deal.number,
            Deal.title,
            Deal.currency,
            _definition_key().label("definition_key"),
            func.coalesce(ProcessInstance.definition_id, Incident.stimulus["definition_id"].as_integer()).label(
                "definition_id"
            ),
            ProcessInstance.state.label("instance_state"),
            Person.full_name,
        )
    )


def _row(session: Session, row: Row[Any]) -> IncidentRow:
    one: Incident = row.Incident
    process = process_of(session, row.definition_id) if row.definition_id is not None else None
    return IncidentRow(
        id=one.id,
        deal_id=one.deal_id,
        deal_number=row.number or "",
        deal_title=row.title or "",
        deal_currency=row.currency or "",
        definition_id=row.definition_id,
        definition_key=row.definition_key or "",
        map_name=process.name if process is not None else "",
        element_id=one.element_id,
        element_name=element_name(process, one.element_id) if process is not None and one.element_id else "",
        source_id=source_id_of(process, one.element_id) if process is not None else one.element_id,
        code=one.code,
        problem_code=str(one.params.get("problem_code") or one.code),
        params=one.params,
        variables=one.variables,
        stimulus=one.stimulus.get("type", ""),
        state=one.state,
        attempts=one.attempts,
        occurred_at=one.occurred_at,
        last_failed_at=one.last_failed_at,
        resolved_at=one.resolved_at,
        resolved_by=row.full_name or "",
        closing_reason=one.closing_reason,
        deal_runs=row.instance_state is InstanceState.RUNNING,
        typed=_typed(process, one.stimulus, directory(session)) if process is not None else None,
        is_under_way=_is_under_way(session, one),
    )


def _is_under_way(session: Session, one: Incident) -> bool:
    """A call's failure that is not on the list, while the call waits to be made."""
    if one.state is IncidentState.OPEN or one.closing_reason or one.stimulus.get("type") != REPEATED_CALL:
        return False
    waiting = select(ServiceCall.id).where(
        ServiceCall.instance_id == one.instance_id,
        ServiceCall.activity_id == one.stimulus["activity_id"],
        ServiceCall.state == CallState.WAITING,
    )
    return session.scalar(waiting) is not None
