"""The handbook of a map."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from webui.api.models.values import Told


class HandbookBlock(Told):
    """A part of the handbook, in its order."""

    kind: Literal["heading", "paragraph", "facts", "table"]
    level: int = Field(default=0, description="Of a heading: 1 is a chapter, 2 a step in it.")
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = Field(
        default=(), description="Of facts: a label and what is said. Of a table: its header, then its rows."
    )


class DefinitionHandbook(Told):
    """The company's single instruction, written from one version of a map, in the reader's language."""

    title: str
    subtitle: str = Field(description="The version, and whether it is in force.")
    blocks: tuple[HandbookBlock, ...]
