"""Column types that mean the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, LargeBinary, String, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

from engine.alphabet import LONGEST_KEY, sort_key

E = TypeVar("E", bound=StrEnum)

Identity = BigInteger().with_variant(Integer, "sqlite")
"""A row number. SQLite numbers rows only in an INTEGER column."""

SortKey = String(LONGEST_KEY).with_variant(String(LONGEST_KEY, collation="C"), "postgresql")
"""What a list of names is ordered by, see engine.alphabet: compared by code point on either database."""

Json = JSON().with_variant(JSONB, "postgresql")
Bytes = LargeBinary


class Moment(TypeDecorator[datetime]):
    """An instant. Aware UTC on the way in and out; a naive datetime is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a naive datetime names no instant"
            raise ValueError(msg)
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Amount(TypeDecorator[Decimal]):
    """Money with two decimals, stored as a whole number of hundredths so that both databases sum it exactly."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else int((Decimal(value) * 100).to_integral_value())

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(int(value)).scaleb(-2)


class Word(TypeDecorator[E]):
    """A StrEnum stored as its word: readable in the database, and no type to migrate."""

    impl = String(24)
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:  # noqa: ARG002
        return None if value is None else self.words(value)


def key_of(column: str) -> Callable[[Any], str]:
    """The default of a SortKey column: the key of the name that is inserted with it."""

    def key(context: Any) -> str:  # SQLAlchemy types the context of a default, but not its parameters
        return sort_key(context.get_current_parameters()[column])

    return key
