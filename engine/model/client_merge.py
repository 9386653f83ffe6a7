"""Clients that were merged into others, and pairs that look alike and are two."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Json, Moment


class ClientMerge(Base):
    """One client became a part of another. The merged one stays as a tombstone (``Client.merged_into_id``).

    ``moved`` holds the ids of what went along, by ``deals``, ``contacts``, ``notes`` and ``tombstones``: the clients
    that had been merged into the merged one before. ``doubles`` are contacts who were deleted, for the kept client had
    the same one, under the id at the same place of ``twins``. ``changes`` are what the merge changed in the kept
    client, as [old, new] by name; None once it was erased, and then the merge cannot be undone. Ids are plain numbers:
    a client that an import brought may be taken back with it.
    """

    __tablename__ = "client_merge"
    __table_args__ = (
        Index("ix_client_merge_kept", "kept_id", "merged_at"),
        Index("ix_client_merge_merged", "merged_id"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    kept_id: Mapped[int] = mapped_column(BigInteger)
    merged_id: Mapped[int] = mapped_column(BigInteger)
    merged_by_id: Mapped[int | None] = mapped_column(BigInteger)
    merged_at: Mapped[datetime] = mapped_column(Moment)
    moved: Mapped[dict[str, list[int]]] = mapped_column(Json, default=dict)
    changes: Mapped[dict[str, Any] | None] = mapped_column(Json)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)


class NotDouble(Base):
    """Somebody has said that two clients who look alike are two. ``low_id`` is the smaller id."""

    __tablename__ = "not_double"

    low_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    high_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    said_by_id: Mapped[int | None] = mapped_column(BigInteger)
    said_at: Mapped[datetime] = mapped_column(Moment)
