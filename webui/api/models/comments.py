"""Comments on deals and their steps, with files or without."""

from __future__ import annotations

from datetime import datetime

from flask_openapi3.models.file import FileStorage
from pydantic import ConfigDict, Field

from webui.api.models.values import Given, Listed, PersonName, Text, Told


class NewComment(Given):
    """A text, files, or both. `@login` in the text names somebody who is to read it."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    text: Text = ""
    file: list[FileStorage] = Field(
        default_factory=list, description="Any number. A file of the name of another is a new version of it."
    )


class CommentFile(Told):
    """A file that came with a comment: one version of one of the deal's files."""

    id: int
    name: str
    version: int
    size: int = Field(description="In bytes.")
    sha256: str


class CommentItem(Told):
    """What somebody said. It stands in the deal's history and is never changed, only erased."""

    number: int = Field(description="Of the entry, within the deal.")
    at: datetime
    by: PersonName | None
    text: str
    work_item_id: int | None = Field(description="The step at which it was said.")
    mentions: dict[str, str] = Field(description="Full names of those whom the text names, by login.")
    files: tuple[CommentFile, ...]


class CommentList(Listed[CommentItem]):
    """Comments, the latest first."""
