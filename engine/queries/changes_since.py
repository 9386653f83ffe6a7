"""What others made of a deal's values, and of its client's, since somebody read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.events import (
    ClientChanged,
    DealChanged,
    DealClientReplaced,
    DecisionMade,
    MessageReceived,
    PersonErased,
    StepCompleted,
    TextsErased,
    VariablesSet,
    kind_of,
)
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent, tells_of_clients
from engine.policy.own_fields import CLIENT_ROOT
from engine.policy.personal_texts import ERASED
from engine.policy.simultaneous_edits import UNKNOWN, AsOf, Touch, touched_by

_REPLACED = kind_of(DealClientReplaced)
_TELLS_BOTH = (kind_of(DealChanged), kind_of(VariablesSet), _REPLACED)
_TELLS_NEW = {kind_of(StepCompleted): "values", kind_of(MessageReceived): "values", kind_of(DecisionMade): "outputs"}
_ERASED = kind_of(TextsErased)
_OF_CLIENT = (kind_of(ClientChanged), kind_of(PersonErased))
_COLUMNS = ("name", "edrpou", "segment", "source", "phone", "email")
_MOST_LOOKED_AT = 100  # of a client's changes


def changed_since(session: Session, deal: Deal, read: AsOf) -> dict[str, Touch]:
    """What others made of the values that a step's form shows, by the names under which maps know them.

    What a text was before it was erased, nothing says any more. Of a form that does not say which version of the
    client it showed, only what the deal's own history tells of the client is known. A client that was merged into
    another meanwhile has other values where the two differed, whoever wrote them and when.
    """
    events = changes_of_deal(session, deal, read.deal)
    touches = touches_of(events)
    for event in (one for one in events if tells_of_erasure(one)):
        erased = Touch(event.actor_name, event.at, UNKNOWN, event.number or 0)
        touches |= {name: erased for name, value in deal.fields.items() if value == ERASED}
        touches |= {"title": erased} if deal.title == ERASED else {}
    if read.client is None:
        return touches
    replaced = [event for event in events if event.kind == _REPLACED]
    if replaced:
        of_client = _touches_by_merges(session, deal.client, replaced)
    else:
        of_client = client_touches(session, deal.client, read.client)
    return {name: one for name, one in touches.items() if not name.startswith(CLIENT_ROOT)} | {
        CLIENT_ROOT + name.removeprefix(CLIENT_ROOT): one for name, one in of_client.items()
    }


def touch_of(touches: Mapping[str, Touch], field_name: str) -> Touch | None:
    """What others made of the value that a step's field shows; ``deal.amount`` changes as ``amount``."""
    return touches.get(field_name) or touches.get(field_name.removeprefix("deal."))


def changes_of_deal(session: Session, deal: Deal, read_version: int) -> Sequence[HistoryEvent]:
    """The entries after the first ``read_version`` ones that tell of changed values, or of erased texts."""
    return session.scalars(
        select(HistoryEvent)
        .where(
            HistoryEvent.deal_id == deal.id,
            HistoryEvent.number > read_version,
            HistoryEvent.kind.in_((*_TELLS_BOTH, *_TELLS_NEW, _ERASED)),
        )
        .order_by(HistoryEvent.number)
    ).all()


def tells_of_erasure(event: HistoryEvent) -> bool:
    return event.kind == _ERASED


def touches_of(events: Iterable[HistoryEvent]) -> dict[str, Touch]:
    """Of the entries of a deal in their order, by the name of what was changed."""
    touches: dict[str, Touch] = {}
    for event in events:
        if event.kind != _ERASED:
            for name, before in _told(event).items():
                touches[name] = touched_by(touches, name, event.actor_name, event.at, before, version=event.number or 0)
    return touches


def client_touches(session: Session, client: Client, read_version: int) -> dict[str, Touch]:
    """What was changed of a client since it had that version: columns bare, own fields as ``client.…``.

    With a person, whatever is empty now may have been erased: what it was, nothing says any more.
    """
    changes = client.version - read_version
    touches: dict[str, Touch] = {}
    if changes <= 0:
        return touches
    for event, version in reversed(_changes_of(session, client, changes)):
        for name, before in _told_of_client(event, client).items():
            touches[name] = touched_by(touches, name, event.actor_name, event.at, before, version=version)
    return touches


def _touches_by_merges(session: Session, client: Client, replaced: Sequence[HistoryEvent]) -> dict[str, Touch]:
    """As ``client_touches``, of a deal whose client became ``client`` by these entries: versions count per client."""
    since = HistoryEvent.kind.in_(_OF_CLIENT), tells_of_clients([client.id]), HistoryEvent.id > replaced[-1].id
    later = session.scalars(select(HistoryEvent).where(*since).order_by(HistoryEvent.id).limit(_MOST_LOOKED_AT))
    touches: dict[str, Touch] = {}
    for event in (*replaced, *later):
        told = _told(event) if event.kind == _REPLACED else _told_of_client(event, client)
        for name, before in told.items():
            full = CLIENT_ROOT + name.removeprefix(CLIENT_ROOT)
            touches[full] = touched_by(touches, full, event.actor_name, event.at, before)
    return touches


def _told_of_client(event: HistoryEvent, client: Client) -> Mapping[str, Any]:
    if event.kind == kind_of(ClientChanged):
        return {name: before for name, (before, _) in event.data["changes"].items()}
    present = {name: getattr(client, name) for name in _COLUMNS}
    present |= {CLIENT_ROOT + name: value for name, value in client.fields.items()}
    return dict.fromkeys((name for name, value in present.items() if value in ("", ERASED)), UNKNOWN)


def _told(event: HistoryEvent) -> Mapping[str, Any]:
    """What a value was before, by field; of what steps, messages and tables gave, it is not written down."""
    if event.kind in _TELLS_BOTH:
        return {name: before for name, (before, _) in event.data["changes"].items()}
    return dict.fromkeys(event.data[_TELLS_NEW[event.kind]], UNKNOWN)


def _changes_of(session: Session, client: Client, count: int) -> list[tuple[HistoryEvent, int]]:
    """The last ``count`` changes of a client and the erasures after them, the latest first, each with its version.

    An erasure may have left the card as it was, and counts for none: rather is one change too many told than too few.
    """
    latest = session.scalars(
        select(HistoryEvent)
        .where(HistoryEvent.kind.in_(_OF_CLIENT), tells_of_clients([client.id]))
        .order_by(HistoryEvent.id.desc())
        .limit(_MOST_LOOKED_AT)
    )
    found: list[tuple[HistoryEvent, int]] = []
    version = client.version
    for event in latest:
        found.append((event, version))
        version -= event.kind == kind_of(ClientChanged)
        if client.version - version == count:
            break
    return found
