"""Erasing what is known of a person."""

from __future__ import annotations

from datetime import datetime

from pydantic import ConfigDict, Field

from engine.commands.erasure import FilesToErase
from webui.api.models.values import Given, Id, Line, Told

_LONGEST_BASIS, _MOST_WORDS = 200, 50


class ContactPath(Given):
    contact_id: Id


class EntryPath(Given):
    deal_id: Id
    number: Id = Field(description="Of the entry, within the deal.")


class EntryErasure(Given):
    """Why something is erased."""

    basis: Line = Field(
        min_length=1,
        max_length=_LONGEST_BASIS,
        description="What it rests on, such as the number of the person's letter. Kept in the log: no name.",
    )


class PersonErasure(EntryErasure):
    """Whose texts are erased, beside those that hold the name, phone or address of the card."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"basis": "лист № 7", "words": ["Марійка"]}]}
    )

    words: tuple[Line, ...] = Field(
        default=(), max_length=_MOST_WORDS, description="Other words for the person: texts that hold one are erased."
    )
    files: FilesToErase | None = Field(
        default=None,
        description="Which files of the client's deals are erased, too: `all`, or those `named` after the person. By "
        "default `all` for a client, `named` for a contact.",
    )


class EmployeePath(Given):
    person_id: Id


class ErasedEmployee(Told):
    """Somebody who has left, and of whom the company keeps no more than the name where they decided."""

    id: int
    name: str
    erased_at: datetime | None = Field(description="Null once they were given their access back.")
    erased_by: str


class ErasureResult(Told):
    """What became of it."""

    entries: int = Field(description="Entries of the history that lost a text and kept their proof.")
    kept: int = Field(description="Entries from before texts could be erased, which name the person still.")
    files: int = Field(description="Files of deals that were erased with all their versions.")
    papers: int = Field(description="Sealed approval sheets that showed an erased text and are kept no more.")
