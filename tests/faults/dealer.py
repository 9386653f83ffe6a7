"""A company at work as a process of its own: opens deals and does all their steps, whatever happens to the database.

Every command has an id that is made of what it is for, so that one whose answer never came is simply asked again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import TypeVar

from faults.processes import PATIENCE_S
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from support.office import MONDAY_10
from support.sales_map import APPROVERS

from engine.clock import SettableClock, monotonic
from engine.commands.completions import complete_work_item
from engine.commands.deals import DealDraft, open_deal
from engine.commands.incidents import perform
from engine.db.away import is_away
from engine.db.session import Database
from engine.errors import Conflict
from engine.model.client import Client
from engine.model.deal import Deal
from engine.model.department import Membership
from engine.model.person import Person
from engine.model.work_item import LIVE, WorkItem
from engine.policy.permissions import Actor
from engine.queries.actors import actor_of

ENDED, AWAY = b"ended", b"away"
"""What a process tells: a deal came to its end; the database was away, and is asked again until it is back."""

STEPS = 2 + len(APPROVERS)
"""What a deal of the tests' sales map takes when everybody approves at once."""

T = TypeVar("T")


def deal_with(url: str, name: str, deals: int, beats: Connection) -> None:
    """Open ``deals`` deals one after another and bring each to its end; tell each end.

    The database may be away for as long as ``PATIENCE_S``: what was asked is asked again then. Any other failure of it
    is raised.
    """
    database = Database(url)
    dealer = _Dealer(database, name, beats)
    for number in range(deals):
        dealer.bring_to_end(dealer.open(number))
        beats.send_bytes(ENDED)
    database.dispose()


class _Dealer:
    def __init__(self, database: Database, name: str, beats: Connection) -> None:
        self._database = database
        self._name = name
        self._beats = beats
        self._clock = SettableClock(MONDAY_10)
        self._actors: dict[int, Actor] = {}

    def open(self, number: int) -> int:
        title = f"Угода {self._name} {number}"
        seller = self._patiently(partial(self._read, _seller))
        draft = DealDraft(title=title, definition_key="sale", client_id=self._patiently(partial(self._read, _client)))
        command = partial(open_deal, draft=draft, clock=self._clock, command_id=f"open {title}")
        return self._perform(partial(_id_after, command), seller)

    def bring_to_end(self, deal_id: int) -> None:
        while (waiting := self._patiently(partial(self._read, partial(_next_step, deal_id)))) is not None:
            item_id, element_id, person_id = waiting
            command = partial(
                complete_work_item,
                work_item_id=item_id,
                values={"discount": "5"} if element_id == "prepare" else {},
                outcome="approved" if element_id in APPROVERS else "completed",
                clock=self._clock,
                command_id=f"step {item_id}",
            )
            self._perform(partial(_id_after, command), person_id)

    def _perform(self, command: Callable[[Session, Actor], int], person_id: int) -> int:
        if person_id not in self._actors:
            self._actors[person_id] = self._patiently(
                partial(self._read, partial(actor_of, person_id=person_id, at=MONDAY_10))
            )
        actor = self._actors[person_id]
        return self._patiently(
            lambda: perform(self._database, lambda session: command(session, actor), actor=actor, clock=self._clock)
        )

    def _read(self, query: Callable[[Session], T]) -> T:
        with self._database.read() as session:
            return query(session)

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Ask until there is an answer: the database may have gone in the middle of anything."""
        give_up_at = monotonic() + PATIENCE_S
        is_told = False
        while True:
            try:
                return ask()
            except (DBAPIError, Conflict) as failure:
                if monotonic() > give_up_at or not (isinstance(failure, Conflict) or is_away(failure)):
                    raise
                if not isinstance(failure, Conflict) and not is_told:
                    self._beats.send_bytes(AWAY)
                    is_told = True
                time.sleep(0.1)


def _id_after(command: Callable[..., Deal | WorkItem], session: Session, actor: Actor) -> int:
    """Perform the command; the id of what it changed."""
    return command(session, actor=actor).id


def _seller(session: Session) -> int:
    return session.scalars(select(Person.id).where(Person.login == "olena")).one()


def _client(session: Session) -> int:
    return session.scalars(select(Client.id).order_by(Client.id).limit(1)).one()


def _next_step(deal_id: int, session: Session) -> tuple[int, str, int] | None:
    item = session.scalars(
        select(WorkItem).where(WorkItem.deal_id == deal_id, WorkItem.state.in_(LIVE)).order_by(WorkItem.id).limit(1)
    ).first()
    if item is None:
        return None
    holder = item.assignee_id or session.scalar(
        select(Membership.person_id).where(Membership.department_id == item.group_id)
    )
    return item.id, item.element_id, int(holder or 0)
