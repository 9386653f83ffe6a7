"""Files that come with a request: how much of them is read at all, and keeping what they hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO, cast

from flask import Flask
from werkzeug.datastructures import FileStorage

from engine.commands.stored_files import BroughtFile, bring_file
from engine.errors import N_, DomainError, FieldRequired, InvalidInput
from engine.policy.file_kinds import FileRefused
from engine.policy.file_limits import MEGABYTE, FileLimits, limits_of
from webui.request_context import services
from webui.this_request import this_request

FILES_AT_ONCE = 4
"""So many of the largest files fit into one request. Our pages send them one by one."""
_TAKE_FILES = frozenset(
    {
        "files.add_to_deal",
        "files.add_to_step",
        "deals.comment",
        "deal_letters.send",
        "work_items.comment",
        "api.add_deal_files",
        "api.add_work_item_files",
        "api.add_deal_comment",
        "api.add_work_item_comment",
    }
)


def configure_uploads(app: Flask) -> None:
    """Before anything of a request's body is read."""
    app.before_request(_allow_files)


def _allow_files() -> None:
    asked = this_request()
    if asked.endpoint in _TAKE_FILES:
        asked.max_content_length = limits().of_file * FILES_AT_ONCE + MEGABYTE


def limits() -> FileLimits:
    return limits_of(services().settings)


def brought(files: Iterable[FileStorage], field: str = "file", *, required: bool = True) -> list[BroughtFile]:
    """Keep the contents of the files that were chosen; of one that cannot be taken, none is.

    Whoever calls has made sure that the person may add files. Raises InvalidInput with the fault at ``field``.
    """
    chosen = [one for one in files if one.filename]
    if required and not chosen:
        raise InvalidInput({field: FieldRequired(label=N_("File"))})
    kept = []
    for one in chosen:
        try:
            stream = cast("BinaryIO", one.stream)
            kept.append(
                bring_file(services().database, one.filename or "", stream, limits=limits(), clock=services().clock)
            )
        except FileRefused as refused:
            raise InvalidInput({field: refused}) from refused
    return kept


def told_fault(error: DomainError) -> DomainError:
    """The one fault that a person has to hear of where no field stands beside it."""
    return next(iter(error.errors.values()), error) if isinstance(error, InvalidInput) else error
