"""A change that a page's form asks for: it is made and told where it leads to, or shown again with its fault."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

import orjson
from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.commands.idempotency import already_performed, remember
from engine.errors import DomainError, NotFound
from webui.command_keys import sent_command_id
from webui.request_context import actor, now, writing

T = TypeVar("T")

_NEVER_TOLD = frozenset({"csrf_token", "command_id", "password", "present", "proof_password", "proof_code"})


def carry_out(
    command: Callable[[Session], T],
    told: str | Callable[[T], str],
    *,
    refused: Callable[[DomainError], ResponseReturnValue],
    shown_at: str,
) -> ResponseReturnValue:
    """``told`` is what is said of it at the address ``shown_at``, or how that is made of the result; empty is nothing.

    ``refused`` makes the page of a change that is not possible. Raises NotFound: then there is no such page, either.
    """
    try:
        with writing() as session:
            done = command(session)
    except NotFound:
        raise
    except DomainError as error:
        return refused(error)
    said = told if isinstance(told, str) else told(done)
    if said:
        flash(said, "success")
    return redirect(shown_at, code=303)


def made_once(make: Callable[[Session], int], **more: str) -> Callable[[Session], int]:
    """``make``, which adds what this request's form asks for and returns its id, once however often it is pressed.

    The same form sent again is answered with that id. A form that somebody has come back to and filled in anew is
    another one, also by what it holds beside texts: ``more``.
    """
    sent, by, at = sent_command_id(), actor(), now()
    typed = {name: texts for name, texts in request.form.lists() if name not in _NEVER_TOLD}
    filled_in = orjson.dumps([typed, request.view_args, more], option=orjson.OPT_SORT_KEYS)
    key = f"{sent}:{sha256(filled_in).hexdigest()}" if sent else None

    def once(session: Session) -> int:
        done = already_performed(session, key, f"form {request.endpoint}", {}, actor=by, at=at)
        if done is not None:
            return int(done["id"])
        made = make(session)
        remember(session, key, {"id": made}, actor=by)
        return made

    return once
