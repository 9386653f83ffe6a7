"""A client with many contacts, and a deal with many files."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert, select

from engine.alphabet import sort_key
from engine.db.session import Database
from engine.model.client import Contact
from engine.model.deal_file import DealFile
from engine.policy.search_keys import search_text

ADDED_AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def contact_name(number: int) -> str:
    return f"Контакт {number:04}"


def contact_address(number: int) -> str:
    return f"contact{number:04}@client.example.com"


def add_contacts(database: Database, client_id: int, count: int) -> None:
    """Numbered from 0, by name as by number."""
    rows = [
        {
            "client_id": client_id,
            "full_name": contact_name(number),
            "email": contact_address(number),
            "sort_key": sort_key(contact_name(number)),
            "search_text": search_text(contact_name(number), contact_address(number)),
            "created_at": ADDED_AT,
        }
        for number in range(count)
    ]
    with database.write() as session:
        session.execute(insert(Contact), rows)


def file_name(number: int) -> str:
    return f"Кошторис {number:03}.pdf"


def add_files_like(database: Database, file_id: int, count: int) -> list[int]:
    """Of the content of a file and in its deal, under names that are numbered from 0; their ids in this order."""
    with database.write() as session:
        source = session.get_one(DealFile, file_id)
        kept = {one.key: getattr(source, one.key) for one in DealFile.__mapper__.column_attrs if one.key != "id"}
        session.execute(insert(DealFile), [kept | {"name": file_name(number)} for number in range(count)])
        added = DealFile.deal_id == source.deal_id, DealFile.id > file_id
        return list(session.scalars(select(DealFile.id).where(*added).order_by(DealFile.id)))
