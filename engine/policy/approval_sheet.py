"""The approval sheet of a deal: who decided what, on which content, with the whole chain that proves it.

Everything on the sheet is derived from the chain's entries, so that a reader without our database can derive it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from engine.bpmn.compiled import OutcomeKind
from engine.events import (
    DealMoved,
    DealOpened,
    DealVersionMoved,
    MoveUndone,
    StepCompleted,
    VersionMoveUndone,
    kind_of,
)
from engine.policy.history_chain import ChainEntry, moment_text

FORMAT = "reglament-approval-sheet/1"

_STEP_COMPLETED = kind_of(StepCompleted)
_DEAL_OPENED = kind_of(DealOpened)
_MOVED = frozenset({kind_of(DealMoved), kind_of(DealVersionMoved)})
_UNDONE = frozenset({kind_of(MoveUndone), kind_of(VersionMoveUndone)})
_DECISIONS = frozenset({OutcomeKind.APPROVED.value, OutcomeKind.RETURNED.value, OutcomeKind.REJECTED.value})


@dataclass(frozen=True, slots=True)
class ApprovalDecision:
    """One decision. ``number`` and ``entry_hash`` name its entry in the chain.

    ``position`` and ``department`` are as of then. ``on_behalf_of`` is the person substituted, or empty. ``content`` is
    what the person had before them, ``content_hash`` its SHA-256 as the entry holds it.
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
    """``number``, ``title`` and ``client`` are as the deal was opened. ``entries`` is the deal's whole chain."""

    deal: int
    number: str
    title: str
    client: str
    decisions: tuple[ApprovalDecision, ...]
    entries: tuple[ChainEntry, ...]

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

    def as_json(self) -> dict[str, Any]:
        """The sheet as a file: what ``approval_sheet_check.sheet_faults`` verifies without a database."""
        return {
            "format": FORMAT,
            "deal": self.deal,
            "number": self.number,
            "title": self.title,
            "client": self.client,
            "decisions": [decision_json(decision) for decision in self.decisions],
            "entries": [entry_json(entry) for entry in self.entries],
            "head": {"number": self.head_number, "hash": self.head_hash},
        }


def sheet_of(deal: int, entries: Sequence[ChainEntry]) -> ApprovalSheet:
    """The sheet of the deal with id ``deal``, from its chain in order."""
    opened: Mapping[str, Any] = next((entry.data for entry in entries if entry.kind == _DEAL_OPENED), {})
    return ApprovalSheet(
        deal=deal,
        number=opened.get("number", ""),
        title=opened.get("title", ""),
        client=opened.get("client", ""),
        decisions=tuple(_decision(entry) for entry in entries if is_decision(entry)),
        entries=tuple(entries),
    )


def is_decision(entry: ChainEntry) -> bool:
    """Was something approved, returned or rejected here? A way chosen or a plain step done is none."""
    return entry.kind == _STEP_COMPLETED and entry.data.get("outcome") in _DECISIONS


def decision_json(decision: ApprovalDecision) -> dict[str, Any]:
    return {
        "number": decision.number,
        "step": decision.step,
        "approver": decision.approver,
        "position": decision.position,
        "department": decision.department,
        "on_behalf_of": decision.on_behalf_of,
        "outcome": decision.outcome,
        "outcome_label": decision.outcome_label,
        "comment": decision.comment,
        "at": moment_text(decision.at),
        "content": dict(decision.content),
        "content_hash": decision.content_hash,
        "entry_hash": decision.entry_hash,
    }


def entry_json(entry: ChainEntry) -> dict[str, Any]:
    return {
        "deal": entry.deal,
        "number": entry.number,
        "kind": entry.kind,
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "work_item_id": entry.work_item_id,
        "at": moment_text(entry.at),
        "data": dict(entry.data),
        "previous_hash": entry.previous_hash,
        "hash": entry.recorded_hash,
    }


def entry_of(given: Mapping[str, Any]) -> ChainEntry:
    """The entry that ``entry_json`` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    at = datetime.strptime(given["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return ChainEntry(
        deal=_whole(given["deal"]),
        number=_whole(given["number"]),
        kind=given["kind"],
        actor_id=given["actor_id"],
        actor_name=given["actor_name"],
        work_item_id=given["work_item_id"],
        at=at,
        data=dict(given["data"]),
        previous_hash=given["previous_hash"],
        recorded_hash=given["hash"],
    )


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
    )


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("deals and entries are numbered by whole numbers")
    return value
