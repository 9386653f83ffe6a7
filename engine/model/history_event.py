"""History: append-only facts in the past tense, chained per deal so that tampering shows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, Select, String, Text, UniqueConstraint, and_, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from engine.db.base import Base
from engine.db.indexes import index_where
from engine.db.types import Identity, Json, Moment


class HistoryEvent(Base):
    """``number`` counts within the deal from 1; events of no deal have number None and no chain.

    ``actor_name`` is the name as of then. ``entry_hash`` covers the entry and ``previous_hash``; ``salt`` is what its
    texts about people are hashed with (policy/personal_texts), empty where there are none. The database refuses every
    change of an entry, except for one of ``data`` together with ``salt``, as erasing makes it.
    """

    __tablename__ = "history_event"
    is_plain = True
    __table_args__ = (
        UniqueConstraint("deal_id", "number"),
        Index("ix_history_event_at", "at", "id"),
        Index("ix_history_event_deal_kind", "deal_id", "kind", "number"),
        index_where("deal_id IS NULL", "ix_history_event_actor_id", "actor_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    deal_id: Mapped[int | None] = mapped_column(ForeignKey("deal.id"))
    number: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(64), index=True)
    work_item_id: Mapped[int | None] = mapped_column(ForeignKey("work_item.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(Moment)
    data: Mapped[dict[str, Any]] = mapped_column(Json)
    salt: Mapped[str] = mapped_column(Text, default="", server_default="")
    previous_hash: Mapped[str] = mapped_column(String(64), default="")
    entry_hash: Mapped[str] = mapped_column(String(64), default="")


class ToldClient(FunctionElement[int]):
    """The id of the client whom an entry's ``data`` names; the key is written out, as a parameter it finds no index."""

    name = "told_client"
    type = BigInteger()
    inherit_cache = True


@compiles(ToldClient)
def _told_client(element: ToldClient, compiler: Any, **given: Any) -> str:
    return f"json_extract({compiler.process(element.clauses, **given)}, '$.client_id')"


@compiles(ToldClient, "postgresql")
def _told_client_in_jsonb(element: ToldClient, compiler: Any, **given: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **given)} ->> 'client_id' AS BIGINT)"


_TOLD_CLIENT = ToldClient(HistoryEvent.data)
Index(
    "ix_history_event_client",
    _TOLD_CLIENT,
    HistoryEvent.id,
    sqlite_where=text("json_extract(data, '$.client_id') IS NOT NULL"),
    postgresql_where=text("CAST(data ->> 'client_id' AS BIGINT) IS NOT NULL"),
)


def tells_of_clients(ids: Collection[int] | Select[int]) -> ColumnElement[bool]:
    """Entries about these clients, of deals and of none, by an index that holds no others."""
    return and_(_TOLD_CLIENT.is_not(None), _TOLD_CLIENT.in_(ids))
