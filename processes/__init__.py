"""The sales maps that the product brings along: ``<key>/<key>.bpmn``, each with a README beside it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

_SUFFIX = ".bpmn"


@dataclass(frozen=True, slots=True)
class ShippedMap:
    """A map as it lies in the package. ``key`` is the id of its process, ``content`` the file's bytes."""

    key: str
    file_name: str
    content: bytes


def shipped_maps() -> tuple[ShippedMap, ...]:
    """All shipped maps, ordered by key."""
    keys = sorted(folder.name for folder in files(__name__).iterdir() if (folder / f"{folder.name}{_SUFFIX}").is_file())
    return tuple(shipped_map(key) for key in keys)


def shipped_sources() -> dict[str, bytes]:
    """The files of the shipped maps by key: they may be called although nobody has published their own."""
    return {one.key: one.content for one in shipped_maps()}


def shipped_map(key: str) -> ShippedMap:
    """The shipped map of that key. Raises FileNotFoundError when none is shipped under it."""
    file_name = f"{key}{_SUFFIX}"
    return ShippedMap(key=key, file_name=file_name, content=(files(__name__) / key / file_name).read_bytes())


def shipped_readme(key: str) -> str:
    """What the map is for and how to adapt it, as Markdown in Ukrainian and English; raises FileNotFoundError."""
    return (files(__name__) / key / "README.md").read_text(encoding="utf-8")
