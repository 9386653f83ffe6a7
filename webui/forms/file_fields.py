"""File fields of a step's form: what is chosen so far, and where more is sent to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from engine.bpmn.compiled import FieldDefinition
from engine.errors import DomainError
from engine.policy.field_values import read_value
from engine.policy.file_kinds import accepted_endings
from engine.policy.personal_texts import ERASED
from engine.queries.deal_files import files_by_id
from engine.queries.work_item_rows import WorkItemRow
from webui.deal_files import file_address
from webui.file_lists import ACCEPTED
from webui.file_uploads import limits
from webui.i18n import _, chosen_locale


@dataclass(frozen=True, slots=True)
class ChosenFile:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class FieldUpload:
    """``most`` is in bytes; ``kinds`` says in words which files the map takes, empty for all."""

    url: str
    most: int
    accept: str
    kinds: str
    files: tuple[ChosenFile, ...]


Uploads = Callable[[FieldDefinition, Any], FieldUpload]


def uploads_at(session: Session, row: WorkItemRow) -> Uploads:
    """What makes the file fields of a step's form of their stored values, drafts, or what came back with an error."""

    def upload(field: FieldDefinition, raw: Any) -> FieldUpload:
        ids = _ids(field, raw)
        found = files_by_id(session, row.deal_id, ids) if ids else {}
        kinds = accepted_endings(field.accept)
        return FieldUpload(
            url=url_for("files.add_to_step", work_item_id=row.id, field=field.name),
            most=limits().of_file,
            accept=",".join(f".{ending}" for ending in kinds) or ACCEPTED,
            kinds=", ".join(kinds),
            files=tuple(ChosenFile(one, found[one].name) for one in ids if one in found),
        )

    return upload


def file_names(raw: Any) -> str:
    """What a plain input shows where no file can be sent: names, or the numbers of files."""
    given = raw if isinstance(raw, list) else [raw]
    return ", ".join(str(one.get("id") if isinstance(one, dict) else one) for one in given if one not in (None, ""))


def file_links(references: Iterable[Any]) -> Markup:
    """The value of a file field as links to exactly those versions."""
    links = (
        Markup('<a href="{}" data-file-link>{}</a>').format(file_address(one["id"]), shown_name(one["name"]))
        for one in references
        if isinstance(one, dict) and isinstance(one.get("id"), int) and "name" in one
    )
    return Markup(", ").join(links) or Markup("—")


def shown_name(name: str) -> str:
    """Of an erased file, that it was erased, in the reader's language."""
    return _("[erased]") if name.startswith(ERASED) else name


def _ids(field: FieldDefinition, raw: Any) -> list[int]:
    try:
        ids: list[int] = read_value(field.model_copy(update={"required": False}), raw, chosen_locale())
    except DomainError:
        return []
    return ids
