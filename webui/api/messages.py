"""Messages over HTTP."""

from __future__ import annotations

from flask import Response

from engine.commands.messages import send_message
from engine.errors import N_, FieldNotUnderstood, InvalidInput
from webui.api.answers import answer
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.models.messages import Message, MessageDelivered
from webui.api.models.values import LARGEST_ID
from webui.api.performing import command_id
from webui.api.tags import MESSAGES
from webui.request_context import services


@api.post("/messages", tags=[MESSAGES], responses={200: MessageDelivered, **conflicts("idempotency_key_reused")})
def deliver(body: Message) -> Response:
    """Wake the deals that wait for this message, or open one on a map that starts with it; else 422 `nobody_waits`."""
    _ensure_deal_id(body)
    told = send_message(
        services().database,
        body.name,
        body.correlation,
        body.values,
        actor=caller(),
        clock=services().clock,
        command_id=command_id(),
    )
    return answer(
        MessageDelivered(
            deal_ids=told.deal_ids, opened_deal_id=told.opened_deal_id, failed_deal_ids=told.failed_deal_ids
        )
    )


def _ensure_deal_id(body: Message) -> None:
    """Raises InvalidInput for a deal's id that is none."""
    given = body.correlation.get("deal_id")
    if given is None:
        return
    digits = str(given)
    if isinstance(given, bool) or not (digits.isascii() and digits.isdecimal()) or int(digits[:20]) > LARGEST_ID:
        raise InvalidInput({"correlation.deal_id": FieldNotUnderstood(value=digits[:50], expected=N_("a deal's id"))})
