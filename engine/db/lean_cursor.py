"""psycopg's cursor, with column descriptions of only what SQLAlchemy asks for: it asks for them with every SELECT.

psycopg looks up the type and the size of each column of each answer, which nobody reads. With seventy columns that
costs more than the fetching of a row.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.pq import ExecStatus

_ROWS = (ExecStatus.TUPLES_OK, ExecStatus.SINGLE_TUPLE, ExecStatus.TUPLES_CHUNK)


class LeanCursor(psycopg.Cursor[Any]):
    """``description`` has DB-API's shape: name and type, and None for the rest."""

    @property
    def description(self) -> Any:
        found = self.pgresult
        if found is None or not (found.nfields or found.status in _ROWS):
            return None
        encoding = self.connection.info.encoding
        return [
            ((found.fname(index) or b"").decode(encoding), found.ftype(index), None, None, None, None, None)
            for index in range(found.nfields)
        ]
