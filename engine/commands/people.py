"""People: add, change, sign in, substitute."""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from engine.bpmn.compiled import Reauthentication
from engine.clock import Clock
from engine.commands.access_letters import AccessChange, tell_of_access
from engine.commands.arranging import take_turn_arranging
from engine.commands.history import record
from engine.commands.leaving import hand_over_approvals, hand_over_steps
from engine.commands.sign_ins import ACCESS_WAS_TAKEN, PASSWORD_WAS_SET, record_end
from engine.commands.telegram_links import forget_telegram
from engine.errors import (
    N_,
    DomainError,
    FieldNotUnderstood,
    FieldRequired,
    InvalidInput,
    NotAllowed,
    NotFound,
    SignInFailed,
)
from engine.events import PasswordSet, PersonAdded, PersonChanged, SubstitutionEnded, SubstitutionSet
from engine.model.deadline_feed import DeadlineFeed
from engine.model.department import Department
from engine.model.person import Person, Role
from engine.model.substitution import Substitution
from engine.policy.permissions import Ability, Actor, ensure_may, may
from engine.policy.phone_numbers import normalise_phone
from engine.policy.reauthentication import Reauthenticated, ReauthenticationRequired, ensure_reauthenticated
from engine.policy.search_keys import search_text
from engine.policy.visible_names import is_invisible

MIN_PASSWORD_LENGTH = 8
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_EMAIL = re.compile(r"[^\s@<>(),;:\"]{1,64}@[^\s@<>(),;:\"]{1,255}")  # that of somebody in the office may have no dot
_hasher = PasswordHasher()


def _hash_that_nothing_fits() -> str:
    """As a password's: to verify one takes the same work; to make it takes none, so that no process starts later."""
    salt, digest = (
        b64encode(secrets.token_bytes(length)).decode().rstrip("=") for length in (_hasher.salt_len, _hasher.hash_len)
    )
    costs = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${digest}"


_NOBODY = _hash_that_nothing_fits()  # verified for unknown logins, so that they take as long as known ones


class LoginTaken(DomainError):
    code: ClassVar[str] = "login_taken"
    template: ClassVar[str] = N_("The login “%(login)s” is taken.")


class PasswordTooShort(DomainError):
    code: ClassVar[str] = "password_too_short"
    template: ClassVar[str] = N_("A password has at least %(minimum)s characters.")


class OwnPassword(NotAllowed):
    """Whoever finds an administrator's open session must not be able to keep it."""

    code: ClassVar[str] = "own_password"
    template: ClassVar[str] = N_("You change your own password in your profile, with the present one.")


class OwnEmailUnconfirmed(ReauthenticationRequired):
    """Letters with a link for the password go to it: whoever finds an open session must not be able to keep it."""

    code: ClassVar[str] = "own_email_unconfirmed"
    template: ClassVar[str] = N_("To change your own e-mail, type your present password.")


class DatesReversed(DomainError):
    code: ClassVar[str] = "dates_reversed"
    template: ClassVar[str] = N_("The last day comes before the first.")


class SubstituteSelf(DomainError):
    code: ClassVar[str] = "substitute_self"
    template: ClassVar[str] = N_("A person cannot substitute for themselves, directly or through others.")


@dataclass(frozen=True, slots=True)
class PersonDraft:
    """A person to add. Without a password the person cannot sign in until one is set."""

    login: str
    full_name: str
    role: Role
    position: str = ""
    email: str = ""
    phone: str = ""
    department_ids: Sequence[int] = ()
    password: str | None = None
    locale: str = "uk"


def add_person(session: Session, draft: PersonDraft, *, actor: Actor, clock: Clock) -> Person:
    """Raises NotAllowed, InvalidInput."""
    ensure_may(actor, Ability.MANAGE_PEOPLE)
    take_turn_arranging(session)
    errors: dict[str, DomainError] = {}
    login = draft.login.strip().lower()
    if is_invisible(draft.login):
        errors["login"] = FieldRequired(label=N_("Login"))
    elif not _LOGIN.fullmatch(login):
        errors["login"] = FieldNotUnderstood(value=draft.login, expected=N_("a login of Latin letters and digits"))
    elif session.scalar(select(Person.id).where(Person.login == login)) is not None:
        errors["login"] = LoginTaken(login=login)
    if is_invisible(draft.full_name):
        errors["full_name"] = FieldRequired(label=N_("Full name"))
    _ensure_reachable(draft.email, errors)
    if draft.password is not None and len(draft.password) < MIN_PASSWORD_LENGTH:
        errors["password"] = PasswordTooShort(minimum=MIN_PASSWORD_LENGTH)
    departments = _departments(session, draft.department_ids, errors)
    if errors:
        raise InvalidInput(errors)
    person = Person(
        login=login,
        full_name=draft.full_name.strip(),
        role=draft.role,
        position=draft.position.strip(),
        email=draft.email.strip(),
        phone=normalise_phone(draft.phone) or draft.phone.strip(),
        password_hash=_hasher.hash(draft.password) if draft.password is not None else None,
        session_stamp=secrets.token_hex(8),
        locale=draft.locale,
        created_at=clock.now(),
        departments=departments,
    )
    person.search_text = search_text(person.full_name, person.login, person.email, person.phone, person.position)
    session.add(person)
    session.flush()
    record(session, PersonAdded(person_id=person.id, login=login, role=draft.role.value), actor=actor, at=clock.now())
    return person


