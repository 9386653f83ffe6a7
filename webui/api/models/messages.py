"""What other systems tell waiting deals."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from webui.api.models.values import Given, Key, Told

Scalar = str | int | bool


class Message(Given):
    """A message to whatever waits for it."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {"name": "payment received", "correlation": {"deal_number": "2026-00012"}, "values": {"paid": True}}
            ]
        },
    )

    name: Key = Field(description="As the map names it.")
    correlation: dict[str, Scalar] = Field(
        default={},
        max_length=20,
        description="`deal_id` or `deal_number` narrow it to one deal; other keys must equal those of the map.",
    )
    values: dict[str, Any] = Field(default={}, description="Kept among the deal's fields; conditions read them.")


class MessageDelivered(Told):
    """Which deals were woken; when none waited and a map starts with the message, the deal that it opened."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"examples": [{"deal_ids": [12], "opened_deal_id": None, "failed_deal_ids": []}]},
    )

    deal_ids: tuple[int, ...]
    opened_deal_id: int | None
    failed_deal_ids: tuple[int, ...] = Field(
        default=(),
        description="Of several deals, those that could not take it: an incident, or approved content it would change.",
    )
