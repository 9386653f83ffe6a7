"""Remembering how a person wants a list to look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from engine.model.list_choice import ListChoice
from engine.model.person import Person
from engine.policy.permissions import Actor


def keep_list_choice(session: Session, list_name: str, chosen: Mapping[str, Any], *, actor: Actor) -> None:
    """From now on the actor sees the list so, on every device. ``chosen`` holds what JSON can."""
    session.get_one(Person, actor.person_id, with_for_update={"key_share": True})  # twice at once is once after another
    kept = session.get(ListChoice, (actor.person_id, list_name))
    if kept is None:
        session.add(ListChoice(person_id=actor.person_id, list_name=list_name, chosen=dict(chosen)))
    else:
        kept.chosen = dict(chosen)


def forget_list_choice(session: Session, list_name: str, *, actor: Actor) -> None:
    """From now on the actor sees the list as everybody does who has chosen nothing."""
    session.get_one(Person, actor.person_id, with_for_update={"key_share": True})  # after who chooses at this moment
    session.execute(
        delete(ListChoice).where(ListChoice.person_id == actor.person_id, ListChoice.list_name == list_name)
    )
