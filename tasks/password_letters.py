"""The letter with the link by which somebody chooses their password."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from engine.adapters.mail import Letter
from engine.commands.password_links import link_for_letter
from engine.db.job import Job
from engine.errors import N_
from engine.model.person import Person
from tasks.happening import Happening, Prepared
from tasks.services import Services
from tasks.words import catalogue

_SUBJECT = N_("Reglament: choose your password")
_TEXT = N_(
    "%(name)s,\n\n"
    "open this link and choose the password with which you sign in to Reglament:\n\n"
    "%(link)s\n\n"
    "Your login: %(login)s\n"
    "%(lasts)s It works once. If you did not expect this letter, leave it: nothing changes."
)


def prepare_password_letter(services: Services, _session: Session, job: Job) -> Prepared:
    """Done again, it sends another link; both serve until one is used."""
    return Prepared(partial(_begin, services=services, job=job))


def _begin(session: Session, *, services: Services, job: Job) -> Happening | None:
    """The link is known before anybody can have it; None where nobody is to be written to."""
    hours = int(job.payload["hours"])
    found = link_for_letter(
        session,
        int(job.payload["person_id"]),
        lasts=timedelta(hours=hours),
        is_forgotten=bool(job.payload.get("forgotten")),
        clock=services.clock,
    )
    return partial(_send, services, job, *found, hours) if found is not None else None


def _send(services: Services, job: Job, person: Person, token: str, hours: int) -> None:
    words = catalogue(person.locale)
    lasts = words.ngettext("The link lasts %(num)s hour.", "The link lasts %(num)s hours.", hours) % {"num": hours}
    told = {
        "name": person.full_name,
        "link": f"{services.settings.base_url}/password/{token}",
        "login": person.login,
        "lasts": lasts,
    }
    services.mailer.send(
        Letter(
            key=job.id,
            to=person.email,
            subject=words.gettext(_SUBJECT),
            text=words.gettext(_TEXT) % told,
            written_at=services.clock.now(),
        )
    )
