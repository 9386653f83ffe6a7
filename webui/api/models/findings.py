"""What is noticed about a map."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from engine.bpmn.findings import Severity


class FindingItem(BaseModel):
    """One remark about a map, at its element, with the remedy."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "code": "DEADLINE_MISSING",
                    "severity": "error",
                    "element_id": "Activity_sign",
                    "element_name": "Підписати договір",
                    "line": 84,
                    "file": "sale.bpmn",
                    "message": "The step has no deadline.",
                    "remedy": "Set the property “deadline”, for example: 2 business days or 4 business hours.",
                }
            ]
        },
    )

    code: str = Field(description="Stable, for programs.")
    severity: Severity
    element_id: str | None = Field(description="The id in the uploaded file.")
    element_name: str | None
    line: int | None = Field(description="The line in the uploaded file, counted from 1.")
    file: str | None = Field(description="The uploaded file, where there are several.")
    message: str = Field(description="In the reader's language.")
    remedy: str = Field(description="What the map's owner can do about it, in the reader's language.")
