"""The company's own fields of clients and contacts: add, change, order, retire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.commands.locks import lock_company_lists
from engine.errors import N_, DomainError, FieldNotUnderstood, InvalidInput, NotFound
from engine.events import OwnFieldAdded, OwnFieldChanged, OwnFieldRestored, OwnFieldRetired
from engine.model.own_field import FieldSubject, OwnField
from engine.policy.own_fields import MOST_FIELDS, FieldNameTaken, OwnFieldDraft, definition_of, name_of
from engine.policy.permissions import Ability, Actor, ensure_may


class FieldTypeStays(DomainError):
    """Values and maps go by a field's type: another one needs another field."""

    code: ClassVar[str] = "field_type_stays"
    template: ClassVar[str] = N_("The type of this field is “%(type)s” and stays so: add a field of another name.")


def add_own_field(
    session: Session, subject: FieldSubject, draft: OwnFieldDraft, *, actor: Actor, clock: Clock
) -> OwnField:
    """Add a field behind the others. Raises NotAllowed, InvalidInput."""
    ensure_may(actor, Ability.MANAGE_FIELDS)
    others = _of_subject(session, subject)
    definition = definition_of(draft, subject, [one.name for one in others])
    if len(others) >= MOST_FIELDS:
        raise InvalidInput({"label": FieldNotUnderstood(value=draft.label, expected=N_("one of at most 100 fields"))})
    field = OwnField(
        subject=subject,
        name=definition.name,
        definition=definition.model_dump(mode="json", exclude_defaults=True),
        position=max((one.position for one in others), default=0) + 1,
        is_listed=draft.is_listed,
    )
    session.add(field)
    session.flush()
    event = OwnFieldAdded(subject=subject.value, name=field.name, label=definition.label)
    record(session, event, actor=actor, at=clock.now())
    return field


def update_own_field(session: Session, field_id: int, draft: OwnFieldDraft, *, actor: Actor, clock: Clock) -> OwnField:
    """Change a field; its name and its type stay, because values and maps go by them.

    Raises NotFound, NotAllowed, InvalidInput.
    """
    ensure_may(actor, Ability.MANAGE_FIELDS)
    field = _locked(session, field_id)
    kept = OwnFieldDraft(
        name=field.name,
        type=field.definition.get("type", "text"),
        label=draft.label,
        required=draft.required,
        choices=draft.choices,
        minimum=draft.minimum,
        maximum=draft.maximum,
        pattern=draft.pattern,
        help=draft.help,
    )
    definition = definition_of(kept, field.subject, ())
    new = definition.model_dump(mode="json", exclude_defaults=True)
    before, after = (
        {**one, "is_listed": listed} for one, listed in ((field.definition, field.is_listed), (new, draft.is_listed))
    )
    changes = {
        name: [before.get(name), after.get(name)]
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    }
    if changes:
        field.definition, field.is_listed = new, draft.is_listed
        event = OwnFieldChanged(subject=field.subject.value, name=field.name, label=definition.label, changes=changes)
        record(session, event, actor=actor, at=clock.now())
    return field


def move_own_field(session: Session, field_id: int, *, by: int, actor: Actor, clock: Clock) -> OwnField:
    """Move a field up (``by`` -1) or down (1) among those in use. At the end of the list nothing happens.

    Raises NotFound, NotAllowed.
    """
    ensure_may(actor, Ability.MANAGE_FIELDS)
    field = _locked(session, field_id)
    in_use = [one for one in _of_subject(session, field.subject) if one.retired_at is None]
    if field not in in_use:
        return field
    place = in_use.index(field) + (1 if by > 0 else -1)
    if not 0 <= place < len(in_use):
        return field
    other = in_use[place]
    field.position, other.position = other.position, field.position
    _record_place(session, field, in_use.index(field) + 1, place + 1, actor=actor, clock=clock)
    return field


def _record_place(session: Session, field: OwnField, was: int, place: int, *, actor: Actor, clock: Clock) -> None:
    event = OwnFieldChanged(
        subject=field.subject.value,
        name=field.name,
        label=field.definition["label"],
        changes={"place": [was, place]},
    )
    record(session, event, actor=actor, at=clock.now())


