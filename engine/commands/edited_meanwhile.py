"""What others did to a record after somebody had read it, to be told before it is overwritten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.person import Person
from engine.policy.own_fields import CLIENT_ROOT
from engine.policy.personal_texts import ERASED
from engine.policy.simultaneous_edits import reconciled
from engine.queries.changes_since import changes_of_deal, client_touches, tells_of_erasure, touches_of


def unseen_kept_of_deal(
    session: Session, deal: Deal, wanted: Mapping[str, Any], read_version: int, *, told_version: int | None = None
) -> dict[str, Any]:
    """The changes to a locked deal that its editor really made, who had read it when its history had that length.

    ``told_version``: the length when the editor was told what both have changed, and wants it all the same.
    Raises EditedMeanwhile.
    """
    events = changes_of_deal(session, deal, read_version)
    if any(tells_of_erasure(event) for event in events):
        wanted = _without_what_is_erased(deal, wanted)
    touches = touches_of(events)
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


def unseen_kept_of_client(
    session: Session, client: Client, wanted: Mapping[str, Any], read_version: int, *, told_version: int | None = None
) -> dict[str, Any]:
    """As ``unseen_kept_of_deal``, of a locked client that was read as of that version. Raises EditedMeanwhile."""
    touches = client_touches(session, client, read_version)
    if not touches:
        return dict(wanted)
    own = {CLIENT_ROOT + name: value for name, value in client.fields.items()}
    current = {name: own.get(name) if name.startswith(CLIENT_ROOT) else getattr(client, name) for name in wanted}
    words = _owner_named(session, client.owner_id)
    return reconciled(wanted, current, touches, words, told_version=told_version)


def _without_what_is_erased(deal: Deal, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Whoever had the deal open before still has the text: it is not written back."""
    left = {name: one for name, one in wanted.items() if name == "fields" or getattr(deal, name) != ERASED}
    if "fields" in left:
        left["fields"] = {name: one for name, one in left["fields"].items() if deal.fields.get(name) != ERASED}
    return left


def _owner_named(session: Session, owner_id: int | None) -> Mapping[str, str]:
    owner = session.get(Person, owner_id) if owner_id is not None else None
    return {"owner_id": owner.full_name} if owner is not None else {}
