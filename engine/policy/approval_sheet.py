"""The approval sheet of a deal: who decided what, on which content, with the whole chain that proves it.

Everything on the sheet is derived from the chain's entries, so that a reader without our database can derive it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.bpmn.compiled import OutcomeKind
from engine.events import (
    ApprovalAskedAgain,
    ApprovalKept,
    ApprovalRecalled,
    ApprovalsSpared,
    DealMoved,
    DealOpened,
    DealVersionMoved,
    FileErased,
    MoveUndone,
    SheetIssued,
    SignatureAttached,
    StepCompleted,
    TextsErased,
    VersionMoveUndone,
    kind_of,
)
from engine.policy.history_chain import ChainEntry
from engine.policy.history_signatures import EntrySignature, SigningKey

_STEP_COMPLETED = kind_of(StepCompleted)
_DEAL_OPENED = kind_of(DealOpened)
_ABOUT_APPROVALS = frozenset(
    kind_of(one) for one in (ApprovalKept, ApprovalAskedAgain, ApprovalRecalled, ApprovalsSpared)
)
_ASKED_AGAIN = kind_of(ApprovalAskedAgain)
_TEXTS_ERASED, _FILE_ERASED = kind_of(TextsErased), kind_of(FileErased)
_ISSUED, _ATTACHED = kind_of(SheetIssued), kind_of(SignatureAttached)
_MOVED = frozenset({kind_of(DealMoved), kind_of(DealVersionMoved)})
_UNDONE = frozenset({kind_of(MoveUndone), kind_of(VersionMoveUndone)})
_DECISIONS = frozenset({OutcomeKind.APPROVED.value, OutcomeKind.RETURNED.value, OutcomeKind.REJECTED.value})


@dataclass(frozen=True, slots=True)
class ApprovalDecision:
    """One decision. ``number`` and ``entry_hash`` name its entry in the chain.

    ``position`` and ``department`` are as of then. ``on_behalf_of`` is the person substituted, or empty. ``content`` is
    what the person had before them, ``content_hash`` its SHA-256 as the entry holds it. ``authentication`` is how and
    when the person proved anew who they are, if the map asked for it. ``labels``: see StepCompleted.
    """

    number: int
    step: str
    approver: str
    position: str
    department: str
    on_behalf_of: str
    outcome: str
    outcome_label: str
    comment: str
    at: datetime
    content: Mapping[str, Any]
    content_hash: str
    entry_hash: str
    authentication: Any = None
    labels: Mapping[str, str] = field(default_factory=dict)
    map_version: int | None = None


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Approvals that a person moved the deal past without their being given; ``number`` names the entry."""

    number: int
    approvals: tuple[str, ...]
    to: str
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalSheet:
    """``number``, ``title`` and ``client`` are as the deal was opened. ``entries`` is the deal's whole chain.

    ``signatures`` are by the entry's number: the latest entries wait for theirs for some seconds. ``keys`` are all
    public keys of the company, in the order of their use.
    """

    deal: int
    number: str
    title: str
    client: str
    decisions: tuple[ApprovalDecision, ...]
    entries: tuple[ChainEntry, ...]
    signatures: Mapping[int, EntrySignature] = field(default_factory=dict)
    keys: tuple[SigningKey, ...] = ()

    @property
    def no_longer_counting(self) -> frozenset[int]:
        """The numbers of the decisions that were asked for again, because what they approved had changed."""
        asked = [entry for entry in self.entries if entry.kind == _ASKED_AGAIN]
        return frozenset(
            max((one.number for one in self.decisions if one.number < entry.number and _answers(one, entry)), default=0)
            for entry in asked
        )

    @property
    def passed_over(self) -> tuple[PassedOver, ...]:
        """Moves past approvals that were not taken back, as the chain tells them."""
        moves: list[ChainEntry] = []
        for entry in self.entries:
            if entry.kind in _MOVED:
                moves.append(entry)
            elif entry.kind in _UNDONE and moves:  # only the latest can be undone
                moves.pop()
        return tuple(
            PassedOver(
                number=entry.number,
                approvals=tuple(entry.data["passed_over"]),
                to=str(entry.data.get("to") or ", ".join(dict.fromkeys(entry.data.get("chosen", {}).values()))),
                by=entry.actor_name,
                reason=str(entry.data.get("reason", "")),
                at=entry.at,
            )
            for entry in moves
            if entry.data.get("passed_over")
        )

    @property
    def head_number(self) -> int:
        return self.entries[-1].number if self.entries else 0

    @property
    def head_hash(self) -> str:
        return self.entries[-1].recorded_hash if self.entries else ""

    @property
    def unsigned(self) -> tuple[int, ...]:
        """Numbers of the entries that have no signature (yet)."""
        return tuple(entry.number for entry in self.entries if entry.number not in self.signatures)

    @property
    def issued(self) -> tuple[ChainEntry, ...]:
        """The entries of sealed sheets that were handed out."""
        return tuple(entry for entry in self.entries if entry.kind == _ISSUED)

    @property
    def about_approvals(self) -> tuple[ChainEntry, ...]:
        """What became of approvals beside decisions: kept from a round before, asked again, taken back, passed by."""
        return tuple(entry for entry in self.entries if entry.kind in _ABOUT_APPROVALS)

    @property
    def erasures(self) -> tuple[ChainEntry, ...]:
        """The entries that tell of texts having been erased."""
        return tuple(entry for entry in self.entries if entry.kind == _TEXTS_ERASED)

    @property
    def file_erasures(self) -> tuple[ChainEntry, ...]:
        """The entries that tell of files having been erased."""
        return tuple(entry for entry in self.entries if entry.kind == _FILE_ERASED)

    @property
    def erased_files(self) -> Mapping[int, ChainEntry]:
        """The same entries by the ids of the files' versions."""
        return {one["id"]: entry for entry in self.file_erasures for one in entry.data["versions"]}

    def erased_from(self, number: int) -> tuple[ChainEntry, ...]:
        """The entries that tell of texts having been erased from entry ``number``."""
        return tuple(one for one in self.erasures if number in one.data.get("entries", ()))

    @property
    def opened(self) -> Mapping[str, Any]:
        """What was said of the deal when it was opened."""
        return next((entry.data for entry in self.entries if entry.kind == _DEAL_OPENED), {})

    def attached_to(self, number: int) -> tuple[ChainEntry, ...]:
        """The entries of signatures that were attached to the decision of entry ``number``."""
        return tuple(one for one in self.entries if one.kind == _ATTACHED and one.data.get("decision") == number)


