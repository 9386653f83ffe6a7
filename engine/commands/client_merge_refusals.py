"""What a merge, or undoing one, may not change behind people's backs: what they approve, and who decides.

Each refusal has three wordings: for deals that the actor sees, for others, and where there are both.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.commands.client_decisions import ReadCards
from engine.errors import N_, Conflict
from engine.model.deal import Deal
from engine.policy.permissions import Actor
from engine.queries.bound_clients import BoundApprovals
from engine.queries.scopes import visible_deals


class ClientIsApproved(Conflict):
    """What people approve, or approved, must not change behind their backs."""

    code: ClassVar[str] = "client_is_approved"
    template: ClassVar[str] = N_(
        "Deals %(deals)s are being approved, or were approved, with what the client's card says now, and this would "
        "change it. Let the values stay that stand in these deals, or finish the deals first."
    )


class UnseenIsApproved(ClientIsApproved):
    """All of the deals are such as the actor does not see."""

    template: ClassVar[str] = N_(
        "Deals that are not open to you (%(others)s) are being approved, or were approved, with what the client's card "
        "says now, and this would change it. Let the values stay that stand there, or ask your head."
    )


class UnseenIsApprovedToo(ClientIsApproved):
    """Some of the deals are such as the actor does not see."""

    template: ClassVar[str] = N_(
        "Deals %(deals)s, and others that are not open to you (%(others)s), are being approved, or were approved, with "
        "what the client's card says now, and this would change it. Let the values stay that stand in these deals, or "
        "finish the deals first."
    )


class MergeSparesApprovals(Conflict):
    """Decisions that deals have passed would lead by an approval, and nobody would ask for it any more."""

    code: ClassVar[str] = "merge_spares_approvals"
    template: ClassVar[str] = N_(
        "With what the client's card would say then, deals %(deals)s would have needed approvals that they have passed "
        "by. Let the values stay that stand in these deals, or have the deals sent back before the decision first."
    )


class MergeSparesUnseen(MergeSparesApprovals):
    """All of the deals are such as the actor does not see."""

    template: ClassVar[str] = N_(
        "With what the client's card would say then, deals that are not open to you (%(others)s) would have needed "
        "approvals that they have passed by. Let the values stay that stand there, or ask your head."
    )


class MergeSparesUnseenToo(MergeSparesApprovals):
    """Some of the deals are such as the actor does not see."""

    template: ClassVar[str] = N_(
        "With what the client's card would say then, deals %(deals)s, and others that are not open to you "
        "(%(others)s), would have needed approvals that they have passed by. Let the values stay that stand in these "
        "deals, or have the deals sent back before the decision first."
    )


def ensure_as_approved(session: Session, bound: BoundApprovals, deals: Mapping[int, Deal], actor: Actor) -> None:
    """Raises ClientIsApproved where something that people approve, or approved, is another now.

    Deals that the actor does not see are counted and not named.
    """
    changed = bound.changed_in(session, deals.values())
    if changed:
        raise _naming(session, deals, changed, actor, (ClientIsApproved, UnseenIsApproved, UnseenIsApprovedToo))


def ensure_as_decided(session: Session, read: ReadCards, deals: Mapping[int, Deal], actor: Actor) -> None:
    """Raises MergeSparesApprovals where a deal would have come by an approval with the client that it has now.

    Deals that the actor does not see are counted and not named.
    """
    spared = read.spared_in(session)
    if spared:
        refusals = (MergeSparesApprovals, MergeSparesUnseen, MergeSparesUnseenToo)
        raise _naming(session, deals, spared, actor, refusals)


def _naming(
    session: Session,
    deals: Mapping[int, Deal],
    stand_against: Collection[int],
    actor: Actor,
    refusals: tuple[type[Conflict], type[Conflict], type[Conflict]],
) -> Conflict:
    """One of ``refusals``: for deals that the actor sees, for others, and where there are both."""
    with session.no_autoflush:
        seen = set(session.scalars(select(Deal.id).where(Deal.id.in_(stand_against), visible_deals(actor))))
    numbers, others = ", ".join(sorted(deals[one].number for one in seen)), len(stand_against) - len(seen)
    of_seen, of_others, of_both = refusals
    if not others:
        return of_seen(deals=numbers)
    return of_both(deals=numbers, others=others) if seen else of_others(others=others)
