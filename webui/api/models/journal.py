"""What changed in accounts and settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

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


class JournalList(Listed[JournalItem]):
    """Changes."""
