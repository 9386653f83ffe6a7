"""What happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from webui.api.models.values import LARGEST_ID, Instant, Listed, Paging, PersonName, Told


class HistoryQuery(Paging):
    since: Instant | None = Field(default=None, description="Only events from this moment on.")
    after: int | None = Field(
        default=None,
        ge=0,
        le=LARGEST_ID,
        description="Only events behind the one of this id, by their ids: begin with 0, go on with the last id you "
        "have. None is missed, however long its transaction took. Stands alone, without `since` and `cursor`.",
    )


class DealHistoryQuery(Paging):
    kind: list[str] | None = Field(default=None, max_length=50, description="Only events of these kinds.")


class StepName(Told):
    id: int
    name: str


class HistoryItem(Told):
    """A fact in the past tense. Facts are only ever added."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "id": 512,
                    "deal_id": 12,
                    "number": 4,
                    "kind": "step_claimed",
                    "at": "2026-03-02T08:00:00Z",
                    "actor": {"id": 5, "name": "Ірина Бондар"},
                    "work_item": {"id": 31, "name": "Погодити договір"},
                    "data": {"name": "Погодити договір"},
                }
            ]
        },
    )

    id: int
    deal_id: int | None
    number: int | None = Field(description="Counts within the deal, from 1.")
    kind: str
    at: datetime
    actor: PersonName | None = Field(description="As of then; null for the machinery.")
    work_item: StepName | None
    data: dict[str, Any] = Field(description="What belongs to the kind.")


class HistoryList(Listed[HistoryItem]):
    """Facts."""
