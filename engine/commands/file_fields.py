"""The values of a step's file fields: references to files of the deal, each with the hash of its content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition, FieldType
from engine.errors import N_, DomainError, InvalidInput
from engine.policy.file_kinds import accepted_endings, ending_of
from engine.queries.deal_files import files_by_id, reference


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


def ensure_wanted(field: FieldDefinition, names: Iterable[str]) -> None:
    """Raises FileKindNotWanted, OneFileOnly."""
    given, kinds = list(names), accepted_endings(field.accept)
    if kinds and any(ending_of(name) not in kinds for name in given):
        raise FileKindNotWanted(label=field.label, kinds=", ".join(kinds))
    if len(given) > 1 and not field.several:
        raise OneFileOnly(label=field.label)
