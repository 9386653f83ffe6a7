"""Clients and contacts: add, change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.awaited_deadlines import set_deadlines_of_client
from engine.commands.client_decisions import look_at_decisions
from engine.commands.edited_meanwhile import unseen_kept_of_client
from engine.commands.history import record
from engine.commands.locks import lock_client, lock_contact
from engine.commands.own_values import Spelling, merged, read_own_values, texts_to_find
from engine.commands.search_texts import find_deals_of_client_anew
from engine.errors import N_, Conflict, DomainError, FieldNotUnderstood, FieldRequired, InvalidInput
from engine.events import ClientAdded, ClientChanged, ContactAdded, ContactChanged
from engine.model.client import Client, Contact
from engine.model.deal import Deal
from engine.model.own_field import FieldSubject
from engine.model.person import Person
from engine.policy.own_fields import CLIENT_ROOT
from engine.policy.permissions import Ability, Actor, ensure_may
from engine.policy.personal_texts import ERASED
from engine.policy.phone_numbers import normalise_phone
from engine.policy.search_keys import search_text
from engine.policy.visible_names import is_invisible
from engine.queries.client_merges import standing_client_id

_EDRPOU = re.compile(r"\d{8}|\d{10}|\d{12}")
_IN_STEPS = frozenset({"name", "edrpou", "segment", "source", "phone", "email"})
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST_EMAIL = 254


class ClientExists(DomainError):
    """Two clients with one EDRPOU code would split the history of one company."""

    code: ClassVar[str] = "client_exists"
    template: ClassVar[str] = N_("There is a client with this code already: %(name)s.")


class PersonIsErased(Conflict):
    """Whoever had the card open before would write back what was erased."""

    code: ClassVar[str] = "person_erased"
    template: ClassVar[str] = N_("What was known here was erased at the person’s wish. Add them anew if you need to.")


@dataclass(frozen=True, slots=True)
class ClientDraft:
    """What is typed about a client. ``phone`` in any spelling; ``edrpou`` is 8, 10 or 12 digits or empty.

    Mail addresses are kept in lower case, as they are compared. ``fields`` are texts or JSON values of the company's
    own fields, by name.
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
    fields: Mapping[str, Any] = field(default_factory=dict)


def add_client(
    session: Session,
    draft: ClientDraft,
    *,
    actor: Actor,
    clock: Clock,
    spelling: Spelling = Spelling(),  # noqa: B008  # frozen
    whole: bool = False,
) -> Client:
    """``whole``: all that is required has to be there. A client that comes with a deal may be filled in later.

    Raises NotAllowed, InvalidInput.
    """
    ensure_may(actor, Ability.MANAGE_CLIENTS)
    ensure_readable(draft.name, "name", draft.edrpou, draft.email)
    _ensure_new(session, draft.edrpou.strip())
    ensure_works_here(session, draft.owner_id)
    own = read_own_values(session, FieldSubject.CLIENT, draft.fields, spelling, whole=whole)
    client = put_client(session, draft, own, owner_id=draft.owner_id or actor.recorded_id, at=clock.now())
    record(session, ClientAdded(client_id=client.id, name=client.name), actor=actor, at=clock.now())
    return client


def ensure_works_here(session: Session, owner_id: int | None) -> None:
    """No client goes to who has left; those whom they had stay with them until somebody else gets them.

    Raises InvalidInput by ``owner_id``.
    """
    owner = session.get(Person, owner_id) if owner_id is not None else None
    if owner_id is not None and (owner is None or not owner.is_active):
        raise InvalidInput({"owner_id": FieldNotUnderstood(value=owner_id, expected=N_("a person"))})


def put_client(
    session: Session, draft: ClientDraft, own: Mapping[str, Any], *, owner_id: int | None, at: datetime
) -> Client:
    """Store a draft that was found readable, with its own values as ``read_own_values`` gives them."""
    client = Client(
        name=draft.name.strip(),
        edrpou=draft.edrpou.strip(),
        segment=draft.segment.strip(),
        source=draft.source.strip(),
        phone=normalise_phone(draft.phone) or draft.phone.strip(),
        email=draft.email.strip().lower(),
        owner_id=owner_id,
        fields=merged({}, own),
        created_at=at,
    )
    client.search_text = search_text_of_client(session, client)
    session.add(client)
    session.flush()
    return client


