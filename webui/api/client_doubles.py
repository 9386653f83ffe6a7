"""Double clients over HTTP: who is probably one, merging them, telling them apart, undoing a merge."""

from __future__ import annotations

from flask import Response

from engine.commands.client_doubles import tell_apart
from engine.commands.client_merge_undoing import undo_merge
from engine.commands.client_merging import MergeRequest, merge_clients
from engine.policy.permissions import Ability, ensure_may
from engine.queries.client_doubles import double_groups
from webui.api.answers import answer, order_by_place
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.clients import client_item, written_client
from webui.api.models.clients import (
    ClientItem,
    ClientMergePath,
    ClientPath,
    ClientsNamed,
    ClientsToMerge,
    DoublesItem,
    DoublesList,
)
from webui.api.models.values import Paging
from webui.api.performing import carry_out, carry_out_once
from webui.api.tags import CLIENTS
from webui.request_context import reading, services

_STAND_AGAINST = ("client_is_approved", "merge_spares_approvals", "idempotency_key_reused")
_REFUSED = ("conflict", "already_merged", "erased_not_merged", *_STAND_AGAINST)
_STAYS = ("merge_stays", "merge_is_old", "merged_further", "changed_since_merge", "erased_since_merge")


@api.get("/clients/doubles", tags=[CLIENTS], responses={200: DoublesList})
def list_doubles(query: Paging) -> Response:
    """Groups of visible clients who are probably one: the same code, phone or e-mail, or a like name."""
    ensure_may(caller(), Ability.MANAGE_CLIENTS)
    by_page = order_by_place()
    (page,) = by_page.after(query.cursor) or (1,)
    with reading() as session:
        found = double_groups(session, caller(), page=page, limit=query.limit)
    items = tuple(
        DoublesItem(clients=tuple(client_item(one) for one in group.clients), reasons=group.reasons)
        for group in found.groups
    )
    onward = by_page.cursor([found.page + 1]) if found.page < found.pages else None
    return answer(DoublesList(items=items, next_cursor=onward, total=found.total))


@api.post("/clients/<int:client_id>/merge", tags=[CLIENTS], responses={200: ClientItem, **conflicts(*_REFUSED)})
def merge_into_client(path: ClientPath, body: ClientsToMerge) -> Response:
    """Merge other clients into this one: their deals, contacts and notes come to it. It can be undone for 30 days."""
    wanted = MergeRequest(path.client_id, body.client_ids, body.values)
    carry_out_once(
        "merge_into_client",
        {"client_id": path.client_id, **body.model_dump()},
        lambda session: merge_clients(session, wanted, actor=caller(), clock=services().clock),
    )
    return answer(written_client(path.client_id))


@api.post("/clients/told-apart", tags=[CLIENTS], responses={204: None})
def tell_clients_apart(body: ClientsNamed) -> Response:
    """Remember that clients who look alike are no doubles. Again is nothing new."""
    carry_out(lambda session: tell_apart(session, body.client_ids, actor=caller(), clock=services().clock))
    return Response(status=204)


@api.post(
    "/client-merges/<int:merge_id>/undo",
    tags=[CLIENTS],
    responses={200: ClientItem, **conflicts(*_STAYS, *_STAND_AGAINST)},
)
def undo_client_merge(path: ClientMergePath) -> Response:
    """Undo a merge. The answer is the client who is apart again, with what had gone along and is still there."""
    client_id = carry_out_once(
        "undo_client_merge",
        path.model_dump(),
        lambda session: undo_merge(session, path.merge_id, actor=caller(), clock=services().clock),
    )
    return answer(written_client(client_id))
