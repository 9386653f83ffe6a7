"""The files of a deal as its page and the panes of its steps list them: the last added, and all where one asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.commands.deal_files import may_hide
from engine.model.deal import Deal
from engine.model.work_item import LIVE
from engine.policy.file_kinds import ENDINGS
from engine.queries.deal_files import Document, documents_of_deal
from engine.queries.work_item_rows import WorkItemRow
from webui.file_uploads import limits
from webui.request_context import actor

ACCEPTED = ",".join(f".{ending}" for ending in ENDINGS)
"""For the browser's own dialogue; what is really taken, the server decides."""

FIRST_SHOWN = 30
"""Of each part of the list, until somebody asks for all: a page with 500 files is ten times as heavy as one without."""


ALL = "all"
"""The value of ``files`` in the address of a page that shows all of them."""


@dataclass(frozen=True, slots=True)
class FileList:
    """``here`` are the files of the step at which the list stands, ``others`` the deal's other files.

    ``url`` is where the list comes from and files are sent to, ``again_url`` where it comes from as it is shown now;
    ``all_url`` is where all files are, None where none is left out; ``asked`` is `ALL` where all were asked for.
    ``count`` is of all files on the list, ``removed_count`` of those taken off it. ``removable`` are the ids of latest
    versions that the reader may take off the lists.
    """

    url: str
    again_url: str
    all_url: str | None
    asked: str | None
    here: tuple[Document, ...]
    others: tuple[Document, ...]
    removed: tuple[Document, ...]
    count: int
    removed_count: int
    removable: frozenset[int]
    may_add: bool
    most: int
    accept: str = ACCEPTED


def deal_files(session: Session, deal_id: int) -> FileList:
    """Raises NotFound."""
    return _list(session, deal_id, url_for("files.list_of_deal", deal_id=deal_id), None, may_add=True)


def step_files(session: Session, row: WorkItemRow) -> FileList:
    """Of the deal of a step that the reader sees, with what was added at this very step first."""
    url = url_for("files.list_of_step", work_item_id=row.id)
    return _list(session, row.deal_id, url, row.id, may_add=row.state in LIVE)


def _list(session: Session, deal_id: int, url: str, work_item_id: int | None, *, may_add: bool) -> FileList:
    documents = documents_of_deal(session, actor(), deal_id)
    shown, removed = _parted(documents, lambda one: not one.is_hidden)
    here, others = _parted(shown, lambda one: work_item_id is not None and one.latest.work_item_id == work_item_id)
    asked = ALL if request.args.get("files") == ALL else None
    most = len(documents) if asked else FIRST_SHOWN
    is_cut = any(len(part) > most for part in (here, others, removed))
    whole = f"{url}?files={ALL}"
    owner_id = session.scalar(select(Deal.owner_id).where(Deal.id == deal_id)) or 0
    removable = {
        one.latest.id
        for one in documents
        if one.latest.erased_at is None and may_hide(actor(), added_by_id=one.latest.added_by_id, owner_id=owner_id)
    }
    return FileList(
        url=url,
        again_url=whole if asked else url,
        all_url=whole if is_cut else None,
        asked=asked,
        here=tuple(here[:most]),
        others=tuple(others[:most]),
        removed=tuple(removed[:most]),
        count=len(shown),
        removed_count=len(removed),
        removable=frozenset(removable),
        may_add=may_add,
        most=limits().of_file,
    )


def _parted(
    documents: Iterable[Document], belongs: Callable[[Document], bool]
) -> tuple[list[Document], list[Document]]:
    """Those that belong, and the rest, each in their order."""
    parts: tuple[list[Document], list[Document]] = ([], [])
    for one in documents:
        parts[not belongs(one)].append(one)
    return parts
