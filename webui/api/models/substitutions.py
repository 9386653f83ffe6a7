"""Who stands in for whom, between two dates."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from webui.api.models.values import Day, Given, Id, Listed, PersonName, Told

_Person = Id | Annotated[str, StringConstraints(min_length=1, max_length=64)]


class SubstitutionPath(Given):
    substitution_id: Id


class NewSubstitution(Given):
    """Both days are included, by the calendar of who is away."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"substitute": "taras", "starts_on": "2026-07-01", "ends_on": "2026-07-14"}]},
    )

    person: _Person | None = Field(default=None, description="Who is away, by login or id; the caller, if left out.")
    substitute: _Person = Field(description="Who stands in, by login or id.")
    starts_on: Day
    ends_on: Day


class SubstitutionItem(Told):
    id: int
    person: PersonName
    substitute: PersonName
    starts_on: Day
    ends_on: Day


class SubstitutionList(Listed[SubstitutionItem]):
    """Those that last until today or longer, the earliest first."""
