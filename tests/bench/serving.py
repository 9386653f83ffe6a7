"""Pages: the product's own server process, asked as a person with a browser."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from bench.figures import Figure, p50_and_p95, seconds
from sqlalchemy import Table, insert, select, text
from support.office import Office
from support.running import Running

from engine.commands.people import set_password
from engine.model.deal import Deal
from engine.model.process_instance import ProcessInstance
from engine.model.work_item import WorkItem

PAGES = 30
FEW, MANY = 100, 10_000
TITLE = "Постачання"
_PASSWORD = "a password for the bench"  # of a company that lives for a minute
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


def serving_figures(office: Office, where: str, var: Path, settings: Mapping[str, str]) -> Iterator[Figure]:
    """``settings`` start the server on the office's database. The office has its sales map published."""
    office.do("admin", set_password, office.company.olena.id, _PASSWORD)
    for number in range(FEW):
        office.open_deal(title=f"{TITLE} {number}")
    with Running(var, {"REGLAMENT_DEMO": "0", "SECRET_KEY": "a key for the bench" * 2, **settings}) as server:
        server.wait_until_healthy()
        yield from _inbox_figures(server.port, FEW, where)
        add_open_steps(office, MANY - FEW)
        yield from _inbox_figures(server.port, MANY, where)


def add_open_steps(office: Office, number: int) -> None:
    """Deals that stand at their first step, copied in the database: opening each by its command would take minutes."""
    with office.database.write() as session:
        step = session.scalars(select(WorkItem).where(WorkItem.state == "claimed").limit(1)).one()
        copied: list[tuple[Any, Any]] = [
            (Deal, session.get_one(Deal, step.deal_id)),
            (ProcessInstance, session.get_one(ProcessInstance, step.instance_id)),
            (WorkItem, step),
        ]
        first = 1_000_000
        for model, original in copied:
            table: Table = model.__table__
            row = {column.name: getattr(original, column.name) for column in table.columns}
            rows = [row | _own(model, first + one) for one in range(number)]
            for begin in range(0, number, 1_000):
                session.execute(insert(table), rows[begin : begin + 1_000])
        session.execute(text("ANALYZE"))  # as PostgreSQL does by itself within a minute


def _own(model: Any, number: int) -> dict[str, Any]:
    if model is Deal:
        return {"id": number, "number": f"B-{number}"}
    if model is ProcessInstance:
        return {"id": number, "deal_id": number}
    return {"id": number, "deal_id": number, "instance_id": number}


@dataclass
class _Client:
    """One connection that is kept open; every answer must have the status 200 or lead on."""

    port: int
    headers: dict[str, str]

    def __enter__(self) -> Self:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, method: str, address: str, body: str | None = None, **headers: str) -> str:
        self._connection.request(method, address, body, self.headers | headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        if answer.status not in {200, 302, 303}:
            raise AssertionError(f"{method} {address}: {answer.status} {text[:500]}")
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            self.headers["Cookie"] = cookie.partition(";")[0]
        return text

    def sign_in(self, login: str) -> None:
        found = _CSRF.search(self.ask("GET", "/sign-in"))
        form = {"csrf_token": found[1] if found else "", "login": login, "password": _PASSWORD}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        origin = {"Origin": f"http://127.0.0.1:{self.port}", "Referer": f"http://127.0.0.1:{self.port}/sign-in"}
        self.ask("POST", "/sign-in", urlencode(form), **kind, **origin)


def _inbox_figures(port: int, steps: int, where: str) -> Iterator[Figure]:
    with _Client(port, {}) as client:
        client.sign_in("olena")
        if TITLE not in client.ask("GET", "/inbox"):
            raise AssertionError("the inbox does not show the steps")
        taken = [seconds(partial(client.ask, "GET", "/inbox")) for _ in range(PAGES)]
    yield from p50_and_p95(f"inbox page, {steps:,} open steps, {where}", taken)
