"""Three months in the life of the demo company, lived through by its people with the product's own commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine.bpmn.compiled import Distribution
from engine.clock import SettableClock
from engine.commands.clients import add_client, add_contact
from engine.commands.completions import complete_work_item
from engine.commands.deals import DealDraft, open_deal
from engine.commands.definitions import check_map, deploy_definition, published_sources
from engine.commands.departments import update_department
from engine.commands.escalations import due_escalations, escalate_work_item
from engine.commands.letter_templates import add_letter_template
from engine.commands.loss_reasons import add_usual_loss_reasons
from engine.commands.map_rules import replace_rules
from engine.commands.own_fields import add_own_field
from engine.commands.people import set_substitution
from engine.commands.publishing import publish_definition
from engine.commands.timers import claim_due_timers, fire_timer
from engine.commands.work_items import claim_work_item, comment_on_work_item
from engine.db.job import Job, JobState
from engine.db.outbox import finish_job
from engine.db.session import Database
from engine.model.department import Department
from engine.model.notice import Notice, NoticeState
from engine.model.work_item import WorkItem
from engine.policy.permissions import Actor
from engine.queries.actors import actor_of
from engine.queries.processes import process_of
from engine.queries.scopes import actable_work_items
from processes import shipped_maps
from webui.demo.answers import LOSS_REASONS, pressed, typed
from webui.demo.clients import OWN_FIELDS, demo_clients
from webui.demo.conversations import TEXTS_OF_LETTERS, talk_things_over
from webui.demo.files import add_demo_files
from webui.demo.people import DEMO_ACCOUNTS, LOGISTICS, found_company
from webui.demo.rules import SALE_RULES

T = TypeVar("T")

DAYS = 90
DEALS = 120
_WORKERS = tuple(account for account in DEMO_ACCOUNTS if account.department is not None)
_ZONE = ZoneInfo("Europe/Kyiv")
_LOOKS = (time(9, 40), time(12, 10), time(15, 30), time(17, 20))  # when people look into their inboxes
_MAPS_IN_ORDER = ("discount-approval", "b2b-sale", "tender")  # what is called comes before what calls it
_SUBJECTS = (
    *("Насосна станція", "Лінія пакування", "Холодильна камера", "Запчастини на сезон", "Конвеєр для складу"),
    *("Сонячна електростанція 100 кВт", "Сервісний договір на рік", "Котел 500 кВт", "Стелажі для складу"),
    *("Система обліку води", "Вентиляція цеху", "Ваговий комплекс", "Зерносушарка", "Дизель-генератор 200 кВт"),
)
_COMMENTS = (
    "Клієнт просить відповідь до пʼятниці.",
    "Телефонував: директор у відрядженні до середи.",
    "Надіслав рахунок і специфікацію поштою.",
    "Конкурент пропонує на 3 % дешевше, але без сервісу.",
)

Progress = Callable[[float], None]


def load_demo_company(database: Database, *, until: datetime, progress: Progress = lambda _share: None) -> None:
    """Found the company ninety days before ``until`` (aware UTC) and let it work until then.

    The same moment gives the same company. ``progress`` is told the share done, from 0 to 1.
    """
    start = (until - timedelta(days=DAYS)).astimezone(_ZONE).replace(hour=9, minute=0, second=0, microsecond=0)
    clock, random = SettableClock(start.astimezone(UTC)), Random(20260301)  # noqa: S311  # no secret
    with database.write() as session:
        company = _Company(session, clock, random)
        company.found()
        openings = company.openings(until)
    for day in range(DAYS + 1):
        with database.write() as company.session:
            company.live_through(start.date() + timedelta(days=day), openings, until)
        progress((day + 1) / (DAYS + 1))
    with database.write() as company.session:
        company.open_deals(openings, until)
        company.clock.set(until)
        company.run_machinery()
        company.talk_things_over()
        company.forget_letters()
        company.arrange_leave()
        add_demo_files(company.session, clock=company.clock)


@dataclass
class _Company:
    """``session`` holds the transaction of the day: nobody else is there who would have to see its parts."""

    session: Session
    clock: SettableClock
    random: Random
    people: dict[str, int] = field(default_factory=dict)
    clients: list[int] = field(default_factory=list)
    actors: dict[str, Actor] = field(default_factory=dict)

    def found(self) -> None:
        self.people = found_company(self.session, clock=self.clock)
        logistics = self.session.scalars(select(Department).where(Department.name == LOGISTICS)).one()
        self._do("admin", update_department, logistics.id, {"distribution": Distribution.LEAST_LOADED})
        for key in _MAPS_IN_ORDER:
            self._publish(key)
        for subject, wanted in OWN_FIELDS:
            self._do("owner", add_own_field, subject, wanted)
        self._do("owner", add_usual_loss_reasons, LOSS_REASONS)
        for name, heading, text in TEXTS_OF_LETTERS:
            self._do("owner", add_letter_template, name, heading, text)
        for draft, contacts in demo_clients(self.random):
            seller = self.random.choice(("olena", "taras"))
            client = self._do(seller, add_client, draft)
            self.clients.append(client.id)
            for contact in contacts:
                self._do(seller, add_contact, client.id, contact)

    def openings(self, until: datetime) -> list[datetime]:
        """When deals are opened: in working hours, over the whole time, more towards its end."""
        moments: list[datetime] = []
        while len(moments) < DEALS:
            back = DAYS * self.random.random() ** 1.7
            day = (until - timedelta(days=back)).astimezone(_ZONE).date()
            at = datetime.combine(day, time(self.random.randrange(9, 17), self.random.randrange(60)), _ZONE)
            if day.weekday() < 5 and at <= until:  # noqa: PLR2004  # Saturday
                moments.append(at.astimezone(UTC))
        return sorted(moments)

    def live_through(self, day: Any, openings: list[datetime], until: datetime) -> None:
        looks = [datetime.combine(day, look, _ZONE).astimezone(UTC) for look in _LOOKS]
        for look in looks:
            if look > until:
                return
            self.open_deals(openings, look)
            self.clock.set(look)
            self.run_machinery()
            if day.weekday() < 5:  # noqa: PLR2004  # Saturday
                for account in _WORKERS:
                    self._look_into_inbox(account.login, account.diligence)

    def open_deals(self, openings: list[datetime], until: datetime) -> None:
        """Open the deals whose moment comes before ``until``."""
        while openings and openings[0] <= until:
            self.clock.set(openings.pop(0))
            self._open_deal()

    def run_machinery(self) -> None:
        """What the worker does every few seconds."""
        for timer_id in claim_due_timers(self.session, clock=self.clock):
            fire_timer(self.session, timer_id, clock=self.clock)
        for item_id in due_escalations(self.session, clock=self.clock):
            escalate_work_item(self.session, item_id, clock=self.clock)

    def forget_letters(self) -> None:
        """The letters of the past were read in the past: nobody is written to when the demo is loaded."""
        for job_id in self.session.scalars(select(Job.id).where(Job.state == JobState.QUEUED)):
            finish_job(self.session, job_id, at=self.clock.now())
        self.session.flush()
        self.session.execute(update(Notice).values(state=NoticeState.DROPPED))

    def talk_things_over(self) -> None:
        talk_things_over(
            self.session,
            olena=self._actor("olena"),
            bohdan=self._actor("bohdan"),
            lawyer_id=self.people["iryna"],
            clock=self.clock,
        )

    def arrange_leave(self) -> None:
        """Taras is away for some days from today; Olena acts for him."""
        today = self.clock.now().astimezone(_ZONE).date()
        self._do(
            "bohdan", set_substitution, self.people["taras"], self.people["olena"], today, today + timedelta(days=4)
        )

    def _publish(self, key: str) -> None:
        shipped = next(one for one in shipped_maps() if one.key == key)
        checked = check_map({shipped.file_name: shipped.content}, library=published_sources(self.session))
        definition = self._do("owner", deploy_definition, checked)
        self._do("owner", publish_definition, definition.id)
        if key == "b2b-sale":
            self._do("owner", replace_rules, definition.id, SALE_RULES)

    def _open_deal(self) -> None:
        seller = self.random.choice(("olena", "olena", "taras", "taras", "bohdan"))
        is_tender = self.random.random() < 0.2  # noqa: PLR2004  # a share
        amount = Decimal(self.random.randrange(40, 2_400)) * 1_000
        draft = DealDraft(
            title=self.random.choice(_SUBJECTS),
            definition_key="tender" if is_tender else "b2b-sale",
            client_id=self.random.choice(self.clients),
            amount=amount,
            close_date=(self.clock.now() + timedelta(days=self.random.randrange(20, 70))).date(),
        )
        self._do(seller, open_deal, draft)

    def _look_into_inbox(self, login: str, diligence: float) -> None:
        actor = self._actor(login)
        mine = select(WorkItem.id).where(actable_work_items(actor)).order_by(WorkItem.due_at)
        waiting = list(self.session.scalars(mine))
        for item_id in waiting:
            if self.random.random() < diligence * 0.4:
                self._do_step(actor, item_id)
            elif self.random.random() < 0.02:  # noqa: PLR2004  # a share
                comment_on_work_item(
                    self.session, item_id, self.random.choice(_COMMENTS), actor=actor, clock=self.clock
                )

    def _do_step(self, actor: Actor, item_id: int) -> None:
        item = self.session.get_one(WorkItem, item_id)
        if not item.is_live:  # withdrawn meanwhile: the deal went another way
            return
        step = process_of(self.session, item.instance.definition_id).steps[item.element_id]
        if item.assignee_id is None:
            claim_work_item(self.session, item_id, actor=actor, clock=self.clock)
        button, reason = pressed(step, self.random)
        values = typed(step.fields, item.deal.amount, self.clock.now(), self.random)
        complete_work_item(self.session, item_id, values, button.id, reason, actor=actor, clock=self.clock)

    def _actor(self, login: str) -> Actor:
        """Nobody changes department or goes on leave while the company lives through these months."""
        if login not in self.actors:
            self.actors[login] = actor_of(self.session, self.people[login], self.clock.now())
        return self.actors[login]

    def _do(self, login: str, command: Callable[..., T], *arguments: Any) -> T:
        return command(self.session, *arguments, actor=self._actor(login), clock=self.clock)
