"""What was read from a file, kept in memory: of the same bytes it is always the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from threading import Lock
from typing import TypeVar

T = TypeVar("T")

_KEPT = 64
"""Files, of each reading; what is kept of a file is smaller than the file."""


def kept_by_content(read: Callable[[bytes], T]) -> Callable[[bytes], T]:
    """``read``, which gives something that nobody changes, asked once for each of the latest files.

    A page of a map reads its files with every request, and checking that they are harmless takes longer than the page.
    """
    lock = Lock()
    kept: OrderedDict[bytes, T] = OrderedDict()

    @wraps(read)
    def reading(content: bytes) -> T:
        key = sha256(content).digest()
        with lock:
            if key in kept:
                kept.move_to_end(key)
                return kept[key]
        found = read(content)
        with lock:
            kept[key] = found
            while len(kept) > _KEPT:
                kept.popitem(last=False)
        return found

    return reading
