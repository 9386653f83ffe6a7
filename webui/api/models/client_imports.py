"""Lists of clients and of old notes, brought as files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask_openapi3.models.file import FileStorage
from pydantic import ConfigDict, Field

from engine.model.client_import import ImportKind, ImportState, RowState
from webui.api.models.values import Given, Id, Listed, Paging, PersonName, Told


class NewClientImport(Given):
    """A list as another system exports it; what its columns mean is told by their headings."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    file: FileStorage = Field(description="CSV (comma, semicolon or tab) or XLSX, up to 20 MB and 50,000 rows.")
    kind: ImportKind = Field(default=ImportKind.CLIENTS, description="`clients` with contacts, or old `notes`.")
    fills: bool = Field(default=False, description="Fill in what is empty in clients that are here already.")
    owner_id: Id | None = Field(
        default=None, description="Who owns clients whose row names nobody that is known; else the caller."
    )


class ClientImportPath(Given):
    import_id: Id


class ImportRowsQuery(Paging):
    state: RowState | None = Field(default=None, description="Only rows in this state.")


class ImportColumn(Told):
    """A column of the file, and what it is taken for: empty for one that is not used."""

    heading: str
    meaning: str


class ClientImportItem(Told):
    """An import as it stands. Nothing is added before `take-over`."""

    id: int
    kind: ImportKind
    file_name: str
    state: ImportState = Field(description="`checked` waits for `take-over`; `unreadable` says why in `message`.")
    columns: tuple[ImportColumn, ...]
    total: int = Field(description="How many rows were read; none are kept of a file that is `unreadable`.")
    counts: Mapping[str, int] = Field(description="How many rows are in which state.")
    message: str
    requested_by: str
    uploaded_at: datetime
    finished_at: datetime | None


class ClientImportList(Listed[ClientImportItem]):
    """The latest imports of the caller; of everybody for heads and administrators."""


class ImportedRowItem(Told):
    """A row: what it would do, or what became of it."""

    row: int = Field(description="As the spreadsheet counts.")
    state: RowState
    client: PersonName | None = Field(description="The client whom it is about, if there is one already.")
    messages: tuple[str, ...] = Field(description="What is wrong or worth knowing, for people.")


class ImportedRowList(Listed[ImportedRowItem]):
    """Rows in the order of the file."""
