"""Letters about steps, worded for their reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from engine.adapters.mail import Letter
from engine.commands.notifications import Notice
from engine.errors import N_
from engine.queries.step_notices import StepNotice
from engine.settings import Settings
from tasks.words import catalogue


@dataclass(frozen=True, slots=True)
class _Wording:
    """English templates; their places are filled from the notice."""

    subject: str
    opening: str


_AHEAD = _Wording(
    N_("“%(step)s” is due %(due)s"),
    N_("The step “%(step)s” waits for you. Its deadline is %(due)s."),
)
_OVERDUE = _Wording(
    N_("“%(step)s” is overdue"),
    N_("The step “%(step)s” waits for you. Its deadline was %(due)s."),
)
_WORDINGS: Mapping[Notice, _Wording] = {
    Notice.STEP_LATE: _Wording(
        N_("Late: “%(step)s”, %(holder)s"),
        N_("The step “%(step)s” is late. It is with %(holder)s; its deadline was %(due)s."),
    ),
    Notice.STEP_REASSIGNED: _Wording(
        N_("“%(step)s” is yours now"),
        N_("The step “%(step)s” was late and has been handed to you. Its deadline was %(due)s."),
    ),
    Notice.APPROVAL_RECALLED: _Wording(
        N_("“%(step)s” is no longer asked of you"),
        N_("The request “%(step)s” was taken back by whoever asked for it. You need not decide on it any more."),
    ),
}
_LINES = (
    ("deal_title", N_("Deal: %(deal_number)s, %(deal_title)s")),
    ("client", N_("Client: %(client)s")),
    ("stage", N_("Stage: %(stage)s")),
)
_LINK = N_("Open the step: %(link)s")
_SIGNATURE = N_("Reglament wrote this letter because the deadline of a step is near or has passed.")


def letter_about(notice: StepNotice, reason: Notice, *, key: str, settings: Settings, at: datetime) -> Letter:
    """The letter in the reader's language, times in the installation's zone. ``at`` is the moment of writing."""
    words = catalogue(notice.locale)
    places = {
        "step": notice.step,
        "stage": notice.stage,
        "holder": notice.holder,
        "deal_number": notice.deal_number,
        "deal_title": notice.deal_title,
        "client": notice.client,
        "due": _moment(notice.due_at, notice.locale, settings.time_zone),
        "link": f"{settings.base_url}/work-items/{notice.work_item_id}",
    }
    is_overdue = notice.due_at is not None and notice.due_at <= at
    wording = _WORDINGS.get(reason, _OVERDUE if is_overdue else _AHEAD)
    lines = [
        words.gettext(wording.opening) % places,
        "",
        *(words.gettext(template) % places for place, template in _LINES if places[place]),
        "",
        words.gettext(_LINK) % places,
        "",
        "-- ",  # RFC 3676 section 4.3: what follows is a signature
        words.gettext(_SIGNATURE),
    ]
    return Letter(
        key=key,
        to=notice.to,
        subject=words.gettext(wording.subject) % places,
        text="\n".join(lines) + "\n",
        written_at=at,
    )


def _moment(moment: datetime | None, locale: str, zone: str) -> str:
    if moment is None:
        return ""
    return str(format_datetime(moment, "d MMMM, HH:mm", tzinfo=ZoneInfo(zone), locale=locale))
