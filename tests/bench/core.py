"""Our core on the same process: a step alone, and a step from a stored state to a committed one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from bench.figures import seconds
from bench.sale import KEY, path, sale_xml, variables
from sqlalchemy import text
from support.canonical_maps import context

from engine.bpmn.compile import compile_bpmn
from engine.bpmn.compiled import CompiledProcess
from engine.bpmn.runtime import CompleteStep, StartProcess, StepResult
from engine.bpmn.stepper import step
from engine.db.session import Database


@cache
def sale() -> CompiledProcess:
    """The compiled process; it keeps all the variables, as the stock engine does, not only those that it reads."""
    outcome = compile_bpmn({"sale.bpmn": sale_xml(for_python=False).encode()}, process_key=KEY)
    if outcome.process is None:
        raise AssertionError([finding.code for finding in outcome.findings])
    typed = {name for _, values in path() for name in values}
    kept = outcome.process.variables | set(variables()) | typed
    return outcome.process.model_copy(update={"variables": kept, "content_hash": "0" * 64})


_READ = "SELECT version, state FROM bench_instance WHERE id = #"


class Store(Protocol):
    """Where the state of an instance is between two steps."""

    def load(self) -> bytes: ...
    def save(self, state: bytes) -> None: ...


class InMemory:
    def __init__(self) -> None:
        self._state = b""

    def load(self) -> bytes:
        return self._state

    def save(self, state: bytes) -> None:
        self._state = state


class InstanceTable:
    """The smallest table that holds instances, and one connection to it with the product's own settings."""

    def __init__(self, database: Database) -> None:
        kind = "BLOB" if database.is_sqlite else "BYTEA"
        with database.write() as session:
            session.execute(
                text(f"CREATE TABLE bench_instance (id INTEGER PRIMARY KEY, version INTEGER, state {kind})")
            )
        self._connection = database.engine.raw_connection()
        self._cursor = self._connection.cursor()
        self._begins = database.is_sqlite  # psycopg begins by itself
        self._mark = "?" if database.is_sqlite else "%s"
        self._read = _READ if database.is_sqlite else f"{_READ} FOR UPDATE"

    def add(self, instance_id: int) -> None:
        self._run("INSERT INTO bench_instance (id, version, state) VALUES (#, #, #)", instance_id, 0, b"")
        self._connection.commit()

    def read(self, instance_id: int) -> tuple[int, bytes]:
        """Begin a transaction, lock the row; its version and state."""
        if self._begins:
            self._cursor.execute("BEGIN IMMEDIATE")
        self._run(self._read, instance_id)
        row = self._cursor.fetchone()
        if row is None:
            raise LookupError(instance_id)
        return row[0], bytes(row[1])

    def write(self, instance_id: int, version: int, state: bytes) -> None:
        """Write the row where its version is still ``version``, and commit."""
        self._run(
            "UPDATE bench_instance SET version = #, state = # WHERE id = # AND version = #",
            version + 1,
            state,
            instance_id,
            version,
        )
        if self._cursor.rowcount != 1:
            raise AssertionError("somebody else stepped the instance")
        self._connection.commit()

    def close(self) -> None:
        self._connection.close()

    def _run(self, statement: str, *values: Any) -> None:
        self._cursor.execute(statement.replace("#", self._mark), values)


class InDatabase:
    """One row of the table."""

    def __init__(self, table: InstanceTable, instance_id: int) -> None:
        self._table, self._id, self._version = table, instance_id, 0
        table.add(instance_id)

    def load(self) -> bytes:
        self._version, state = self._table.read(self._id)
        return state

    def save(self, state: bytes) -> None:
        self._table.write(self._id, self._version, state)


class CoreInstance:
    """One deal in our core, its state in ``store`` between any two steps."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._context = context()
        self._open: dict[str, str] = {}
        self.is_over = False
        started = step(sale(), None, StartProcess(variables()), self._context)
        store.load()
        store.save(started.state)
        self._follow(started)

    def complete(self, name: str, values: Mapping[str, Any]) -> float:
        """Seconds from the stored state to the stored state after. Knowing the activity's id is not counted."""
        stimulus = CompleteStep(self._open.pop(name), self._outcome(name), values)
        results: list[StepResult] = []

        def durable() -> None:
            result = step(sale(), self._store.load(), stimulus, self._context)
            self._store.save(result.state)
            results.append(result)

        taken = seconds(durable)
        self._follow(results[0])
        return taken

    @property
    def size(self) -> int:
        """Bytes of the state."""
        return self._size

    def _outcome(self, name: str) -> str:
        return sale().steps[name].outcomes[0].id

    def _follow(self, result: StepResult) -> None:
        self._open |= {opened.element_id: opened.activity_id for opened in result.opened_steps}
        self._size = len(result.state)
        self.is_over = result.finished
