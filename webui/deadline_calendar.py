"""Deadlines as an iCalendar (RFC 5545), for Google Calendar, Outlook and Apple's.

Events and not to-dos: Google Calendar, Outlook and the calendar of iPhones leave to-dos of subscriptions out. An event
takes the half hour before the deadline, so that it ends when the time is up, and blocks no time for others. Moments are
in UTC, which every program shows in its reader's zone. An event stays the same one (its UID) when its deadline moves.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from flask import url_for
from icalendar import Calendar, Event, Timezone

from engine.queries.deadline_feeds import Deadlines, DealDeadline, StepDeadline
from webui.i18n import _

_SHOWN_BEFORE = timedelta(minutes=30)
_ASKED_AGAIN = timedelta(hours=1)
_DAY = timedelta(days=1)


def deadline_calendar(deadlines: Deadlines, base_url: str, zone: str, year: int) -> bytes:
    """The file in the reader's language; the same deadlines make the same file, all ``year``.

    It says how the installation's ``zone`` runs: without any component a file is none, and some have no deadlines.
    """
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Reglament//Deadlines//UK")
    calendar.add("method", "PUBLISH")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, _("Reglament: my deadlines"))
    calendar.add("refresh-interval", _ASKED_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    calendar.add("x-wr-timezone", zone)
    calendar.add_component(Timezone.from_tzid(zone, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1)))
    host = urlsplit(base_url).hostname or "reglament"
    for step in deadlines.steps:
        calendar.add_component(_event_of_step(step, base_url, host))
    for deal in deadlines.deals:
        calendar.add_component(_event_of_deal(deal, base_url, host))
    return bytes(calendar.to_ical())


def _event_of_step(step: StepDeadline, base_url: str, host: str) -> Event:
    summary = f"{step.name} · {step.client_name}"
    return _event(
        uid=f"step-{step.work_item_id}@{host}",
        start=step.due_at - _SHOWN_BEFORE,
        end=step.due_at,
        summary=f"{step.whose}: {summary}" if step.whose else summary,
        lines=(f"{step.deal_number} · {step.deal_title}", step.client_name, step.stage),
        link=base_url + url_for("work_items.show", work_item_id=step.work_item_id),
        told=step,
    )


def _event_of_deal(deal: DealDeadline, base_url: str, host: str) -> Event:
    summary = _("The deal is to close: %(title)s", title=deal.title)
    return _event(
        uid=f"deal-{deal.deal_id}@{host}",
        start=deal.close_date,
        end=deal.close_date + _DAY,
        summary=f"{deal.whose}: {summary}" if deal.whose else summary,
        lines=(f"{deal.number} · {deal.title}", deal.client_name),
        link=base_url + url_for("deals.show", deal_id=deal.deal_id),
        told=deal,
    )


def _event(
    *,
    uid: str,
    start: date,
    end: date,
    summary: str,
    lines: tuple[str, ...],
    link: str,
    told: StepDeadline | DealDeadline,
) -> Event:
    event = Event()
    changed: datetime = told.changed_at
    for name, value in (
        ("uid", uid),
        ("dtstamp", changed),
        ("last-modified", changed),
        ("sequence", told.changes),
        ("dtstart", start),
        ("dtend", end),
        ("summary", summary),
        # Google Calendar shows no URL of an event, so that the link stands in the text too.
        ("description", "\n".join((*filter(None, lines), link))),
        ("url", link),
        ("transp", "TRANSPARENT"),
        ("status", "CONFIRMED"),
    ):
        event.add(name, value)
    return event