def update_client(
    session: Session,
    client_id: int,
    changes: Mapping[str, Any],
    *,
    actor: Actor,
    clock: Clock,
    read_version: int | None = None,
    told_version: int | None = None,
    spelling: Spelling = Spelling(),  # noqa: B008  # frozen
) -> Client:
    """``changes`` holds any of ClientDraft's fields; of ``fields`` only those that it names are changed.

    With ``read_version``, the client's version when the editor read it, what others changed since stays where the
    editor left it alone; what the editor was told of as of ``told_version`` is wanted all the same. Raises NotFound,
    NotAllowed, InvalidInput, PersonIsErased, and EditedMeanwhile where both have changed it.
    """
    ensure_may(actor, Ability.MANAGE_CLIENTS)
    client = lock_client(session, client_id, actor)
    if client.name == ERASED:
        raise PersonIsErased
    wanted: dict[str, Any] = {
        name: value.strip() if isinstance(value, str) else value for name, value in changes.items()
    }
    given = wanted.pop("fields", None) or {}
    own = read_own_values(session, FieldSubject.CLIENT, given, spelling, held=client.fields)
    _ensure_columns(session, client, wanted)
    if wanted.get("owner_id") != client.owner_id:
        ensure_works_here(session, wanted.get("owner_id"))
    wanted |= {CLIENT_ROOT + name: value for name, value in own.items()}
    if read_version is not None:
        wanted = unseen_kept_of_client(session, client, wanted, read_version, told_version=told_version)
    changed = write_client(session, client, wanted, actor=actor, at=clock.now())
    if changed:
        record(session, ClientChanged(client_id=client.id, changes=changed), actor=actor, at=clock.now())
    return client


def write_client(
    session: Session,
    client: Client,
    wanted: Mapping[str, Any],
    *,
    in_deal: int | None = None,
    actor: Actor,
    at: datetime,
) -> dict[str, list[Any]]:
    """Write readable values into a locked client; what changed, as [old, new]. Own fields are named ``client.…``.

    Open steps that waited for a date of the client's get their deadlines; those of the deal ``in_deal`` by its own
    step. The deals of a renamed client are found by its new name a little later.
    """
    changed: dict[str, list[Any]] = {}
    for name in ("name", "edrpou", "segment", "source", "phone", "email", "owner_id"):
        if name in wanted and wanted[name] != getattr(client, name):
            changed[name] = [getattr(client, name), wanted[name]]
            setattr(client, name, wanted[name])
    own = {name.removeprefix(CLIENT_ROOT): one for name, one in wanted.items() if name.startswith(CLIENT_ROOT)}
    kept = merged(client.fields, own)
    changed |= {
        CLIENT_ROOT + name: [client.fields.get(name), kept.get(name)]
        for name in own
        if client.fields.get(name) != kept.get(name)
    }
    if changed:
        client.fields = kept
        client.search_text = search_text_of_client(session, client)
    if changed.keys() & {"name", "edrpou"}:
        find_deals_of_client_anew(session, client.id, at=at)
    if changed.keys() - {"owner_id"}:
        set_deadlines_of_client(session, client.id, but_of=in_deal, actor=actor, at=at)
        look_at_decisions(session, client.id, but_of=in_deal, actor=actor, at=at)
    return changed


def lock_client_of(session: Session, deal: Deal) -> Client:
    """The client of a locked deal, as it is once nobody else changes it.

    Not by ``Session.get``: that refuses a row which another has changed since the deal was read with it.
    """
    locked = select(Client).where(Client.id == deal.client_id).with_for_update(of=Client)
    return session.scalars(locked.execution_options(populate_existing=True)).one()


def write_client_in_step(session: Session, deal: Deal, given: Mapping[str, Any], *, actor: Actor, at: datetime) -> None:
    """Write what a step's form says of the deal's client, by the names of maps: ``client.segment``, ``client.limit``.

    The map allows it, whoever does the step. Raises InvalidInput.
    """
    client = lock_client_of(session, deal)
    own, columns = dict[str, Any](), dict[str, Any]()
    for name, value in given.items():
        bare = name.removeprefix(CLIENT_ROOT)
        if bare in _IN_STEPS:
            columns[bare] = "" if value is None else str(value).strip()
        else:
            own[name] = value
    try:
        _ensure_columns(session, client, columns)
    except InvalidInput as invalid:
        raise InvalidInput({CLIENT_ROOT + name: error for name, error in invalid.errors.items()}) from invalid
    changed = write_client(session, client, columns | own, in_deal=deal.id, actor=actor, at=at)
    if changed:
        record(session, ClientChanged(client_id=client.id, changes=changed), actor=actor, at=at, deal=deal)


def _ensure_columns(session: Session, client: Client, wanted: dict[str, Any]) -> None:
    """Bring phone and address into the form in which they are kept. Raises InvalidInput."""
    ensure_readable(
        wanted.get("name", client.name), "name", wanted.get("edrpou", client.edrpou), wanted.get("email", client.email)
    )
    if wanted.get("edrpou", client.edrpou) != client.edrpou:
        _ensure_new(session, wanted["edrpou"])
    if "email" in wanted:
        wanted["email"] = wanted["email"].lower()
    if "phone" in wanted:
        wanted["phone"] = normalise_phone(wanted["phone"]) or wanted["phone"]


