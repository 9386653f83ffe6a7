"""Clients and contacts: add, change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.edited_meanwhile import unseen_kept_of_client
from engine.commands.history import record
from engine.commands.locks import lock_client
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldRequired, InvalidInput
from engine.events import ClientAdded, ClientChanged, ContactAdded
from engine.model.client import Client, Contact
from engine.model.person import Person
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.phone_numbers import normalise_phone
from engine.policy.search_keys import search_text

_EDRPOU = re.compile(r"\d{8}|\d{10}|\d{12}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class ClientExists(DomainError):
    """Two clients with one EDRPOU code would split the history of one company."""

    code: ClassVar[str] = "client_exists"
    template: ClassVar[str] = N_("There is a client with this code already: %(name)s.")


@dataclass(frozen=True, slots=True)
class ClientDraft:
    """What is typed about a client. ``phone`` in any spelling; ``edrpou`` is 8, 10 or 12 digits or empty.

    Mail addresses are kept in lower case, as they are compared.
    """

    name: str
    edrpou: str = ""
    segment: str = ""
    source: str = ""
    phone: str = ""
    email: str = ""
    owner_id: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContactDraft:
    full_name: str
    position: str = ""
    phone: str = ""
    email: str = ""


def add_client(session: Session, draft: ClientDraft, *, actor: Actor, clock: Clock) -> Client:
    """Raises NotAllowed, InvalidInput."""
    ensure_may(actor, Ability.MANAGE_CLIENTS)
    ensure_readable(draft.name, "name", draft.edrpou, draft.email)
    _ensure_new(session, draft.edrpou.strip())
    client = Client(
        name=draft.name.strip(),
        edrpou=draft.edrpou.strip(),
        segment=draft.segment.strip(),
        source=draft.source.strip(),
        phone=normalise_phone(draft.phone) or draft.phone.strip(),
        email=draft.email.strip().lower(),
        owner_id=draft.owner_id or actor.recorded_id,
        fields=dict(draft.fields),
        created_at=clock.now(),
    )
    client.search_text = _search_text_of_client(client)
    session.add(client)
    session.flush()
    record(session, ClientAdded(client_id=client.id, name=client.name), actor=actor, at=clock.now())
    return client


def update_client(
    session: Session,
    client_id: int,
    changes: Mapping[str, Any],
    *,
    actor: Actor,
    clock: Clock,
    read_version: int | None = None,
) -> Client:
    """``changes`` holds any of ClientDraft's fields.

    With ``read_version``, the client's version when the editor read it, what others changed since stays where the
    editor left it alone. Raises NotFound, NotAllowed, InvalidInput, and EditedMeanwhile where both have changed it.
    """
    ensure_may(actor, Ability.MANAGE_CLIENTS)
    client = lock_client(session, client_id, actor)
    wanted = {name: value.strip() if isinstance(value, str) else value for name, value in changes.items()}
    ensure_readable(
        wanted.get("name", client.name), "name", wanted.get("edrpou", client.edrpou), wanted.get("email", client.email)
    )
    if wanted.get("edrpou", client.edrpou) != client.edrpou:
        _ensure_new(session, wanted["edrpou"])
    if wanted.get("owner_id") is not None and session.get(Person, wanted["owner_id"]) is None:
        raise InvalidInput({"owner_id": FieldNotUnderstood(value=wanted["owner_id"], expected="person")})
    if "email" in wanted:
        wanted["email"] = wanted["email"].lower()
    if "phone" in wanted:
        wanted["phone"] = normalise_phone(wanted["phone"]) or wanted["phone"]
    if read_version is not None:
        wanted = unseen_kept_of_client(session, client, wanted, read_version)
    changed: dict[str, Any] = {}
    for name in ("name", "edrpou", "segment", "source", "phone", "email", "owner_id", "fields"):
        if name in wanted and wanted[name] != getattr(client, name):
            changed[name] = [getattr(client, name), wanted[name]]
            setattr(client, name, wanted[name])
    if changed:
        client.search_text = _search_text_of_client(client)
        record(session, ClientChanged(client_id=client.id, changes=changed), actor=actor, at=clock.now())
    return client


def add_contact(session: Session, client_id: int, draft: ContactDraft, *, actor: Actor, clock: Clock) -> Contact:
    """Raises NotFound, NotAllowed, InvalidInput."""
    ensure_may(actor, Ability.MANAGE_CLIENTS)
    client = lock_client(session, client_id, actor)
    ensure_readable(draft.full_name, "full_name", "", draft.email)
    phone = normalise_phone(draft.phone) or draft.phone.strip()
    contact = Contact(
        client_id=client.id,
        full_name=draft.full_name.strip(),
        position=draft.position.strip(),
        phone=phone,
        email=draft.email.strip().lower(),
        created_at=clock.now(),
        search_text=search_text(draft.full_name, draft.position, phone, draft.email),
    )
    session.add(contact)
    session.flush()
    record(session, ContactAdded(client_id=client.id, contact_id=contact.id), actor=actor, at=clock.now())
    return contact


def _search_text_of_client(client: Client) -> str:
    return search_text(client.name, client.edrpou, client.phone, client.email, client.segment)


def ensure_readable(name: str, name_field: str, edrpou: str, email: str) -> None:
    """Raises InvalidInput; an empty name is an error of ``name_field``."""
    errors: dict[str, DomainError] = {}
    if not name.strip():
        errors[name_field] = FieldRequired(label=N_("Name"))
    if edrpou.strip() and not _EDRPOU.fullmatch(edrpou.strip()):
        errors["edrpou"] = FieldNotUnderstood(value=edrpou, expected=N_("an EDRPOU code of 8, 10 or 12 digits"))
    if email.strip() and not _EMAIL.fullmatch(email.strip()):
        errors["email"] = FieldNotUnderstood(value=email, expected=N_("an e-mail address"))
    if errors:
        raise InvalidInput(errors)


def _ensure_new(session: Session, edrpou: str) -> None:
    if not edrpou:
        return
    known = session.scalar(select(Client.name).where(Client.edrpou == edrpou).limit(1))
    if known is not None:
        raise InvalidInput({"edrpou": ClientExists(name=known)})
