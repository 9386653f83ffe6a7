"""A company that is the same again after everything that is tried in it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from engine.db.session import Database


class KeptSqlite:
    """The SQLite database as it stands now, for as often as it is wanted again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file = Path(str(database.engine.url.database))
        database.dispose()
        self._kept = shutil.copy(self._file, self._file.with_suffix(".kept"))
        self._watch()

    def restore(self) -> None:
        """Bring it back; where nobody has written anything since, it is there."""
        if self._version() == self._seen:
            return
        self._database.dispose()
        self.close()
        for journal in (f"{self._file}-wal", f"{self._file}-shm"):
            Path(journal).unlink(missing_ok=True)
        shutil.copy(self._kept, self._file)
        self._watch()

    def close(self) -> None:
        self._watching.close()

    def _watch(self) -> None:
        self._watching = sqlite3.connect(self._file)
        self._seen = self._version()

    def _version(self) -> int:
        """Another one for this connection as soon as any other one has committed a change."""
        found: tuple[int] = self._watching.execute("PRAGMA data_version").fetchone()
        return found[0]
