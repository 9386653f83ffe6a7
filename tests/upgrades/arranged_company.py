"""The arranged company in as many copies as a test wants, on SQLite and on PostgreSQL; and one deal of a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from sqlalchemy import func, select
from support.lent_databases import Content, LentDatabases
from support.office import Office
from upgrades.waiting_deals import arrange
from upgrades.waits import WAITS

from engine.bpmn.inspection import waits_in
from engine.db.session import Database
from engine.model.deal import Deal
from engine.model.draft import Draft
from engine.model.history_event import HistoryEvent
from engine.model.message_subscription import MessageSubscription
from engine.model.process_instance import ProcessInstance
from engine.model.service_call import PENDING_CALLS, ServiceCall
from engine.model.timer import Timer
from engine.model.work_item import PENDING, WorkItem
from engine.queries.deal_waiting import DealWaiting, deal_waiting
from engine.queries.processes import process_of

TITLES = (
    "a step",
    "a step that somebody took",
    "a join with one of three branches there",
    "a step with a timer beside it",
    "a step of the second round",
    "a step to which the deal was moved back",
    "an approval by three, given by one",
    *WAITS,
)


@dataclass(frozen=True)
class Waiting:
    """One deal of the arranged company, alone in a copy of it."""

    office: Office
    deal: Deal

    @classmethod
    def of(cls, office: Office, title: str) -> Self:
        with office.database.read() as session:
            return cls(office, session.scalars(select(Deal).where(Deal.title == title)).one())

    @property
    def instance(self) -> ProcessInstance:
        with self.office.database.read() as session:
            return session.scalars(select(ProcessInstance).where(ProcessInstance.deal_id == self.deal.id)).one()

    def do(self, login: str, command: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        return self.office.do(login, command, self.deal.id, *arguments, **more)

    def told(self) -> DealWaiting:
        with self.office.database.read() as session:
            return deal_waiting(session, self.office.actor("admin"), self.deal.id, self.office.clock.now())

    def length(self) -> int:
        with self.office.database.read() as session:
            counted = select(func.count()).select_from(HistoryEvent).where(HistoryEvent.deal_id == self.deal.id)
            return session.scalars(counted).one()

    def draft_everything(self) -> None:
        """Let somebody have begun to fill in each open step."""
        admin, at = self.office.company.admin.id, self.office.clock.now()
        with self.office.database.write() as session:
            session.add_all(
                Draft(work_item_id=one.id, person_id=admin, typed={"note": self.deal.title}, saved_at=at)
                for one in self.office.open_steps(self.deal)
            )

    def stands(self) -> dict[str, Any]:
        """Every row of what waits, and the sentence that tells it."""
        return {**self.rows(), "told": replace(self.told(), moved=None)}

    def rows(self) -> dict[str, Any]:
        """Every row of what waits, and where the deal stands."""
        instance = self.instance
        with self.office.database.read() as session:
            items = session.scalars(
                select(WorkItem)
                .where(WorkItem.instance_id == instance.id, WorkItem.state.in_(PENDING))
                .order_by(WorkItem.id)
            ).all()
            timers = select(Timer).where(Timer.instance_id == instance.id)
            waiting = select(MessageSubscription).where(MessageSubscription.instance_id == instance.id)
            calls = select(ServiceCall).where(
                ServiceCall.instance_id == instance.id, ServiceCall.state.in_(PENDING_CALLS)
            )
            drafts = select(Draft.work_item_id, Draft.typed).where(Draft.work_item_id.in_([one.id for one in items]))
            deal = session.get_one(Deal, self.deal.id)
            return {
                "items": [
                    (
                        one.id,
                        one.element_id,
                        one.activity_id,
                        one.state,
                        one.assignee_id,
                        one.group_id,
                        one.due_at,
                        one.next_escalation_at,
                        one.claimed_at,
                    )
                    for one in items
                ],
                "timers": sorted((one.activity_id, one.node_id, one.due_at) for one in session.scalars(timers)),
                "waiting": sorted((one.activity_id, one.node_id, one.name) for one in session.scalars(waiting)),
                "calls": sorted((one.activity_id, one.state) for one in session.scalars(calls)),
                "drafts": sorted((row.work_item_id, str(row.typed)) for row in session.execute(drafts)),
                "deal": (deal.stage, deal.stage_since, deal.result, instance.state),
                "fields": {name: value for name, value in deal.fields.items() if value is not None},
            }


def assert_rows_agree_with_state(waiting: Waiting) -> None:
    instance = waiting.instance
    with waiting.office.database.read() as session:
        waits = waits_in(process_of(session, instance.definition_id), instance.execution_state)
    rows = waiting.rows()
    assert {item[2] for item in rows["items"]} == set(waits.steps)
    assert rows["timers"] == sorted((*place, one.due_at) for place, one in waits.timers.items())
    assert {one[:2] for one in rows["waiting"]} == set(waits.messages)
    assert {one[0] for one in rows["calls"]} == set(waits.calls)


@dataclass(frozen=True)
class Arranged:
    """The company with one deal at each kind of wait, ``at`` the moment at which they wait; ``lend`` lends a copy."""

    lend: Callable[[], AbstractContextManager[Database]]
    at: datetime

    @contextmanager
    def copy(self) -> Iterator[Office]:
        with self.lend() as database:
            office = Office(database, is_founded=True)
            office.clock.set(self.at)
            yield office
            database.dispose()


def arrange_on_sqlite(template: Path, folder: Path) -> Arranged:
    """``template`` is a file built by the migrations, ``folder`` is empty."""
    file = Path(shutil.copy(template, folder / "company.sqlite"))
    at = _arrange(f"sqlite:///{file}")

    @contextmanager
    def lend() -> Iterator[Database]:
        with TemporaryDirectory() as own:
            yield Database(f"sqlite:///{shutil.copy(file, Path(own, 'company.sqlite'))}")

    return Arranged(lend, at)


def arrange_on_postgresql(lent: LentDatabases) -> Arranged:
    name = lent.lend()
    at = _arrange(lent.server.url_of(name))
    with lent.server.connect(name) as connection:
        content = Content.of(connection)
    lent.take_back(name)

    @contextmanager
    def lend() -> Iterator[Database]:
        own = lent.lend()
        lent.fill(own, content, partial(lent.server.connect, own))
        yield Database(lent.server.url_of(own))
        lent.take_back(own)

    return Arranged(lend, at)


def _arrange(url: str) -> datetime:
    office = Office(Database(url))
    arrange(office)
    office.database.dispose()
    return office.clock.now()
