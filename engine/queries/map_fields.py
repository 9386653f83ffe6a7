"""The fields of a map by the names under which a deal keeps their values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from engine.bpmn.compiled import CompiledProcess, FieldDefinition, FieldType
from engine.errors import DomainError, MapFailed
from engine.policy.own_fields import CLIENT_ROOT
from engine.queries.decided_fields import decided_fields


def map_fields(process: CompiledProcess) -> Mapping[str, FieldDefinition]:
    """Where one step asks for a value and another only shows it, the one that asks knows its type and choices; a table
    that gives a value knows more of it than a step that shows it. The company's own fields of clients are among them.
    """
    own = {CLIENT_ROOT + name: field for name, field in process.client_fields.items()}
    return own | _fields_of(_Map(process)) if own else _fields_of(_Map(process))


def kept_fields(process: CompiledProcess) -> Mapping[str, FieldDefinition]:
    """By the names under which the deal keeps the values. A step that only shows a value says nothing of its type."""
    return _kept_fields_of(_Map(process))


def field_labels(process: CompiledProcess, content: Mapping[str, Any]) -> dict[str, str]:
    """Labels of the fields in the content of an approval, by name, and of choices made in them, by ``name=value``.

    What has none, or is labelled as it is called, is left out.
    """
    fields, labels = map_fields(process), {}
    for name, value in (content.get("fields") or {}).items():
        field = fields.get(name) or fields.get(name.removeprefix("deal."))
        if field is None:
            continue
        labels[name] = field.label
        made = value if isinstance(value, list) else [value]
        labels |= {f"{name}={one.value}": one.label for one in field.choices if one.value in made}
    return {name: label for name, label in labels.items() if label and label != name.rpartition("=")[2]}


def name_fields(process: CompiledProcess, failure: MapFailed) -> None:
    """Let the problem of a failed map know what people call the fields that it tells of, by name, as ``labels``."""
    problem = failure.params.get("problem")
    if not isinstance(problem, DomainError):
        return
    told = " ".join(map(str, problem.params.values()))
    fields = map_fields(process)
    labels = {name: one.label for name, one in fields.items() if one.label not in ("", name) and name in told}
    if labels:
        problem.params = {**problem.params, "labels": labels}


class _Map:
    """A compiled map as a key: its hash says all that it was made of, beside the company's own fields of clients."""

    __slots__ = ("process",)

    def __init__(self, process: CompiledProcess) -> None:
        self.process = process

    def __hash__(self) -> int:
        return hash(self.process.content_hash)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Map):
            return False
        own, its = self.process, other.process
        return own is its or (own.content_hash == its.content_hash and own.client_fields == its.client_fields)


@lru_cache(maxsize=64)
def _fields_of(kept: _Map) -> dict[str, FieldDefinition]:
    shown, asked = _shown_and_asked(kept.process)
    return {field.name: field for field in (*shown, *decided_fields(kept.process).values(), *asked)}


@lru_cache(maxsize=64)  # every expression of a map and every step of a deal ask for it
def _kept_fields_of(kept: _Map) -> dict[str, FieldDefinition]:
    shown, asked = ({one.name.removeprefix("deal."): one for one in some} for some in _shown_and_asked(kept.process))
    return {**shown, **decided_fields(kept.process), **asked}


def _shown_and_asked(process: CompiledProcess) -> tuple[list[FieldDefinition], list[FieldDefinition]]:
    """The fields of all steps that are only read there, and the others."""
    fields = [field for step in process.steps.values() for field in step.fields]
    shown = [field for field in fields if field.type is FieldType.READ_ONLY]
    return shown, [field for field in fields if field.type is not FieldType.READ_ONLY]