def update_person(
    session: Session,
    person_id: int,
    changes: Mapping[str, Any],
    *,
    actor: Actor,
    clock: Clock,
    proof: Reauthenticated | None = None,
) -> Person:
    """``changes``: full_name, position, email, phone, role, department_ids, is_active, locale, theme.

    People may change their own language and theme; the rest is the administrator's. Nobody locks themselves out.
    ``proof`` of who they are is asked of who changes their own e-mail; whose e-mail was changed gets a letter at the
    old one. Raises NotFound, NotAllowed, OwnEmailUnconfirmed, InvalidInput.
    """
    person = _to_change(session, person_id, changes, actor)
    departments = _ensure_change_sound(session, person, changes, actor)
    _ensure_own_email_confirmed(person, changes, proof, actor, clock)
    changed: dict[str, Any] = {}
    left: set[int] = set()
    for name in ("full_name", "position", "email", "phone", "role", "is_active", "locale", "theme"):
        if name in changes and changes[name] != getattr(person, name):
            changed[name] = [getattr(person, name), changes[name]]
            setattr(person, name, changes[name])
    if "department_ids" in changes and {one.id for one in departments} != {one.id for one in person.departments}:
        changed["departments"] = [[one.name for one in person.departments], [one.name for one in departments]]
        left = {one.id for one in person.departments} - {one.id for one in departments}
        person.departments = departments
    if "email" in changed:
        known = changed["email"][0]
        tell_of_access(session, person, AccessChange.EMAIL_CHANGED, to=known, actor=actor, at=clock.now())
    if "is_active" in changed:
        person.session_stamp = secrets.token_hex(8)
    if changed.get("is_active") == [True, False]:
        hand_over_steps(session, person, actor=actor, at=clock.now())
        session.execute(delete(DeadlineFeed).where(DeadlineFeed.person_id == person.id))
        forget_telegram(session, person.id)
        record_end(session, person.id, ACCESS_WAS_TAKEN, actor=actor, at=clock.now())
    elif left:
        hand_over_approvals(session, person, left, actor=actor, at=clock.now())
    if changed:
        person.search_text = search_text(person.full_name, person.login, person.email, person.phone, person.position)
        record(session, PersonChanged(person_id=person.id, changes=changed), actor=actor, at=clock.now())
    return person


def _to_change(session: Session, person_id: int, changes: Mapping[str, Any], actor: Actor) -> Person:
    """Raises NotFound, NotAllowed."""
    own = actor.person_id == person_id and changes.keys() <= {"locale", "theme"}
    if not own:
        ensure_may(actor, Ability.MANAGE_PEOPLE)
    if "department_ids" in changes:
        take_turn_arranging(session)  # before the person: who makes them a head locks in this order, too
    person = session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound
    return person


def _ensure_own_email_confirmed(
    person: Person, changes: Mapping[str, Any], proof: Reauthenticated | None, actor: Actor, clock: Clock
) -> None:
    """Raises OwnEmailUnconfirmed."""
    if actor.person_id != person.id or changes.get("email", person.email) == person.email:
        return
    try:
        ensure_reauthenticated(Reauthentication.PASSWORD, proof, actor=actor, at=clock.now())
    except ReauthenticationRequired:
        raise OwnEmailUnconfirmed from None


def _ensure_change_sound(
    session: Session, person: Person, changes: Mapping[str, Any], actor: Actor
) -> list[Department]:
    """The departments wanted. Raises NotAllowed, InvalidInput."""
    loses_role = changes.get("role", person.role) != person.role
    if actor.person_id == person.id and (changes.get("is_active") is False or loses_role):
        raise NotAllowed(reason=N_("You cannot take your own access away."))
    errors: dict[str, DomainError] = {}
    if "full_name" in changes and is_invisible(str(changes["full_name"])):
        errors["full_name"] = FieldRequired(label=N_("Full name"))
    if changes.get("email", person.email) != person.email:
        _ensure_reachable(str(changes["email"]), errors)
    departments = _departments(session, changes.get("department_ids", ()), errors, person.departments)
    if errors:
        raise InvalidInput(errors)
    return departments


def set_password(session: Session, person_id: int, password: str, *, actor: Actor, clock: Clock) -> None:
    """Set a password; every session of the person ends. Raises NotFound, NotAllowed, InvalidInput."""
    if actor.person_id != person_id:
        ensure_may(actor, Ability.MANAGE_PEOPLE)
    person = session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise NotFound
    if len(password) < MIN_PASSWORD_LENGTH:
        raise InvalidInput({"password": PasswordTooShort(minimum=MIN_PASSWORD_LENGTH)})
    person.password_hash, person.session_stamp = _hasher.hash(password), secrets.token_hex(8)
    if actor.person_id != person_id:
        record_end(session, person.id, PASSWORD_WAS_SET, actor=actor, at=clock.now())
    record(session, PasswordSet(person_id=person.id), actor=actor, at=clock.now())


