"""Proofs of who one is that come with a decision or a change of one's own access: looked at here, kept nowhere.

Wrong guesses are limited in number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from werkzeug.exceptions import TooManyRequests

from engine.adapters.sealing import Sealer, installation_key
from engine.bpmn.compiled import Reauthentication
from engine.commands.authenticators import prove, prove_code
from engine.errors import N_, DomainError, FieldRequired, InvalidInput
from engine.model.person import Person
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor
from engine.policy.reauthentication import (
    NoPassword,
    Reauthenticated,
    ReauthenticationFailed,
    TooManyTries,
)
from webui.limits import counted_first
from webui.provider_proofs import holds_proof, use_held_proof
from webui.request_context import reading, services

T = TypeVar("T")

PASSWORD, CODE = "proof_password", "proof_code"  # names of fields
"""Fields of a page that decides. A field of a map has a prefix before its name: none can be called so."""
PRESENT = "present"
"""The field of the present password on a page by which somebody changes their own access."""
_TRIES = 10


def proof_in(form: Mapping[str, str], actor: Actor, work_item_ids: Sequence[int]) -> Reauthenticated | None:
    """The proof that a page sends along, or that the session holds for this one step. Raises as ``proof_given``."""
    if len(work_item_ids) == 1 and not form.get(PASSWORD):
        proof = _proof_by_provider(form.get(CODE, "").strip(), actor, work_item_ids[0])
        if proof is not None:
            return proof
    return proof_given(form.get(PASSWORD, ""), form.get(CODE, ""), actor, work_item_ids)


def proof_given(password: str, code: str, actor: Actor, work_item_ids: Sequence[int]) -> Reauthenticated | None:
    """None where nothing is given, or where none of the steps waits any more: a code is not used up for nothing.

    Raises ReauthenticationFailed, and TooManyTries when the person has failed too often.
    """
    if not password or not _one_waits(work_item_ids):
        return None
    return _limited(actor, lambda: _password_proved(password, code, actor))


class PasswordWrong(DomainError):
    code = "password_wrong"
    template = N_("This is not your present password.")


def own_proof(form: Mapping[str, str], actor: Actor) -> Reauthenticated:
    """That who changes their own access is no passer-by at an open session: by the password, or by the provider.

    Raises InvalidInput for the field PRESENT.
    """
    password = form.get(PRESENT, "")
    given = None if password else use_held_proof(None)
    if given is not None:
        return Reauthenticated(actor.person_id, Reauthentication.PASSWORD, given, by="provider")
    if not password:  # no guess: it is not counted as one
        missing = FieldRequired(label=N_("Present password")) if _has_password(actor) else NoPassword("password")
        raise InvalidInput({PRESENT: missing})
    try:
        return _limited(actor, lambda: _password_proved(password, "", actor))
    except (NoPassword, TooManyTries) as error:
        raise InvalidInput({PRESENT: error}) from None
    except ReauthenticationFailed:
        raise InvalidInput({PRESENT: PasswordWrong()}) from None


def _limited(actor: Actor, proved: Callable[[], T]) -> T:
    """What ``proved`` gives; only wrong guesses are counted. Raises TooManyTries, and what ``proved`` raises."""
    try:
        with counted_first(_TRIES, f"proof:{actor.person_id}") as take_back:
            try:
                proof = proved()
            except ReauthenticationFailed:
                raise
            except BaseException:
                take_back()  # whatever went wrong, it was no wrong guess
                raise
            take_back()
            return proof
    except TooManyRequests:
        raise TooManyTries("password") from None


def _proof_by_provider(code: str, actor: Actor, work_item_id: int) -> Reauthenticated | None:
    """A code that is typed as well is looked at first: a wrong one does not cost the way to the provider again."""
    if not holds_proof(work_item_id) or not _one_waits([work_item_id]):
        return None
    by = _limited(actor, lambda: _code_used(code, actor)) if code else ""
    at = use_held_proof(work_item_id)
    if at is None:
        return None
    if not by:
        return Reauthenticated(actor.person_id, Reauthentication.PASSWORD, at, by="provider")
    return Reauthenticated(actor.person_id, Reauthentication.CODE, at, by=f"provider, {by}")


def _code_used(code: str, actor: Actor) -> str:
    sealer = Sealer(installation_key(services().settings))
    return prove_code(services().database, code, open_=sealer.open, actor=actor, clock=services().clock)


def _password_proved(password: str, code: str, actor: Actor) -> Reauthenticated:
    sealer = Sealer(installation_key(services().settings))
    return prove(services().database, password, code, open_=sealer.open, actor=actor, clock=services().clock)


def _has_password(actor: Actor) -> bool:
    with reading() as session:
        return session.get_one(Person, actor.person_id).password_hash is not None


def _one_waits(work_item_ids: Sequence[int]) -> bool:
    with reading() as session:
        items = (session.get(WorkItem, one) for one in work_item_ids)
        return any(item is not None and item.is_live for item in items)
