"""Absences over HTTP: who stands in for whom. One's own; of one's people for a head; of all for the administrator."""

from __future__ import annotations

from flask import Response
from sqlalchemy.orm import Session

from engine.commands.people import end_substitution, set_substitution
from engine.queries.substitution_rows import SubstitutionRow
from engine.queries.substitutions import arrangeable_substitutions, substitution_row
from webui.api.answers import answer, listed, part_of
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.models.substitutions import NewSubstitution, SubstitutionItem, SubstitutionList, SubstitutionPath
from webui.api.models.values import Paging, PersonName
from webui.api.named import person_named
from webui.api.performing import carry_out_once
from webui.api.tags import PEOPLE
from webui.formats import local
from webui.request_context import now, reading, services


@api.get("/substitutions", tags=[PEOPLE], responses={200: SubstitutionList})
def list_substitutions(query: Paging) -> Response:
    """Absences that the caller may arrange: of oneself, of the members of headed departments, or all."""
    return listed(part_of(_arrangeable(), query), _item, SubstitutionList)


@api.post("/substitutions", tags=[PEOPLE], responses={201: SubstitutionItem, **conflicts("idempotency_key_reused")})
def add_substitution(body: NewSubstitution) -> Response:
    """Let somebody act for a person between two days, in steps that wait already and in new ones."""

    def command(session: Session) -> int:
        away = caller().person_id if body.person is None else person_named(session, body.person, "person")
        substitute = person_named(session, body.substitute, "substitute")
        return set_substitution(
            session, away, substitute, body.starts_on, body.ends_on, actor=caller(), clock=services().clock
        ).id

    made = carry_out_once("set_substitution", body.model_dump(), command)
    with reading() as session:
        return answer(_item(substitution_row(session, made)), 201)


@api.post(
    "/substitutions/<int:substitution_id>/end",
    tags=[PEOPLE],
    responses={204: None, **conflicts("idempotency_key_reused")},
)
def stop_substitution(path: SubstitutionPath) -> Response:
    """End a substitution, or take back one that has not begun."""

    def command(session: Session) -> int:
        end_substitution(session, path.substitution_id, actor=caller(), clock=services().clock)
        return path.substitution_id

    carry_out_once("end_substitution", {"id": path.substitution_id}, command)
    return Response(status=204)


def _arrangeable() -> tuple[SubstitutionRow, ...]:
    with reading() as session:
        return arrangeable_substitutions(session, caller(), local(now()).date())


def _item(row: SubstitutionRow) -> SubstitutionItem:
    return SubstitutionItem(
        id=row.id,
        person=PersonName(id=row.person_id, name=row.person_name),
        substitute=PersonName(id=row.substitute_id, name=row.substitute_name),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
    )
