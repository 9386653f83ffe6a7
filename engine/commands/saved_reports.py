"""Reports saved under a name: kept, renamed, sent by a schedule, stopped, deleted. Each person has their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import ClassVar

from sqlalchemy import BigInteger, func, literal, select
from sqlalchemy.orm import Session

from engine.clock import Clock
from engine.commands.history import record
from engine.commands.idempotency import already_performed, remember
from engine.commands.notifications import notify
from engine.errors import N_, DomainError, FieldNotUnderstood, FieldRequired, InvalidInput, NotFound
from engine.events import SavedReportChanged, kind_of
from engine.model.history_event import HistoryEvent
from engine.model.notice import NoticeKind
from engine.model.person import Person
from engine.model.saved_report import ReportKind, SavedReport
from engine.policy.permissions import Actor
from engine.policy.report_periods import ReportFilters
from engine.policy.report_schedule import Schedule, latest_sending, next_sending
from engine.policy.search_keys import fold
from engine.policy.visible_names import is_invisible
from engine.queries.actors import actor_of
from engine.queries.approval_report import ApprovalGroup
from engine.queries.calendars import calendar_of_person
from engine.queries.control import controls
from engine.queries.forecast import ForecastGroup
from engine.queries.reports import LatenessGroup, ensure_reads_reports

GROUPINGS: Mapping[ReportKind, tuple[str, ...]] = {
    ReportKind.FORECAST: tuple(ForecastGroup),
    ReportKind.LATENESS: tuple(LatenessGroup),
    ReportKind.APPROVALS: tuple(ApprovalGroup),
}
"""What ``group_by`` may be, by kind of report, the usual word first; other kinds have no groups."""
LONGEST_NAME = 100
MOST_SAVED = 50
_DELETED = "deleted"


class ReportNameTaken(DomainError):
    code: ClassVar[str] = "report_name_taken"
    template: ClassVar[str] = N_("You have a report called “%(name)s” already.")


@dataclass(frozen=True, slots=True)
class ReportDraft:
    name: str
    report: ReportKind
    filters: ReportFilters


def save_report(
    session: Session, draft: ReportDraft, *, actor: Actor, clock: Clock, command_id: str | None = None
) -> SavedReport:
    """Keep a report with its filters for the actor. Raises NotFound, InvalidInput, KeyReused."""
    ensure_reads_reports(actor)
    at = clock.now()
    told = {"name": draft.name, "report": draft.report, "filters": draft.filters.as_kept()}
    done = already_performed(session, command_id, "save_report", told, actor=actor, at=at)
    if done is not None:
        return _own(session, int(done["id"]), actor)
    _one_by_one(session, actor)  # two at once could both be the fiftieth
    own = select(func.count()).select_from(SavedReport).where(SavedReport.person_id == actor.person_id)
    if (session.scalar(own) or 0) >= MOST_SAVED:
        full = FieldNotUnderstood(value=draft.name, expected=N_("one of at most 50 saved reports"))
        raise InvalidInput({"name": full})
    name = _name_given(session, draft.name, actor)
    saved = SavedReport(
        person_id=actor.person_id,
        name=name,
        name_key=fold(name),
        report=draft.report,
        filters=draft.filters.as_kept(),
        created_at=at,
    )
    session.add(saved)
    session.flush()
    _record(session, saved, "saved", actor, at)
    remember(session, command_id, {"id": saved.id}, actor=actor)
    return saved


def rename_saved_report(session: Session, saved_report_id: int, name: str, *, actor: Actor, clock: Clock) -> None:
    """Raises NotFound, InvalidInput."""
    _one_by_one(session, actor)  # two at once could both find the name free
    saved = _own(session, saved_report_id, actor)
    said = _name_given(session, name, actor, saved)
    if said != saved.name:
        saved.name, saved.name_key = said, fold(said)
        _record(session, saved, "renamed", actor, clock.now())


def schedule_saved_report(
    session: Session, saved_report_id: int, schedule: Schedule, *, actor: Actor, clock: Clock
) -> None:
    """Send it so from now on, by the days of the actor's own calendar. Raises NotFound."""
    ensure_reads_reports(actor)
    saved = _own(session, saved_report_id, actor)
    calendar = calendar_of_person(session, actor.person_id)
    saved.rhythm, saved.day, saved.at = schedule.rhythm, schedule.day, f"{schedule.at:%H:%M}"
    saved.next_at, saved.refused_at = next_sending(schedule, clock.now(), calendar), None
    _record(session, saved, schedule.rhythm.value, actor, clock.now())


def change_filters_of_saved_report(
    session: Session, saved_report_id: int, filters: ReportFilters, *, actor: Actor, clock: Clock
) -> None:
    """Let it tell of something else from now on. Raises NotFound."""
    ensure_reads_reports(actor)
    saved = _own(session, saved_report_id, actor)
    if filters.as_kept() != saved.filters:
        saved.filters = filters.as_kept()
        _record(session, saved, "narrowed", actor, clock.now())


def stop_saved_report(session: Session, saved_report_id: int, *, actor: Actor, clock: Clock) -> None:
    """Send it no more; it stays saved. Raises NotFound."""
    saved = _own(session, saved_report_id, actor)
    if saved.rhythm is not None:
        saved.rhythm = saved.next_at = None
        _record(session, saved, "stopped", actor, clock.now())


