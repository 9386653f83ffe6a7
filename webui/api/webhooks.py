"""Webhooks over HTTP."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response
from sqlalchemy.orm import Session

from engine.commands.webhooks import AddressRefused, add_webhook, remove_webhook, try_webhook_again
from engine.errors import N_, DomainError, FieldNotUnderstood, InvalidInput, NotFound
from engine.events import Event, kind_of
from engine.model.webhook import Webhook
from engine.policy.permissions import Ability, ensure_may
from engine.queries.webhooks import WebhookRow, webhook_row, webhooks
from webui.api.answers import answer, listed, part_of
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.models.values import Paging
from webui.api.models.webhooks import AddedWebhook, NewWebhook, WebhookItem, WebhookList, WebhookPath
from webui.api.performing import carry_out, carry_out_once
from webui.api.tags import WEBHOOKS
from webui.called_hosts import ensure_may_be_called
from webui.request_context import reading, services

_KINDS = frozenset(kind_of(event) for event in Event.__subclasses__())


@api.post("/webhooks", tags=[WEBHOOKS], responses={201: AddedWebhook, **conflicts("idempotency_key_reused")})
def create_webhook(body: NewWebhook) -> Response:
    """Tell an address of history events from now on."""
    _ensure_readable(body)
    ensure_may(caller(), Ability.MANAGE_WEBHOOKS)  # before anything is looked up for them
    ensure_may_be_called(body.url, "url")

    def command(session: Session) -> int:
        return add_webhook(session, body.url, body.kinds, actor=caller(), clock=services().clock).id

    webhook_id = carry_out_once("add_webhook", body.model_dump(), command)
    with reading() as session:
        webhook = session.get(Webhook, webhook_id)
    if webhook is None:  # the call is repeated, and it was removed meanwhile
        raise NotFound
    added = AddedWebhook(**_item(webhook_row(webhook)).model_dump(), secret=webhook.secret)
    return answer(added, 201)


@api.get("/webhooks", tags=[WEBHOOKS], responses={200: WebhookList})
def list_webhooks(query: Paging) -> Response:
    """All webhooks, without their secrets."""
    with reading() as session:
        found = webhooks(session, caller())
    return listed(part_of(found, query), _item, WebhookList)


@api.post("/webhooks/<int:webhook_id>/again", tags=[WEBHOOKS], responses={204: None})
def try_again(path: WebhookPath) -> Response:
    """Tell an address at once what it has not taken, without waiting for its next try."""
    carry_out(lambda session: try_webhook_again(session, path.webhook_id, actor=caller(), clock=services().clock))
    return Response(status=204)


@api.delete("/webhooks/<int:webhook_id>", tags=[WEBHOOKS], responses={204: None})
def delete_webhook(path: WebhookPath) -> Response:
    """Tell an address nothing more."""
    carry_out(lambda session: remove_webhook(session, path.webhook_id, actor=caller(), clock=services().clock))
    return Response(status=204)


def _ensure_readable(body: NewWebhook) -> None:
    """Raises InvalidInput for what is no address, and for a kind that no event has: nothing would ever be told."""
    faults: dict[str, DomainError] = {
        f"kinds.{at}": FieldNotUnderstood(value=kind, expected=N_("a kind of event"))
        for at, kind in enumerate(body.kinds)
        if kind not in _KINDS
    }
    try:
        urlsplit(body.url)
    except ValueError:
        faults["url"] = AddressRefused(url=body.url)
    if faults:
        raise InvalidInput(faults)


def _item(row: WebhookRow) -> WebhookItem:
    return WebhookItem(
        id=row.id,
        url=row.url,
        kinds=row.kinds,
        is_active=row.is_active,
        created_at=row.created_at,
        error=row.error,
        next_try_at=row.next_try_at,
    )