def set_password_of(session: Session, person_id: int, password: str, *, actor: Actor, clock: Clock) -> None:
    """Set somebody else's password. Raises OwnPassword, and what ``set_password`` does."""
    if actor.person_id == person_id:
        raise OwnPassword
    set_password(session, person_id, password, actor=actor, clock=clock)


def sign_in(session: Session, login: str, password: str) -> Person:
    """The person, if login and password fit. Unknown people take as long as known ones. Raises SignInFailed."""
    found = select(Person.id, Person.password_hash).where(Person.login == login.strip().lower(), Person.is_active)
    account = session.execute(found).one_or_none()
    known = account.password_hash if account is not None else None
    try:
        _hasher.verify(known or _NOBODY, password)
    except (VerificationError, InvalidHashError):
        raise SignInFailed from None
    if account is None or known is None:
        raise SignInFailed
    person = session.get_one(Person, account.id)
    if _hasher.check_needs_rehash(known):
        person.password_hash = _hasher.hash(password)
    return person


def set_substitution(
    session: Session, person_id: int, substitute_id: int, starts_on: date, ends_on: date, *, actor: Actor, clock: Clock
) -> Substitution:
    """Let somebody act for a person between two dates, both included; what is arranged already stays as it is.

    By the person, the head of their department or the administrator. Raises NotFound, NotAllowed, InvalidInput.
    """
    person, substitute = session.get(Person, person_id), session.get(Person, substitute_id)
    if person is None or substitute is None:
        raise NotFound
    _ensure_may_arrange(actor, person)
    take_turn_arranging(session)
    errors: dict[str, DomainError] = {}
    if not substitute.is_active:
        errors["substitute_id"] = FieldNotUnderstood(value=substitute.full_name, expected=N_("a person"))
    if ends_on < starts_on:
        errors["ends_on"] = DatesReversed()
    if _leads_back(session, person_id, substitute_id, starts_on, ends_on):
        errors["substitute_id"] = SubstituteSelf()
    if errors:
        raise InvalidInput(errors)
    told = {"person_id": person_id, "substitute_id": substitute_id, "starts_on": starts_on, "ends_on": ends_on}
    known = session.scalar(select(Substitution).filter_by(**told).limit(1))
    if known is not None:
        return known
    substitution = Substitution(**told)
    session.add(substitution)
    session.flush()
    record(
        session,
        SubstitutionSet(person_id=person_id, substitute_id=substitute_id, starts_on=starts_on, ends_on=ends_on),
        actor=actor,
        at=clock.now(),
    )
    return substitution


def end_substitution(session: Session, substitution_id: int, *, actor: Actor, clock: Clock) -> None:
    """Raises NotFound, NotAllowed."""
    substitution = session.get(Substitution, substitution_id)
    if substitution is None:
        raise NotFound
    _ensure_may_arrange(actor, session.get_one(Person, substitution.person_id))
    session.delete(substitution)
    record(
        session,
        SubstitutionEnded(person_id=substitution.person_id, substitute_id=substitution.substitute_id),
        actor=actor,
        at=clock.now(),
    )


def _ensure_may_arrange(actor: Actor, person: Person) -> None:
    heads = bool({one.id for one in person.departments} & actor.headed_department_ids)
    if not (actor.person_id == person.id or heads or may(actor, Ability.MANAGE_PEOPLE)):
        raise NotFound


def _leads_back(session: Session, person_id: int, substitute_id: int, starts_on: date, ends_on: date) -> bool:
    seen = {person_id}
    frontier = {substitute_id}
    while frontier:
        if frontier & seen:
            return True
        seen |= frontier
        frontier = set(
            session.scalars(
                select(Substitution.substitute_id).where(
                    Substitution.person_id.in_(frontier),
                    Substitution.starts_on <= ends_on,
                    Substitution.ends_on >= starts_on,
                )
            )
        )
    return False


def _ensure_reachable(email: str, errors: dict[str, DomainError]) -> None:
    if email.strip() and not _EMAIL.fullmatch(email.strip()):
        errors["email"] = FieldNotUnderstood(value=email, expected=N_("an e-mail address"))


def _departments(
    session: Session, ids: Sequence[int], errors: dict[str, DomainError], kept: Iterable[Department] = ()
) -> list[Department]:
    """Those of ``ids``: nobody is put into an archived one any more, but who left stays in theirs, the ``kept``."""
    if not ids:
        return []
    found = list(session.scalars(select(Department).where(or_(*(Department.id == one for one in ids)))))
    archived = {one for one in found if one.archived_at is not None}
    if len(found) != len(set(ids)) or archived - set(kept):
        errors["department_ids"] = FieldNotUnderstood(value=", ".join(map(str, ids)), expected=N_("departments"))
    return found
