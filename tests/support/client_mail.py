"""A deal whose client is written to: the client's people, files of the deal, a letter that has left."""

from __future__ import annotations

import io
from typing import Any

from support.office import Office

from engine.adapters.received_letters import ReceivedLetter
from engine.adapters.received_mail import ReceivedMessage
from engine.commands.client_answers import BroughtLetter, take_client_answer
from engine.commands.client_letters import LetterDraft, write_to_client
from engine.commands.clients import ContactDraft, add_contact
from engine.commands.deal_files import Place, add_files
from engine.commands.stored_files import bring_file
from engine.model.client_letter import ClientLetter
from engine.model.deal import Deal
from engine.policy.file_limits import FileLimits

CLIENT = "maria@client.example.com"


def deal_with_a_contact(office: Office) -> Deal:
    deal = office.open_deal("olena")
    office.do("olena", add_contact, deal.client_id, ContactDraft("Марія Іваненко", email=CLIENT))
    return deal


def file_of(office: Office, deal: Deal, name: str, content: bytes) -> int:
    """The id of a file that was added to the deal."""
    brought = bring_file(office.database, name, io.BytesIO(content), limits=FileLimits(), clock=office.clock)
    (file_id,) = office.do("olena", add_files, Place(deal.id), [brought], limits=FileLimits())
    return int(file_id)


def write(office: Office, deal: Deal, login: str = "olena", **values: Any) -> int:
    """The id of a letter to the client."""
    command_id = values.pop("command_id", None)
    wanted: dict[str, Any] = {"to": (CLIENT,), "subject": "Пропозиція", "text": "Добрий день!\nНадсилаю пропозицію."}
    return office.do(login, write_to_client, deal.id, LetterDraft(**(wanted | values)), command_id=command_id)


def letters_in(office: Office) -> list[ClientLetter]:
    """All letters, in their order."""
    with office.database.read() as session:
        return session.query(ClientLetter).order_by(ClientLetter.id).all()


def take_answer(office: Office, letter_id: int, text: str = "Згодні", *, number: int = 1, **values: Any) -> None:
    """Let the client's answer to a letter of ours come into its deal. ``values`` are those of a received letter."""
    sender = values.pop("sender", CLIENT)
    left_out = values.pop("left_out", ())
    message_id = f"<{number}@client.example.com>"
    message = ReceivedMessage(str(number), message_id, sender, (), is_automatic=False, failure="", text="")
    said = {
        "sender_name": "Марія",
        "subject": "Re: Пропозиція",
        "text": text,
        "quoted": "",
        "files": (),
        "left_out": (),
    }
    brought = BroughtLetter(ReceivedLetter(**(said | values)), left_out=left_out)
    with office.database.write() as session:
        take_client_answer(session, message, brought, letter_id, limits=FileLimits(), clock=office.clock)
