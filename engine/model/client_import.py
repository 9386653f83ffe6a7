"""Lists of clients and of old notes that somebody brings: looked at first, then taken over row by row."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.db.base import Base
from engine.db.types import Identity, Json, Moment, Word
from engine.model.person import Person


class ImportKind(StrEnum):
    CLIENTS = "clients"
    NOTES = "notes"


class ImportState(StrEnum):
    CHOOSING = "choosing"  # what the columns mean
    CHECKING = "checking"  # what each row would do
    CHECKED = "checked"
    UNREADABLE = "unreadable"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"  # what was taken over until then stays
    UNDOING = "undoing"
    UNDONE = "undone"


class RowState(StrEnum):
    NEW = "new"  # would add a client, or a note
    COMPLETES = "completes"  # would add something to a client that is here
    SAME = "same"  # is here already, with all that the row says
    REFUSED = "refused"
    ADDED = "added"
    FILLED = "filled"  # something was added to a client that was here
    LEFT = "left"  # nothing was to be added
    UNDONE = "undone"
    KEPT = "kept"  # was to be undone, but is in use by now


BEFORE_TAKING_OVER = (ImportState.CHOOSING, ImportState.CHECKING, ImportState.CHECKED, ImportState.UNREADABLE)
AT_WORK = (ImportState.CHECKING, ImportState.RUNNING, ImportState.UNDOING)
PROMISING = (RowState.NEW, RowState.COMPLETES)
WAITING = (*PROMISING, RowState.SAME)
TAKEN = (RowState.ADDED, RowState.FILLED)


class ClientImport(Base):
    """``content`` is the file, kept until its rows are taken over. ``columns`` say what each of ``headings`` means.

    ``samples`` are the first rows below the headings. ``fills``: what is empty in a client that is here already is
    filled in. ``owner_id`` owns clients whose row names nobody who is known. ``total`` counts the rows that were read.
    ``checking_id`` is the job that reads them: another one that still thinks so stops. ``fault`` says why the file is
    unreadable: an error's code, template and places.
    """

    __tablename__ = "client_import"
    __table_args__ = (Index("ix_client_import_uploaded", "state", "uploaded_at"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    kind: Mapped[ImportKind] = mapped_column(Word(ImportKind))
    file_name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    headings: Mapped[list[str]] = mapped_column(Json, default=list)
    samples: Mapped[list[list[str]]] = mapped_column(Json, default=list)
    columns: Mapped[list[str]] = mapped_column(Json, default=list)
    fills: Mapped[bool] = mapped_column(default=False)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    locale: Mapped[str] = mapped_column(String(8), default="uk")
    state: Mapped[ImportState] = mapped_column(Word(ImportState), default=ImportState.CHOOSING)
    fault: Mapped[dict[str, Any] | None] = mapped_column(Json)
    total: Mapped[int] = mapped_column(default=0)
    checking_id: Mapped[str] = mapped_column(String(32), default="")
    requested_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    uploaded_at: Mapped[datetime] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    finished_at: Mapped[datetime | None] = mapped_column(Moment)

    requested_by: Mapped[Person] = relationship(foreign_keys=[requested_by_id])
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id])


class ClientImportRow(Base):
    """``number`` is the row's own in its file. ``cells`` are emptied once they were taken over.

    ``told`` says what there is to say: ``faults`` by the meaning of a column, ``remarks``, and what a row is the same
    as: ``by`` and the ``row`` before it. ``client_id`` is the client whom the row is about, as soon as there is one;
    ``contact_id`` and ``note_ids`` are what came of it, ``before`` what an undo restores of a client that was here.
    """

    __tablename__ = "client_import_row"
    __table_args__ = (
        UniqueConstraint("import_id", "number"),
        Index("ix_client_import_row_state", "import_id", "state", "number"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("client_import.id"))
    number: Mapped[int]
    cells: Mapped[list[str]] = mapped_column(Json, default=list)
    state: Mapped[RowState] = mapped_column(Word(RowState))
    told: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    client_id: Mapped[int | None] = mapped_column(BigInteger)
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    note_ids: Mapped[list[int]] = mapped_column(Json, default=list)
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
