"""The compiled map of a definition, kept in memory by the hash of what it was compiled from."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from sqlalchemy.orm import Session

from engine.bpmn.compiled import CompiledProcess
from engine.errors import NotFound
from engine.model.own_field import FieldSubject
from engine.model.process_definition import ProcessDefinition
from engine.policy.own_fields import CLIENT_ROOT, KnownField, fields_by_name, with_client_fields
from engine.queries.organisation import organisation

_IN_SESSION = "definitions"
_KEPT = 64  # maps; a large one takes a few megabytes


class _Kept:
    """A map, and the same with the company's own fields of clients, where it names a client's at all."""

    def __init__(self, process: CompiledProcess, *, reads_client: bool) -> None:
        self.process, self.reads_client = process, reads_client
        self._with: tuple[tuple[KnownField, ...], CompiledProcess] = ((), process)

    def with_fields(self, known: tuple[KnownField, ...]) -> CompiledProcess:
        """Made anew only when the company has changed its fields. Two threads may both make it: it is the same."""
        of, process = self._with
        if of is not known and of != known:
            process = with_client_fields(self.process, fields_by_name(known, FieldSubject.CLIENT))
            self._with = (known, process)
        return process


class _ProcessCache:
    """Least recently used first. A map of one content hash never changes, so nothing is ever invalidated."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def get(self, content_hash: str) -> _Kept | None:
        with self._lock:
            kept = self._kept.get(content_hash)
            if kept is not None:
                self._kept.move_to_end(content_hash)
            return kept

    def keep(self, content_hash: str, kept: _Kept) -> None:
        with self._lock:
            self._kept[content_hash] = kept
            self._kept.move_to_end(content_hash)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


_cache = _ProcessCache()


def hold_definition(session: Session, definition: ProcessDefinition) -> None:
    """Spare ``process_of`` a look for what was read already."""
    session.info.setdefault(_IN_SESSION, {})[definition.id] = definition


def process_of(session: Session, definition_id: int) -> CompiledProcess:
    """The executable map of a version. Raises NotFound; ValueError when errors stood against compiling it."""
    # A session forgets what nobody holds: held here, the rows of a list read their map once and not once each.
    held: dict[int, ProcessDefinition | None] = session.info.setdefault(_IN_SESSION, {})
    definition = held.get(definition_id)
    if definition is None:
        definition = held[definition_id] = session.get(ProcessDefinition, definition_id)
    if definition is None:
        raise NotFound
    content_hash = definition.content_hash
    kept = _cache.get(content_hash) if content_hash else None
    if kept is None:
        kept = _Kept(definition.process(), reads_client=CLIENT_ROOT in (definition.compiled or ""))
        if content_hash:
            _cache.keep(content_hash, kept)
    return kept.process if not kept.reads_client else kept.with_fields(organisation(session).own_fields)


def element_name(process: CompiledProcess, element_id: str) -> str:
    """What people call an element: the step's name, else the element's as drawn, else its id."""
    step = process.steps.get(element_id)
    return (step.name if step is not None else process.elements.get(element_id, "")) or element_id
