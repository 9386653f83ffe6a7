"""A copy of a token game that shares its map."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from pickle import HIGHEST_PROTOCOL, Pickler, Unpickler

_THE_MAP = 0


class Keeper(Pickler):
    """Writes a game without the parts of its ``map``: several times as fast as to copy it deeply."""

    def __init__(self, file: BytesIO, parts: Mapping[int, object]) -> None:
        super().__init__(file, HIGHEST_PROTOCOL)
        self._parts = parts

    def persistent_id(self, obj: object) -> int | None:
        if obj is self._parts:
            return _THE_MAP
        return id(obj) if id(obj) in self._parts else None


class Giver(Unpickler):
    """Reads what a keeper has written, on the same map."""

    def __init__(self, file: BytesIO, parts: Mapping[int, object]) -> None:
        super().__init__(file)
        self._parts = parts

    def persistent_load(self, pid: int) -> object:
        return self._parts if pid == _THE_MAP else self._parts[pid]
