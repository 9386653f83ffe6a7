"""What is noticed about a map: everything at once, each at its element, with the remedy."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Finding(BaseModel):
    """One remark about a map. The text is chosen by ``code`` from the catalogue and filled from ``params``."""

    model_config = ConfigDict(frozen=True)

    code: str
    severity: Severity
    element_id: str | None = None
    element_name: str | None = None
    line: int | None = None
    file: str | None = None
    params: Mapping[str, str] = {}
