"""Proofs of who one is that come with a decision: looked at here, limited in number, and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from werkzeug.exceptions import TooManyRequests

from engine.adapters.sealing import Sealer, installation_key
from engine.commands.authenticators import prove
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor
from engine.policy.reauthentication import Reauthenticated, ReauthenticationFailed, TooManyTries
from webui.limits import counted_first
from webui.request_context import reading, services

PASSWORD, CODE = "proof_password", "proof_code"  # names of fields
"""Fields of a page. A field of a map has a prefix before its name: none can be called so."""
_TRIES = 10


def proof_in(form: Mapping[str, str], actor: Actor, work_item_ids: Sequence[int]) -> Reauthenticated | None:
    """The proof that a page sends along. Raises as ``proof_given``."""
    return proof_given(form.get(PASSWORD, ""), form.get(CODE, ""), actor, work_item_ids)


def proof_given(password: str, code: str, actor: Actor, work_item_ids: Sequence[int]) -> Reauthenticated | None:
    """None where nothing is given, or where none of the steps waits any more: a code is not used up for nothing.

    Raises ReauthenticationFailed, and TooManyTries when the person has failed too often.
    """
    if not password or not _one_waits(work_item_ids):
        return None
    try:
        with counted_first(_TRIES, f"proof:{actor.person_id}") as take_back:
            return _proved(password, code, actor, take_back)
    except TooManyRequests:
        raise TooManyTries("password") from None


def _proved(password: str, code: str, actor: Actor, take_back: Callable[[], object]) -> Reauthenticated:
    try:
        sealer = Sealer(installation_key(services().settings))
        proof = prove(services().database, password, code, open_=sealer.open, actor=actor, clock=services().clock)
    except ReauthenticationFailed:
        raise
    except BaseException:
        take_back()  # whatever went wrong, it was no wrong guess
        raise
    take_back()
    return proof


def _one_waits(work_item_ids: Sequence[int]) -> bool:
    with reading() as session:
        items = (session.get(WorkItem, one) for one in work_item_ids)
        return any(item is not None and item.is_live for item in items)
