"""A change that a page's form asks for: it is made and told where it leads to, or shown again with its fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from engine.errors import DomainError, NotFound
from webui.request_context import writing

T = TypeVar("T")


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
