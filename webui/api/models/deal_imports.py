"""Many deals in one call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_openapi3.models.file import FileStorage
from pydantic import ConfigDict, Field

from engine.commands.deal_imports import MOST_ROWS
from engine.model.client_import import ImportState, RowState
from webui.api.models.problems import FieldProblem
from webui.api.models.values import DealName, Given, Id, Key, Listed, Paging, Told

_CHECK = "Say what is wrong with each row, and open nothing."


class DealImport(Given):
    """Deals as `POST /deals` takes them. A client that is described is found by EDRPOU code or name, else added."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"title": "Насоси", "client": {"name": "ТОВ «Промінь»"}, "definition_key": "b2b-sale"},
                        {"title": "Помпи", "client_id": 3, "amount": "98000", "definition_key": "b2b-sale"},
                    ]
                }
            ]
        },
    )

    items: list[dict[str, Any]] = Field(min_length=1, max_length=MOST_ROWS, description="Each is a `NewDeal`.")
    check: bool = Field(default=False, description=_CHECK)


class DealImportFile(Given):
    """A spreadsheet with a deal in each row, headings in the first."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    file: FileStorage = Field(description="CSV (comma, semicolon or tab) or XLSX, up to 20 MB and 50,000 rows.")
    definition_key: Key | None = Field(
        default=None,
        description="The key of the sales map that the deals follow; not needed where one is published.",
    )
    check: bool = Field(default=False, description=_CHECK)


class ImportFault(Told):
    """Why a row was not opened."""

    code: str
    detail: str
    errors: dict[str, FieldProblem]


class ImportedDeal(Told):
    """What became of a row."""

    row: int = Field(description="From 1 in a list; in a file as the spreadsheet counts, headings being row 1.")
    deal: DealName | None = Field(description="The deal that was opened.")
    error: ImportFault | None


class ImportedDeals(Told):
    """In the order of the rows."""

    items: tuple[ImportedDeal, ...]
    opened: int
    failed: int


class DealImportPath(Given):
    import_id: Id


class DealRowsQuery(Paging):
    state: RowState | None = Field(default=None, description="Only rows in this state: `new`, `refused`, `added`.")


class DealImportItem(Told):
    """A file of deals that is opened in the background, as it stands."""

    id: int
    file_name: str
    definition_key: str
    state: ImportState = Field(
        description=(
            "`checking`, then `running` and `done`, or `stopped`; a file that was brought to be checked is `checked` "
            "and waits for `open`; `unreadable` says why in `message`."
        )
    )
    unused: tuple[str, ...] = Field(description="Headings that mean nothing here.")
    total: int = Field(description="How many rows were read; none are kept of a file that is `unreadable`.")
    counts: Mapping[str, int] = Field(description="How many rows are in which state: `new`, `refused`, `added`.")
    message: str
    requested_by: str
    uploaded_at: datetime
    finished_at: datetime | None


class DealImportList(Listed[DealImportItem]):
    """The latest imports of the caller; of everybody for heads."""


class DealImportRowItem(Told):
    """A row: its deal, or what is wrong at which field."""

    row: int = Field(description="As the spreadsheet counts, headings being row 1.")
    state: RowState
    deal: DealName | None = Field(description="The deal that was opened, if the caller may see it.")
    errors: dict[str, FieldProblem] = Field(description="By field; by an empty name what is no field's.")


class DealImportRowList(Listed[DealImportRowItem]):
    """Rows in the order of the file."""
