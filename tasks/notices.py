"""Notices become letters, and letters leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from engine.adapters.mail import MailFailed, MailRefused
from engine.commands.control_letters import tell_of_control
from engine.commands.mail_links import make_link
from engine.commands.mailing import (
    ensure_still_goes,
    letter_failed,
    letter_left,
    letter_was_empty,
    plan_notices,
    write_letters,
)
from engine.commands.saved_reports import tell_of_saved_reports
from engine.db.job import Job
from engine.queries.letters import LetterView, letter_view
from tasks.app import task
from tasks.happening import Happening, NotDone, Prepared, Settle
from tasks.letters import letter_of
from tasks.services import Services, services
from tasks.turns import take_turn

_AT_ONCE = 200


@task
def tell_people() -> None:
    """Go on planning what is new, and writing what is due."""
    take_turn(services(), telling, tell_people)


def telling(services: Services) -> Iterator[None]:
    """Plan letters of what is new, and write those that are due; two at once do no harm. Yields while more may be."""
    for step in (plan_notices, write_letters):
        while True:
            with services.database.write() as session:
                done = step(session, telegram=services.telegram is not None, clock=services.clock, limit=_AT_ONCE)
            if done < _AT_ONCE:
                break
            yield


@task
def tell_heads() -> None:
    """Tell whoever heads somebody of the day's control, once a day; two at once do no harm."""
    given = services()
    with given.database.write() as session:
        tell_of_control(session, clock=given.clock)


@task
def tell_reports() -> None:
    """Go on telling the owners of saved reports that are due."""
    take_turn(services(), reporting, tell_reports)


def reporting(services: Services) -> Iterator[None]:
    """Tell of reports that are due; two at once tell nobody twice. Yields while more may be."""
    while True:
        with services.database.write() as session:
            done = tell_of_saved_reports(session, clock=services.clock, limit=_AT_ONCE)
        if done < _AT_ONCE:
            return
        yield


def prepare_letter(services: Services, session: Session, job: Job) -> Prepared:
    """Send one letter as it is now. A letter that has left is not sent again, whoever performs its job twice."""
    letter_id, at = int(job.payload["letter_id"]), services.clock.now()
    view = letter_view(session, letter_id, at, ZoneInfo(services.settings.time_zone))
    if view is None:
        return Prepared(partial(_is_empty, letter_id=letter_id))
    return Prepared(partial(_begin, services=services, job=job, view=view))


def _is_empty(session: Session, *, letter_id: int) -> None:
    letter_was_empty(session, letter_id)


def _begin(session: Session, *, services: Services, job: Job, view: LetterView) -> Happening:
    """The links of a letter are known before anybody can have it. Who lost their access meanwhile does not get it."""
    ensure_still_goes(session, view)
    return partial(_send, services, job, view, _links(session, services, view))


def _send(services: Services, job: Job, view: LetterView, links: Mapping[int, str]) -> Settle:
    letter = letter_of(view, links, settings=services.settings, at=services.clock.now())
    try:
        services.mailer.send(letter)
    except MailRefused as refused:
        return partial(letter_failed, letter_id=view.id, error=str(refused), for_good=True)
    except MailFailed as failed:
        settle = partial(letter_failed, letter_id=view.id, error=str(failed), attempts=job.attempts)
        raise NotDone(failed, settle) from failed
    return partial(letter_left, letter_id=view.id, clock=services.clock)


def _links(session: Session, services: Services, view: LetterView) -> Mapping[int, str]:
    """A fresh link for each decision in the letter. Those of an attempt that failed may have arrived all the same."""
    return {
        one.content.work_item_id: f"{services.settings.base_url}/mail/"
        + make_link(
            session,
            one.content,
            letter_id=view.id,
            person_id=view.person_id,
            outcome=one.outcome,
            comment=one.text,
            at=services.clock.now(),
        )
        for one in view.notices
        if one.content is not None
    }
