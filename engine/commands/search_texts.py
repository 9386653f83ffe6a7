"""By what words deals, steps and letters are found: their own, and those of the client, which change without them.

What a client is called stands in the texts of thousands of deals and steps, so a new name is written there by a worker,
page by page, each deal under the lock of its instance; the old name finds them no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select, union, update
from sqlalchemy.orm import Session, joinedload

from engine.commands.history import find_comment
from engine.commands.locks import lock_instance
from engine.db.outbox import enqueue
from engine.db.session import UNSYNCHRONISED
from engine.db.work_session import append
from engine.model.client_letter import ClientLetter
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem
from engine.model.written_text import WrittenText
from engine.policy.personal_texts import ERASED
from engine.policy.search_keys import search_text
from engine.policy.written_texts import (
    COMMENT_KINDS,
    COMMENT_PLACES,
    comment_in,
    letter_search_text,
)

SEARCH_TEXTS = "search_texts"
"""The kind of an outbox job: payload ``client_id`` of whose deals (None: of all), and ``after``, the last deal done."""

MISSED_TEXTS = "missed_texts"
"""The kind of an outbox job: payload ``letters_after`` and ``entries_after``, ids behind which a program of the version
before may have written what nothing finds yet, and ``after``, the last deal done.
"""


def deal_search_text(deal: Deal) -> str:
    """Everything by which people look for a deal."""
    return search_text(deal.number, deal.title, deal.client.name, deal.client.edrpou, str(deal.amount or ""))


def step_search_text(name: str, deal: Deal) -> str:
    """Everything by which people look for a step of a deal."""
    return search_text(name, deal.number, deal.title, deal.client.name)


def find_letter(session: Session, letter: ClientLetter) -> None:
    """Let a letter be found by what it says, one that has a row already and is not found by anything else."""
    correspondents = [letter.sender_name, letter.sender]
    correspondents += [str(one[key]) for one in letter.receivers for key in ("name", "address")]
    text = letter_search_text(letter.subject, letter.text, correspondents)
    if text:
        append(session, WrittenText, deal_id=letter.deal_id, number=None, letter_id=letter.id, search_text=text)


def find_anew(session: Session, deal: Deal, *, is_renamed: bool = True) -> None:
    """Let a locked deal be found by what it holds now; where it, or its client, ``is_renamed``, its steps as well."""
    deal.search_text = deal_search_text(deal)
    if not is_renamed:
        return
    for item in session.execute(_STEPS.where(WorkItem.deal_id == deal.id)).all():
        text = step_search_text(item.name, deal)
        if text != item.search_text:
            # Not by the row's version: who works on the step changes nothing that somebody else has seen.
            anew = update(WorkItem).where(WorkItem.id == item.id).values(search_text=text)
            session.execute(anew, execution_options=UNSYNCHRONISED)


def find_deals_of_client_anew(session: Session, client_id: int, *, at: datetime) -> None:
    """A worker lets the deals of a renamed client, and their steps, be found by its new name."""
    enqueue(session, SEARCH_TEXTS, {"client_id": client_id, "after": 0}, at=at)


def outdated_texts(session: Session, client_id: int | None, after: int, *, limit: int) -> tuple[list[int], int | None]:
    """Of the next ``limit`` deals behind the deal ``after``, the ids of those to find anew, and the last one looked at.

    The last is None when no deal is left. Nothing is locked to look.
    """
    wanted = select(Deal).where(Deal.id > after).options(joinedload(Deal.client)).order_by(Deal.id).limit(limit)
    if client_id is not None:
        wanted = wanted.where(Deal.client_id == client_id)
    deals = {one.id: one for one in session.scalars(wanted)}
    outdated = {one.id for one in deals.values() if one.search_text != deal_search_text(one)}
    for item in session.execute(_STEPS.where(WorkItem.deal_id.in_(deals))):
        if item.search_text != step_search_text(item.name, deals[item.deal_id]):
            outdated.add(item.deal_id)
    return sorted(outdated), max(deals, default=None)


def find_deal_anew(session: Session, deal_id: int) -> None:
    """Lock a deal and let it be found by what it is called now."""
    find_anew(session, _locked(session, deal_id))


def go_on_finding_anew(session: Session, client_id: int | None, after: int, *, at: datetime) -> None:
    """Another job goes on behind the deal ``after``."""
    enqueue(session, SEARCH_TEXTS, {"client_id": client_id, "after": after}, at=at)


def deals_with_missed(
    session: Session, letters_after: int, entries_after: int, after: int, *, limit: int
) -> Sequence[int]:
    """The next ``limit`` deals behind ``after`` with a letter or a comment that nothing finds. Nothing is locked."""
    letters = select(ClientLetter.deal_id.label("id")).where(
        ClientLetter.deal_id > after, *_missed_letters(letters_after)
    )
    entries = select(HistoryEvent.deal_id.label("id")).where(
        HistoryEvent.deal_id > after, *_missed_entries(entries_after)
    )
    ids = union(letters, entries).subquery("ids")
    return session.scalars(select(ids.c.id).order_by(ids.c.id).limit(limit)).all()


def find_missed(session: Session, deal_id: int, letters_after: int, entries_after: int) -> None:
    """Lock a deal, so that nobody erases from it meanwhile, and let its missed letters and comments be found."""
    deal = _locked(session, deal_id)
    for letter in session.scalars(
        select(ClientLetter)
        .where(ClientLetter.deal_id == deal.id, *_missed_letters(letters_after))
        .order_by(ClientLetter.id)
    ):
        find_letter(session, letter)
    for entry in session.execute(
        select(HistoryEvent.number, HistoryEvent.kind, HistoryEvent.data)
        .where(HistoryEvent.deal_id == deal.id, *_missed_entries(entries_after))
        .order_by(HistoryEvent.id)
    ):
        find_comment(session, deal.id, entry.number, comment_in(entry.kind, entry.data))


def go_on_finding_missed(session: Session, letters_after: int, entries_after: int, after: int, *, at: datetime) -> None:
    """Another job goes on behind the deal ``after``."""
    payload = {"letters_after": letters_after, "entries_after": entries_after, "after": after}
    enqueue(session, MISSED_TEXTS, payload, at=at)


def _missed_letters(after: int) -> tuple[ColumnElement[bool], ...]:
    return (
        ClientLetter.id > after,
        or_(ClientLetter.subject != ERASED, ClientLetter.text != ERASED),
        ~exists().where(WrittenText.letter_id == ClientLetter.id),
    )


def _missed_entries(after: int) -> tuple[ColumnElement[bool], ...]:
    return (
        HistoryEvent.id > after,
        HistoryEvent.kind.in_(COMMENT_KINDS),
        or_(*(HistoryEvent.data[place].as_string().not_in(("", ERASED)) for place in COMMENT_PLACES)),
        ~exists().where(WrittenText.deal_id == HistoryEvent.deal_id, WrittenText.number == HistoryEvent.number),
    )


def _locked(session: Session, deal_id: int) -> Deal:
    ids = select(ProcessInstance.id).where(ProcessInstance.deal_id == deal_id).order_by(ProcessInstance.id)
    for instance_id in session.scalars(ids).all():
        deal = lock_instance(session, instance_id).deal
    return deal


_STEPS = select(WorkItem.id, WorkItem.deal_id, WorkItem.name, WorkItem.search_text).order_by(WorkItem.id)
