"""A company's rows in a file that every database can take: text, numbers, JSON; bytes in base64."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from warnings import catch_warnings

import orjson
from sqlalchemy import Connection, MetaData, Table, insert, inspect, select, text
from sqlalchemy.exc import SAWarning

Rows = Mapping[str, list[dict[str, Any]]]

_MADE_BY_MIGRATIONS = frozenset({"alembic_version"})
_TEXTS = "fts_"
_KEPT_BY_TRIGGERS = frozenset({"stage_total"})


def read_rows(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of a SQLite database, values as the database keeps them."""
    rows = {}
    for table in _tables(connection):
        found = connection.execute(select(table)).mappings()
        rows[str(table.name)] = [{str(name): _kept(value) for name, value in row.items()} for row in found]
    return {name: kept for name, kept in rows.items() if kept}


def write_rows(connection: Connection, rows: Rows) -> None:
    """Put the rows into a database of the same revision, parents first; sequences go on behind them."""
    is_postgresql = connection.dialect.name == "postgresql"
    if is_postgresql:
        connection.execute(text("SET session_replication_role = replica"))  # foreign keys form a ring, triggers write
    for table in _tables(connection):
        kept = rows.get(table.name, [])
        if not kept:
            continue
        connection.execute(table.delete())
        values = [
            {name: _given(table, name, value, in_zones=is_postgresql) for name, value in row.items()} for row in kept
        ]
        connection.execute(insert(table), values)
        if is_postgresql and "id" in table.columns and isinstance(kept[0]["id"], int):
            connection.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), :last)"),
                {"last": max(row["id"] for row in kept)},
            )
    if is_postgresql:
        for name in inspect(connection).get_table_names():
            if name.startswith(_TEXTS):
                found = f"SELECT id, search_text FROM {name.removeprefix(_TEXTS)}"  # noqa: S608  # names of the schema
                connection.execute(text(f"INSERT INTO {name} (id, search_text) {found}"))  # the same
        connection.execute(text("SET session_replication_role = DEFAULT"))


def save(file: Path, content: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), mtime=0))


def load(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(gzip.decompress(file.read_bytes()))
    return content


def _tables(connection: Connection) -> list[Table]:
    metadata = MetaData()
    with catch_warnings(action="ignore", category=SAWarning):  # of indexes on expressions, which rows do not need
        metadata.reflect(connection, only=lambda name, _: not name.startswith(_TEXTS))  # triggers keep the text indexes
    tables = [table for table in metadata.sorted_tables if table.name not in _MADE_BY_MIGRATIONS]
    return sorted(tables, key=lambda table: table.name in _KEPT_BY_TRIGGERS)  # behind what makes the triggers write


def _kept(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, datetime | date):
        return {"moment": value.isoformat()}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    return value


def _given(table: Table, name: str, value: Any, *, in_zones: bool) -> Any:
    match value:
        case {"base64": coded}:
            return base64.b64decode(coded)
        case {"decimal": written}:
            return Decimal(written)
        case {"moment": written}:
            read = datetime.fromisoformat(written)
            if table.columns[name].type.python_type is date:
                return read.date()
            return read.replace(tzinfo=UTC) if in_zones else read
    return value
