"""Who calls: the owner of a bearer token, or the person signed in to the browser; and in which language they read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar, cast

from flask import Flask
from flask_babel import force_locale

from engine.errors import N_, DomainError
from engine.policy.permissions import Actor
from webui.api.call_limits import CallLimits
from webui.bearer_tokens import bearer_token
from webui.i18n import LOCALES, chosen_locale
from webui.request_context import now, services, signed_in
from webui.sign_in_log import ProgramsSeen, program_came
from webui.this_request import request_globals, this_application, this_request

Locale = Literal["uk", "en"]
View = TypeVar("View", bound=Callable[..., Any])

_ACCEPT_LANGUAGE = "HTTP_ACCEPT_LANGUAGE"
_LIMITS = "reglament_call_limits"
_PROGRAMS = "reglament_programs_seen"
_LATER = "is_identified_by_its_command"
_UNKNOWN_ADDRESS = "127.0.0.1"
"""Of a caller without one, as on a socket of the file system."""


class NotIdentified(DomainError):
    """Nobody, or a token that is not valid (any more)."""

    code: ClassVar[str] = "not_identified"
    template: ClassVar[str] = N_("Send a valid token as “Authorization: Bearer TOKEN”, or sign in.")


@dataclass(frozen=True, slots=True)
class Caller:
    """``revision`` is that of the company, where its command has still to see that it stands: see carry_out."""

    actor: Actor
    by_token: bool
    revision: int | None = None


def identified_by_its_command(view: View) -> View:
    """Mark a call whose command locks a step: the lock reads the company's revision, so no glance is needed before."""
    setattr(view, _LATER, True)
    return view


def provide_call_limits(app: Flask) -> None:
    """No call is counted yet, and no program is known."""
    app.extensions[_LIMITS] = CallLimits()
    app.extensions[_PROGRAMS] = ProgramsSeen()


def identify() -> None:
    """Find out who calls, before anything else is looked at. Raises NotIdentified, TooManyCalls.

    A request with an Authorization header stands or falls with it: no cookie speaks for a wrong token.
    """
    asked, app = this_request(), this_application()
    limits: CallLimits = app.extensions[_LIMITS]
    token, address = bearer_token(asked), asked.remote_addr or _UNKNOWN_ADDRESS
    by_token = token is not None
    # Tokens are counted by their hash: nothing keeps them in clear.
    calling = hash(token) if token is not None else _person_or(address)
    limits.count_call(calling, address, by_token=by_token)
    try:
        later = hasattr(app.view_functions.get(asked.endpoint or ""), _LATER)
        request_globals().api_caller = _by_session() if token is None else _by_token(token, later=later)
    except NotIdentified:
        if by_token:
            limits.count_refusal(address)
        raise
    if by_token:
        limits.recognise(calling)


def _person_or(address: str) -> str:
    person = signed_in()
    return f"person {person.actor.person_id}" if person is not None else address


def caller() -> Actor:
    """Who calls, as commands and queries know them."""
    known: Caller = request_globals().api_caller
    return known.actor


def reader_locale() -> Locale:
    """The language of texts in answers: the one asked for with a token; with a session the person's own choice."""
    request, known = this_request(), cast("Caller | None", request_globals().get("api_caller"))
    is_asked = (known is None or known.by_token) and _ACCEPT_LANGUAGE in request.environ
    asked = request.accept_languages.best_match(LOCALES) if is_asked else None
    own = known.actor.locale if known is not None else chosen_locale()
    for one in (asked, own, services().settings.locale):
        if one in LOCALES:
            return one
    return LOCALES[0]


@contextmanager
def in_readers_language() -> Iterator[None]:
    """Texts that are made inside are in the reader's language."""
    with force_locale(reader_locale()):
        yield


def unconfirmed_revision() -> int | None:
    """The revision of the company as of which the caller is known, while nobody has looked whether it stands."""
    known: Caller = request_globals().api_caller
    return known.revision


def confirm_caller() -> None:
    """Look who calls as of now. Raises NotIdentified."""
    if unconfirmed_revision() is not None:
        request_globals().api_caller = _by_token(bearer_token(this_request()) or "")


def _by_token(token: str, *, later: bool = False) -> Caller:
    """``later``: as last known is enough. Raises NotIdentified."""
    accounts, at = services().accounts, now()
    known = accounts.last_of_token(token, at) if later else None
    if known is not None:
        return Caller(known[0].actor, by_token=True, revision=known[1])
    account = accounts.of_token(token, at)
    if account is None:
        raise NotIdentified
    seen: ProgramsSeen = this_application().extensions[_PROGRAMS]
    if seen.is_new(hash(token), at.date()):
        program_came(account.actor.person_id, token)
    return Caller(account.actor, by_token=True)


def _by_session() -> Caller:
    person = signed_in()
    if person is None:
        raise NotIdentified
    return Caller(person.actor, by_token=False)
