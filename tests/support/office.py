"""The company at work: real commands by real people, under a clock that stands still until it is moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session
from support.as_founded import AsFounded
from support.company import Company, company_of, found_company
from support.sales_map import sales_map

from engine.bpmn.compiled import CompiledProcess
from engine.clock import SettableClock
from engine.commands.clients import ClientDraft
from engine.commands.completions import complete_work_item
from engine.commands.deals import DealDraft, open_deal
from engine.commands.escalations import due_escalations, escalate_work_item
from engine.commands.incidents import perform
from engine.commands.timers import claim_due_timers, fire_timer
from engine.db.glance import glance
from engine.db.session import Database
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.mail_choice import MailChoice
from engine.model.person import Person
from engine.model.process_definition import DefinitionFile, DefinitionState, ProcessDefinition
from engine.model.work_item import LIVE, WorkItem
from engine.policy.permissions import Actor
from engine.queries.actors import actor_of

T = TypeVar("T")

MONDAY_10 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # 10:00 in Kyiv
_REVISION = "SELECT number FROM company_revision WHERE id = 1"


@dataclass
class Office:
    """``clock`` starts on a Monday at 10:00 in Kyiv. People are named by their logins.

    ``is_founded``: the database holds the company already, as of that Monday; ``as_founded`` spares to read it again.
    """

    database: Database
    clock: SettableClock = field(default_factory=lambda: SettableClock(MONDAY_10))
    company: Company = field(init=False)
    is_founded: bool = False
    as_founded: AsFounded | None = None

    def __post_init__(self) -> None:
        if self.as_founded is not None:
            self.company = self.as_founded.own_company()
            self.as_founded.tell(self.database)
            return
        if self.is_founded:
            with self.database.read() as session:
                self.company = company_of(session)
            return
        with self.database.write() as session:
            self.company = found_company(session, self.clock.now())
            for row in list(session.identity_map.values()):
                session.refresh(row)

    def publish(self, process: CompiledProcess | None = None) -> ProcessDefinition:
        """Publish a compiled map as it is, without a file to compile."""
        process = process or sales_map()
        with self.database.write() as session:
            last = session.scalars(select(ProcessDefinition).where(ProcessDefinition.key == process.key)).all()
            for one in last:
                one.state = DefinitionState.RETIRED
            definition = ProcessDefinition(
                key=process.key,
                version=len(last) + 1,
                name=process.name,
                state=DefinitionState.PUBLISHED,
                compiled=process.model_dump_json(),
                content_hash=process.content_hash,
                findings=[],
                called={},
                created_at=self.clock.now(),
                published_at=self.clock.now(),
                files=[DefinitionFile(name="sale.bpmn", content=process.executable.encode(), sha256="0" * 64)],
            )
            session.add(definition)
        return definition

    def tell_at_any_hour(self) -> None:
        """Let everybody be written to outside their working hours too: for tests by the machine's own clock."""
        with self.database.write() as session:
            session.add_all(MailChoice(person_id=one.id, keeps_quiet=False) for one in self.company.people)

    def actor(self, login: str) -> Actor:
        person: Person = getattr(self.company, login)
        if self.as_founded is not None and glance(self.database, _REVISION) == self.as_founded.revision:
            return self.as_founded.actors[person.id]
        with self.database.read() as session:
            return actor_of(session, person.id, self.clock.now())

    def do(self, login: str, command: Callable[..., T], *arguments: Any, **more: Any) -> T:
        """Perform a command as a person, in a transaction of its own."""
        actor = self.actor(login)
        return perform(
            self.database,
            lambda session: command(session, *arguments, actor=actor, clock=self.clock, **more),
            actor=actor,
            clock=self.clock,
        )

    def open_deal(self, login: str = "olena", **values: Any) -> Deal:
        wanted: dict[str, Any] = {
            "title": "Насоси для водоканалу",
            "definition_key": "sale",
            "client": ClientDraft(name="ТОВ «Промінь»"),
            "amount": Decimal("125000.50"),
        } | values
        command_id = wanted.pop("command_id", None)
        return self.do(login, open_deal, DealDraft(**wanted), command_id=command_id)

    def open_steps(self, deal: Deal | None = None) -> list[WorkItem]:
        with self.database.read() as session:
            wanted = select(WorkItem).where(WorkItem.state.in_(LIVE)).order_by(WorkItem.id)
            if deal is not None:
                wanted = wanted.where(WorkItem.deal_id == deal.id)
            return list(session.scalars(wanted))

    def step(self, element_id: str, deal: Deal | None = None) -> WorkItem:
        """The one open step of an element."""
        (found,) = (one for one in self.open_steps(deal) if one.element_id == element_id)
        return found

    def complete(
        self,
        login: str,
        element_id: str,
        outcome: str = "completed",
        values: Mapping[str, Any] | None = None,
        comment: str = "",
        **more: Any,
    ) -> WorkItem:
        work_item_id = more.pop("work_item_id", None) or self.step(element_id, more.pop("deal", None)).id
        return self.do(login, complete_work_item, work_item_id, values or {}, outcome, comment, **more)

    def prepare(self, login: str = "olena", discount: str = "7,5") -> WorkItem:
        return self.complete(login, "prepare", values={"discount": discount})

    def approve_everywhere(self) -> None:
        """Each of the three departments that the sales map asks approves."""
        for department, login in (("legal", "iryna"), ("finance", "oksana"), ("logistics", "petro")):
            self.complete(login, department, "approved")

    def deal_at_signing(self) -> Deal:
        """A new one, approved by everybody."""
        deal = self.open_deal()
        self.prepare()
        self.approve_everywhere()
        return deal

    def wait(self, **time: float) -> None:
        """Let time pass, and the machinery do what became due meanwhile."""
        self.clock.advance(timedelta(**time))
        self.run_machinery()

    def run_machinery(self) -> None:
        with self.database.write() as session:
            timers = claim_due_timers(session, clock=self.clock)
        for timer_id in timers:
            self._as_system(partial(fire_timer, timer_id=timer_id, clock=self.clock))
        with self.database.read() as session:
            late = due_escalations(session, clock=self.clock)
        for work_item_id in late:
            self._as_system(partial(escalate_work_item, work_item_id=work_item_id, clock=self.clock))

    def _as_system(self, command: Callable[[Session], Any]) -> None:
        perform(self.database, command, actor=Actor.system(), clock=self.clock)

    def deal(self, deal: Deal) -> Deal:
        with self.database.read() as session:
            return session.get_one(Deal, deal.id)

    def history(self, deal: Deal) -> list[HistoryEvent]:
        with self.database.read() as session:
            return list(
                session.scalars(
                    select(HistoryEvent).where(HistoryEvent.deal_id == deal.id).order_by(HistoryEvent.number)
                )
            )

    def kinds(self, deal: Deal) -> list[str]:
        return [event.kind for event in self.history(deal)]
