"""The files of a deal over HTTP."""

from __future__ import annotations

from flask import Response

from engine.queries.deal_files import file_of_deal, files_of_deal
from webui.api.answers import answer
from webui.api.blueprint import api
from webui.api.caller import caller
from webui.api.models.deal_files import DealFileItem, DealFileList, DealFilePath
from webui.api.models.deals import DealPath
from webui.api.tags import DEALS
from webui.deal_files import as_download
from webui.request_context import reading

_ANY_FILE = {
    "description": "The file, byte for byte.",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}


@api.get("/deals/<int:deal_id>/files", tags=[DEALS], responses={200: DealFileList})
def list_deal_files(path: DealPath) -> Response:
    """Every version of every file of the deal, the latest first."""
    with reading() as session:
        rows = files_of_deal(session, caller(), path.deal_id)
    items = tuple(
        DealFileItem(
            id=row.id,
            name=row.name,
            version=row.version,
            media_type=row.media_type,
            size=row.size,
            sha256=row.sha256,
            step=row.step,
            added_by=row.added_by,
            added_at=row.added_at,
        )
        for row in rows
    )
    return answer(DealFileList(items=items, next_cursor=None, total=len(items)))


@api.get("/deals/<int:deal_id>/files/<int:file_id>/content", tags=[DEALS], responses={200: _ANY_FILE})
def download_deal_file(path: DealFilePath) -> Response:
    """One version of a file, always as a download."""
    with reading() as session:
        file = file_of_deal(session, caller(), path.deal_id, path.file_id)
    return as_download(file)
