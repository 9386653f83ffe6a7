"""Files of deals on their way out: always as downloads, whatever is in them."""

from __future__ import annotations

from flask import Response

from engine.queries.deal_files import DealFileRow
from webui.attachments import attachment


def as_download(file: DealFileRow, content: bytes) -> Response:
    """The file under its own name, never shown by the browser as a page of ours."""
    response = attachment(content, file.media_type, file.name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
