"""Files of deals."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from webui.api.models.values import Given, Id, Listed, Told


class DealFilePath(Given):
    deal_id: Id
    file_id: Id


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


class DealFileList(Listed[DealFileItem]):
    """All files of a deal."""
