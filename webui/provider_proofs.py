"""Confirming through the provider of the company's accounts who one is: offered, held by the session, used once.

A proof serves the decision of one step, or, where there is no step, one change of one's own access.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import g, session, url_for
from sqlalchemy.orm import Session

from engine.commands.provider_proofs import (
    HeldProof,
    give_back_provider_proof,
    keep_provider_proof,
    proved_at,
    use_provider_proof,
)
from engine.model.person import Person
from engine.policy.company_sign_in import CompanySignIn
from engine.policy.reauthentication import VALID_FOR
from engine.queries.linked_accounts import account_of_person
from webui.request_context import actor, now, services, signed_in, writing

_HELD = "provider_proofs"
_MOST_HELD = 3
_USED = "used_provider_proof"


@dataclass(frozen=True, slots=True)
class ProviderOffer:
    """``address`` is where a click leads off to the provider; ``until``: confirmed already, for what is done by then.

    ``has_password``: the person may type their password as well.
    """

    provider: CompanySignIn
    address: str
    until: datetime | None
    has_password: bool


def provider_offer(database_session: Session, work_item_id: int | None, following: str) -> ProviderOffer | None:
    """For who signs in by an account of the company. ``following`` is the page of ours to come back to."""
    provider = services().provider
    if provider is None or account_of_person(database_session, actor().person_id, provider.given.issuer) is None:
        return None
    held = _held(work_item_id)
    given = proved_at(database_session, held, actor=actor(), at=now()) if held is not None else None
    endpoint = "company_sign_in.confirm" if work_item_id is not None else "company_sign_in.confirm_own"
    address = url_for(endpoint, work_item_id=work_item_id, next=following)
    has_password = database_session.get_one(Person, actor().person_id).password_hash is not None
    return ProviderOffer(provider.given, address, given + VALID_FOR if given is not None else None, has_password)


def hold_proof(work_item_id: int | None) -> None:
    """Who asks has just signed in anew at the provider: this session may decide the step by it, or change access."""
    person = signed_in()
    stamp = person.stamp if person is not None else ""
    with writing() as database_session:
        token = keep_provider_proof(database_session, work_item_id, stamp, actor=actor(), clock=services().clock)
    others = [one for one in session.get(_HELD, ()) if one[0] != work_item_id]
    session[_HELD] = [*others, [work_item_id, token]][-_MOST_HELD:]


def holds_proof(work_item_id: int | None) -> bool:
    """Whether the session holds a proof for that, be it over or not."""
    return _held(work_item_id) is not None


def use_held_proof(work_item_id: int | None) -> datetime | None:
    """When the proof was given that is used up herewith; None where the session holds none that serves."""
    held = _held(work_item_id)
    if held is None:
        return None
    with writing() as database_session:
        given = use_provider_proof(database_session, held, actor=actor(), clock=services().clock)
    if given is not None:
        g.setdefault(_USED, held)
    return given


def give_back_used_proof() -> None:
    """What this request wanted to decide was refused: the proof serves the next try."""
    held = g.pop(_USED, None)
    if held is not None:
        with writing() as database_session:
            give_back_provider_proof(database_session, held, actor=actor())


def _held(work_item_id: int | None) -> HeldProof | None:
    person = signed_in()
    token = next((one[1] for one in session.get(_HELD, ()) if one[0] == work_item_id), None)
    return HeldProof(token, work_item_id, person.stamp) if token is not None and person is not None else None
