"""What all tests share: throwaway servers, one fresh database per test, and what happens when a server is missing."""

from __future__ import annotations

import gc
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.scorecard import Scorecard, full_lines, table, write_into
from hypothesis import HealthCheck, settings
from support.founded_offices import FoundedOffices
from support.lent_databases import LentDatabases
from support.longest_files_first import LongestFilesFirst
from support.migrated import build_schema
from support.missing import found_or_skipped, in_ci
from support.office import Office
from support.passwords import hash_passwords_cheaply
from support.servers import PostgreSQL, Redis, ServerMissing, chromium
from support.shared_work import leave_tests_to_themselves, share_addresses, share_compiled_statements
from xdist.remote import Producer

TEMPLATE = "reglament_template"


gc.disable()  # nothing that is imported and collected is garbage
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # begun in the background: what the tests start must hear it
    signal.signal(signal.SIGINT, signal.default_int_handler)
share_compiled_statements()
share_addresses()
hash_passwords_cheaply()


def pytest_configure(config: pytest.Config) -> None:
    """Hypothesis plays the same examples every time, new ones in the long form; a busy machine refutes nothing."""
    is_full = bool(config.getoption("--full"))
    unhurried = [HealthCheck.too_slow]
    settings.register_profile(
        "unhurried", derandomize=not is_full, database=None, deadline=None, suppress_health_check=unhurried
    )
    settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run the long form of the tests that have one (make ordeal)")
    parser.addoption(
        "--write-scorecard", action="store_true", help="after the long form, put its table into docs/reliability.md"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LongestFilesFirst | None:
    """Of whole files, those first that take long; another distribution is xdist's own affair."""
    return LongestFilesFirst(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_finish() -> None:
    leave_tests_to_themselves()


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether the long form is wanted."""
    return bool(request.config.getoption("--full"))


@pytest.fixture
def scorecard(request: pytest.FixtureRequest, full: bool) -> Scorecard:
    return Scorecard(request.config, request.node.nodeid, full, time.monotonic())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """After the long form: what was tried, lost and doubled; when asked for, also into the documentation."""
    if not config.getoption("--full"):
        return
    lines = full_lines(config)
    terminalreporter.section("scorecard: tried, lost, doubled")
    terminalreporter.write_line(table(lines))
    if config.getoption("--write-scorecard"):
        write_into(Path(config.rootpath, "docs", "reliability.md"), lines)


def pytest_report_header() -> list[str]:
    """Say at the top what is missing: a skipped test is easily overlooked at the bottom."""
    lines = []
    for find in (PostgreSQL.find, Redis.find, chromium):
        try:
            lines.append(f"found: {find()}")
        except ServerMissing as missing:
            lines.append(f"MISSING: {missing}; its tests {'fail' if in_ci() else 'are skipped'}")
    return lines


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """The session's PostgreSQL server, shared: tests that stop or freeze theirs start their own."""
    with found_or_skipped(PostgreSQL) as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgresql: PostgreSQL) -> str:
    """The server's maintenance database, without the product's tables."""
    return postgresql.url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with found_or_skipped(Redis) as server:
        yield server.url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file built by the migrations."""
    file = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    build_schema(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgresql_template(postgresql: PostgreSQL) -> str:
    """The name of a PostgreSQL database built by the migrations."""
    build_schema(postgresql.create_database(TEMPLATE))
    return TEMPLATE


@pytest.fixture
def sqlite_database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of this test alone."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'reglament.sqlite')}"


@pytest.fixture(scope="session")
def lent_databases(postgresql: PostgreSQL, postgresql_template: str) -> LentDatabases:
    return LentDatabases(postgresql, postgresql_template)


@pytest.fixture
def postgresql_database_url(postgresql: PostgreSQL, lent_databases: LentDatabases) -> Iterator[str]:
    """A migrated PostgreSQL database of this test alone."""
    name = lent_databases.lend()
    yield postgresql.url_of(name)
    lent_databases.take_back(name)


@pytest.fixture(scope="module")
def sqlite_url_of_module(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated SQLite database that the tests of a file share, which take care of each other."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('module') / 'reglament.sqlite')}"


@pytest.fixture(scope="module")
def postgresql_url_of_module(postgresql: PostgreSQL, lent_databases: LentDatabases) -> Iterator[str]:
    """A migrated PostgreSQL database that the tests of a file share, which take care of each other."""
    name = lent_databases.lend()
    yield postgresql.url_of(name)
    lent_databases.take_back(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test alone; the test runs once on each kind."""
    return str(request.getfixturevalue(f"{request.param}_database_url"))


@pytest.fixture(scope="session")
def founded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FoundedOffices:
    """Puts the company with its published sales map into a migrated database."""
    return FoundedOffices(request, tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(database_url: str, founded: FoundedOffices) -> Iterator[Office]:
    """The company at work with its sales map published, on SQLite and on PostgreSQL."""
    with founded.at_work(database_url) as office:
        yield office


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    return found_or_skipped(chromium)
