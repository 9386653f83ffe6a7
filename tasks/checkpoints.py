"""Publishing a checkpoint: a file beside the database, and a letter to whoever keeps it where nobody here can reach."""

from __future__ import annotations

from engine.adapters.mail import Letter
from engine.db.job import Job
from engine.errors import N_
from engine.policy.checkpoints import Checkpoint
from engine.queries.history_signatures import checkpoint
from tasks.services import Services
from tasks.words import catalogue

_SUBJECT = N_("Reglament: the history on %(day)s, entries: %(size)s")
_TEXT = N_(
    "This line stands for all %(size)s entries of the history until %(day)s. Keep it: with it you can prove later "
    "that none of them was changed, removed or added since, even by somebody who has the database and its keys.\n\n"
    "To check, save the line as a file and run on the server:\n"
    "reglament history verify --checkpoint FILE"
)


def publish_checkpoint(services: Services, job: Job) -> None:
    """Done again, it writes the same file and sends the same letter under the same key."""
    with services.database.read() as session:
        published = checkpoint(session, int(job.payload["size"]))
    _write(services, published)
    if services.settings.auditor_mail:
        services.mailer.send(_letter(services, published, key=job.id))


def _write(services: Services, published: Checkpoint) -> None:
    folder = services.settings.checkpoints
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{published.at.date().isoformat()}-{published.size}.json").write_bytes(published.as_bytes())


def _letter(services: Services, published: Checkpoint, *, key: str) -> Letter:
    words = catalogue(services.settings.locale)
    places = {"day": published.at.date().isoformat(), "size": published.size}
    line = published.as_bytes().decode()
    return Letter(
        key=key,
        to=services.settings.auditor_mail or "",
        subject=words.gettext(_SUBJECT) % places,
        text=f"{words.gettext(_TEXT) % places}\n\n{line}",
        written_at=services.clock.now(),
    )
