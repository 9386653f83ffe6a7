"""What others did to a record after somebody had read it, to be told before it is overwritten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.events import (
    ClientChanged,
    DealChanged,
    DecisionMade,
    MessageReceived,
    StepCompleted,
    TextsErased,
    VariablesSet,
    kind_of,
)
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent, tells_of_clients
from engine.model.person import Person
from engine.policy.own_fields import CLIENT_ROOT
from engine.policy.personal_texts import ERASED
from engine.policy.simultaneous_edits import UNKNOWN, Touch, reconciled, touched_by

_TELLS_BOTH = (kind_of(DealChanged), kind_of(VariablesSet))
_TELLS_NEW = {kind_of(StepCompleted): "values", kind_of(MessageReceived): "values", kind_of(DecisionMade): "outputs"}
_ERASED = kind_of(TextsErased)
_MOST_LOOKED_AT = 100  # of a client's changes


def unseen_kept_of_deal(
    session: Session, deal: Deal, wanted: Mapping[str, Any], read_version: int, *, told_version: int | None = None
) -> dict[str, Any]:
    """The changes to a locked deal that its editor really made, who had read it when its history had that length.

    ``told_version``: the length when the editor was told what both have changed, and wants it all the same.
    Raises EditedMeanwhile.
    """
    events = _changes_of_deal(session, deal, read_version)
    if any(event.kind == _ERASED for event in events):
        wanted = _without_what_is_erased(deal, wanted)
    touches = _touches(events)
    if not touches:
        return dict(wanted)
    own = wanted.get("fields", {})
    flat = {name: value for name, value in wanted.items() if name != "fields"} | dict(own)
    current = {name: deal.fields.get(name) if name in own else getattr(deal, name) for name in flat}
    words = _owner_named(session, deal.owner_id)
    kept = reconciled(flat, current, touches, words, told_version=told_version)
    return {name: value for name, value in kept.items() if name not in own} | {
        "fields": {name: value for name, value in kept.items() if name in own}
    }


def changed_since(session: Session, deal: Deal, read_version: int) -> dict[str, Touch]:
    """What others made of a deal's fields since its history had that length, by the field's name.

    What a text was before it was erased, nothing says any more.
    """
    events = _changes_of_deal(session, deal, read_version)
    touches = _touches(events)
    for event in (one for one in events if one.kind == _ERASED):
        erased = Touch(event.actor_name, event.at, UNKNOWN, event.number or 0)
        touches |= {name: erased for name, value in deal.fields.items() if value == ERASED}
    return touches


def unseen_kept_of_client(
    session: Session, client: Client, wanted: Mapping[str, Any], read_version: int, *, told_version: int | None = None
) -> dict[str, Any]:
    """As ``unseen_kept_of_deal``, of a locked client that was read as of that version. Raises EditedMeanwhile."""
    changes = client.version - read_version
    if changes <= 0:
        return dict(wanted)
    touches: dict[str, Touch] = {}
    latest_first = _changes_of(session, client.id, changes)
    for back, event in reversed([*enumerate(latest_first)]):
        for name, (before, _) in event.data["changes"].items():
            touches[name] = touched_by(touches, name, event.actor_name, event.at, before, version=client.version - back)
    own = {CLIENT_ROOT + name: value for name, value in client.fields.items()}
    current = {name: own.get(name) if name.startswith(CLIENT_ROOT) else getattr(client, name) for name in wanted}
    words = _owner_named(session, client.owner_id)
    return reconciled(wanted, current, touches, words, told_version=told_version)


def _changes_of_deal(session: Session, deal: Deal, read_version: int) -> Sequence[HistoryEvent]:
    return session.scalars(
        select(HistoryEvent)
        .where(
            HistoryEvent.deal_id == deal.id,
            HistoryEvent.number > read_version,
            HistoryEvent.kind.in_((*_TELLS_BOTH, *_TELLS_NEW, _ERASED)),
        )
        .order_by(HistoryEvent.number)
    ).all()


def _touches(events: Iterable[HistoryEvent]) -> dict[str, Touch]:
    touches: dict[str, Touch] = {}
    for event in events:
        if event.kind != _ERASED:
            for name, before in _told(event).items():
                touches[name] = touched_by(touches, name, event.actor_name, event.at, before, version=event.number or 0)
    return touches


def _without_what_is_erased(deal: Deal, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Whoever had the deal open before still has the text: it is not written back."""
    left = {name: one for name, one in wanted.items() if name == "fields" or getattr(deal, name) != ERASED}
    if "fields" in left:
        left["fields"] = {name: one for name, one in left["fields"].items() if deal.fields.get(name) != ERASED}
    return left


def _told(event: HistoryEvent) -> Mapping[str, Any]:
    """What a value was before, by field; of what steps, messages and tables gave, it is not written down."""
    if event.kind in _TELLS_BOTH:
        return {name: before for name, (before, _) in event.data["changes"].items()}
    return dict.fromkeys(event.data[_TELLS_NEW[event.kind]], UNKNOWN)


def _changes_of(session: Session, client_id: int, count: int) -> list[HistoryEvent]:
    """The last changes of a client, the latest first."""
    latest = session.scalars(
        select(HistoryEvent)
        .where(HistoryEvent.kind == kind_of(ClientChanged), tells_of_clients([client_id]))
        .order_by(HistoryEvent.id.desc())
        .limit(min(count, _MOST_LOOKED_AT))
    )
    return list(latest)


def _owner_named(session: Session, owner_id: int | None) -> Mapping[str, str]:
    owner = session.get(Person, owner_id) if owner_id is not None else None
    return {"owner_id": owner.full_name} if owner is not None else {}
