"""Departures from a map: who may send a deal to a step out of the map's order, as the map's freedom says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from engine.bpmn.compiled import CompiledProcess, Freedom
from engine.errors import N_, NotAllowed
from engine.policy.permissions import Ability, Actor, may

_STRICTNESS = (Freedom.FREE, Freedom.ADVISED, Freedom.STRICT)


class MapIsStrict(NotAllowed):
    code: ClassVar[str] = "map_is_strict"
    template: ClassVar[str] = N_(
        "The map gives no freedom here: the deal goes on only by completing its steps. "
        "An administrator can move it, with a reason."
    )


class NotYoursToMove(NotAllowed):
    code: ClassVar[str] = "not_yours_to_move"
    template: ClassVar[str] = N_("The deal's owner, the head of sales or an administrator may move this deal.")


class ApprovalAhead(NotAllowed):
    """A move that leaves an approval behind that was not given."""

    code: ClassVar[str] = "approval_ahead"
    template: ClassVar[str] = N_(
        "The move would pass over an approval that was not given. "
        "Only the head of sales or an administrator may do so, with a reason."
    )


@dataclass(frozen=True, slots=True)
class Departure:
    """``freedom`` is the strictest of the steps that are left and of the one that is entered."""

    freedom: Freedom
    passes_approval: bool

    @property
    def needs_reason(self) -> bool:
        return self.passes_approval or self.freedom is not Freedom.FREE


def strictest(freedoms: Iterable[Freedom]) -> Freedom:
    """Strict where nothing is said: a map that says nothing gives no freedom."""
    said = list(freedoms)
    return max(said, key=_STRICTNESS.index) if said else Freedom.STRICT


def ensure_may_depart(actor: Actor, departure: Departure, *, owner_id: int, works_on_it: bool) -> None:
    """``works_on_it``: the actor may do one of the steps that are left.

    Strict: who repairs deals. Advised: also the deal's owner and heads. Free: also who works on the deal. Past an
    approval that was not given: only heads, and on a strict map only who repairs deals.
    Raises MapIsStrict, NotYoursToMove, ApprovalAhead (all NotAllowed).
    """
    if may(actor, Ability.REPAIR_DEAL):
        return
    if departure.freedom is Freedom.STRICT:
        raise MapIsStrict
    directs = may(actor, Ability.MOVE_DEAL) or owner_id in actor.people_acted_for
    if not (directs or (departure.freedom is Freedom.FREE and works_on_it)):
        raise NotYoursToMove
    if departure.passes_approval and not may(actor, Ability.MOVE_PAST_APPROVAL):
        raise ApprovalAhead


def may_move_somewhere(actor: Actor, process: CompiledProcess, owner_id: int, *, works_on_it: bool) -> bool:
    """Whether any step of the map gives the actor the freedom to leave its order: reason enough to offer it."""
    if may(actor, Ability.REPAIR_DEAL):
        return True
    freedoms = {step.freedom for step in process.steps.values()}
    if may(actor, Ability.MOVE_DEAL) or owner_id in actor.people_acted_for:
        return freedoms != {Freedom.STRICT}
    return works_on_it and Freedom.FREE in freedoms


def may_suspend(actor: Actor, *, owner_id: int) -> bool:
    """Suspend, resume and reopen a deal: its owner, heads, administrators."""
    return may(actor, Ability.MOVE_DEAL) or owner_id in actor.people_acted_for
