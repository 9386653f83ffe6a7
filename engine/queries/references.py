"""Persons and clients that a form names: that they exist, and which they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.errors import N_, DomainError, FieldNotUnderstood
from engine.model.client import Client
from engine.policy.search_keys import fold
from engine.queries.directories import directory

_LARGEST_ID = 2**63 - 1
_EDRPOU = 8  # digits; a code that begins with zeros was read as a shorter number
_EXPECTED = {FieldType.PERSON: N_("a person"), FieldType.CLIENT: N_("a client")}


def resolved_references(
    session: Session, fields: Iterable[FieldDefinition], values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, DomainError]]:
    """The values with the ids of the persons and clients named in them, and the error of each that does not exist.

    A person is named by id, login or full name, a client by id, by EDRPOU code or by a name that only one has.
    """
    resolved, errors = dict(values), dict[str, DomainError]()
    for field in fields:
        value = values.get(field.name)
        if field.type in _EXPECTED and value is not None:
            resolved[field.name] = _found(session, field, value, errors)
    return resolved, errors


def _found(session: Session, field: FieldDefinition, value: Any, errors: dict[str, DomainError]) -> Any:
    found = _person(session, value) if field.type is FieldType.PERSON else _client(session, value)
    if found is None:
        params = {"value": str(value)[:200], "expected": _EXPECTED[field.type], "label": field.label}
        errors[field.name] = FieldNotUnderstood(field.name, **params)
    return found


def _person(session: Session, value: Any) -> int | None:
    known = directory(session)
    if isinstance(value, int):
        return value if known.known_person(value) is not None else None
    wanted = fold(value)
    named = [one.id for one in known.people if fold(one.login) == wanted] or [
        one.id for one in known.people if fold(one.full_name) == wanted
    ]
    return named[0] if len(named) == 1 else None


def _client(session: Session, value: Any) -> int | None:
    if isinstance(value, int) and not 0 < value <= _LARGEST_ID:
        return None
    standing = func.coalesce(Client.merged_into_id, Client.id)  # also by what those are called who were merged into it
    by_id = session.scalar(select(standing).where(Client.id == value)) if isinstance(value, int) else None
    if by_id is not None:
        return by_id
    text = str(value)
    codes = {text, text.zfill(_EDRPOU)} if text.isdigit() else {text}
    found = session.scalars(
        select(standing).where(Client.edrpou.in_(codes) | (Client.name == text)).distinct().limit(2)
    ).all()
    return found[0] if len(found) == 1 else None
