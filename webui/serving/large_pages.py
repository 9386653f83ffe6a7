"""The program's memory in large pages, where Linux has them.

A request runs through so much of the program that the processor finds few of its small pages in its own table of them:
looking them up took some 5 % of a completed step.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from pathlib import Path

_SETTINGS = Path("/sys/kernel/mm/transparent_hugepage")
_OURS = Path("/proc/self/maps")
_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25  # linux/mman.h; the second is known since Linux 6.1


def use_large_pages() -> None:
    """Put what this process holds by now into large pages.

    It takes a tenth of a second. What the system refuses stays as it is; where its administrator wants no large pages,
    nothing is asked.
    """
    size = _size_of_a_large_page()
    if size is None:
        return
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in list(_own_memory()):
        first, last = -(-start // size) * size, end // size * size
        if first < last:
            advise(first, last - first, _MADV_HUGEPAGE)
            for page in range(first, last, size):
                advise(page, size, _MADV_COLLAPSE)


def _size_of_a_large_page() -> int | None:
    """In bytes; None where there are none, or none are wanted."""
    try:
        if sys.platform != "linux" or "[never]" in (_SETTINGS / "enabled").read_text():
            return None
        return int((_SETTINGS / "hpage_pmd_size").read_text())
    except OSError:
        return None


def _own_memory() -> Iterator[tuple[int, int]]:
    """Where what no file backs begins and ends: the heap, and what was taken beside it."""
    for line in _OURS.read_text().splitlines():
        addresses, rights, _, _, _, *name = line.split(maxsplit=5)
        if rights == "rw-p" and name in ([], ["[heap]"]):
            start, _, end = addresses.partition("-")
            yield int(start, 16), int(end, 16)
