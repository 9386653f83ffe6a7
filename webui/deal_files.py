"""Files of deals on their way out: piece by piece, as downloads, pictures alone to be shown."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from flask import Response, url_for
from sqlalchemy.orm import Session

from engine.adapters.picture_view import PictureNotMade, picture_of
from engine.commands.file_erasure import FileIsErased
from engine.errors import NotFound
from engine.policy.file_kinds import Preview
from engine.queries.deal_files import DealFileRow
from engine.queries.stored_files import beginning_of, content_of
from webui.attachments import attachment
from webui.request_context import services

_ALONE = "default-src 'none'; frame-ancestors 'none'; sandbox"
_SHOWN_TEXT = 200_000  # bytes
_LETTERS_OF_CP1251 = re.compile(r"[А-Яа-яІіЇїЄєҐґ]")


def ensure_there(file: DealFileRow) -> None:
    """Raises FileIsErased."""
    if file.erased_at is not None:
        raise FileIsErased(at=file.erased_at, by=file.erased_by)


def as_download(file: DealFileRow) -> Response:
    """The file under its own name, never shown by the browser as a page of ours. Raises FileIsErased."""
    ensure_there(file)
    response = attachment("", file.media_type, file.name)
    return _with_content(response, file)


def as_picture(file: DealFileRow) -> Response:
    """The file for an ``img`` of our pages; opened on its own, it may do nothing.

    Of a kind that browsers do not show a picture is made; one version of a file never changes, so browsers may keep
    it. Raises NotFound, also where none can be made, and FileIsErased.
    """
    ensure_there(file)
    if file.preview is Preview.CONVERTED:
        response = Response(_converted(file), mimetype="image/jpeg")
        response.headers["Content-Disposition"] = "inline"
        response.headers["Cache-Control"] = "private, max-age=86400, immutable"
        return _alone(response)
    if file.preview is not Preview.IMAGE:
        raise NotFound
    response = Response(mimetype=file.media_type)
    response.headers["Content-Disposition"] = "inline"
    return _with_content(response, file)


def _with_content(response: Response, file: DealFileRow) -> Response:
    response.response = content_of(services().database, file.sha256)
    response.content_length = file.size
    return _alone(response)


def _alone(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _ALONE
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _converted(file: DealFileRow) -> bytes:
    """Raises NotFound."""
    try:
        return picture_of(b"".join(content_of(services().database, file.sha256)))
    except PictureNotMade as failure:
        raise NotFound from failure


@dataclass(frozen=True, slots=True)
class ShownText:
    """``cut`` says that the file goes on."""

    text: str
    cut: bool


def shown_text(session: Session, file: DealFileRow) -> ShownText | None:
    """The beginning of a text file; None for what is no text."""
    if file.preview is not Preview.TEXT or file.erased_at is not None:
        return None
    content = beginning_of(session, file.sha256)[:_SHOWN_TEXT]
    return ShownText(_decoded(content), cut=file.size > len(content))


def _decoded(content: bytes) -> str:
    """In the encoding that it seems to have: marked, UTF-8, or what Windows wrote here for decades."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    content = content.removeprefix(codecs.BOM_UTF8)  # before anything is counted
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        cut_letter = error.start >= len(content) - 3
        if cut_letter:
            return content[: error.start].decode()
    old = content.decode("cp1251", "replace")
    return old if _LETTERS_OF_CP1251.search(old) else content.decode("latin-1")


def file_address(file_id: int) -> str:
    """The page on which a file is looked at."""
    return url_for("files.show", file_id=file_id)
