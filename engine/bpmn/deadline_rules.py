"""What a deadline or an escalation says, as data. Reading the text is here; counting time is in policy."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class WorkingTime(_Frozen):
    """Working days, then working seconds, of the responsible's calendar. ``3 р.д.`` or ``4 business hours``."""

    type: Literal["working"] = "working"
    days: int = 0
    seconds: int = 0


class ElapsedTime(_Frozen):
    """Calendar months, then days (same local time), then seconds by the clock on the wall. ``P2D``, ``36 hours``."""

    type: Literal["elapsed"] = "elapsed"
    months: int = 0
    days: int = 0
    seconds: int = 0


class MomentOfDay(_Frozen):
    """The next ``HH:MM`` local time, on ``weekday`` (Monday = 0) if given. ``до 18:00``, ``щоп'ятниці 12:00``."""

    type: Literal["moment"] = "moment"
    hour: int
    minute: int
    weekday: int | None = None


class FixedInstant(_Frozen):
    """An ISO 8601 date or date-time; without a zone it is local time of the calendar."""

    type: Literal["instant"] = "instant"
    text: str


class RelativeToField(_Frozen):
    """A date from the deal's data, moved by an offset. ``=deal.close_date - 3 р.д.``"""

    type: Literal["field"] = "field"
    expression: str
    offset: WorkingTime | ElapsedTime | None = None
    before: bool = False


DeadlineRule = Annotated[
    WorkingTime | ElapsedTime | MomentOfDay | FixedInstant | RelativeToField, Field(discriminator="type")
]


class EscalationAction(StrEnum):
    REMIND = "remind"
    TELL_HEAD = "head"
    REASSIGN = "reassign"


class EscalationLevel(_Frozen):
    """One rung: ``action`` happens ``offset`` before or after the deadline (no offset: at it).

    ``to`` names a department or a person; empty means the head of the responsible's department.
    """

    action: EscalationAction
    offset: WorkingTime | ElapsedTime | None = None
    before: bool = False
    to: str = ""


class EscalationLadder(_Frozen):
    levels: tuple[EscalationLevel, ...] = ()
