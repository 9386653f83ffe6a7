"""The kinds of values that calls take and answer, and what all request models have in common."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

LARGEST_ID = 2**63 - 1
LONGEST_PAGE = 200
_YEARS = range(1900, 2200)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_LARGEST_AMOUNT = Decimal("9999999999999.99")

T = TypeVar("T")

ZIP = {
    "description": "An archive.",
    "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
}


class Given(BaseModel):
    """The base of what callers send: nothing unknown is swallowed.

    ``needs_one_of``: fields of which the command needs one; that none is there is told at the first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
    needs_one_of: ClassVar[tuple[str, ...]] = ()


class Filled:
    """Marks a text that the command refuses when nothing is in it.

    Of a request that does not fit its model, about which no command is asked, that is told with all else.
    """


class GivenOrNothing(Given):
    """What callers may send, all of it optional: no body at all means the same as an empty one."""

    @model_validator(mode="before")
    @classmethod
    def _nothing(cls, value: Any) -> Any:
        return {} if value is None else value


class Told(BaseModel):
    """The base of what calls answer."""

    model_config = ConfigDict(frozen=True, defer_build=True)


def _written_as(pattern: re.Pattern[str], kind: str) -> Any:
    """Only texts of the standard's form: a bare number is no moment, whatever else would take it for one."""

    def check(value: Any) -> Any:
        if isinstance(value, str) and not pattern.fullmatch(value):
            raise PydanticCustomError(kind, "not of the standard's form")
        if isinstance(value, int | float):
            raise PydanticCustomError(kind, "not a text")
        return value

    return check


def _in_years(value: Any) -> Any:
    if value.year not in _YEARS:
        raise PydanticCustomError("year_out_of_range", "not a year of this product's time")
    return value.astimezone(UTC) if isinstance(value, datetime) else value


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_written_as(_RFC3339, "datetime_parsing")),
    AfterValidator(_in_years),
]
"""An instant as RFC 3339, told in UTC with Z."""

Day = Annotated[date, BeforeValidator(_written_as(_ISO_DATE, "date_parsing")), AfterValidator(_in_years)]
"""A date as YYYY-MM-DD."""


def exact_number(value: Any) -> Any:
    """Money and rates come as a number or as its text; a number's shortest spelling is what was meant."""
    if isinstance(value, bool):
        raise PydanticCustomError("decimal_type", "a truth value is no amount")
    return str(value) if isinstance(value, float) else value


Money = Annotated[
    Decimal,
    BeforeValidator(exact_number),
    Field(ge=0, le=_LARGEST_AMOUNT, decimal_places=2, description="With at most two decimals: a number or its text."),
    PlainSerializer(float, return_type=float, when_used="json"),  # 15 digits: every amount survives as a number
]


def _no_truth_value(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "a truth value is no number")
    return value


Id = Annotated[int, BeforeValidator(_no_truth_value), Field(ge=1, le=LARGEST_ID)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Query = Annotated[str, StringConstraints(max_length=200)]
Line = Annotated[str, StringConstraints(max_length=200)]
Sentence = Annotated[str, StringConstraints(max_length=500)]
Text = Annotated[str, StringConstraints(max_length=20_000)]


ReadVersion = Annotated[int, BeforeValidator(_no_truth_value), Field(ge=0, le=LARGEST_ID)]

READ_VERSION: Any = Field(
    default=None,
    description="The `version` that you had read. What others changed since is then not overwritten: where you send "
    "another value than they have put there, the answer is 409 `edited_meanwhile` with what each field is now.",
)


class Paging(Given):
    """Which part of a list."""

    limit: int = Field(default=50, ge=1, le=LONGEST_PAGE, description="How many items at most.")
    cursor: str | None = Field(default=None, max_length=2_000, description="`next_cursor` of the page before.")


class ShortPaging(Given):
    """Which part of a list that nobody needs in parts: all of it, unless told otherwise."""

    limit: int | None = Field(default=None, ge=1, le=LONGEST_PAGE, description="How many items at most; else all.")
    cursor: str | None = Field(default=None, max_length=2_000, description="`next_cursor` of the page before.")


class Listed(Told, Generic[T]):
    """A part of a list."""

    items: tuple[T, ...]
    next_cursor: str | None = Field(description="For the next page; null on the last one.")
    total: int | None = Field(description="How many there are altogether, where counting is cheap.")


class PersonName(Told):
    """Somebody, by name."""

    id: int
    name: str


class Person(Told):
    """Somebody, with the name that they sign in by."""

    id: int
    login: str
    name: str


class GroupName(Told):
    """A department."""

    id: int
    name: str


class ClientName(Told):
    """A client, by name."""

    id: int
    name: str


class DealName(Told):
    """A deal, by number and title."""

    id: int
    number: str
    title: str
