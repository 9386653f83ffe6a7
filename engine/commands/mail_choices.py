"""Choosing how one is written to: of what, at once or together, when, and where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.commands.mailing import replan_notices
from engine.errors import N_, DomainError, FieldNotUnderstood, InvalidInput, NotFound
from engine.events import MailChoicesSet
from engine.model.mail_choice import MailChoice
from engine.model.notice import NoticeKind
from engine.model.person import Person
from engine.policy.mail_choices import ALWAYS, USUAL_TIMES, Delivery, Place, read_times
from engine.policy.permissions import Actor


def set_mail_choices(
    session: Session,
    *,
    deliveries: Mapping[str, str],
    places: Mapping[str, str],
    times: str,
    keeps_quiet: bool,
    actor: Actor,
    clock: Clock,
) -> None:
    """Keep the actor's own choices: by kind of notice when and where it comes, and the digest's local times ("9:00").

    A kind that is not named keeps what was chosen before. What waits to be sent follows the new choices.
    Raises NotFound, InvalidInput.
    """
    if session.get(Person, actor.person_id, with_for_update=True) is None:
        raise NotFound
    errors: dict[str, DomainError] = {}
    for name, chosen, possible in (("deliveries", deliveries, set(Delivery)), ("places", places, set(Place))):
        for kind, choice in chosen.items():
            if kind not in set(NoticeKind) - ALWAYS or choice not in possible:
                errors[f"{name}.{kind}"] = FieldNotUnderstood(value=choice, expected=N_("a choice of the list"))
    try:
        read = read_times(times)
    except ValueError:
        errors["times"] = FieldNotUnderstood(value=times, expected=N_("times such as 9:00, 16:30, six at most"))
    if errors:
        raise InvalidInput(errors)
    row = session.get(MailChoice, actor.person_id)
    if row is None:
        row = MailChoice(
            person_id=actor.person_id,
            deliveries={},
            places={},
            digest_times=[f"{one:%H:%M}" for one in USUAL_TIMES],
            keeps_quiet=True,
        )
        session.add(row)
    wanted = {
        "deliveries": {**row.deliveries, **deliveries},
        "places": {**row.places, **places},
        "digest_times": [f"{one:%H:%M}" for one in read],
        "keeps_quiet": keeps_quiet,
    }
    changes: dict[str, Any] = {
        name: [getattr(row, name), value] for name, value in wanted.items() if value != getattr(row, name)
    }
    if not changes:
        return
    for name, (_, value) in changes.items():
        setattr(row, name, value)
    session.flush()
    replan_notices(session, actor.person_id)
    record(session, MailChoicesSet(person_id=actor.person_id, changes=changes), actor=actor, at=clock.now())
