"""Who calls: the owner of a bearer token, or the person signed in to the browser; and in which language they read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, Literal, cast

from flask import g, request
from flask_babel import force_locale

from engine.commands.tokens import person_of_token
from engine.errors import N_, DomainError
from engine.policy.permissions import Actor
from engine.queries.actors import actor_of
from webui.i18n import LOCALES, chosen_locale
from webui.request_context import now, reading, services, signed_in

Locale = Literal["uk", "en"]

_SCHEME = "bearer"


class NotIdentified(DomainError):
    """Nobody, or a token that is not valid (any more)."""

    code: ClassVar[str] = "not_identified"
    template: ClassVar[str] = N_("Send a valid token as “Authorization: Bearer TOKEN”, or sign in.")


@dataclass(frozen=True, slots=True)
class Caller:
    actor: Actor
    by_token: bool


def identify() -> None:
    """Find out who calls, before anything else is looked at. Raises NotIdentified.

    A request with an Authorization header stands or falls with it: no cookie speaks for a wrong token.
    """
    g.api_caller = _by_token() if "Authorization" in request.headers else _by_session()


def caller() -> Actor:
    """Who calls, as commands and queries know them."""
    return cast("Caller", g.api_caller).actor


def reader_locale() -> Locale:
    """The language of texts in answers: the one asked for with a token; with a session the person's own choice."""
    known = cast("Caller | None", g.get("api_caller"))
    asked = request.accept_languages.best_match(LOCALES) if request.accept_languages else None
    if known is not None and not known.by_token:
        asked = None
    own = known.actor.locale if known is not None else chosen_locale()
    chosen = next((one for one in (asked, own, services().settings.locale) if one in LOCALES), LOCALES[0])
    return "en" if chosen == "en" else "uk"


@contextmanager
def in_readers_language() -> Iterator[None]:
    """Texts that are made inside are in the reader's language."""
    with force_locale(reader_locale()):
        yield


def _by_token() -> Caller:
    scheme, _, token = request.headers["Authorization"].partition(" ")
    if scheme.lower() != _SCHEME:
        raise NotIdentified
    with reading() as session:
        person = person_of_token(session, token.strip())
        if person is None:
            raise NotIdentified
        return Caller(actor_of(session, person.id, now()), by_token=True)


def _by_session() -> Caller:
    person = signed_in()
    if person is None:
        raise NotIdentified
    return Caller(person.actor, by_token=False)
