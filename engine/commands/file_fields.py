"""The values of a step's file fields: references to files of the deal, each with the hash of its content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.errors import N_, DomainError, InvalidInput
from engine.policy.field_values import MOST_LINES
from engine.policy.file_kinds import accepted_endings, ending_of
from engine.queries.deal_files import files_by_id, reference

_LARGEST_ID = 2**63


class FileNotThere(DomainError):
    code: ClassVar[str] = "file_not_there"
    template: ClassVar[str] = N_("“%(label)s”: the file was removed or is not of this deal. Add it again.")


class FileKindNotWanted(DomainError):
    code: ClassVar[str] = "file_kind_not_wanted"
    template: ClassVar[str] = N_("“%(label)s” takes only these kinds of files: %(kinds)s.")


class OneFileOnly(DomainError):
    code: ClassVar[str] = "one_file_only"
    template: ClassVar[str] = N_("“%(label)s” takes one file.")


def file_values(
    session: Session, deal_id: int, fields: Iterable[FieldDefinition], read: Mapping[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """The references that the ids in ``read`` mean, by the names of the file fields. Raises InvalidInput."""
    asked = [field for field in fields if field.type is FieldType.FILE and field.name in read]
    if not asked:
        return {}
    found = files_by_id(session, deal_id, {one for field in asked for one in read[field.name]})
    values: dict[str, list[dict[str, Any]]] = {}
    errors: dict[str, DomainError] = {}
    for field in asked:
        files = [found[one] for one in read[field.name] if one in found]
        try:
            if len(files) < len(read[field.name]):
                raise FileNotThere(label=field.label)
            ensure_wanted(field, [one.name for one in files])
        except DomainError as error:
            errors[field.name] = error
        values[field.name] = [reference(one) for one in files]
    if errors:
        raise InvalidInput(errors)
    return values


def ensure_references(
    session: Session, deal_id: int, fields: Mapping[str, FieldDefinition], values: Mapping[str, Any]
) -> None:
    """Of values that no form has read: what stands in file fields are whole references to files of this very deal.

    ``fields`` and ``values`` are by the names under which the deal keeps them. Raises InvalidInput.
    """
    asked = {name: fields[name] for name in values if name in fields and fields[name].type is FieldType.FILE}
    errors: dict[str, DomainError] = {
        name: FileNotThere(label=field.label)
        for name, field in asked.items()
        if values[name] is not None and not _are_references(session, deal_id, values[name])
    }
    if errors:
        raise InvalidInput(errors)


def _are_references(session: Session, deal_id: int, value: Any) -> bool:
    if not isinstance(value, list | tuple) or len(value) > MOST_LINES:
        return False
    ids = [one.get("id") if isinstance(one, Mapping) else None for one in value]
    known = [one for one in ids if isinstance(one, int) and 0 < one < _LARGEST_ID]
    if len(known) < len(ids):
        return False
    found = files_by_id(session, deal_id, known) if known else {}
    return all(one["id"] in found and dict(one) == reference(found[one["id"]]) for one in value)


def ensure_wanted(field: FieldDefinition, names: Iterable[str]) -> None:
    """Raises FileKindNotWanted, OneFileOnly."""
    given, kinds = list(names), accepted_endings(field.accept)
    if kinds and any(ending_of(name) not in kinds for name in given):
        raise FileKindNotWanted(label=field.label, kinds=", ".join(kinds))
    if len(given) > 1 and not field.several:
        raise OneFileOnly(label=field.label)
