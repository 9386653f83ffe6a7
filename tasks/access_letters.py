"""The letter that tells somebody of a change of their access: of their e-mail, a token, the second factor."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from engine.adapters.mail import Letter
from engine.commands.access_letters import AccessChange
from engine.db.job import Job
from engine.errors import N_
from engine.model.person import Person
from tasks.happening import Happening, Prepared
from tasks.services import Services
from tasks.value_words import ValueWords
from tasks.words import catalogue

_SUBJECTS: Mapping[AccessChange, str] = {
    AccessChange.EMAIL_CHANGED: N_("Reglament: your e-mail was changed"),
    AccessChange.TOKEN_CREATED: N_("Reglament: an API token was made in your name"),
    AccessChange.AUTHENTICATOR_ADDED: N_("Reglament: an authenticator application was set up in your name"),
    AccessChange.AUTHENTICATOR_REMOVED: N_("Reglament: your authenticator application was removed"),
}
_SENTENCES: Mapping[AccessChange, str] = {
    AccessChange.EMAIL_CHANGED: N_(
        "another e-mail stands on your card in Reglament now: letters, also those with a link for your password, "
        "come to this address no more."
    ),
    AccessChange.TOKEN_CREATED: N_(
        "an API token “%(about)s” was made in your name in Reglament: a program with it may do what you may do."
    ),
    AccessChange.AUTHENTICATOR_ADDED: N_(
        "an authenticator application was set up in your name in Reglament: its codes confirm decisions as yours."
    ),
    AccessChange.AUTHENTICATOR_REMOVED: N_(
        "your authenticator application was removed in Reglament: decisions are no longer confirmed by its codes."
    ),
}
_BY_YOURSELF = N_("under your own login")
_BY = N_("by %(name)s")
_TEXT = N_(
    "%(name)s,\n\n"
    "%(sentence)s\n\n"
    "Changed: %(when)s, %(by)s\n"
    "Your login: %(login)s\n\n"
    "If you expected this, there is nothing to do. If not, tell your administrator at once, change your password and "
    "end your other sessions:\n\n"
    "%(link)s"
)


def prepare_access_letter(services: Services, _session: Session, job: Job) -> Prepared:
    """Done again, it is the same letter."""
    return Prepared(partial(_begin, services=services, job_id=job.id))


def _begin(session: Session, *, services: Services, job_id: str) -> Happening | None:
    """Nobody without access is written to, nor to an address that was erased: both as they are with the claim."""
    job = session.get_one(Job, job_id)
    by_id = job.payload["by_id"]
    person = session.get(Person, int(job.payload["person_id"]))
    if person is None or not person.is_active or not job.payload["to"]:
        return None
    by = session.get(Person, by_id) if by_id is not None and by_id != person.id else None
    return partial(_send, services, job.id, job.payload, person, by)


def _send(services: Services, job_id: str, payload: Mapping[str, Any], person: Person, by: Person | None) -> None:
    change, by_id = AccessChange(payload["change"]), payload["by_id"]
    words = catalogue(person.locale)
    zone = services.settings.time_zone
    moment = datetime.fromisoformat(payload["at"])
    told_by = words.gettext(_BY_YOURSELF) if by_id == person.id else words.gettext(_BY)
    told = {
        "name": person.full_name,
        "sentence": words.gettext(_SENTENCES[change]) % {"about": payload["name"]},
        "when": ValueWords(person.locale, zone, words.gettext).moment(moment),
        "by": told_by % {"name": by.full_name if by is not None else "Reglament"},
        "login": person.login,
        "link": f"{services.settings.base_url}/settings",
    }
    services.mailer.send(
        Letter(
            key=job_id,
            to=payload["to"],
            subject=words.gettext(_SUBJECTS[change]),
            text=words.gettext(_TEXT) % told,
            written_at=moment,
        )
    )
