"""Files of deals on their way out: always as downloads, whatever is in them."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response

from engine.queries.deal_files import DealFileRow


def as_download(file: DealFileRow, content: bytes) -> Response:
    """The file under its own name, never shown by the browser as a page of ours."""
    response = Response(content, mimetype=file.media_type)
    plain = file.name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
    response.headers["Content-Disposition"] = disposition
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
