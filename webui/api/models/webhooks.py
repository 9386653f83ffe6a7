"""Webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from webui.api.models.values import Given, Id, Listed, Told

Address = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Kind = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class NewWebhook(Given):
    """An address that is told of history events from now on."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"url": "https://erp.example.com/hooks", "kinds": ["deal_won"]}]},
    )

    url: Address = Field(description="https, without a user name.")
    kinds: list[Kind] = Field(default=[], max_length=100, description="Kinds of events; none means all.")


class WebhookPath(Given):
    webhook_id: Id


class WebhookItem(Told):
    """An address that is told of history events."""

    id: int
    url: str
    kinds: tuple[str, ...]
    is_active: bool
    created_at: datetime
    error: str = Field(description="Why the last try failed; empty of an address that takes what it is told.")
    next_try_at: datetime | None = Field(description="When it is tried again, of one whose last try failed.")


class AddedWebhook(WebhookItem):
    """The secret signs each delivery (HMAC-SHA256); it is told only here."""

    secret: str


class WebhookList(Listed[WebhookItem]):
    """Webhooks, oldest first."""