def replace_own_fields(
    session: Session, subject: FieldSubject, drafts: Sequence[OwnFieldDraft], *, actor: Actor, clock: Clock
) -> None:
    """Let the fields in use be these, in this order; each is known by its name, or by the name made of its label.

    A new name adds a field, a retired one comes into use again, and what is not named is retired with its values kept.
    An empty type is that of the field, or a text. Raises NotAllowed, and InvalidInput with everything that is wrong by
    ``items.<place from 0>.<input>``: the transaction is then to be rolled back.
    """
    ensure_may(actor, Ability.MANAGE_FIELDS)
    known = {one.name: one for one in _of_subject(session, subject)}
    in_use = [one for one in known.values() if one.retired_at is None]
    names = [draft.name.strip() or name_of(draft.label) for draft in drafts]
    errors: dict[str, DomainError] = {}
    wanted: list[OwnField] = []
    for place, (name, draft) in enumerate(zip(names, drafts, strict=True)):
        if name and name in names[:place]:
            errors[f"items.{place}.name"] = FieldNameTaken(name=name)
            continue
        try:
            wanted.append(_written(session, subject, known.get(name), draft, actor=actor, clock=clock))
        except InvalidInput as invalid:
            errors |= {f"items.{place}.{field}": error for field, error in invalid.errors.items()}
    if errors:
        raise InvalidInput(errors)
    for field in in_use:
        if field.name not in names:
            _set_retired(session, field, clock.now(), actor=actor, clock=clock)
    _put_in_order(session, in_use, wanted, actor=actor, clock=clock)


def _written(
    session: Session,
    subject: FieldSubject,
    field: OwnField | None,
    draft: OwnFieldDraft,
    *,
    actor: Actor,
    clock: Clock,
) -> OwnField:
    if field is None:
        return add_own_field(session, subject, replace(draft, type=draft.type or "text"), actor=actor, clock=clock)
    kind = field.definition.get("type", "text")
    if draft.type not in {"", kind}:
        raise InvalidInput({"type": FieldTypeStays(type=kind)})
    _set_retired(session, field, None, actor=actor, clock=clock)
    return update_own_field(session, field.id, draft, actor=actor, clock=clock)


def _put_in_order(
    session: Session, before: Sequence[OwnField], wanted: Sequence[OwnField], *, actor: Actor, clock: Clock
) -> None:
    """Number the fields anew. Told of those that stand at another place among the ones that were there before."""
    stayed = [one for one in wanted if one in before]
    were = [one for one in before if one in wanted]
    for place, field in enumerate(wanted, start=1):
        field.position = place
    for place, field in enumerate(stayed):
        if (was := were.index(field)) != place:
            _record_place(session, field, was + 1, place + 1, actor=actor, clock=clock)


def retire_own_field(session: Session, field_id: int, *, actor: Actor, clock: Clock) -> OwnField:
    """Ask for a field nowhere any more. Its values stay, and maps that name it go on. Raises NotFound, NotAllowed."""
    return _retired(session, field_id, clock.now(), actor=actor, clock=clock)


def restore_own_field(session: Session, field_id: int, *, actor: Actor, clock: Clock) -> OwnField:
    """Take a retired field into use again. Raises NotFound, NotAllowed."""
    return _retired(session, field_id, None, actor=actor, clock=clock)


def _retired(session: Session, field_id: int, at: datetime | None, *, actor: Actor, clock: Clock) -> OwnField:
    ensure_may(actor, Ability.MANAGE_FIELDS)
    field = _locked(session, field_id)
    _set_retired(session, field, at, actor=actor, clock=clock)
    return field


def _set_retired(session: Session, field: OwnField, at: datetime | None, *, actor: Actor, clock: Clock) -> None:
    if (field.retired_at is None) != (at is None):
        field.retired_at = at
        happened = OwnFieldRestored if at is None else OwnFieldRetired
        event = happened(subject=field.subject.value, name=field.name, label=field.definition["label"])
        record(session, event, actor=actor, at=clock.now())


def _of_subject(session: Session, subject: FieldSubject) -> list[OwnField]:
    """In their order. Two who change the list at once come one after the other."""
    lock_company_lists(session)
    ordered = select(OwnField).where(OwnField.subject == subject).order_by(OwnField.position, OwnField.id)
    return list(session.scalars(ordered))


def _locked(session: Session, field_id: int) -> OwnField:
    lock_company_lists(session)
    field = session.get(OwnField, field_id, with_for_update=True)
    if field is None:
        raise NotFound
    return field
