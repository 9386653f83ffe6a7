"""A client of the engine as a process of its own: it writes down what it asks for, and asks again after a crash."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

import orjson
from faults.audit import completed
from sqlalchemy import select
from sqlalchemy.orm import Session
from support.office import MONDAY_10
from support.sales_map import APPROVERS

from engine.clock import SettableClock
from engine.commands.completions import complete_work_item
from engine.commands.escalations import due_escalations, escalate_work_item
from engine.commands.incidents import perform
from engine.commands.timers import claim_due_timers, fire_timer
from engine.db.session import Database
from engine.model.department import Membership
from engine.model.work_item import LIVE, WorkItem
from engine.policy.permissions import Actor
from engine.queries.actors import actor_of

ROUNDS = 4
BETWEEN_STEPS = timedelta(days=20)  # longer than any deadline: each step is late when its turn comes
ESCALATE_EVERY = 8  # entries of the journal, two per step
STEPS = Counter({"prepare": ROUNDS, **dict.fromkeys(APPROVERS, ROUNDS), "sign": 1, "call": 1})
"""What a deal of the tests' sales map takes when finance returns it until the last round and the client is silent."""


def sell(url: str, journal: Path, beats: Connection, most: int | None = None) -> None:
    """Complete every open step, one at a time, and beat once per step; go on where the journal ends.

    With ``most`` it stands still after so many steps, until somebody kills it.
    """
    database = Database(url)
    with Journal(journal) as written:
        seller = _Seller(database, written)
        beats.send_bytes(b".")
        done = 0
        while done != most and seller.work_once():
            beats.send_bytes(b".")
            done += 1
        if done == most:
            threading.Event().wait()
    database.dispose()


class Journal:
    """What was asked for and what was answered, in a file that outlives the process."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> Self:
        self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self.entries = list(read_journal(self._file))
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def write(self, entry: Mapping[str, Any]) -> None:
        os.write(self._descriptor, orjson.dumps(entry) + b"\n")
        self.entries.append(entry)

    def unanswered(self) -> Mapping[str, Any] | None:
        return self.entries[-1] if self.entries and "command_id" in self.entries[-1] else None


def read_journal(file: Path) -> Iterator[Mapping[str, Any]]:
    for line in file.read_bytes().splitlines():
        yield orjson.loads(line)


@dataclass(frozen=True, slots=True)
class _Seller:
    database: Database
    journal: Journal

    def work_once(self) -> bool:
        """Do the machinery's part and complete one step. False when no step is open any more."""
        request = self.journal.unanswered()
        if request is None:
            at = MONDAY_10 + BETWEEN_STEPS * (len(self.journal.entries) // 2 + 1)
            self._run_machinery(SettableClock(at))
            request = self._next_request(at)
            if request is None:
                return False
            self.journal.write(request)
        with self.database.read() as session:
            actor = actor_of(session, request["person_id"], MONDAY_10)
        clock = SettableClock(datetime.fromisoformat(request["at"]))
        complete = partial(
            complete_work_item,
            work_item_id=request["work_item_id"],
            values=request["values"],
            outcome=request["outcome"],
            comment=request["comment"],
            actor=actor,
            clock=clock,
            command_id=request["command_id"],
        )
        perform(self.database, complete, actor=actor, clock=clock)
        self.journal.write({"answered": request["command_id"]})
        return True

    def _run_machinery(self, clock: SettableClock) -> None:
        with self.database.write() as session:
            timers = claim_due_timers(session, clock=clock)
        for timer_id in timers:
            self._as_system(partial(fire_timer, timer_id=timer_id, clock=clock), clock)
        if len(self.journal.entries) % ESCALATE_EVERY:
            return
        with self.database.read() as session:
            late = due_escalations(session, clock=clock, limit=1)
        for work_item_id in late:
            self._as_system(partial(escalate_work_item, work_item_id=work_item_id, clock=clock), clock)

    def _as_system(self, command: Callable[[Session], object], clock: SettableClock) -> None:
        perform(self.database, command, actor=Actor.system(), clock=clock)

    def _next_request(self, at: datetime) -> dict[str, Any] | None:
        with self.database.read() as session:
            item = session.scalars(
                select(WorkItem).where(WorkItem.state.in_(LIVE)).order_by(WorkItem.opened_at, WorkItem.id).limit(1)
            ).first()
            if item is None:
                return None
            holder = item.assignee_id or session.scalar(
                select(Membership.person_id).where(Membership.department_id == item.group_id)
            )
            returned = item.element_id == "finance" and completed(session, item.deal_id)["prepare"] < ROUNDS
        decision = "returned" if returned else "approved"
        return {
            "command_id": f"step {item.id}",
            "work_item_id": item.id,
            "person_id": holder,
            "outcome": decision if item.element_id in APPROVERS else "completed",
            "comment": "Знижка завелика" if returned else "",
            "values": {"discount": "7,5"} if item.element_id == "prepare" else {},
            "at": at.isoformat(),
        }
