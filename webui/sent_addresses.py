"""Addresses that stand in the headers of a request: whoever sends it may have written anything there."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit


def address_parts(address: str | None) -> SplitResult:
    """The parts of ``address``; all of them are empty where it is none."""
    try:
        return urlsplit(address or "")
    except ValueError:
        return urlsplit("")
