"""What is left of a person in the whole database, and whether all proofs hold without it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import MetaData, Table, select
from sqlalchemy.orm import Session
from support.office import Office

from engine.adapters.history_keys import HistoryKeys
from engine.commands.history_signing import sign_new_entries
from engine.db.base import Base
from engine.model.deal import Deal
from engine.policy.approval_sheet_check import sheet_verdict
from engine.policy.approval_sheet_file import sheet_json
from engine.queries.approval_sheets import whole_sheet
from engine.queries.history import chain_faults
from engine.queries.history_proof import HistoryProof, signed_faults


def named_in(office: Office, *words: str) -> list[str]:
    """The tables and columns of the whole database that hold one of the words."""
    found = []
    with office.database.read() as session:
        for table in (*Base.metadata.sorted_tables, *_texts_apart(session)):
            for row in session.execute(select(table)).mappings():
                told = {
                    name: one.decode(errors="replace") if isinstance(one, bytes) else str(one)
                    for name, one in row.items()
                }
                found += [
                    f"{table.name}.{name}"
                    for name, one in told.items()
                    if any(word in one.casefold() for word in words)
                ]
    return found


def _texts_apart(session: Session) -> list[Table]:
    """The tables that PostgreSQL's triggers keep of what is searched."""
    connection, metadata = session.connection(), MetaData()
    if connection.dialect.name == "postgresql":
        metadata.reflect(connection, only=lambda name, _: name.startswith("fts_"))
    return metadata.sorted_tables


def ensure_whole(office: Office, deal: Deal, folder: Path) -> None:
    """The chain, the signatures and an exported sheet, whatever was erased."""
    while sign_new_entries(office.database, HistoryKeys(folder), clock=office.clock):
        pass
    with office.database.read() as session:
        assert chain_faults(session, deal.id) == ()
        assert list(signed_faults(session, HistoryProof())) == []
        assert sheet_verdict(sheet_json(whole_sheet(session, deal.id))).faults == ()
