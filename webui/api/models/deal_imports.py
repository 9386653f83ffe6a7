"""Many deals in one call."""

from __future__ import annotations

from typing import Any

from flask_openapi3.models.file import FileStorage
from pydantic import ConfigDict, Field

from engine.commands.deal_imports import MOST_ROWS
from webui.api.models.problems import FieldProblem
from webui.api.models.values import DealName, Given, Key, Told

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

    file: FileStorage = Field(description="CSV (comma, semicolon or tab) or XLSX, up to 2 MB.")
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
