"""The files of a deal as its page and the panes of its steps list them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for
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


@dataclass(frozen=True, slots=True)
class FileList:
    """``here`` are the files of the step at which the list stands, ``others`` the deal's other files.

    ``url`` is where the list comes from and files are sent to; ``removable`` are the ids of latest versions that the
    reader may take off the lists.
    """

    url: str
    here: tuple[Document, ...]
    others: tuple[Document, ...]
    removed: tuple[Document, ...]
    removable: frozenset[int]
    may_add: bool
    most: int
    accept: str = ACCEPTED

    @property
    def shown(self) -> int:
        return len(self.here) + len(self.others)


def deal_files(session: Session, deal_id: int) -> FileList:
    """Raises NotFound."""
    return _list(session, deal_id, url_for("files.list_of_deal", deal_id=deal_id), None, may_add=True)


def step_files(session: Session, row: WorkItemRow) -> FileList:
    """Of the deal of a step that the reader sees, with what was added at this very step first."""
    url = url_for("files.list_of_step", work_item_id=row.id)
    return _list(session, row.deal_id, url, row.id, may_add=row.state in LIVE)


def _list(session: Session, deal_id: int, url: str, work_item_id: int | None, *, may_add: bool) -> FileList:
    documents = documents_of_deal(session, actor(), deal_id)
    shown = [one for one in documents if not one.is_hidden]
    here = [one for one in shown if work_item_id is not None and one.latest.work_item_id == work_item_id]
    owner_id = session.scalar(select(Deal.owner_id).where(Deal.id == deal_id)) or 0
    removable = {
        one.latest.id
        for one in documents
        if one.latest.erased_at is None and may_hide(actor(), added_by_id=one.latest.added_by_id, owner_id=owner_id)
    }
    return FileList(
        url=url,
        here=tuple(here),
        others=tuple(one for one in shown if one not in here),
        removed=tuple(one for one in documents if one.is_hidden),
        removable=frozenset(removable),
        may_add=may_add,
        most=limits().of_file,
    )
