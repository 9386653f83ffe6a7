"""Column types that mean the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, LargeBinary, String, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

from engine.alphabet import LONGEST_KEY, sort_key
from engine.likeness import likeness_key

E = TypeVar("E", bound=StrEnum)

Identity = BigInteger().with_variant(Integer, "sqlite")
"""A row number. SQLite numbers rows only in an INTEGER column."""

SortKey = String(LONGEST_KEY).with_variant(String(LONGEST_KEY, collation="C"), "postgresql")
"""What a list of names is ordered by, see engine.alphabet: compared by code point on either database."""

Json = JSON().with_variant(JSONB, "postgresql")
Bytes = LargeBinary


class Written:
    """A type that says itself how PostgreSQL is written a value of it, where a step waits for that."""

    text_of: Callable[[Any], bytes | None]


def _text_of_moment(value: datetime | None) -> bytes | None:
    """As the driver would write it."""
    return None if value is None else _text_of_utc(value if value.tzinfo is UTC else _in_utc_of(value))


@lru_cache(maxsize=256)
def _text_of_utc(moment: datetime) -> bytes:
    """A step writes one moment a dozen times, and making the text is dear.

    Of moments in UTC only: in a zone of its own the hour that comes twice in autumn counts as equal to itself.
    """
    return moment.isoformat().encode()


class Moment(Written, TypeDecorator[datetime]):
    """An instant. Aware UTC on the way in and out; a naive datetime is refused."""

    text_of = staticmethod(_text_of_moment)
    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        in_utc = _in_utc(value)
        return in_utc.replace(tzinfo=None) if in_utc is not None and dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return _read_in_utc(value)

    def bind_processor(self, dialect: Dialect) -> Any:
        """What the driver takes at once: SQLAlchemy's own functions would cost several calls for each value."""
        return _in_utc if dialect.name == "postgresql" else _as_sqlite_keeps

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # noqa: ARG002
        return _read_in_utc if dialect.name == "postgresql" else _from_sqlite


def _in_utc(value: datetime | None) -> datetime | None:
    return value if value is None or value.tzinfo is UTC else _in_utc_of(value)


def _in_utc_of(value: datetime) -> datetime:
    if value.tzinfo is None:
        msg = "a naive datetime names no instant"
        raise ValueError(msg)
    return value.astimezone(UTC)


def _read_in_utc(value: datetime | None) -> datetime | None:
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _as_sqlite_keeps(value: datetime | None) -> str | None:
    """The text that SQLAlchemy's DateTime keeps: in UTC, without a zone, always with microseconds."""
    in_utc = _in_utc(value)
    return None if in_utc is None else in_utc.replace(tzinfo=None).isoformat(" ", "microseconds")


def _from_sqlite(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


class Amount(TypeDecorator[Decimal]):
    """Money with two decimals, stored as a whole number of hundredths so that both databases sum it exactly."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else int((Decimal(value) * 100).to_integral_value())

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(int(value)).scaleb(-2)


class Rate(TypeDecorator[Decimal]):
    """A rate of exchange with six decimals, stored as a whole number of millionths so that it stays exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else int(value.scaleb(6).to_integral_value())

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(int(value)).scaleb(-6)


class _Texts(dict[Any, bytes | None]):
    """Of each word of ``words`` its text, also of one that stands as a bare text; of None none."""

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__({word: word.value.encode() for word in words})
        self._words = words
        self[None] = None

    def __missing__(self, value: Any) -> bytes:
        return self._words(value).value.encode()


class Word(Written, TypeDecorator[E]):
    """A StrEnum stored as its word: readable in the database, and no type to migrate."""

    impl = String(24)
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        super().__init__()
        self.words = words
        self._known = {word.value: word for word in words}
        self.text_of = _Texts(words).__getitem__

    def process_bind_param(self, value: E | str | None, dialect: Dialect | None = None) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        return value._value_ if isinstance(value, self.words) else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect | None = None) -> E | None:  # noqa: ARG002
        if value is None:
            return None
        return self._known[value] if value in self._known else self.words(value)

    def bind_processor(self, dialect: Dialect) -> Any:  # noqa: ARG002
        """The method itself, as above: no driver does anything else with a word."""
        return self.process_bind_param

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # noqa: ARG002
        return self.process_result_value


def key_of(column: str) -> Callable[[Any], str]:
    """The default of a SortKey column: the key of the name that is inserted with it."""

    def key(context: Any) -> str:  # SQLAlchemy types the context of a default, but not its parameters
        return sort_key(context.get_current_parameters()[column])

    return key


def likeness_of(column: str) -> Callable[[Any], str]:
    """The default of a column that holds what the inserted name has in common with others, see engine.likeness."""

    def key(context: Any) -> str:
        return likeness_key(context.get_current_parameters()[column])

    return key
