"""Clients and contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from webui.api.models.values import (
    READ_VERSION,
    Filled,
    Given,
    Id,
    Line,
    Listed,
    Paging,
    PersonName,
    Query,
    ReadVersion,
    Told,
)

ClientTitle = Annotated[str, StringConstraints(max_length=300)]
Word = Annotated[str, StringConstraints(max_length=100)]
Phone = Annotated[str, StringConstraints(max_length=32)]
Email = Annotated[str, StringConstraints(max_length=254)]
Edrpou = Annotated[str, StringConstraints(max_length=12)]

_OWN = "The company's own fields by name, read by their types; other names are refused."
_CLIENT: JsonValue = {"name": "ТОВ «Промінь»", "edrpou": "32855961", "segment": "B2B", "phone": "+380441234567"}


class NewClient(Given):
    """A client. Without an owner the caller owns it."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_CLIENT]})

    name: Annotated[ClientTitle, Filled]
    edrpou: Edrpou = Field(default="", description="8, 10 or 12 digits, or empty.")
    segment: Word = ""
    source: Word = ""
    phone: Phone = Field(default="", description="In any spelling.")
    email: Email = ""
    owner_id: Id | None = None
    fields: dict[str, Any] = Field(default={}, description=_OWN)


class ClientChanges(Given):
    """Only what is named is changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"segment": "B2G"}]})

    name: ClientTitle = ""
    edrpou: Edrpou = ""
    segment: Word = ""
    source: Word = ""
    phone: Phone = ""
    email: Email = ""
    owner_id: Id | None = None
    fields: dict[str, Any] = Field(default={}, description=f"{_OWN} Only those named are changed; null empties.")
    read_version: ReadVersion | None = READ_VERSION


class ClientPath(Given):
    client_id: Id


class ClientsQuery(Paging):
    q: Query = Field(default="", description="Any part of name, code, phone or address.")
    owner_id: Id | None = Field(default=None, description="Only clients of this person.")


class ClientItem(Told):
    """A client. Deals and deadlines count only what the caller sees."""

    id: int
    name: str
    edrpou: str
    segment: str
    source: str
    phone: str = Field(description="E.164 where it could be read.")
    email: str
    owner: PersonName | None
    created_at: datetime
    open_deals: int
    next_due_at: datetime | None = Field(description="The nearest deadline of a live step.")
    version: int = Field(description="Grows with every change.")
    fields: dict[str, Any] = Field(description="The company's own fields that hold something.")


class NewContact(Given):
    """A person at a client."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"client_id": 3, "full_name": "Марія Іваненко", "phone": "067 123 45 67"}]},
    )

    client_id: Id
    full_name: Annotated[Line, Filled]
    position: Line = ""
    phone: Phone = ""
    email: Email = ""
    fields: dict[str, Any] = Field(default={}, description=_OWN)


class ContactChanges(Given):
    """Only what is named is changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"position": "Директорка"}]})

    full_name: Line = ""
    position: Line = ""
    phone: Phone = ""
    email: Email = ""
    fields: dict[str, Any] = Field(default={}, description=f"{_OWN} Only those named are changed; null empties.")


class ContactPath(Given):
    contact_id: Id


class ContactsQuery(Paging):
    q: Query = Field(default="", description="Any part of name, phone or address.")
    client_id: Id | None = Field(default=None, description="Only contacts of this client.")


class ContactItem(Told):
    """A person at a client."""

    id: int
    client_id: int
    client_name: str
    full_name: str
    position: str
    phone: str
    email: str
    fields: dict[str, Any] = Field(description="The company's own fields that hold something.")


class ClientNoteItem(Told):
    """A note that was brought from another system: its words, not an entry of the history."""

    id: int
    written_at: datetime | None = Field(description="As the other system said; null where it did not.")
    author: str
    text: str
    source: str = Field(description="The file in which it came.")
    brought_at: datetime
    brought_by: str


class ClientNoteList(Listed[ClientNoteItem]):
    """Notes, the latest first; those without a date last."""


class MergedClientItem(Told):
    """A client that was merged into this one. Its id still leads here."""

    merge_id: int
    client_id: int
    name: str
    merged_at: datetime
    merged_by: str
    can_be_undone: bool = Field(description="For 30 days; the call to undo it says what else stands against it.")


class ClientDetail(ClientItem):
    """A client with everything that is known of it."""

    contacts: tuple[ContactItem, ...]
    may_edit: bool
    merged: tuple[MergedClientItem, ...] = Field(description="The latest first.")


class DoublesItem(Told):
    """Clients who are probably one."""

    clients: tuple[ClientItem, ...]
    reasons: tuple[str, ...] = Field(description="What they share: `edrpou`, `phone`, `email`, `name`.")


class DoublesList(Listed[DoublesItem]):
    """Groups of clients, those who share the surest thing first."""


class ClientsNamed(Given):
    """Clients by their ids."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [{"client_ids": [3, 17]}]})

    client_ids: list[Id] = Field(min_length=1, max_length=20)


class ClientsToMerge(ClientsNamed):
    """Who becomes a part of the client in the address."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"client_ids": [17], "values": {"phone": 17, "client.industry": 17}}]},
    )

    values: dict[Line, Id] = Field(
        default={},
        description="By the name of a field, the client whose value stays; own fields are called `client.…`. What is "
        "not named stays as it is, and is filled in where it is empty.",
    )


class ClientMergePath(Given):
    merge_id: Id


class ClientList(Listed[ClientItem]):
    """Clients by name."""


class ContactList(Listed[ContactItem]):
    """Contacts by name."""
