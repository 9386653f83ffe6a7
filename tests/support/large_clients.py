"""A client with many contacts, and a deal with many files."""

from __future__ import annotations

from sqlalchemy import insert, select
from support.client_mail import file_of
from support.files import pdf
from support.office import Office

from engine.alphabet import sort_key
from engine.model.client import Contact
from engine.model.deal import Deal
from engine.model.deal_file import DealFile
from engine.policy.search_keys import search_text


def contact_name(number: int) -> str:
    return f"Контакт {number:04}"


def contact_address(number: int) -> str:
    return f"contact{number:04}@client.example.com"


def add_contacts(office: Office, client_id: int, count: int) -> None:
    """Numbered from 0, by name as by number."""
    rows = [
        {
            "client_id": client_id,
            "full_name": contact_name(number),
            "email": contact_address(number),
            "sort_key": sort_key(contact_name(number)),
            "search_text": search_text(contact_name(number), contact_address(number)),
            "created_at": office.clock.now(),
        }
        for number in range(count)
    ]
    with office.database.write() as session:
        session.execute(insert(Contact), rows)


def file_name(number: int) -> str:
    return f"Кошторис {number:03}.pdf"


def add_deal_files(office: Office, deal: Deal, count: int) -> list[int]:
    """Of one content, each under its name; their ids, the first added first."""
    first = file_of(office, deal, file_name(0), pdf("an estimate"))
    with office.database.write() as session:
        source = session.get_one(DealFile, first)
        kept = {one.key: getattr(source, one.key) for one in DealFile.__mapper__.column_attrs if one.key != "id"}
        session.execute(insert(DealFile), [kept | {"name": file_name(number)} for number in range(1, count)])
        return list(session.scalars(select(DealFile.id).where(DealFile.deal_id == deal.id).order_by(DealFile.id)))
