"""The root over all statements of the history: one hash that stands for every entry, as RFC 6962 section 2.1 has it.

Adding leaves needs only the roots of the full subtrees so far, at most one per power of two: a day's checkpoint reads
what the day added, however long the history is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_NODE = b"\x01"


@dataclass(frozen=True, slots=True)
class Frontier:
    """``size`` leaves so far; ``peaks`` are the roots of their full subtrees in hex, the largest first."""

    size: int = 0
    peaks: tuple[str, ...] = ()

    def grown(self, leaves: Iterable[str]) -> Frontier:
        """With more leaves, hashes in hex, to the right."""
        size, peaks = self.size, list(self.peaks)
        for leaf in leaves:
            size, height, node = size + 1, size, leaf
            while height & 1:  # an odd number of subtrees of this height: two become one
                node = node_hash(peaks.pop(), node)
                height >>= 1
            peaks.append(node)
        return Frontier(size, tuple(peaks))

    @property
    def root(self) -> str:
        """In hex; that of no leaves is the hash of nothing."""
        return _folded(self.peaks) if self.peaks else hashlib.sha256(b"").hexdigest()


def node_hash(left: str, right: str) -> str:
    return hashlib.sha256(_NODE + bytes.fromhex(left) + bytes.fromhex(right)).hexdigest()


def _folded(peaks: Sequence[str]) -> str:
    *rest, root = peaks
    for peak in reversed(rest):
        root = node_hash(peak, root)
    return root