def delete_saved_report(session: Session, saved_report_id: int, *, actor: Actor, clock: Clock) -> bool:
    """Whether it was there: of one that the actor deleted before, a second press learns no more. Raises NotFound."""
    try:
        saved = _own(session, saved_report_id, actor)
    except NotFound:
        if _was_deleted(session, saved_report_id, actor):
            return False
        raise
    _record(session, saved, _DELETED, actor, clock.now())
    session.delete(saved)
    return True


def send_saved_report(
    session: Session, saved_report_id: int, *, actor: Actor, clock: Clock, command_id: str | None = None
) -> None:
    """Let the actor hear of it now, besides its schedule. Raises NotFound, KeyReused."""
    ensure_reads_reports(actor)
    at = clock.now()
    told = {"id": saved_report_id}
    if already_performed(session, command_id, "send_saved_report", told, actor=actor, at=at) is not None:
        return
    _send(session, _own(session, saved_report_id, actor), due=at, at=at, is_by_hand=True)
    remember(session, command_id, told, actor=actor)


def tell_of_saved_reports(session: Session, *, clock: Clock, limit: int = 100) -> int:
    """Let the owners of up to ``limit`` reports that are due hear of them, once each; how many were due.

    What a report tells is looked up when its letter is sent, with the days as of the moment when it was due. Where
    several sendings were missed because nothing ran, the latest is made up for and the others are not.
    Whoever may read reports no more is told so once, and gets nothing more.
    """
    at = clock.now()
    due = session.scalars(
        select(SavedReport)
        .where(SavedReport.next_at <= at)
        .order_by(SavedReport.next_at, SavedReport.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for saved in due:
        _tell(session, saved, at)
    return len(due)


def _tell(session: Session, saved: SavedReport, at: datetime) -> None:
    owner = session.get_one(Person, saved.person_id)
    schedule = schedule_of(saved)
    if not owner.is_active or schedule is None or not controls(actor_of(session, owner.id, at)):
        saved.rhythm = saved.next_at = None
        saved.refused_at = at
        _record(session, saved, "refused", Actor.system(), at)
        if owner.is_active:
            notify(session, NoticeKind.REPORT_REFUSED, to=(owner.id,), at=at, text=saved.name)
        return
    calendar = calendar_of_person(session, owner.id)
    # A calendar that was changed meanwhile may know no such moment in between: what was promised is sent all the same.
    due = max(latest_sending(schedule, at, calendar), saved.next_at or at)
    saved.next_at = next_sending(schedule, at, calendar)
    _send(session, saved, due=due, at=at)


def _send(session: Session, saved: SavedReport, *, due: datetime, at: datetime, is_by_hand: bool = False) -> None:
    notify(
        session,
        NoticeKind.SAVED_REPORT,
        to=(saved.person_id,),
        at=at,
        text=saved.name,
        saved_report_id=saved.id,
        due_at=due,
        is_by_hand=is_by_hand,
    )


def schedule_of(saved: SavedReport) -> Schedule | None:
    """None where it is not sent."""
    if saved.rhythm is None:
        return None
    return Schedule(saved.rhythm, time.fromisoformat(saved.at), saved.day)


def _one_by_one(session: Session, actor: Actor) -> None:
    """Let what else of the actor's is written meanwhile wait, and nobody who only refers to them."""
    session.get_one(Person, actor.person_id, with_for_update={"key_share": True})


def _own(session: Session, saved_report_id: int, actor: Actor) -> SavedReport:
    saved = session.get(SavedReport, saved_report_id, with_for_update=True)
    if saved is None or saved.person_id != actor.person_id:
        raise NotFound
    return saved


def _was_deleted(session: Session, saved_report_id: int, actor: Actor) -> bool:
    deleted = select(HistoryEvent.id).where(
        HistoryEvent.kind == kind_of(SavedReportChanged),
        HistoryEvent.actor_id == actor.person_id,
        HistoryEvent.data["saved_report_id"].as_integer() == literal(saved_report_id, BigInteger),
        HistoryEvent.data["person_id"].as_integer() == actor.person_id,
        HistoryEvent.data["change"].as_string() == _DELETED,
    )
    return session.scalar(deleted.limit(1)) is not None


def _name_given(session: Session, name: str, actor: Actor, own: SavedReport | None = None) -> str:
    said = " ".join(name.split())
    if is_invisible(said):
        raise InvalidInput({"name": FieldRequired(label=N_("Name"))})
    if len(said) > LONGEST_NAME or len(fold(said)) > 2 * LONGEST_NAME:
        raise InvalidInput({"name": FieldNotUnderstood(value=said, expected=N_("at most 100 characters"))})
    others = select(SavedReport.id).where(SavedReport.person_id == actor.person_id, SavedReport.name_key == fold(said))
    found: Sequence[int] = session.scalars(others).all()
    if set(found) - ({own.id} if own is not None else set()):
        raise InvalidInput({"name": ReportNameTaken(name=said)})
    return said


def _record(session: Session, saved: SavedReport, change: str, actor: Actor, at: datetime) -> None:
    event = SavedReportChanged(
        person_id=saved.person_id, saved_report_id=saved.id, report=saved.report.value, change=change
    )
    record(session, event, actor=actor, at=at)
