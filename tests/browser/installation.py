"""The product as one starts it: its server process over a small company, whose maps and people are the shipped ones."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select
from support.migrated import build_schema
from support.servers import free_port

from engine.clock import Clock, SettableClock, SystemClock
from engine.commands.client_import_rows import check_rows
from engine.commands.client_imports import ImportChoices, bring_list, check_list, look_into
from engine.commands.clients import ClientDraft, ContactDraft, add_client, add_contact
from engine.commands.completions import complete_work_item
from engine.commands.deal_files import Place, add_files
from engine.commands.deals import DealDraft, open_deal, update_deal
from engine.commands.definitions import check_map, deploy_definition, published_sources
from engine.commands.incidents import perform
from engine.commands.own_fields import add_own_field
from engine.commands.password_links import make_password_link
from engine.commands.people import PersonDraft, add_person, set_password, set_substitution, update_person
from engine.commands.publishing import publish_definition
from engine.commands.stored_files import bring_file
from engine.db.session import Database
from engine.model.client import Client
from engine.model.client_import import ImportKind
from engine.model.deal import Deal
from engine.model.history_event import HistoryEvent
from engine.model.person import Person, Role
from engine.model.work_item import LIVE, WorkItem
from engine.policy.file_limits import FileLimits
from engine.policy.permissions import Actor
from engine.queries.actors import actor_of
from processes import shipped_maps
from webui.demo.clients import OWN_FIELDS
from webui.demo.people import found_company

T = TypeVar("T")

START_TIMEOUT_S = 120.0
AGO = timedelta(days=20)
"""How long the company has been at work: what was open then is overdue now, on whatever day the tests run."""

LATE_DEALS = ("Котельня для школи", "Вагова для елеватора", "Стелажі для аптеки")
LEAVER = PersonDraft(login="former", full_name="Зоя Колишня", role=Role.MANAGER, email="zoia@example.com")
OFFER: Mapping[str, Any] = {
    "deal.amount": "240000",
    "discount": "3",
    "payment_terms": "half",
    "delivery_date": "2030-03-01",
    "offer_text": "Два насоси з пусконалагодженням, гарантія 24 місяці.",
}


@dataclass
class Sales:
    """Brings deals to where a journey begins, by the product's own commands. People are named by their logins."""

    database: Database
    clock: Clock = field(default_factory=SystemClock)

    def open_deal(
        self, title: str, *, login: str = "olena", client: str = "ТОВ «Промінь»", definition_key: str = "b2b-sale"
    ) -> int:
        draft = DealDraft(
            title=title,
            definition_key=definition_key,
            client=ClientDraft(name=f"{client} {title}"),
            amount=Decimal(240_000),
        )
        return self._do(login, open_deal, draft).id

    def complete(
        self, login: str, deal_id: int, element_id: str, values: Mapping[str, Any], outcome: str = "completed"
    ) -> None:
        self._do(login, complete_work_item, self.step(deal_id, element_id), values, outcome, "")

    def fill_in(self, login: str, deal_id: int, fields: Mapping[str, Any]) -> None:
        """Change fields of a deal on its page, beside its steps."""
        self._do(login, update_deal, deal_id, {"fields": fields})

    def know_clients(self, client_id: int) -> None:
        """The company has fields of its own, and this client a contact."""
        for subject, draft in OWN_FIELDS:
            self._do("owner", add_own_field, subject, draft)
        self._do("olena", add_contact, client_id, ContactDraft(full_name="Ганна Бойко"))

    def double_of(self, client_id: int) -> int:
        """Another client called so, the same one however often it is asked for."""
        with self.database.read() as session:
            name = session.get_one(Client, client_id).name
            known = session.scalar(select(Client.id).where(Client.name == name, Client.id > client_id).limit(1))
        draft = ClientDraft(name=name, edrpou="31234567", phone="0671234567", segment="B2B")
        return known or int(self._do("olena", add_client, draft).id)

    def accept(self, deal_id: int, login: str = "olena") -> None:
        """The lead is in work: its owner has to qualify the client."""
        lead = {"contact_name": "Ганна Бойко", "contact_phone": "0671234567", "lead_source": "site"}
        self.complete(login, deal_id, "accept_lead", lead)

    def ask_departments(self, title: str) -> int:
        """A deal whose three approvals are open."""
        deal_id = self.open_deal(title)
        self.accept(deal_id)
        self.complete("olena", deal_id, "qualify_client", {"decision_maker": "Директорка"}, "b2b_fits")
        needs = {"needs": "Замінити насоси до сезону.", "delivery_place": "Склад клієнта"}
        self.complete("olena", deal_id, "discover_needs", needs)
        self.complete("olena", deal_id, "prepare_offer", OFFER)
        return deal_id

    def step(self, deal_id: int, element_id: str) -> int:
        """The open step of an element."""
        with self.database.read() as session:
            return session.scalars(
                select(WorkItem.id).where(
                    WorkItem.deal_id == deal_id, WorkItem.element_id == element_id, WorkItem.state.in_(LIVE)
                )
            ).one()

    def entry(self, deal_id: int) -> str:
        """The path of the last entry of a deal's history, as the code on a printed sheet has it."""
        with self.database.read() as session:
            newest = select(HistoryEvent).where(HistoryEvent.deal_id == deal_id).order_by(HistoryEvent.number.desc())
            last = session.scalars(newest.limit(1)).one()
            return f"{deal_id}/{last.number}/{last.entry_hash}"

    def file_of(self, deal_id: int) -> int:
        """A file of the deal, the same one however often it is asked for."""
        limits = FileLimits()
        content = io.BytesIO(b"Two pumps, 40 m3/h each.")
        brought = bring_file(self.database, "Заявка.txt", content, limits=limits, clock=self.clock)
        (file_id,) = self._do("olena", partial(add_files, limits=limits), Place(deal_id), [brought])
        return file_id

    def lists_of_clients(self) -> tuple[int, int]:
        """A list whose columns are to be looked at, and one of which is said what each row would do."""
        content = "Клієнт;Код ЄДРПОУ;Контакт\nТОВ «Лан»;32855961;Іван Гай\nФОП Сова;12345;\n".encode()
        file = look_into(content, "clients.csv")
        first, second = (self._do("olena", bring_list, ImportKind.CLIENTS, file) for _ in range(2))
        self._do("olena", check_list, second.id, ImportChoices(second.columns))
        check_rows(self.database, second.id, "here", zone="Europe/Kyiv", clock=self.clock)
        return first.id, second.id

    def leaver(self) -> int:
        """Somebody who has left the company."""
        with self.database.read() as session:
            left = session.scalars(select(Person.id).where(Person.login == LEAVER.login)).one_or_none()
        if left is None:
            left = self._do("admin", add_person, LEAVER).id
            self._do("admin", update_person, left, {"is_active": False})
        return left

    def password_link(self, login: str) -> str:
        """The path of a link by which a person chooses their password."""
        return f"/password/{self._do('admin', make_password_link, self._person(login).id)}"

    def deal_named(self, title: str) -> int:
        with self.database.read() as session:
            return session.scalars(select(Deal.id).where(Deal.title == title)).one()

    def substitute(self, absent: str, substitute: str) -> None:
        """From today on, and a week longer."""
        today = self.clock.now().date()
        ids = self._person(absent).id, self._person(substitute).id
        self._do("bohdan", set_substitution, *ids, today, today + timedelta(days=7))

    def prefer(self, login: str, *, locale: str, theme: str) -> None:
        person = self._person(login)
        if (person.locale, person.theme) != (locale, theme):
            self._do(login, update_person, person.id, {"locale": locale, "theme": theme})

    def set_password(self, login: str, password: str) -> None:
        self._do(login, set_password, self._person(login).id, password)

    def publish(self, key: str) -> None:
        shipped = next(one for one in shipped_maps() if one.key == key)
        self.publish_file(shipped.file_name, shipped.content)

    def publish_file(self, name: str, content: bytes) -> None:
        """A map that is not shipped, in which nothing stands against publishing."""
        with self.database.read() as session:
            library = published_sources(session)
        checked = check_map({name: content}, library=library)
        definition = self._do("owner", deploy_definition, checked)
        self._do("owner", publish_definition, definition.id)

    def _person(self, login: str) -> Person:
        with self.database.read() as session:
            return session.scalars(select(Person).where(Person.login == login)).one()

    def _actor(self, login: str) -> Actor:
        person = self._person(login)
        with self.database.read() as session:
            return actor_of(session, person.id, self.clock.now())

    def _do(self, login: str, command: Callable[..., T], *arguments: Any) -> T:
        actor = self._actor(login)
        return perform(
            self.database,
            lambda session: command(session, *arguments, actor=actor, clock=self.clock),
            actor=actor,
            clock=self.clock,
        )


