"""A checkpoint: what the whole history was at one moment, in one signed line that is kept outside.

Whoever holds it can tell later whether anything that was recorded before has been changed, even by somebody who has the
database and the key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from engine.policy.history_chain import canonical_json, moment_text
from engine.policy.history_signatures import key_id_of, signature_fits

FORMAT = "reglament-history-checkpoint/1"
_DOMAIN = b"reglament-history-checkpoint-1\x00"


class NoCheckpoint(ValueError):
    """The file does not hold a checkpoint, or its signature does not fit."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """``root`` is the Merkle root over the first ``size`` statements, ``head`` the hash of the last of them."""

    size: int
    root: str
    head: str
    at: datetime
    public_key: str
    signature: str = ""

    def statement(self) -> bytes:
        """What ``signature`` signs."""
        return _DOMAIN + canonical_json(self._told())

    def as_bytes(self) -> bytes:
        """The file that is published: one line of JSON."""
        return canonical_json(self._told() | {"signature": self.signature}) + b"\n"

    def _told(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "size": self.size,
            "root": self.root,
            "head": self.head,
            "at": moment_text(self.at),
            "key": key_id_of(self.public_key),
            "public_key": self.public_key,
        }


def checkpoint_of(content: bytes) -> Checkpoint:
    """Read what ``as_bytes`` wrote. Raises NoCheckpoint."""
    try:
        given: Mapping[str, Any] = json.loads(content)
        checkpoint = Checkpoint(
            size=int(given["size"]),
            root=str(given["root"]),
            head=str(given["head"]),
            at=datetime.strptime(given["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC),
            public_key=str(given["public_key"]),
            signature=str(given["signature"]),
        )
        is_ours = checkpoint.as_bytes().strip() == canonical_json(given)
    except (KeyError, TypeError, ValueError, RecursionError):
        raise NoCheckpoint from None
    if not is_ours or not signature_fits(checkpoint.public_key, checkpoint.statement(), checkpoint.signature):
        raise NoCheckpoint
    return checkpoint
