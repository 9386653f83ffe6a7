"""A private database in memory: the product's own schema and nobody's data, for trying out what leaves no trace."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

from sqlalchemy.orm import Session

from engine.db.schema import migrate
from engine.db.session import Database

_IN_MEMORY = "sqlite://"
_FAST = 1  # zlib's level: an image is mostly empty pages


class Sandbox(Database):
    """A database that lives in this object, for the thread that made it, and can be kept as bytes.

    No listener is told of the effects that are put into its outbox: no worker ever hears of them.
    """

    def __init__(self, image: bytes | None = None) -> None:
        """``image`` is what ``image()`` of another one gave; without one it is new and empty."""
        super().__init__(_IN_MEMORY)
        self._driver().deserialize(zlib.decompress(_empty() if image is None else image))

    @contextmanager
    def write(self) -> Iterator[Session]:
        with super().write() as session:
            yield session
            session.info.pop("after_commit", None)

    def image(self) -> bytes:
        """Everything that is in it now, compressed."""
        return zlib.compress(self._driver().serialize(), _FAST)

    def _driver(self) -> Any:
        return _driver_of(self)


@lru_cache(maxsize=1)
def _empty() -> bytes:
    """The schema as the migrations make it, made once per process."""
    database = Database(_IN_MEMORY)
    try:
        migrate(database)
        return zlib.compress(_driver_of(database).serialize(), _FAST)
    finally:
        database.dispose()


def _driver_of(database: Database) -> Any:
    """The sqlite3 connection: in memory, a thread has one and the same each time."""
    connection = database.engine.raw_connection()
    try:
        return cast("Any", connection.driver_connection)
    finally:
        connection.close()
