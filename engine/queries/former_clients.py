"""What a deal's client was before: read back from the history of the card and of the deal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from engine.events import ClientChanged, DealClientReplaced, kind_of
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent, tells_of_clients
from engine.policy.own_fields import CLIENT_ROOT

_CHANGED, _REPLACED = kind_of(ClientChanged), kind_of(DealClientReplaced)


def former_client(session: Session, deal: Deal, since: datetime) -> dict[str, Any]:
    """What maps could read of the deal's client before the moment ``since`` and is another now.

    By names like ``client.segment``. Where the client was merged into another one meanwhile, of the one before.
    """
    since_then = HistoryEvent.at >= since
    replaced = _told(session, since_then, HistoryEvent.kind == _REPLACED, HistoryEvent.deal_id == deal.id)
    clients = {deal.client_id, *(row.data["previous_id"] for row in replaced)}
    of_cards = tells_of_clients(clients)
    changed = _told(session, since_then, HistoryEvent.kind == _CHANGED, of_cards)
    client_id, former, now = deal.client_id, dict[str, Any](), dict[str, Any]()
    for _, kind, data in sorted((*replaced, *changed), key=lambda row: row.id, reverse=True):
        if kind == _CHANGED and data["client_id"] != client_id:
            continue
        for name, (old, new) in data["changes"].items():
            if name == "owner_id":  # no map reads whose client it is
                continue
            full = name if name.startswith(CLIENT_ROOT) else CLIENT_ROOT + name
            now.setdefault(full, new)
            former[full] = old
        if kind == _REPLACED:
            client_id = data["previous_id"]
    return {name: old for name, old in former.items() if old != now[name]}


def _told(session: Session, *wanted: ColumnElement[bool]) -> Sequence[Any]:
    return session.execute(select(HistoryEvent.id, HistoryEvent.kind, HistoryEvent.data).where(*wanted)).all()
