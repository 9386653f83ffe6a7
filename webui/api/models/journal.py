"""What changed in accounts and settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from engine.model.sign_in import SignInKind, SignInWay
from engine.queries.journal import JournalPart, SubjectKind
from webui.api.models.values import LARGEST_ID, Instant, Listed, Paging, PersonName, Told


class JournalQuery(Paging):
    person_id: int | None = Field(default=None, ge=1, le=LARGEST_ID, description="Who did it, or whom it is about.")
    part: JournalPart | None = None
    since: Instant | None = Field(default=None, description="From this moment on.")
    until: Instant | None = Field(default=None, description="Up to, not including.")


class JournalSubject(Told):
    kind: SubjectKind
    id: int
    name: str = Field(description="As of today.")


class JournalItem(Told):
    """A change, never taken out of the journal."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "id": 77,
                    "at": "2026-03-02T08:00:00Z",
                    "actor": {"id": 8, "name": "Андрій Савчук"},
                    "part": "people",
                    "kind": "person_changed",
                    "subject": {"kind": "person", "id": 5, "name": "Ірина Бондар"},
                    "text": "Person changed",
                    "data": {"person_id": 5, "changes": {"role": ["approver", "head"]}},
                }
            ]
        },
    )

    id: int
    at: datetime
    actor: PersonName | None = Field(description="As of then; null for the machinery and the command line.")
    part: JournalPart
    kind: str
    subject: JournalSubject | None = Field(description="Whom or what it is about.")
    text: str = Field(description="In the caller's language.")
    data: dict[str, Any] = Field(description="What belongs to the kind.")


class SignInQuery(Paging):
    person_id: int | None = Field(default=None, ge=1, le=LARGEST_ID, description="Whose.")
    kind: SignInKind | None = Field(default=None, description="`failed`: the tries that failed alone.")
    since: Instant | None = Field(default=None, description="From this moment on.")
    until: Instant | None = Field(default=None, description="Up to, not including.")


class SignInItem(Told):
    """A sign-in, a try that failed, a sign-out, or sessions that were ended. Old ones go."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "id": 12,
                    "at": "2026-03-02T08:00:00Z",
                    "kind": "failed",
                    "way": "password",
                    "person": {"id": 5, "name": "Ірина Бондар"},
                    "login": "iryna",
                    "reason": "wrong_password",
                    "address": "203.0.113.7",
                    "browser": "Firefox, Windows",
                    "by": None,
                    "tries": 1,
                    "text": "The password was wrong",
                }
            ]
        },
    )

    id: int
    at: datetime
    kind: SignInKind
    way: SignInWay | None = Field(description="Null for a sign-out and for sessions that were ended.")
    person: PersonName | None = Field(description="As of today; null where the login is nobody’s.")
    login: str = Field(description="What was typed, when it failed; of an account of the company its e-mail.")
    reason: str = Field(description="Why it failed, or why sessions ended; empty otherwise.")
    address: str
    browser: str = Field(description="Its name and system, or the program that called.")
    by: PersonName | None = Field(description="Who ended the sessions.")
    tries: int = Field(description="For how many it stands, at least: more than 1 where a limit stopped them.")
    text: str = Field(description="In the caller's language.")


class SignInList(Listed[SignInItem]):
    """Sign-ins."""


class JournalList(Listed[JournalItem]):
    """Changes."""
