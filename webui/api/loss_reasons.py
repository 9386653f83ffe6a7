"""Why deals end without a sale, over HTTP: the list from which people choose."""

from __future__ import annotations

from flask import Response

from engine.queries.loss_reasons import loss_reasons
from webui.api.answers import listed, part_of
from webui.api.blueprint import api
from webui.api.models.loss_reasons import LossReasonItem, LossReasonList
from webui.api.models.values import ShortPaging
from webui.api.tags import DEALS
from webui.request_context import reading


@api.get("/loss-reasons", tags=[DEALS], responses={200: LossReasonList})
def list_loss_reasons(query: ShortPaging) -> Response:
    """What `reason_id` and `loss_reason_id` may be; archived ones are chosen no more, deals and reports keep them."""
    with reading() as session:
        found = loss_reasons(session, archived=True)
    return listed(
        part_of(found, query),
        lambda one: LossReasonItem(id=one.id, name=one.name, is_archived=one.is_archived),
        LossReasonList,
    )