def add_contact(
    session: Session,
    client_id: int,
    draft: ContactDraft,
    *,
    actor: Actor,
    clock: Clock,
    spelling: Spelling = Spelling(),  # noqa: B008  # frozen
) -> Contact:
    """``client_id`` may be that of one who was merged. Raises NotFound, NotAllowed, InvalidInput."""
    ensure_may(actor, Ability.MANAGE_CLIENTS)
    client = lock_client(session, standing_client_id(session, actor, client_id) or client_id, actor)
    ensure_readable(draft.full_name, "full_name", "", draft.email)
    own = read_own_values(session, FieldSubject.CONTACT, draft.fields, spelling, whole=True)
    contact = put_contact(session, client.id, draft, own, at=clock.now())
    event = ContactAdded(client_id=client.id, contact_id=contact.id, name=contact.full_name)
    record(session, event, actor=actor, at=clock.now())
    return contact


def put_contact(
    session: Session, client_id: int, draft: ContactDraft, own: Mapping[str, Any], *, at: datetime
) -> Contact:
    """Store a draft that was found readable, at a client."""
    contact = Contact(
        client_id=client_id,
        full_name=draft.full_name.strip(),
        position=draft.position.strip(),
        phone=normalise_phone(draft.phone) or draft.phone.strip(),
        email=draft.email.strip().lower(),
        fields=merged({}, own),
        created_at=at,
    )
    contact.search_text = _search_text_of_contact(session, contact)
    session.add(contact)
    session.flush()
    return contact


def update_contact(
    session: Session,
    contact_id: int,
    changes: Mapping[str, Any],
    *,
    actor: Actor,
    clock: Clock,
    spelling: Spelling = Spelling(),  # noqa: B008  # frozen
) -> Contact:
    """``changes`` holds any of ContactDraft's fields; of ``fields`` only those that it names are changed.

    Raises NotFound for a contact of a client that is not visible, NotAllowed, InvalidInput, PersonIsErased.
    """
    ensure_may(actor, Ability.MANAGE_CLIENTS)
    contact = lock_contact(session, contact_id, actor)
    if contact.full_name == ERASED:
        raise PersonIsErased
    wanted: dict[str, Any] = {
        name: value.strip() if isinstance(value, str) else value for name, value in changes.items()
    }
    given = wanted.pop("fields", None) or {}
    own = read_own_values(session, FieldSubject.CONTACT, given, spelling, held=contact.fields)
    ensure_readable(wanted.get("full_name", contact.full_name), "full_name", "", wanted.get("email", contact.email))
    if "email" in wanted:
        wanted["email"] = wanted["email"].lower()
    if "phone" in wanted:
        wanted["phone"] = normalise_phone(wanted["phone"]) or wanted["phone"]
    changed: dict[str, list[Any]] = {}
    for name in ("full_name", "position", "phone", "email"):
        if name in wanted and wanted[name] != getattr(contact, name):
            changed[name] = [getattr(contact, name), wanted[name]]
            setattr(contact, name, wanted[name])
    kept = merged(contact.fields, own)
    changed |= {
        f"contact.{name}": [contact.fields.get(name), kept.get(name)]
        for name in own
        if contact.fields.get(name) != kept.get(name)
    }
    if changed:
        contact.fields = kept
        contact.search_text = _search_text_of_contact(session, contact)
        event = ContactChanged(
            client_id=contact.client_id, contact_id=contact.id, name=contact.full_name, changes=changed
        )
        record(session, event, actor=actor, at=clock.now())
    return contact


def search_text_of_client(session: Session, client: Client) -> str:
    own = texts_to_find(session, FieldSubject.CLIENT, client.fields)
    return search_text(client.name, client.edrpou, client.phone, client.email, client.segment, *own)


def _search_text_of_contact(session: Session, contact: Contact) -> str:
    own = texts_to_find(session, FieldSubject.CONTACT, contact.fields)
    return search_text(contact.full_name, contact.position, contact.phone, contact.email, *own)


def ensure_readable(name: str, name_field: str, edrpou: str, email: str) -> None:
    """Raises InvalidInput; an empty name is an error of ``name_field``: a client's, or a person's full one."""
    errors: dict[str, DomainError] = {}
    if is_invisible(name):
        errors[name_field] = FieldRequired(label=N_("Full name") if name_field == "full_name" else N_("Name"))
    if edrpou.strip() and not _EDRPOU.fullmatch(edrpou.strip()):
        errors["edrpou"] = FieldNotUnderstood(value=edrpou, expected=N_("an EDRPOU code of 8, 10 or 12 digits"))
    # Its length is looked at first: of a very long text, the pattern would try every division.
    if email.strip() and (len(email.strip()) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email.strip())):
        errors["email"] = FieldNotUnderstood(value=email, expected=N_("an e-mail address"))
    if errors:
        raise InvalidInput(errors)


def _ensure_new(session: Session, edrpou: str) -> None:
    if not edrpou:
        return
    known = session.scalar(select(Client.name).where(Client.edrpou == edrpou, Client.merged_into_id.is_(None)).limit(1))
    if known is not None:
        raise InvalidInput({"edrpou": ClientExists(name=known)})