def _answers(decision: ApprovalDecision, asked_again: ChainEntry) -> bool:
    return (decision.step, decision.approver) == (asked_again.data["name"], asked_again.data["by"])


def sheet_of(
    deal: int,
    entries: Sequence[ChainEntry],
    signatures: Mapping[int, EntrySignature] | None = None,
    keys: Sequence[SigningKey] = (),
) -> ApprovalSheet:
    """The sheet of the deal with id ``deal``, from its chain in order."""
    opened: Mapping[str, Any] = next((entry.data for entry in entries if entry.kind == _DEAL_OPENED), {})
    return ApprovalSheet(
        deal=deal,
        number=opened.get("number", ""),
        title=opened.get("title", ""),
        client=opened.get("client", ""),
        decisions=tuple(_decision(entry) for entry in entries if is_decision(entry)),
        entries=tuple(entries),
        signatures=dict(signatures or {}),
        keys=tuple(keys),
    )


def is_decision(entry: ChainEntry) -> bool:
    """Was something approved, returned or rejected here? A way chosen or a plain step done is none."""
    return entry.kind == _STEP_COMPLETED and entry.data.get("outcome") in _DECISIONS


def _decision(entry: ChainEntry) -> ApprovalDecision:
    data = entry.data
    return ApprovalDecision(
        number=entry.number,
        step=data.get("name", ""),
        approver=entry.actor_name,
        position=data.get("position", ""),
        department=data.get("department", ""),
        on_behalf_of=data.get("on_behalf_of", ""),
        outcome=data["outcome"],
        outcome_label=data.get("outcome_label", ""),
        comment=data.get("comment", ""),
        at=entry.at,
        content=data.get("content", {}),
        content_hash=data.get("content_hash", ""),
        entry_hash=entry.recorded_hash,
        authentication=data.get("authentication"),
        labels=data.get("labels") or {},
        map_version=data.get("map_version"),
    )
