"""What the client says to PostgreSQL, message by message, as its own library traces it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import event

from engine.db.session import Database


@dataclass(frozen=True, slots=True)
class Said:
    """``trips``: how often the client waited for an answer. ``statements``: with BEGIN and COMMIT."""

    trips: int
    statements: int


@dataclass
class Wire:
    """Listens to the connections that ``database`` opens from now on."""

    database: Database
    file: Path
    _traced: list[TextIO] = field(default_factory=list)

    def __post_init__(self) -> None:
        event.listen(self.database.engine, "connect", self._trace)

    def close(self) -> None:
        for handle in self._traced:
            handle.close()

    @contextmanager
    def heard(self) -> Iterator[list[Said]]:
        """What is said meanwhile, as the one member of the list at the end."""
        before = self._messages()
        heard: list[Said] = []
        yield heard
        said = self._messages() - before
        # A simple Query and a Sync each end with an answer; an Execute is a statement with values.
        heard.append(Said(trips=said["Query"] + said["Sync"], statements=said["Query"] + said["Execute"]))

    def _trace(self, driver: Any, _record: Any) -> None:
        handle = self.file.open("a")
        self._traced.append(handle)
        driver.pgconn.trace(handle.fileno())

    def _messages(self) -> Counter[str]:
        lines = (line.split("\t") for line in self.file.read_text().splitlines()) if self.file.exists() else ()
        return Counter(fields[3] for fields in lines if fields[1:2] == ["F"])
