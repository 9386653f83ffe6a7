"""Telling those who watch a deal of what matters in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import OutcomeKind
from engine.commands.notifications import notify
from engine.errors import N_
from engine.events import (
    ClientLetterReceived,
    Commented,
    DealCancelled,
    DealLost,
    DealMoved,
    DealReopened,
    DealResumed,
    DealSuspended,
    DealWon,
    Event,
    HeadTold,
    StageChanged,
    StepCompleted,
)
from engine.model.deal import Deal
from engine.model.notice import NoticeKind
from engine.model.watch import Watch
from engine.policy.permissions import Actor

_NEWS: Mapping[type[Event], str] = {
    ClientLetterReceived: N_("a letter of the client"),
    Commented: N_("a new comment"),
    DealCancelled: N_("it was cancelled"),
    DealLost: N_("it is lost"),
    DealMoved: N_("it was moved on its map"),
    DealReopened: N_("it was opened again"),
    DealResumed: N_("it was resumed"),
    DealSuspended: N_("it was suspended"),
    DealWon: N_("it is won"),
    HeadTold: N_("a step is late"),
    StageChanged: N_("it has come to another stage"),
}
_AGAINST: Mapping[str, str] = {
    OutcomeKind.RETURNED.value: N_("it was returned for rework"),
    OutcomeKind.REJECTED.value: N_("an approval was rejected"),
}


def tell_watchers(session: Session, deal: Deal, event: Event, *, actor: Actor, at: datetime) -> None:
    """Tell whoever watches the deal, unless the event does not matter, or they have brought it about themselves."""
    news = _AGAINST.get(event.outcome) if isinstance(event, StepCompleted) else _NEWS.get(type(event))
    if news is None:
        return
    watching = select(Watch.person_id).where(Watch.deal_id == deal.id)
    if isinstance(event, ClientLetterReceived):
        if event.is_automatic:
            return
        watching = watching.where(Watch.person_id != deal.owner_id)  # is told of the letter itself
    watchers = session.scalars(watching.order_by(Watch.person_id))
    notify(session, NoticeKind.DEAL_CHANGED, to=watchers, at=at, by=actor, deal=deal, text=_quoted(event), outcome=news)


def _quoted(event: Event) -> str:
    """What somebody of us said, or where the deal went, in the words of its people: nothing of what clients write."""
    parts: tuple[str, ...] = ()
    match event:
        case Commented():
            parts = (event.text,)
        case StageChanged():
            parts = (event.stage,)
        case HeadTold():
            parts = (event.name,)
        case StepCompleted():
            parts = (event.name, event.comment)
        case DealMoved():
            parts = (event.to, event.reason)
        case DealCancelled() | DealLost() | DealReopened() | DealSuspended():
            parts = (event.reason,)
    return ": ".join(part for part in parts if part)
