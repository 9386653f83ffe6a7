"""The compiled map of a definition, kept in memory by the hash of what it was compiled from."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess
from engine.errors import NotFound
from engine.model.process_definition import ProcessDefinition

_IN_SESSION = "definitions"
_KEPT = 64  # maps; a large one takes a few megabytes


class _ProcessCache:
    """Least recently used first. A map of one content hash never changes, so nothing is ever invalidated."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[str, CompiledProcess] = OrderedDict()

    def get(self, content_hash: str) -> CompiledProcess | None:
        with self._lock:
            process = self._kept.get(content_hash)
            if process is not None:
                self._kept.move_to_end(content_hash)
            return process

    def keep(self, content_hash: str, process: CompiledProcess) -> None:
        with self._lock:
            self._kept[content_hash] = process
            self._kept.move_to_end(content_hash)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


_cache = _ProcessCache()


def process_of(session: Session, definition_id: int) -> CompiledProcess:
    """The executable map of a version. Raises NotFound; ValueError when errors stood against compiling it."""
    # A session forgets what nobody holds: held here, the rows of a list read their map once and not once each.
    held: dict[int, ProcessDefinition | None] = session.info.setdefault(_IN_SESSION, {})
    definition = held.get(definition_id)
    if definition is None:
        definition = held[definition_id] = session.get(ProcessDefinition, definition_id)
    if definition is None:
        raise NotFound
    known = _cache.get(definition.content_hash) if definition.content_hash else None
    if known is not None:
        return known
    process = definition.process()
    if definition.content_hash:
        _cache.keep(definition.content_hash, process)
    return process


def element_name(process: CompiledProcess, element_id: str) -> str:
    """What people call an element: the step's name, else the element's as drawn, else its id."""
    step = process.steps.get(element_id)
    return (step.name if step is not None else process.elements.get(element_id, "")) or element_id
