"""Everybody and every department, as the names in maps find them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.bpmn.compiled import Distribution
from engine.policy.assignment import Directory
from engine.queries.organisation import organisation


def directory(session: Session) -> Directory:
    """The company's directory."""
    return organisation(session).directory


def department_escalation(session: Session, department_id: int | None) -> str:
    """The department's own escalation ladder in words, or nothing."""
    return organisation(session).escalations.get(department_id, "") if department_id is not None else ""


def department_distribution(session: Session, department_id: int | None) -> Distribution | None:
    """How the department gives out its steps where a map says nothing; None where it says nothing either."""
    return organisation(session).distributions.get(department_id) if department_id is not None else None
