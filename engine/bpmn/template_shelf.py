"""Templates of documents that came with a map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class TemplateShelf:
    """Templates of documents by the names of their files; ``asked`` are those that a call names."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def find(self, name: str) -> bytes | None:
        """The file of that name, in whatever folder of the upload it lies."""
        wanted = name.strip().casefold()
        for path, content in self.files.items():
            if path.casefold() == wanted or path.casefold().endswith(f"/{wanted}"):
                self.asked.add(path)
                return content
        return None

    def unasked(self) -> tuple[str, ...]:
        return tuple(path for path in self.files if path not in self.asked)
