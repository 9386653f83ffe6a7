"""The letter with the link by which somebody chooses their password."""

from __future__ import annotations

from datetime import timedelta

from engine.adapters.mail import Letter
from engine.commands.password_links import link_for_letter
from engine.db.job import Job
from engine.errors import N_
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


def send_password_letter(services: Services, job: Job) -> None:
    """Done again, it sends another link; both serve until one is used."""
    hours = int(job.payload["hours"])
    with services.database.write() as session:
        found = link_for_letter(
            session,
            int(job.payload["person_id"]),
            lasts=timedelta(hours=hours),
            is_forgotten=bool(job.payload.get("forgotten")),
            clock=services.clock,
        )
        if found is None:
            return
        person, token = found
        words = catalogue(person.locale)
        lasts = words.ngettext("The link lasts %(num)s hour.", "The link lasts %(num)s hours.", hours) % {"num": hours}
        letter = Letter(
            key=job.id,
            to=person.email,
            subject=words.gettext(_SUBJECT),
            text=words.gettext(_TEXT)
            % {
                "name": person.full_name,
                "link": f"{services.settings.base_url}/password/{token}",
                "login": person.login,
                "lasts": lasts,
            },
            written_at=services.clock.now(),
        )
    services.mailer.send(letter)
