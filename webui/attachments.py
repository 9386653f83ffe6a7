"""Answers that a browser keeps as a file, under a name in any letters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from flask import Response

_NOT_PLAIN = re.compile(r'[^ -~]|["\\]')


def attachment(content: bytes | str | Iterable[bytes], media_type: str, name: str) -> Response:
    """A download. Headers carry ASCII: the name stands there once for old programs, and once percent-encoded."""
    plain = _NOT_PLAIN.sub("_", name)
    names = f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, mimetype=media_type, headers={"Content-Disposition": f"attachment; {names}"})
