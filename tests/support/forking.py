"""Processes of their own, each forked from one clean server that has the program loaded already."""

from __future__ import annotations

from multiprocessing import get_context

FORKS = get_context("forkserver")
"""A worker of the tests has one such server, which loads these once."""
FORKS.set_forkserver_preload(
    [
        "psycopg",
        "sqlalchemy.dialects.postgresql.psycopg",
        "sqlalchemy.dialects.sqlite.pysqlite",
        "engine.bpmn.spec",
        "engine.commands.clients",
        "engine.commands.completions",
        "engine.commands.deals",
        "engine.commands.escalations",
        "engine.commands.timers",
        "engine.queries.actors",
        "webui.command_line.backups",
        "webui.command_line.running",
        "webui.messages",
    ]
)
