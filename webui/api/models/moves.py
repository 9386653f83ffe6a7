"""Moving running deals to another version of their map."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from engine.model.version_move import DeadlinePolicy, HolderPolicy, MovedDealState, VersionMoveState
from engine.queries.move_preview import Verdict
from webui.api.models.values import DealName, Given, Id, Key, Listed, Paging, Told

_Ref = Annotated[str, StringConstraints(min_length=1, max_length=250)]


class MoveChoice(Given):
    """Where deals go on whose place has no counterpart."""

    group: _Ref = Field(default="*", description="`key` of a group of the preview; `*` for every group.")
    element_id: _Ref = Field(description="A place of the old version; `*` for everything that is open in the deal.")
    target: _Ref | None = Field(description="A step of the new version; null withdraws the branch.")


class GivenMove(Given):
    """Which deals move, and how."""

    deadlines: DeadlinePolicy = Field(
        default=DeadlinePolicy.KEEP,
        description="`recompute`: deadlines and timers by another rule are counted from when their step was opened.",
    )
    holders: HolderPolicy = Field(
        default=HolderPolicy.KEEP, description="`reassign`: steps go to whom the new version names."
    )
    choices: tuple[MoveChoice, ...] = Field(default=(), max_length=2_000)
    deal_ids: tuple[Id, ...] | None = Field(default=None, max_length=10_000, description="Only these deals.")
    from_definition_ids: tuple[Id, ...] | None = Field(
        default=None, max_length=200, description="Only deals on these versions."
    )


class GivenDealMove(Given):
    """To which version one deal moves, and how."""

    definition_id: Id
    deadlines: DeadlinePolicy = DeadlinePolicy.KEEP
    holders: HolderPolicy = HolderPolicy.KEEP
    choices: tuple[MoveChoice, ...] = Field(default=(), max_length=200)


class MovePath(Given):
    move_id: Id = Field(description="The id of a move.")


class MovedDealPath(MovePath):
    deal_id: Id = Field(description="The id of a deal in it.")


class MovesQuery(Paging):
    key: Key | None = Field(default=None, description="Only moves of this map.")


class MovedDealsQuery(Paging):
    state: MovedDealState | None = Field(default=None, description="Only deals in this state.")


class MovePlace(Told):
    """Where deals stand in the old version."""

    element_id: str
    name: str
    count: int
    is_join: bool = Field(description="A finished branch waits for the others here.")


class MoveChange(Told):
    """What is different for these deals."""

    kind: str
    element_id: str
    message: str


class MoveProblem(Told):
    """Why these deals cannot move without a choice."""

    code: str
    element_id: str
    message: str


class MoveGroupItem(Told):
    """Deals that stand alike."""

    key: str
    from_definition_id: int
    from_version: int
    deals: int
    verdict: Verdict
    places: tuple[MovePlace, ...]
    changes: tuple[MoveChange, ...]
    problems: tuple[MoveProblem, ...]
    proposals: Mapping[str, str] = Field(description="Steps of the same name, by the place that they could stand for.")
    examples: tuple[DealName, ...]


class MoveTarget(Told):
    """A step of the new version."""

    element_id: str
    name: str
    stage: str


class MovePreviewItem(Told):
    """What a move would do; nothing was changed."""

    definition_id: int
    version: int
    total: int
    green: int
    amber: int
    red: int
    groups: tuple[MoveGroupItem, ...]
    targets: tuple[MoveTarget, ...]


class MoveItem(Told):
    """A move as it stands."""

    id: int
    definition_id: int
    key: str
    version: int
    state: VersionMoveState
    deadlines: DeadlinePolicy
    holders: HolderPolicy
    total: int
    settled: int = Field(description="How many deals have had their turn.")
    counts: Mapping[str, int] = Field(description="How many deals are in which state.")
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None


class MovedDealItem(Told):
    """One deal of a move."""

    deal: DealName
    from_version: int
    state: MovedDealState
    code: str | None = Field(description="Why it was refused, or could not be taken back.")
    message: str
    settled_at: datetime | None


class MoveList(Listed[MoveItem]):
    """Moves, newest first."""


class MovedDealList(Listed[MovedDealItem]):
    """The deals of a move in the order of their turns."""
