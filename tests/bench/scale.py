"""``make bench-scale``: the pages of a small and of a large company in turn; writes the tables of docs/scaling.md."""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from pathlib import Path

from bench.__main__ import POSTGRESQL, SQLITE, DurablePostgreSQL
from bench.copies import STEPS_PER_DEAL, grow, hire, sample
from bench.figures import MILLI, seconds
from bench.pages import Compared, Visitor, calls, pages, reports
from bench.report import machine
from support.migrated import build_schema
from support.office import Office

from engine.clock import SettableClock, SystemClock
from engine.commands.clients import ClientDraft
from engine.commands.deal_imports import ImportRow, import_deals
from engine.commands.deals import DealDraft
from engine.commands.escalations import due_escalations
from engine.commands.timers import claim_due_timers
from engine.db.glance import glance
from engine.db.session import Database

FILE = Path(__file__).resolve().parents[2] / "docs" / "scaling.md"
SMALL = 100  # deals, with three open steps each
LARGE: Mapping[str, int] = {POSTGRESQL: 100_000, SQLITE: 10_000}
REPETITIONS, WARMING = 30, 2
IMPORTED = 1_000
VIEWS = 20_000
NEEDLE = "B-0000077"
MOST_RATIO = 2.0
_BEGIN, _END = "<!-- measured: {} -->", "<!-- /measured: {} -->"
_MIB = 1024


def company(url: str, deals: int) -> tuple[Office, float]:
    """A company with so many deals, by the machine's clock, and the seconds that copying them took."""
    build_schema(url)
    office = Office(Database(url), SettableClock(SystemClock().now()))
    office.publish()
    hire(office)
    original = sample(office)
    return office, seconds(partial(grow, office, original, deals))


def compared(small: Office, large: Office) -> Iterator[Compared]:
    """Every page, list and sweep, asked of the two companies in turn: what else the machine does hits both alike."""
    few, many = Visitor(small), Visitor(large)
    for what, addresses in (("page", pages(NEEDLE)), ("API", calls(NEEDLE))):
        for name, login, address in addresses:
            ask = Visitor.page if what == "page" else Visitor.call
            yield _in_turn(f"{what}: {name}", partial(ask, few, login, address), partial(ask, many, login, address))
    for name, login, address in reports():
        asked = (partial(one.page, login, address) for one in (few, many))
        yield _in_turn(f"report: {name}", *asked, counts=True)
    yield _in_turn("GET /healthz", few.health, many.health)
    for name, sweep in (("sweep of timers", _sweep_timers), ("sweep of escalations", _sweep_escalations)):
        yield _in_turn(name, partial(sweep, small), partial(sweep, large))


def _in_turn(name: str, small: Callable[[], object], large: Callable[[], object], *, counts: bool = False) -> Compared:
    for _ in range(WARMING):
        small()
        large()
    taken = [(seconds(small), seconds(large)) for _ in range(REPETITIONS)]
    return Compared(name, [one for one, _ in taken], [one for _, one in taken], counts)


def _sweep_timers(office: Office) -> None:
    with office.database.write() as session:
        if claim_due_timers(session, clock=office.clock):
            raise AssertionError("a timer is due that should not be")


def _sweep_escalations(office: Office) -> None:
    with office.database.read() as session:
        due_escalations(session, clock=office.clock)


def deals_imported_a_second(office: Office) -> float:
    """A spreadsheet of a thousand deals, a new client for every second one."""
    rows = [
        ImportRow(
            number,
            DealDraft(f"Імпорт {number}", "sale", client=ClientDraft(f"ТОВ {number // 2}"), amount=Decimal(number)),
        )
        for number in range(IMPORTED)
    ]
    actor = office.actor("olena")
    opening = partial(import_deals, office.database, rows, actor=actor, clock=office.clock, command_id="bench")
    return IMPORTED / seconds(opening)


