"""Letters with the client of a deal."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from engine.commands.client_letters import LONGEST_SUBJECT, MOST_FILES, MOST_RECEIVERS
from engine.model.client_letter import ClientLetterState
from engine.policy.letter_addresses import LONGEST_ADDRESS
from webui.api.models.values import Filled, Given, Id, Listed, PersonName, Text, Told

_Address = Annotated[str, StringConstraints(max_length=LONGEST_ADDRESS)]


class NewLetter(Given):
    """A letter to the client: plain text, as it is to be read."""

    to: list[_Address] = Field(min_length=1, max_length=MOST_RECEIVERS, description="Addresses.")
    subject: Annotated[str, StringConstraints(max_length=LONGEST_SUBJECT), Filled]
    text: Annotated[Text, Filled]
    file_ids: list[Id] = Field(default_factory=list, max_length=MOST_FILES, description="Of files of the deal.")
    answers_id: Id | None = Field(default=None, description="The letter of this deal that it answers.")
    quote: bool = Field(default=False, description="Quote the letter that it answers below the text.")


class LetterPath(Given):
    deal_id: Id
    letter_id: Id


class Correspondent(Told):
    """Who a letter goes to, or comes from. `name` is as the client's card has it, or as the letter says."""

    address: str
    name: str


class AttachedFile(Told):
    """A version of a file of the deal."""

    id: int
    name: str
    size: int = Field(description="In bytes.")
    is_erased: bool


class NotKept(Told):
    """What came with a letter and was not kept, or what a letter of ours left without."""

    name: str
    problem: str = Field(description="The code of why.")


class LetterItem(Told):
    """A letter of a deal. What the client wrote is `received`, whatever became of ours is said by its state."""

    id: int
    state: ClientLetterState
    by: PersonName | None = Field(description="Who of the company wrote it.")
    sender: Correspondent | None = Field(description="Of a received letter.")
    is_known: bool = Field(description="False for a letter from an address that is not known as the client's.")
    is_automatic: bool = Field(description="A program wrote it.")
    is_unread: bool = Field(description="It came, and nobody of the deal's people has said to have read it.")
    to: tuple[Correspondent, ...]
    subject: str
    text: str
    quoted: str = Field(description="What it repeats of the letters before it.")
    files: tuple[AttachedFile, ...]
    left_out: tuple[NotKept, ...]
    answers_id: int | None
    at: datetime = Field(description="When it was written, or came.")
    sent_at: datetime | None
    error: str = Field(description="Why it has not left, or came back.")


class LetterList(Listed[LetterItem]):
    """Letters, the latest first."""
