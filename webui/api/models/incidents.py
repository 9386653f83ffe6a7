"""What failed technically."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from engine.model.incident import IncidentState
from webui.api.models.values import Given, GivenOrNothing, Id, Key, Line, Listed, Paging, Sentence, Told


class IncidentPath(Given):
    incident_id: Id


class IncidentsQuery(Paging):
    state: IncidentState = IncidentState.OPEN
    definition_key: Key | None = Field(default=None, description="Only of deals on this map.")
    code: Line | None = Field(default=None, description="Only failures of this kind: see `problem_code`.")
    deal_id: Id | None = None


class IncidentClosing(Given):
    """Why nothing is tried again."""

    reason: Sentence


class IncidentRetry(GivenOrNothing):
    """What is mended first, if anything."""

    values: dict[str, Any] = Field(default={}, description="By the names of fields and variables.")
    reason: Sentence = ""


class TypedValues(Told):
    """What a person had typed into the step that failed."""

    work_item_id: int
    by: str
    outcome: str
    comment: str
    values: dict[str, Any]


class IncidentItem(Told):
    """A failure: what, where, since when, how often, and what can be done."""

    id: int
    state: IncidentState
    deal_id: int | None = Field(description="Null where the deal was not opened.")
    deal_number: str
    definition_key: str
    element_id: str
    element_name: str
    problem_code: str = Field(description="The kind of the failure, stable.")
    problem: str = Field(description="In words.")
    remedy: str = Field(description="In words.")
    may_retry: bool = Field(description="Else a person tries again, as the remedy says.")
    attempts: int
    occurred_at: datetime
    last_failed_at: datetime | None
    resolved_at: datetime | None
    resolved_by: str
    closing_reason: str


class IncidentDetail(IncidentItem):
    """With the variables as they were when it failed first."""

    variables: dict[str, Any]
    typed: TypedValues | None = Field(description="Null where no step of a person failed.")


class IncidentList(Listed[IncidentItem]):
    """Failures, latest first."""


class TriedIncident(IncidentItem):
    """A failure that was tried again, as it stands now."""

    error: str | None = Field(description="The code of what stood against it, null where nothing did.")
    is_under_way: bool = Field(description="Its call is made anew; if that fails, too, it is open again.")


class AlikeIncidents(Told):
    """What was tried, the oldest first. `left`: how many more had failed alike."""

    items: tuple[TriedIncident, ...]
    left: int