def growth_of_memory(office: Office, views: int) -> tuple[int, int]:
    """MiB of this process after a tenth of ``views`` page views, and after all of them."""
    visitor, addresses = Visitor(office), [one for one in pages(NEEDLE) if "search" not in one[0]]

    def view(number: int) -> None:
        for at in range(number):
            _, login, address = addresses[at % len(addresses)]
            visitor.page(login, address)

    view(views // 10)
    before = _resident_mib()
    view(views - views // 10)
    return before, _resident_mib()


def bytes_an_event(office: Office) -> float:
    """On PostgreSQL."""
    size = "SELECT pg_total_relation_size('history_event')::float / count(*) FROM history_event"
    return float(glance(office.database, size))


def _resident_mib() -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MIB
    line = next(one for one in status.read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) // _MIB


def table(rows: Sequence[Compared], deals: int) -> list[str]:
    few, many = SMALL * STEPS_PER_DEAL, deals * STEPS_PER_DEAL
    lines = [
        f"| what | p50, {few} open steps | p95 | p50, {many:,} open steps | p95 | p95 ÷ p95 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        cells = [f"{value * MILLI:.1f} ms" for value in (*row.of_small, *row.of_large)]
        mark = " counts" if row.counts else "" if row.ratio <= MOST_RATIO else " **above 2**"
        lines.append(f"| {row.name} | {' | '.join(cells)} | {row.ratio:.2f}{mark} |")
    return lines


def written(page: str, name: str, lines: Sequence[str]) -> str:
    """``page`` with ``lines`` between the marks of ``name``."""
    begin, end = _BEGIN.format(name), _END.format(name)
    before, after = page.partition(begin)[0], page.partition(end)[2]
    return "\n".join([f"{before}{begin}", "", *lines, "", f"{end}{after}"])


def measure(held: ExitStack, where: str, large: int, folder: Path, views: int) -> list[str]:
    """The lines about one kind of database."""
    if where == POSTGRESQL:
        server = held.enter_context(DurablePostgreSQL())
        urls = [server.create_database(name) for name in ("small", "large")]
    else:
        urls = [f"sqlite:///{folder / name}.sqlite" for name in ("small", "large")]
    (small, _), (big, copying) = company(urls[0], SMALL), company(urls[1], large)
    for office in (small, big):
        held.callback(office.database.dispose)
    print(f"{where}: {large:,} deals were copied in {copying:.0f} s", flush=True)
    rows = []
    for row in compared(small, big):
        rows.append(row)
        print(f"  {row.name}: × {row.ratio:.2f}", flush=True)
    lines = [*table(rows, large), ""]
    bound = [row for row in rows if not row.counts]
    met = sum(row.ratio <= MOST_RATIO for row in bound)
    lines.append(
        f"{met} of {len(bound)} stay within twice the time of the small company; reports count what they tell."
    )
    lines.append(f"The {large:,} deals were copied in {copying:.0f} s.")
    lines.append(f"Importing {IMPORTED:,} deals in one go: {deals_imported_a_second(big):.0f} deals a second.")
    if where == POSTGRESQL:
        lines.append(f"The history has {bytes_an_event(big):.0f} bytes an event, its indexes included.")
    else:
        before, after = growth_of_memory(small, views)
        lines.append(
            f"A process that showed {views:,} pages has {before} MiB after a tenth of them, {after} MiB at last."
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the large company's deals, for a quick look")
    parser.add_argument("--views", type=int, default=VIEWS, help="page views over which memory is watched")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    told: dict[str, list[str]] = {}
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="reglament-scale-")))
        for where, deals in LARGE.items():
            told[where] = measure(held, where, int(deals * given.share), folder, given.views)
            print("\n".join(told[where]))
    if given.share < 1:
        return
    page = FILE.read_text(encoding="utf-8")
    for where, lines in told.items():
        page = written(page, where, lines)
    about = ["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in machine(load))]
    FILE.write_text(written(page, "machine", about), encoding="utf-8")


if __name__ == "__main__":
    main()
