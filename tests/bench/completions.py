"""Steps completed over HTTP by programs: whole deals, from their first step to their last."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.figures import MILLI, Figure, p50_and_p95
from bench.load import Load, load, post
from support.office import Office
from support.running import Running
from support.sales_map import APPROVERS

from engine.commands.tokens import create_token
from engine.model.work_item import WorkItem

DEALS = 60  # of each measurement; five steps each
WARMING = 24  # deals: connections have their statements prepared, maps are in memory
_WHO = dict(zip(APPROVERS, ("iryna", "oksana", "petro"), strict=True))
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Way:
    """How the server is run and asked. ``wanted``: steps per second; ``peers`` complete so many on a like machine."""

    processes: int
    clients: int
    wanted: int = 0
    peers: str = ""

    @property
    def name(self) -> str:
        several = "es" * (self.processes > 1), "s" * (self.clients > 1)
        return f"{self.processes} process{several[0]}, {self.clients} client{several[1]}"


ON_ONE_MACHINE = (Way(1, 1), Way(1, 8))
IN_A_COMPANY = (
    Way(1, 1, 310, "spiff-arena 12, viewflow 73, bpmn-engine 90, Flowable 155"),
    Way(2, 8, 594, "spiff-arena 21, viewflow 130, bpmn-engine 139, Flowable 297"),
)


def completion_figures(
    office: Office, where: str, var: Path, settings: Mapping[str, str], ways: Sequence[Way], *, bare_s: float
) -> Iterator[Figure]:
    """Of a server on the office's database, where the office's sales map is published.

    ``bare_s``: seconds of the bare durable step on the same kind of database.
    """
    tokens = tokens_of(office)
    for way in ways:
        with serving(office, var, settings, tokens, way) as port:
            done = complete_deals(office, port, tokens, DEALS, way.clients)
        name = f"step over HTTP, {way.name}, {where}"
        p50, p95 = p50_and_p95(name, done.answers)
        yield p50
        yield p95
        if way.clients == 1:
            yield Figure(f"{name}: p50 ÷ bare durable step", p50.value / MILLI / bare_s, "", 3.0)
        rate = len(done.answers) / done.taken
        remark = f"{rate:.0f}/s" + f" ({way.peers})" * bool(way.peers)
        yield Figure(f"{name}: time per step", MILLI / rate, "ms", MILLI / way.wanted if way.wanted else None, remark)


def tokens_of(office: Office) -> dict[str, str]:
    """A token for everybody who completes steps."""
    return {
        login: office.do(login, create_token, getattr(office.company, login).id, "bench")
        for login in ("olena", *_WHO.values())
    }


@contextmanager
def serving(
    office: Office, var: Path, settings: Mapping[str, str], tokens: Mapping[str, str], way: Way
) -> Iterator[int]:
    """The port of a server that has warmed up."""
    given = {"REGLAMENT_DEMO": "0", "SECRET_KEY": "a key for the bench" * 2, "WEB_PROCESSES": str(way.processes)}
    with Running(var, {**given, **settings}) as server:
        server.wait_until_healthy()
        complete_deals(office, server.port, tokens, WARMING, 2 * max(way.clients, way.processes))
        yield server.port


def complete_deals(office: Office, port: int, tokens: Mapping[str, str], deals: int, clients: int) -> Load:
    """Open ``deals`` and complete all their steps, wave by wave: those of one kind of all deals, then the next."""
    for _ in range(deals):
        office.open_deal(title=f"Постачання {next(_numbers)}")
    whole = Load((), 0.0)
    while steps := office.open_steps():
        whole += load(port, [_request(step, tokens) for step in steps], clients)
    return whole


def _request(step: WorkItem, tokens: Mapping[str, str]) -> bytes:
    decision = {
        "values": {"discount": "5"} if step.element_id == "prepare" else {},
        "outcome": "approved" if step.element_id in APPROVERS else "completed",
    }
    return post(
        f"/api/v1/work-items/{step.id}/complete",
        json.dumps(decision).encode(),
        Authorization=f"Bearer {tokens[_WHO.get(step.element_id, 'olena')]}",
        Idempotency_Key=f"bench {step.id}",
    )
