"""Files of deals that somebody brings: looked at first, then opened row by row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db.base import Base
from engine.db.types import Identity, Json, Moment, Word
from engine.model.client_import import ImportState, RowState


class DealImport(Base):
    """``content`` is the file, kept until its rows were read. ``unused`` are headings that mean nothing here.

    The deals follow the map ``definition_key``. Numbers and dates are written as in ``locale``. ``opens``: what is
    sound is opened as soon as all was read, without anybody's word. ``total`` counts the rows that were read.
    ``checking_id`` is the job that reads them: another one that still thinks so stops. ``fault`` says why the file is
    unreadable: an error's code, template and places.
    """

    __tablename__ = "deal_import"
    __table_args__ = (Index("ix_deal_import_uploaded", "state", "uploaded_at"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    file_name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    definition_key: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(8), default="uk")
    unused: Mapped[list[str]] = mapped_column(Json, default=list)
    opens: Mapped[bool] = mapped_column(default=False)
    state: Mapped[ImportState] = mapped_column(Word(ImportState), default=ImportState.CHECKING)
    fault: Mapped[dict[str, Any] | None] = mapped_column(Json)
    total: Mapped[int] = mapped_column(default=0)
    checking_id: Mapped[str] = mapped_column(String(32), default="")
    requested_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    uploaded_at: Mapped[datetime] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)


class DealImportRow(Base):
    """``number`` is the row's own in its file; ``texts`` are its cells by column, emptied once its deal is open.

    A row is NEW, REFUSED or ADDED. ``faults`` say by field what is wrong, as errors are kept; the field is empty where
    it is no column's.
    """

    __tablename__ = "deal_import_row"
    __table_args__ = (
        UniqueConstraint("import_id", "number"),
        Index("ix_deal_import_row_state", "import_id", "state", "number"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("deal_import.id"))
    number: Mapped[int]
    texts: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    state: Mapped[RowState] = mapped_column(Word(RowState))
    faults: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    deal_id: Mapped[int | None] = mapped_column(BigInteger)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
