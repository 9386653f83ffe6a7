"""Work that tests of one process would do again and again with the same result: done once, and kept."""

from __future__ import annotations

import gc
import io
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any, ClassVar

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry
from werkzeug.routing import Map, Rule, RuleFactory
from werkzeug.routing.matcher import StateMachineMatcher

import engine.db.session

_QUIET = 50_000
"""Objects made before a collection begins: the process holds thousands of tests that none of them will find."""

_connected: dict[str, Engine] = {}


def share_compiled_statements() -> None:
    """Let all databases of a kind know the SQL that one of them has made of a statement.

    Every test has a database of its own, and every `Database` its own engine, which keeps what it has compiled under
    its own dialect. The engines stay apart, with their own connections; the dialect, which holds nothing of a database,
    is that of the first that has connected.
    """
    makers = vars(engine.db.session)
    for name in ("_sqlite_engine", "_postgresql_engine"):
        makers[name] = _sharing(makers[name])


def _sharing(make: Callable[..., Engine]) -> Callable[..., Engine]:
    def make_sharing(*given: Any) -> Engine:
        made = make(*given)
        if made.dialect.name == "sqlite":
            event.listen(made, "close", _wait_for_no_disk)
        known = _connected.get(made.dialect.name)
        if known is None:
            event.listen(made, "connect", lambda *_: _connected.setdefault(made.dialect.name, made))
        else:
            vars(made.dialect)["initialize"] = _nothing_to_ask
            made.dialect = made.pool._dialect = known.dialect
            made._compiled_cache = known._compiled_cache
        return made

    return make_sharing


def _wait_for_no_disk(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    """The last connection moves what was written into the file, as it closes: a test's need not survive the machine."""
    with suppress(sqlite3.Error):  # some are closed before
        connection.execute("PRAGMA synchronous=OFF")


def _nothing_to_ask(_connection: Connection) -> None:
    """The dialect in use has asked the server what it is."""


def leave_tests_to_themselves() -> None:
    """Keep the garbage collector from what lives as long as the process: modules, and the tests that were collected."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_QUIET)
    gc.enable()


class CompiledTemplates(BytecodeCache):
    """The templates of one application, for the next: Jinja looks at the source before it takes one."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if kept := self._kept.get(bucket.key):
            bucket.load_bytecode(io.BytesIO(kept))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


class AddressesReadOnce(Map):
    """The addresses of an application, read when one is first looked for: if another has the same, as it has them.

    To read five hundred rules is three quarters of what it costs to make an application.
    """

    _read: ClassVar[dict[tuple[Any, ...], Map]] = {}

    def __init__(self, *given: Any, **named: Any) -> None:
        self._rules_given: list[Rule] = []
        self._is_read = False
        self._reading = Lock()
        super().__init__(*given, **named)

    def add(self, rulefactory: RuleFactory) -> None:
        self._rules_given.extend(rulefactory.get_rules(self))
        self._is_read = False

    def update(self) -> None:
        with self._reading:
            if not self._is_read:
                self._read_all()
                self._is_read = True

    def _read_all(self) -> None:
        like = self._read.get(key := (*self.converters.items(), *map(_said_by, self._rules_given)))
        if like is None:
            self._matcher = StateMachineMatcher(self.merge_slashes)
            self._rules_by_endpoint = {}
            for rule in self._rules_given:
                rule.map = None  # type: ignore[assignment]  # as before it was added to any
                super().add(rule)
            super().update()
            self._read[key] = self
        else:
            self._matcher = like._matcher
            self._rules_by_endpoint = like._rules_by_endpoint


def _said_by(rule: Rule) -> tuple[Any, ...]:
    """All that two rules can differ in."""
    return (
        *(rule.rule, rule.endpoint, frozenset(rule.methods or ()), rule.redirect_to, rule.host, rule.subdomain),
        *(rule.strict_slashes, rule.merge_slashes, rule.build_only, rule.alias, rule.websocket),
        *(getattr(rule, "provide_automatic_options", None), *sorted((rule.defaults or {}).items())),
    )


def share_addresses() -> None:
    """Let applications with the same addresses read them once."""
    Flask.url_map_class = AddressesReadOnce
