"""Bodies of requests that the server has read to their end before the application is asked."""

from __future__ import annotations

from io import BytesIO
from typing import IO

from flask import Request
from werkzeug.utils import cached_property


class WholeBody(BytesIO):
    """As many bytes as the request told, not one less; fewer than any limit of the application."""


class WholeBodyRequest(Request):
    """Flask's, which measures what comes of a body while it is read. Of a whole one nothing is left to measure."""

    @cached_property
    def stream(self) -> IO[bytes]:
        """Whole bodies are read as they are."""
        body = self.environ["wsgi.input"]
        return body if isinstance(body, WholeBody) else super().stream
