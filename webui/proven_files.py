"""Which kind of approval sheet a file is, and whether it is whole."""

from __future__ import annotations

from engine.policy.approval_sheet_check import SheetVerdict, file_verdict


class NoSheet(ValueError):
    """Neither JSON nor a page nor paper of ours."""


def proven_file(content: bytes) -> SheetVerdict:
    """The verdict on a file, whatever its name. Raises NoSheet."""
    if content.lstrip()[:1] != b"{":
        raise NoSheet
    return file_verdict(content)
