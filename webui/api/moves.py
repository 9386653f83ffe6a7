"""Moving running deals to another version of their map: preview, start, watch, stop, take back."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, url_for
from sqlalchemy.orm import Session

from engine.commands.moved_deals import undo_deal_of_move
from engine.commands.version_moves import (
    MoveRequest,
    cancel_version_move,
    start_version_move,
    undo_version_move,
)
from engine.queries.move_preview import MoveGroup, MovePreview, Verdict, move_preview
from engine.queries.version_moves import MovedDealRow, MoveRow, moved_deals, version_move, version_moves
from webui.api.answers import answer, listed
from webui.api.blueprint import api, conflicts
from webui.api.caller import caller
from webui.api.models.deals import DealPath
from webui.api.models.definitions import DefinitionPath
from webui.api.models.moves import (
    GivenDealMove,
    GivenMove,
    MoveChange,
    MoveChoice,
    MovedDealItem,
    MovedDealList,
    MovedDealPath,
    MovedDealsQuery,
    MoveGroupItem,
    MoveItem,
    MoveList,
    MovePath,
    MovePlace,
    MovePreviewItem,
    MoveProblem,
    MovesQuery,
    MoveTarget,
)
from webui.api.models.values import DealName
from webui.api.performing import carry_out_once
from webui.api.tags import MAPS
from webui.messages import error_text
from webui.request_context import reading, services
from webui.version_changes import change_words, reason_words

_STARTED = conflicts("nothing_to_move", "not_movable_to", "idempotency_key_reused")


@api.post("/definitions/<int:definition_id>/moves/preview", tags=[MAPS], responses={200: MovePreviewItem})
def preview_move(path: DefinitionPath, body: GivenMove) -> Response:
    """What moving running deals to this version would do, group by group. Nothing is changed."""
    with reading() as session:
        preview = move_preview(
            session,
            caller(),
            path.definition_id,
            at=services().clock.now(),
            choices=chosen_by_group(body.choices),
            deadlines=body.deadlines,
            deal_ids=body.deal_ids,
            from_definition_ids=body.from_definition_ids,
        )
        return answer(_preview(preview))


@api.post("/definitions/<int:definition_id>/moves", tags=[MAPS], responses={201: MoveItem, **_STARTED})
def start_move(path: DefinitionPath, body: GivenMove) -> Response:
    """Move running deals to this version, newer or older, in the background. Those that cannot move say why."""
    request = MoveRequest(
        deadlines=body.deadlines,
        holders=body.holders,
        choices=chosen_by_group(body.choices),
        deal_ids=body.deal_ids,
        from_definition_ids=body.from_definition_ids,
    )
    return _start(path.definition_id, request)


@api.post("/deals/<int:deal_id>/move-to-version", tags=[MAPS], responses={201: MoveItem, **_STARTED})
def move_deal_to_version(path: DealPath, body: GivenDealMove) -> Response:
    """Move one running deal to another version of its map, as a move of its own."""
    request = MoveRequest(
        deadlines=body.deadlines,
        holders=body.holders,
        choices=chosen_by_group(body.choices),
        deal_ids=[path.deal_id],
    )
    return _start(body.definition_id, request)


@api.get("/moves", tags=[MAPS], responses={200: MoveList})
def list_moves(query: MovesQuery) -> Response:
    """All moves, newest first."""
    with reading() as session:
        page = version_moves(session, caller(), key=query.key, limit=query.limit, cursor=query.cursor)
    return listed(page, _item, MoveList)


@api.get("/moves/<int:move_id>", tags=[MAPS], responses={200: MoveItem})
def show_move(path: MovePath) -> Response:
    """How far a move is."""
    return _told(path.move_id)


@api.get("/moves/<int:move_id>/deals", tags=[MAPS], responses={200: MovedDealList})
def list_moved_deals(path: MovePath, query: MovedDealsQuery) -> Response:
    """The deals of a move, each with what became of it."""
    with reading() as session:
        version_move(session, caller(), path.move_id)
        page = moved_deals(session, caller(), path.move_id, state=query.state, limit=query.limit, cursor=query.cursor)
    return listed(page, _deal, MovedDealList)


@api.post("/moves/<int:move_id>/cancel", tags=[MAPS], responses={200: MoveItem, **conflicts("move_is_over")})
def cancel_move(path: MovePath) -> Response:
    """Stop a move: what was moved stays moved, the other deals stay where they are."""

    def command(session: Session) -> int:
        return cancel_version_move(session, path.move_id, actor=caller(), clock=services().clock).id

    return _told(carry_out_once("cancel_version_move", {"id": path.move_id}, command))


@api.post(
    "/moves/<int:move_id>/undo",
    tags=[MAPS],
    responses={200: MoveItem, **conflicts("move_not_over", "move_is_over")},
)
def undo_move(path: MovePath) -> Response:
    """Take back, in the background, every deal of a move that has not gone on since."""

    def command(session: Session) -> int:
        return undo_version_move(session, path.move_id, actor=caller(), clock=services().clock).id

    return _told(carry_out_once("undo_version_move", {"id": path.move_id}, command))


@api.post(
    "/moves/<int:move_id>/deals/<int:deal_id>/undo",
    tags=[MAPS],
    responses={200: MoveItem, **conflicts("went_on", "not_moved", "deal_suspended", "deal_not_running")},
)
def undo_move_of_deal(path: MovedDealPath) -> Response:
    """Take one deal back exactly as it stood before the move, as long as it has not gone on."""

    def command(session: Session) -> int:
        undone = undo_deal_of_move(session, path.move_id, path.deal_id, actor=caller(), clock=services().clock)
        return undone.move_id

    return _told(carry_out_once("undo_deal_of_move", {"move": path.move_id, "deal": path.deal_id}, command))


def chosen_by_group(choices: Iterable[MoveChoice]) -> dict[str, dict[str, str | None]]:
    """The choices as a move keeps them: by group, then by place."""
    chosen: dict[str, dict[str, str | None]] = {}
    for one in choices:
        chosen.setdefault(one.group, {})[one.element_id] = one.target
    return chosen


def _start(definition_id: int, request: MoveRequest) -> Response:
    arguments = {
        "id": definition_id,
        "deadlines": request.deadlines.value,
        "holders": request.holders.value,
        "choices": request.choices,
        "deals": request.deal_ids,
        "from": request.from_definition_ids,
    }

    def command(session: Session) -> int:
        return start_version_move(session, definition_id, request, actor=caller(), clock=services().clock).id

    move_id = carry_out_once("start_version_move", arguments, command)
    return _told(move_id, 201, location=url_for("api.show_move", move_id=move_id))


def _told(move_id: int, status: int = 200, *, location: str | None = None) -> Response:
    with reading() as session:
        row = version_move(session, caller(), move_id)
    return answer(_item(row), status, location=location)


def _item(row: MoveRow) -> MoveItem:
    return MoveItem(
        id=row.id,
        definition_id=row.definition_id,
        key=row.key,
        version=row.version,
        state=row.state,
        deadlines=row.deadlines,
        holders=row.holders,
        total=row.total,
        settled=row.settled,
        counts={state.value: count for state, count in row.counts.items()},
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        finished_at=row.finished_at,
    )


def _deal(row: MovedDealRow) -> MovedDealItem:
    return MovedDealItem(
        deal=DealName(id=row.deal_id, number=row.number, title=row.title),
        from_version=row.from_version,
        state=row.state,
        code=str(row.reason["code"]) if row.reason else None,
        message=reason_words(row.reason),
        settled_at=row.settled_at,
    )


def _preview(preview: MovePreview) -> MovePreviewItem:
    names = {step.element_id: step.name for step in preview.targets}
    return MovePreviewItem(
        definition_id=preview.definition_id,
        version=preview.version,
        total=preview.total,
        green=preview.deals(Verdict.GREEN),
        amber=preview.deals(Verdict.AMBER),
        red=preview.deals(Verdict.RED),
        groups=tuple(_group(group, names) for group in preview.groups),
        targets=tuple(
            MoveTarget(element_id=step.element_id, name=step.name, stage=step.stage) for step in preview.targets
        ),
    )


def _group(group: MoveGroup, names: dict[str, str]) -> MoveGroupItem:
    return MoveGroupItem(
        key=group.key,
        from_definition_id=group.from_definition_id,
        from_version=group.from_version,
        deals=group.deals,
        verdict=group.verdict,
        places=tuple(
            MovePlace(element_id=one.element_id, name=one.name, count=one.count, is_join=one.is_join)
            for one in group.places
        ),
        changes=tuple(
            MoveChange(kind=one.kind.value, element_id=one.element_id, message=change_words(one, names))
            for one in group.changes
        ),
        problems=tuple(
            MoveProblem(code=one.code, element_id=getattr(one, "element_id", ""), message=error_text(one))
            for one in group.problems
        ),
        proposals=group.proposals,
        examples=tuple(DealName(id=one.deal_id, number=one.number, title=one.title) for one in group.examples),
    )
