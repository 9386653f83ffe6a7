"""Files of deals."""

from __future__ import annotations

from datetime import datetime

from flask_openapi3.models.file import FileStorage
from pydantic import ConfigDict, Field

from webui.api.models.erasure import EntryErasure
from webui.api.models.values import Given, Id, Line, Listed, Told


class DealFilePath(Given):
    deal_id: Id
    file_id: Id


class GivenFiles(Given):
    """Documents, images, texts, letters, signatures and archives; what is in a file has to be what its name says."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    file: list[FileStorage] = Field(description="One or more. A file of the name of another is a new version of it.")


class FileErasure(EntryErasure):
    """Why a file is erased."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"basis": "лист № 7"}]})


class StepFieldQuery(Given):
    field: Line = Field(
        default="", description="The name of a file field of the step's form: the caller's draft of it takes the files."
    )


class DealFileItem(Told):
    """A version of a file. None is ever changed: a file of the same name is a new version."""

    id: int
    name: str
    version: int = Field(description="Counted from 1 for each name.")
    media_type: str
    size: int = Field(description="In bytes.")
    sha256: str
    step: str = Field(description="The step of the map that made it; empty for one that a person added.")
    added_by: str = Field(description="Who added it; empty for one that a step has made.")
    added_at: datetime
    work_item_id: int | None = Field(description="The step at which a person added it.")
    removed_at: datetime | None = Field(description="When it was taken off the lists; it can still be fetched.")
    erased_at: datetime | None = Field(description="When its content and its name were erased: only its hash is known.")
    erased_by: str = Field(description="Who erased it; empty for one that is there.")


class DealFileList(Listed[DealFileItem]):
    """Files of a deal."""
