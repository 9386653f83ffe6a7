"""Who is asking, as a session names them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.policy.permissions import Actor


@dataclass(frozen=True, slots=True)
class SignedInPerson:
    """What pages know of who is asking. Flask-Login asks for the three answers and ``get_id``."""

    actor: Actor
    stamp: str
    theme: str
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        return f"{self.actor.person_id}:{self.stamp}"
