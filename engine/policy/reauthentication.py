"""Proving anew who one is, where a map asks for it with a decision: what was proved, and whether it is enough."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from engine.bpmn.compiled import Reauthentication
from engine.errors import N_, NotAllowed
from engine.policy.permissions import Actor

VALID_FOR = timedelta(minutes=5)
_STRENGTH = (Reauthentication.NONE, Reauthentication.PASSWORD, Reauthentication.CODE)


class ReauthenticationRequired(NotAllowed):
    """The map asks for a proof with this decision, and none came."""

    code: ClassVar[str] = "reauthentication_required"
    template: ClassVar[str] = N_("This decision has to be confirmed with your password.")


class CodeRequired(ReauthenticationRequired):
    template: ClassVar[str] = N_(
        "This decision has to be confirmed with your password and a code of your authenticator application."
    )


class ReauthenticationFailed(NotAllowed):
    """``field`` is the one that does not fit."""

    code: ClassVar[str] = "reauthentication_failed"
    template: ClassVar[str] = N_("This is not your password.")


class NoPassword(ReauthenticationFailed):
    """Who signs in by an account of the company may never have had one."""

    code: ClassVar[str] = "password_missing"
    template: ClassVar[str] = N_("You have no password here yet. Choose one: Settings, “My profile”.")


class WrongCode(ReauthenticationFailed):
    template: ClassVar[str] = N_("This code is wrong, out of date, or was used already. Wait for the next one.")


class NoAuthenticator(ReauthenticationFailed):
    code: ClassVar[str] = "authenticator_missing"
    template: ClassVar[str] = N_("Set up your authenticator application first: Settings, “Authenticator application”.")


class TooManyTries(ReauthenticationFailed):
    code: ClassVar[str] = "too_many_tries"
    template: ClassVar[str] = N_("Too many wrong tries. Wait ten minutes.")


@dataclass(frozen=True, slots=True)
class Reauthenticated:
    """That a person proved at ``at`` who they are. ``by`` says with what: "password", "password, code" and the like."""

    person_id: int
    how: Reauthentication
    at: datetime
    by: str


def ensure_reauthenticated(
    wanted: Reauthentication, proof: Reauthenticated | None, *, actor: Actor, at: datetime
) -> None:
    """Raises ReauthenticationRequired (a NotAllowed) where the proof is none, another's, too old or too weak."""
    if wanted is Reauthentication.NONE:
        return
    enough = (
        proof is not None
        and proof.person_id == actor.person_id
        and _STRENGTH.index(proof.how) >= _STRENGTH.index(wanted)
        and proof.at <= at <= proof.at + VALID_FOR
    )
    if not enough:
        raise CodeRequired if wanted is Reauthentication.CODE else ReauthenticationRequired
