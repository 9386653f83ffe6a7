"""Issuing sealed approval sheets, and attaching signatures made elsewhere to the decisions on them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.commands.locks import lock_deal
from engine.errors import N_, Conflict, DomainError, NotAllowed, NotFound
from engine.events import SheetIssued, SignatureAttached
from engine.model.deal import Deal
from engine.model.proof_file import ProofFile
from engine.policy.approval_sheet import is_decision
from engine.policy.attached_signatures import SIZE_LIMIT, covered, read_signature
from engine.policy.file_names import uploaded_name
from engine.policy.history_chain import ChainEntry
from engine.policy.permissions import Ability, Actor, may
from engine.queries.approval_sheets import proof_content, whole_sheet


class SheetChanged(Conflict):
    """Something was recorded while the sheet was being drawn."""

    code: ClassVar[str] = "sheet_changed"
    template: ClassVar[str] = N_("Something has just happened in the deal. Ask for the sheet once more.")


class NotYourDecision(NotAllowed):
    code: ClassVar[str] = "not_your_decision"
    template: ClassVar[str] = N_(
        "Only who decided, the deal's owner and those who direct the work may attach a signature."
    )


class SignatureTooLarge(DomainError):
    code: ClassVar[str] = "signature_too_large"
    template: ClassVar[str] = N_("A signature file has at most 1 MB.")


@dataclass(frozen=True, slots=True)
class DrawnSheet:
    """A sealed PDF. ``number`` and ``entry_hash`` are those of the deal's last entry when it was drawn."""

    pdf: bytes
    locale: str
    number: int
    entry_hash: str
    decisions: int
    certificate: str


def issue_sheet(session: Session, deal_id: int, drawn: DrawnSheet, *, actor: Actor, clock: Clock) -> str:
    """Keep a drawn sheet and log its hash; the SHA-256 in hex. Raises NotFound, SheetChanged."""
    deal, _instance = lock_deal(session, deal_id, actor)
    if (deal.history_length, deal.history_hash) != (drawn.number, drawn.entry_hash):
        raise SheetChanged
    sha256 = _keep(session, drawn.pdf)
    event = SheetIssued(
        number=drawn.number,
        entry_hash=drawn.entry_hash,
        locale=drawn.locale,
        sha256=sha256,
        size=len(drawn.pdf),
        decisions=drawn.decisions,
        certificate=drawn.certificate,
    )
    record(session, event, actor=actor, at=clock.now(), deal=deal)
    return sha256


def attach_signature(
    session: Session, deal_id: int, number: int, name: str, content: bytes, *, actor: Actor, clock: Clock
) -> None:
    """Attach a file with a signature to the decision of entry ``number``; the same file once only.

    Raises NotFound, NotYourDecision, SignatureTooLarge, NoSignatureInFile.
    """
    deal, _instance = lock_deal(session, deal_id, actor)
    sheet = whole_sheet(session, deal_id)
    decision = next((one for one in sheet.entries if one.number == number and is_decision(one)), None)
    if decision is None:
        raise NotFound
    _ensure_may_attach(actor, deal, decision)
    if len(content) > SIZE_LIMIT:
        raise SignatureTooLarge(field="file")
    sha256 = hashlib.sha256(content).hexdigest()
    if any(one.data.get("sha256") == sha256 for one in sheet.attached_to(number)):
        return
    signature = read_signature(content)
    issued = {str(one.data["sha256"]) for one in sheet.issued}
    event = SignatureAttached(
        decision=number,
        step=str(decision.data.get("name", "")),
        name=uploaded_name(name),
        sha256=_keep(session, content),
        size=len(content),
        signer=signature.signer,
        issuer=signature.issuer,
        signed_at=signature.signed_at.isoformat() if signature.signed_at is not None else "",
        covers=covered(signature, [(one, partial(proof_content, session, one)) for one in sorted(issued)]),
    )
    record(session, event, actor=actor, at=clock.now(), deal=deal, work_item_id=decision.work_item_id)


def may_attach(actor: Actor, owner_id: int, decision: ChainEntry) -> bool:
    """May the actor add a signature to this decision on a deal that they see?"""
    return actor.person_id in {decision.actor_id, owner_id} or may(actor, Ability.DIRECT_WORK)


def _ensure_may_attach(actor: Actor, deal: Deal, decision: ChainEntry) -> None:
    if not may_attach(actor, deal.owner_id, decision):
        raise NotYourDecision


def _keep(session: Session, content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(ProofFile).values(sha256=sha256, content=content).on_conflict_do_nothing())
    return sha256
