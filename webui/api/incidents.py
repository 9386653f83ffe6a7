"""Failures over HTTP: list, read, try again, close. For administrators; to others they do not exist."""

from __future__ import annotations

from typing import Any

from flask import Response

from engine.commands.alike_retries import retry_alike
from engine.commands.incident_retries import close_incident, retry_incident
from engine.errors import InvalidInput, ReasonRequired
from engine.policy.permissions import Ability
from engine.queries.incidents import IncidentRow, incident, incident_page
from engine.queries.scopes import ensure_sees
from webui.api.answers import answer
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller, in_readers_language
from webui.api.models.incidents import (
    AlikeIncidents,
    IncidentClosing,
    IncidentDetail,
    IncidentItem,
    IncidentList,
    IncidentPath,
    IncidentRetry,
    IncidentsQuery,
    TriedIncident,
    TypedValues,
)
from webui.api.performing import carry_out, command_id
from webui.api.tags import INCIDENTS
from webui.incident_texts import told
from webui.request_context import reading, services

_STAND_AGAINST = ("incident_over", "deal_suspended", "idempotency_key_reused")
_OVER = conflicts(*_STAND_AGAINST)


@api.get("/incidents", tags=[INCIDENTS], responses={200: IncidentList})
def list_incidents(query: IncidentsQuery) -> Response:
    """Failures, latest first."""
    with reading() as session:
        page = incident_page(session, caller(), **query.model_dump())
    with in_readers_language():
        items = tuple(IncidentItem(**_told(row)) for row in page.items)
    return answer(IncidentList(items=items, next_cursor=page.next_cursor, total=page.total))


@api.get("/incidents/<int:incident_id>", tags=[INCIDENTS], responses={200: IncidentDetail})
def show_incident(path: IncidentPath) -> Response:
    """One failure with the variables then."""
    return _answer(path.incident_id)


@api.post(
    "/incidents/<int:incident_id>/retry",
    tags=[INCIDENTS],
    responses={200: IncidentDetail, **conflicts(*_STAND_AGAINST, "content_approved", "approval_spared")},
)
def retry(path: IncidentPath, body: IncidentRetry) -> Response:
    """Run what failed once more. What nothing waits for any longer counts as over.

    With `values` and a `reason`, they are set first: fields of a failed step in what was typed, others in the deal.
    """
    ensure_sees(caller(), Ability.RETRY_INCIDENT)
    key = command_id()
    carry_out(
        lambda session: (
            retry_incident(
                session,
                path.incident_id,
                body.values,
                body.reason,
                actor=caller(),
                clock=services().clock,
                command_id=key,
                locale="en",
            ).id
        )
    )
    return _answer(path.incident_id)


@api.post("/incidents/<int:incident_id>/retry-alike", tags=[INCIDENTS], responses={200: AlikeIncidents, **_OVER})
def retry_all_alike(path: IncidentPath) -> Response:
    """Run once more all that failed as this did: in the same place of the same map, for the same kind of reason.

    The oldest 200, each in a transaction of its own. The answer says how each stands now, and how many more there are.
    """
    ensure_sees(caller(), Ability.RETRY_INCIDENT)
    alike = retry_alike(
        services().database, path.incident_id, actor=caller(), clock=services().clock, command_id=command_id()
    )
    with reading() as session:
        rows = [(incident(session, caller(), one.incident_id), one) for one in alike.tried]
    with in_readers_language():
        items = tuple(
            TriedIncident(**_told(row), error=one.error_code or None, is_under_way=row.is_under_way)
            for row, one in rows
        )
    return answer(AlikeIncidents(items=items, left=alike.left))


@api.post("/incidents/<int:incident_id>/close", tags=[INCIDENTS], responses={200: IncidentDetail, **_OVER})
def close(path: IncidentPath, body: IncidentClosing) -> Response:
    """Take it off the list without trying again, with the reason."""
    ensure_sees(caller(), Ability.RETRY_INCIDENT)
    if not body.reason.strip():
        raise InvalidInput({"reason": ReasonRequired()})
    key = command_id()
    carry_out(
        lambda session: (
            close_incident(
                session, path.incident_id, body.reason, actor=caller(), clock=services().clock, command_id=key
            ).id
        )
    )
    return _answer(path.incident_id)


def _answer(incident_id: int) -> Response:
    with reading() as session:
        found = incident(session, caller(), incident_id)
    with in_readers_language():
        return answer(IncidentDetail(**_told(found), variables=dict(found.variables), typed=_typed(found)))


def _typed(row: IncidentRow) -> TypedValues | None:
    if row.typed is None:
        return None
    return TypedValues(
        work_item_id=row.typed.work_item_id,
        by=row.typed.by,
        outcome=row.typed.outcome,
        comment=row.typed.comment,
        values=dict(row.typed.values),
    )


def _told(row: IncidentRow) -> dict[str, Any]:
    words = told(row)
    return {
        "id": row.id,
        "state": row.state,
        "deal_id": row.deal_id,
        "deal_number": row.deal_number,
        "definition_key": row.definition_key,
        "element_id": row.element_id,
        "element_name": row.element_name,
        "problem_code": row.problem_code,
        "problem": words.problem,
        "remedy": words.advice,
        "may_retry": words.may_retry,
        "attempts": row.attempts,
        "occurred_at": row.occurred_at,
        "last_failed_at": row.last_failed_at,
        "resolved_at": row.resolved_at,
        "resolved_by": row.resolved_by,
        "closing_reason": row.closing_reason,
    }
