"""What the rows of a person's inbox show, and in which order; the same in all its tabs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from engine.queries.list_columns import ListColumns


class InboxColumn(StrEnum):
    """Those beside the step itself, which always comes first; in the order for who has chosen nothing."""

    CLIENT = "client"
    DEAL = "deal"
    AMOUNT = "amount"
    DEADLINE = "deadline"
    STAGE = "stage"
    RESPONSIBLE = "responsible"
    NUMBER = "number"
    OWNER = "owner"
    OPENED = "opened"


_USUAL = frozenset(tuple(InboxColumn)[:6])


@dataclass(frozen=True, slots=True)
class InboxColumns(ListColumns[InboxColumn]):
    LIST_NAME: ClassVar[str] = "inbox.columns"

    order: tuple[InboxColumn, ...] = tuple(InboxColumn)
    chosen: frozenset[InboxColumn] = _USUAL
