"""Where files are named: by their ids, in references and in the entries that tell of them, whatever they are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.policy.personal_texts import ERASED

_TELL_OF_FILES = frozenset({"file_added", "file_hidden", "file_shown"})


@dataclass(frozen=True, slots=True)
class FileTraces:
    """``ids`` are of versions of files. What stands beside a name, the hash above all, is no text of anybody's."""

    whole: ClassVar[bool] = False
    ids: frozenset[int]

    def without(self, value: Any) -> Any:
        """``value`` with the name in each reference to one of the files replaced; the same object where none is."""
        if isinstance(value, dict):
            made: Any = {key: self.without(inner) for key, inner in value.items()}
            if self._is_reference(value):
                made["name"] = ERASED
        elif isinstance(value, list):
            made = [self.without(one) for one in value]
        else:
            return value
        return value if made == value else made

    def places_in(self, kind: str, data: Mapping[str, Any]) -> Iterator[str]:
        """The places (JSON Pointer) in an event's data where one of the files is named."""
        if kind in _TELL_OF_FILES and data.get("file_id") in self.ids:
            yield "/name"
        yield from self._places(data, "")

    def _places(self, value: Any, place: str) -> Iterator[str]:
        if isinstance(value, Mapping):
            if self._is_reference(value):
                yield f"{place}/name"
            for key, inner in value.items():
                yield from self._places(inner, f"{place}/{key.replace('~', '~0').replace('/', '~1')}")
        elif isinstance(value, list | tuple):
            for at, inner in enumerate(value):
                yield from self._places(inner, f"{place}/{at}")

    def _is_reference(self, value: Mapping[str, Any]) -> bool:
        return "sha256" in value and value.get("id") in self.ids and isinstance(value.get("name"), str)
