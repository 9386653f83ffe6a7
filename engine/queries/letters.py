"""What a letter has to say, as of the moment of sending: what is over by then is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from engine.bpmn.compiled import Outcome
from engine.model.client import Client
from engine.model.consultation import Consultation
from engine.model.deal import Deal
from engine.model.department import Department
from engine.model.incident import Incident, IncidentState
from engine.model.letter import Channel, Letter, LetterState
from engine.model.notice import OF_ANOTHERS_STEP, TO_BE_DONE, UNDELIVERED, Notice, NoticeKind
from engine.model.person import Person
from engine.model.work_item import WorkItem, WorkItemState
from engine.policy.permissions import Actor, may_act_on_step
from engine.queries.actors import actor_of
from engine.queries.control import Control, control, controls
from engine.queries.decision_contents import DecisionContent, decision_content
from engine.queries.processes import process_of
from engine.queries.saved_reports import ToldReport, told_report
from engine.queries.scopes import visible_deals
from engine.queries.telegram import chat_of

_FORMER = frozenset({NoticeKind.STEP_TAKEN, NoticeKind.STEP_WITHDRAWN})
"""About what the reader had and need not see any more."""
_OF_STEPS = TO_BE_DONE | {NoticeKind.REPLY_UNDERSTOOD, NoticeKind.CONSULTATION_ASKED, NoticeKind.STEP_LATE}
"""What is told only while a step is under way."""
_DECIDED = frozenset({NoticeKind.APPROVAL_ASKED, NoticeKind.REPLY_UNDERSTOOD, NoticeKind.REPLY_UNREAD})


@dataclass(frozen=True, slots=True)
class ToldDeal:
    id: int
    number: str
    title: str
    client: str
    amount: Decimal | None
    currency: str
    stage: str
    owner: str


@dataclass(frozen=True, slots=True)
class ToldStep:
    """``holder`` is the person who has the step, or the department that may take it; ``due_at`` is aware UTC."""

    id: int
    name: str
    holder: str
    asked_by: str
    instruction: str
    due_at: datetime | None
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class ToldNotice:
    """``by`` is who caused it, or nobody. ``content`` is what the reader is asked to decide on, else None.

    ``control`` is what they have to look at today, of a notice of that kind; ``report`` what a saved report tells;
    ``failure`` is what a deal failed at, as its incident keeps it. ``undelivered`` is why it could not be brought to
    Telegram. ``brought`` is of an import its ``id`` and ``file``, and how many rows came to each state.
    """

    kind: NoticeKind
    by: str
    text: str
    outcome: str
    deal: ToldDeal | None
    step: ToldStep | None
    content: DecisionContent | None
    control: Control | None = None
    report: ToldReport | None = None
    failure: Mapping[str, Any] | None = None
    undelivered: str = ""
    brought: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class LetterView:
    """``key`` is the letter's own; ``deal_id`` is set when all of it is about one deal.

    ``in_reply_to`` is the Message-ID of what the reader wrote and is answered here. ``chat_id`` is where it goes in
    Telegram, None of a letter that goes by mail.
    """

    id: int
    key: str
    to: str
    reader: str
    locale: str
    person_id: int
    deal_id: int | None
    in_reply_to: str
    written_at: datetime
    chat_id: int | None
    notices: tuple[ToldNotice, ...]


def letter_view(session: Session, letter_id: int, now: datetime, zone: tzinfo) -> LetterView | None:
    """None when there is nothing to write any more: all of it is over, or the reader has left or cannot be reached.

    ``zone`` is that of the days of reports.
    """
    letter = session.get(Letter, letter_id)
    if letter is None or letter.state is not LetterState.WAITING:
        return None
    person = session.get_one(Person, letter.person_id)
    chat_id = chat_of(session, person.id) if letter.channel is Channel.TELEGRAM else None
    is_reached = bool(person.email) if letter.channel is Channel.MAIL else chat_id is not None
    if not person.is_active or not is_reached:
        return None
    notices = session.scalars(select(Notice).where(Notice.letter_id == letter_id).order_by(Notice.id)).all()
    told = tuple(_still_to_tell(session, _News(session, person, notices, now, zone), notices))
    if not told:
        return None
    return LetterView(
        id=letter.id,
        key=letter.key,
        to=person.email,
        reader=person.full_name,
        locale=person.locale,
        person_id=person.id,
        deal_id=letter.deal_id,
        in_reply_to=next((str(one.details["answers"]) for one in notices if "answers" in one.details), ""),
        written_at=letter.written_at,
        chat_id=chat_id,
        notices=told,
    )


class _News:
    """The deals, steps and people that the notices of one letter name, each read once."""

    def __init__(
        self, session: Session, reader: Person, notices: Iterable[Notice], now: datetime, zone: tzinfo
    ) -> None:
        self.actor = actor_of(session, reader.id, now)
        self.now, self.zone = now, zone
        deal_ids = {one.deal_id for one in notices if one.deal_id is not None}
        self.deals = {
            deal.id: (
                deal,
                ToldDeal(deal.id, deal.number, deal.title, client, deal.amount, deal.currency, deal.stage, owner),
            )
            for deal, client, owner in session.execute(
                select(Deal, Client.name, Person.full_name)
                .join(Client, Client.id == Deal.client_id)
                .join(Person, Person.id == Deal.owner_id)
                .where(Deal.id.in_(deal_ids))
            )
        }
        self.visible = set(session.scalars(select(Deal.id).where(Deal.id.in_(deal_ids), visible_deals(self.actor))))
        self.items = _items(session, {one.work_item_id for one in notices if one.work_item_id is not None})
        self.failures = _failures(session, {one.deal_id for one in notices if one.kind is NoticeKind.INCIDENT})
        self.questions = _questions(session, reader, notices)
        self.known = _known(session, reader, notices)
        people = {one.by_id for one in notices if one.by_id is not None}
        self.names = dict(session.execute(select(Person.id, Person.full_name).where(Person.id.in_(people))).all())


def _questions(session: Session, reader: Person, notices: Iterable[Notice]) -> Sequence[Consultation]:
    """Those put to the reader about the steps of which the letter asks them, the oldest first."""
    steps = {one.work_item_id for one in notices if one.kind is NoticeKind.CONSULTATION_ASKED}
    if not steps:
        return ()
    asked = Consultation.asked_id == reader.id, Consultation.work_item_id.in_(steps)
    return session.scalars(select(Consultation).where(*asked).order_by(Consultation.asked_at, Consultation.id)).all()


def _known(session: Session, reader: Person, notices: Iterable[Notice]) -> frozenset[int]:
    """Which of the withdrawn steps, by id, a letter that has left asked the reader to do."""
    steps = {one.work_item_id for one in notices if one.kind is NoticeKind.STEP_WITHDRAWN}
    if not steps:
        return frozenset()
    told = (
        select(Notice.work_item_id)
        .join(Letter, Letter.id == Notice.letter_id)
        .where(
            Letter.person_id == reader.id,
            Letter.state == LetterState.SENT,
            Notice.work_item_id.in_(steps),
            Notice.kind.in_(TO_BE_DONE),
        )
    )
    return frozenset(one for one in session.scalars(told) if one is not None)


def _failures(session: Session, deal_ids: set[int | None]) -> Mapping[tuple[int | None, str], Mapping[str, Any]]:
    """By deal and element: those that are still open."""
    if not deal_ids:
        return {}
    rows = session.execute(
        select(Incident.deal_id, Incident.params)
        .where(Incident.deal_id.in_(deal_ids), Incident.state == IncidentState.OPEN)
        .order_by(Incident.id)
    )
    return {(row.deal_id, str(row.params.get("element", "")).strip()): row.params for row in rows}


def _items(session: Session, ids: set[int]) -> Mapping[int, tuple[WorkItem, ToldStep]]:
    holder, asker = aliased(Person), aliased(Person)
    rows = session.execute(
        select(WorkItem, holder.full_name, Department.name, asker.full_name)
        .outerjoin(holder, holder.id == WorkItem.assignee_id)
        .outerjoin(Department, Department.id == WorkItem.group_id)
        .outerjoin(asker, asker.id == WorkItem.asked_by_id)
        .where(WorkItem.id.in_(ids))
    )
    return {row[0].id: (row[0], _step(session, *row)) for row in rows}


def _step(session: Session, item: WorkItem, holder: str | None, group: str | None, asked_by: str | None) -> ToldStep:
    step = process_of(session, item.instance.definition_id).steps.get(item.element_id)
    return ToldStep(
        id=item.id,
        name=item.name,
        holder=holder or group or "",
        asked_by=asked_by or "",
        instruction=step.instruction if step is not None else "",
        due_at=item.due_at,
        outcomes=step.outcomes if step is not None else (),
    )


def _still_to_tell(session: Session, news: _News, notices: Iterable[Notice]) -> Iterable[ToldNotice]:
    seen: set[tuple[Any, ...]] = set()
    reports = _reports_to_tell(news, notices)
    for notice in notices:
        details = notice.details
        brought = details.get("brought")
        same = (
            *(notice.kind, notice.deal_id, notice.work_item_id, details.get("text"), details.get("outcome")),
            brought["id"] if brought else None,
            reports.get(notice.id),
        )
        if same in seen or not _matters(news, notice):
            continue
        seen.add(same)
        looked_at = _to_look_at(session, news) if notice.kind is NoticeKind.DAILY_CONTROL else None
        if notice.kind is NoticeKind.DAILY_CONTROL and looked_at is None:
            continue
        report = None
        if notice.kind is NoticeKind.SAVED_REPORT:
            report = _report(session, news, details) if notice.id in reports else None
            if report is None:
                continue
        deal = news.deals.get(notice.deal_id or 0)
        item = news.items.get(notice.work_item_id or 0)
        content = None
        if item is not None and notice.kind in _DECIDED and _may_act(news.actor, item[0]):
            content = decision_content(session, item[0])
        yield ToldNotice(
            kind=notice.kind,
            by=news.names.get(notice.by_id or 0, ""),
            text=str(details.get("text", "")),
            outcome=str(details.get("outcome", "")),
            deal=deal[1] if deal is not None else None,
            step=item[1] if item is not None else None,
            content=content,
            control=looked_at,
            undelivered=str(details.get(UNDELIVERED, "")),
            report=report,
            failure=news.failures.get((notice.deal_id, str(details.get("text", "")))),
            brought=brought,
        )


def _reports_to_tell(news: _News, notices: Iterable[Notice]) -> Mapping[int, date]:
    """By the notice, the day of which the days of its report are.

    Of what waited for one letter, the latest by the schedule is told, and the latest that was asked for by hand: only
    where both would tell of the same days does one take the other's place.
    """
    latest: dict[tuple[int, bool], Notice] = {
        (int(one.details["saved_report_id"]), bool(one.details.get("by_hand"))): one
        for one in notices
        if one.kind is NoticeKind.SAVED_REPORT
    }
    told: dict[tuple[int, date], int] = {}
    for (saved_report_id, _), notice in sorted(latest.items(), key=lambda one: one[1].id):
        told[saved_report_id, _as_of(news, notice.details).astimezone(news.zone).date()] = notice.id
    return {notice_id: day for (_, day), notice_id in told.items()}


def _as_of(news: _News, details: Mapping[str, Any]) -> datetime:
    """When it was due: quiet hours may lie between, and a month may end meanwhile."""
    due = details.get("due_at")  # of a notice written before it was kept: none
    return datetime.fromisoformat(due) if due else news.now


def _report(session: Session, news: _News, details: Mapping[str, Any]) -> ToldReport | None:
    saved_report_id, as_of = int(details["saved_report_id"]), _as_of(news, details)
    return told_report(session, news.actor, saved_report_id, now=news.now, as_of=as_of, zone=news.zone)


def _to_look_at(session: Session, news: _News) -> Control | None:
    """None where the reader heads nobody any more, or nothing calls for a look."""
    if not controls(news.actor):
        return None
    found = control(session, news.actor, now=news.now, shown=0)
    totals = [*(one.total for one in found.steps.values()), *(one.total for one in found.deals.values())]
    return found if any(totals) else None


def _matters(news: _News, notice: Notice) -> bool:
    kind, found = notice.kind, news.items.get(notice.work_item_id or 0)
    item = found[0] if found is not None else None
    if kind in _FORMER:
        return item is None or _is_gone(news, kind, item)
    if notice.deal_id is not None and notice.deal_id not in news.visible:
        return False
    if kind is NoticeKind.INCIDENT:
        return (notice.deal_id, str(notice.details.get("text", ""))) in news.failures
    if kind in _OF_STEPS:
        return item is not None and _step_matters(news, notice, item)
    return True


def _step_matters(news: _News, notice: Notice, item: WorkItem) -> bool:
    """Whether what a notice asks of its reader, or tells of a step that is under way, is not over."""
    kind = notice.kind
    if kind is NoticeKind.CONSULTATION_ASKED:
        return item.is_live and _is_open_question(news, notice)
    if kind is NoticeKind.STEP_LATE or notice.details.get("outcome") == OF_ANOTHERS_STEP:
        return item.is_live
    return _may_act(news.actor, item) and (kind is not NoticeKind.STEP_TO_TAKE or item.assignee_id is None)


def _is_gone(news: _News, kind: NoticeKind, item: WorkItem) -> bool:
    """Whether the reader's step has not come back to them. A step that they did not hold was theirs by a letter."""
    is_holder = item.assignee_id == news.actor.person_id
    if kind is NoticeKind.STEP_WITHDRAWN:
        return item.state is WorkItemState.CANCELLED and (is_holder or item.id in news.known)
    return not is_holder


def _is_open_question(news: _News, notice: Notice) -> bool:
    """Whether the question of which the notice tells is neither answered nor withdrawn: the last one asked by then."""
    asked = [
        one
        for one in news.questions
        if (one.work_item_id, one.asked_by_id) == (notice.work_item_id, notice.by_id)
        and one.asked_at <= notice.created_at
    ]
    return bool(asked) and asked[-1].answered_at is None and asked[-1].withdrawn_at is None


def _may_act(actor: Actor, item: WorkItem) -> bool:
    return item.is_live and may_act_on_step(actor, assignee_id=item.assignee_id, group_id=item.group_id)