@dataclass(frozen=True)
class Installation:
    """``sales`` works on the database of the server at ``address``, beside it."""

    address: str
    sales: Sales


@contextmanager
def installed(var: Path) -> Iterator[Installation]:
    """A running server with the company in ``var``; stopped at the end."""
    url = f"sqlite:///{var / 'reglament.sqlite'}"
    build_schema(url)
    database = Database(url)
    try:
        _found(database)
        with _served(var) as address:
            yield Installation(address, Sales(database))
    finally:
        database.dispose()


def _found(database: Database) -> None:
    """People, departments, two maps, and deals that nobody has touched since."""
    past = SettableClock(SystemClock().now() - AGO)
    with database.write() as session:
        found_company(session, clock=past)
    sales = Sales(database, past)
    for key in ("discount-approval", "b2b-sale"):
        sales.publish(key)
    for title in LATE_DEALS:
        sales.accept(sales.open_deal(title))
    sales.know_clients(1)


@contextmanager
def _served(var: Path) -> Iterator[str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "REGLAMENT_VAR": str(var),
        "REGLAMENT_DEMO": "1",
        "LOCALE_DEFAULT": "uk",
        "PORT": str(port),
    }
    program = Path(sys.executable).with_name("reglament")
    with (var / "server.log").open("wb") as log:
        server = subprocess.Popen([program, "run"], env=environment, stdout=log, stderr=log)
        try:
            _wait_until_healthy(address, server, log.name)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=START_TIMEOUT_S)


def _wait_until_healthy(address: str, server: subprocess.Popen[bytes], log: str) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while server.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:  # noqa: S310  # our own server
                if answer.status == 200:
                    return
        except OSError:  # nobody listens yet, or 503: the worker has not shown itself
            time.sleep(0.1)
    msg = f"The server did not become healthy: {Path(log).read_text(encoding='utf-8')[-2000:]}"
    raise TimeoutError(msg)
