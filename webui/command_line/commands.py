"""The commands by name. Each is imported when it is called, so that none waits for what another needs."""

from __future__ import annotations

import copy
import errno
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from engine.errors import N_, DomainError
from webui import lasting_imports
from webui.command_line.failures import Failed, reason_of, told
from webui.command_line.language import _, let_click_speak_it


@dataclass(frozen=True, slots=True)
class Listed:
    """Where a command is, and what the list of commands says of it: its own help, known without importing it."""

    place: str
    help: str


COMMANDS: Mapping[str, Listed] = {
    "run": Listed(
        "webui.command_line.running:run",
        N_("Start everything: the database is migrated, the pages open, steps escalate by themselves."),
    ),
    "web": Listed(
        "webui.command_line.running:web",
        N_("Start the web server alone; without REDIS_URL the worker and the schedule are inside it."),
    ),
    "worker": Listed(
        "webui.command_line.running:worker",
        N_("Start a worker, which sends letters, fires timers and escalates. Needs REDIS_URL."),
    ),
    "beat": Listed(
        "webui.command_line.schedule:beat",
        N_("Start the schedule, which says every few seconds what is to be looked at. Needs REDIS_URL."),
    ),
    "migrate": Listed(
        "webui.command_line.databases:migrate_database",
        N_("Bring the database up to date."),
    ),
    "demo": Listed(
        "webui.command_line.databases:demo",
        N_("Fill an empty database with the demo company."),
    ),
    "map": Listed(
        "webui.command_line.maps:maps",
        N_("Check, deploy, publish and export sales maps."),
    ),
    "user": Listed(
        "webui.command_line.people:user",
        N_("Add people and set their passwords."),
    ),
    "token": Listed(
        "webui.command_line.people:token",
        N_("Create tokens for the HTTP API."),
    ),
    "sheet": Listed(
        "webui.command_line.proofs:sheet",
        N_("Verify approval sheets."),
    ),
    "history": Listed(
        "webui.command_line.proofs:history",
        N_("Verify the history, and change the key that signs it."),
    ),
    "backup": Listed(
        "webui.command_line.backups:backup",
        N_("Write the database, the keys and the files of this installation to FILE (.tar.gz)."),
    ),
    "restore": Listed(
        "webui.command_line.backups:restore",
        N_("Put a backup in place of the present database. Stop the server first; the old one is kept."),
    ),
    "doctor": Listed(
        "webui.command_line.doctor:doctor",
        N_("Say what is in order and what is not; status 1 when something does not work."),
    ),
}


UNTIL_STOPPED = frozenset({"run", "web", "worker", "beat"})
"""What runs until Ctrl-C: that is how they end, also before they have begun to serve."""
_CALLED = "reglament.called"


class Reglament(click.Group):
    __doc__ = N_("Regulated sales, executed.")

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        """As a program, which the process is for."""
        lasting_imports.begin()
        return super().__call__(*arguments, **options)

    def main(self, *arguments: Any, **options: Any) -> Any:
        let_click_speak_it()
        return super().main(*arguments, **options)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        ctx.meta[_CALLED] = cmd_name
        if cmd_name in UNTIL_STOPPED:  # a supervisor's way to press Ctrl-C, also before anything serves
            signal.signal(signal.SIGTERM, signal.default_int_handler)
        module, _colon, name = COMMANDS[cmd_name].place.partition(":")
        command: click.Command = getattr(import_module(module), name)
        lasting_imports.end()
        return translated(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's
        """What click lists, for which it would import every command."""
        room = formatter.width - 6 - max(map(len, COMMANDS))
        lines = [(name, _short(one, room)) for name, one in COMMANDS.items()]
        with formatter.section(_("Commands")):
            formatter.write_dl(lines)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_(self.help) if self.help else "")

    def invoke(self, ctx: click.Context) -> object:
        """Whatever an owner can act on is said in one sentence, never as a traceback."""
        try:
            return super().invoke(ctx)
        except DomainError as error:
            raise Failed(told(error)) from error
        except KeyboardInterrupt:
            if ctx.meta.get(_CALLED) in UNTIL_STOPPED:
                raise SystemExit(0) from None
            raise
        except OSError as error:
            if error.errno == errno.ENOSPC:  # also of what is printed into a file
                raise Failed(_("There is no room left on the disk.")) from error
            if error.filename is None:
                raise
            unusable = _("%(file)s cannot be used: %(reason)s", file=error.filename, reason=reason_of(error))
            raise Failed(unusable) from error
        except _from_database() as error:
            cause = getattr(error, "orig", None) or error
            raise Failed(_("The database does not answer as it should: %(answer)s", answer=cause)) from error


def _short(listed: Listed, room: int) -> str:
    return click.Command(None, help=_(listed.help)).get_short_help_str(room)


def _from_database() -> type[Exception]:
    """What a database answers with; asked for, and imported, only when something failed."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  # the help needs no database

    return SQLAlchemyError


def translated(command: click.Command) -> click.Command:
    """A copy of ``command`` whose help is in the terminal's language."""
    own = copy.copy(command)
    own.help = _(command.help) if command.help else None
    own.params = [_translated_option(one) for one in command.params]
    if isinstance(own, click.Group):
        own.commands = {name: translated(one) for name, one in own.commands.items()}
    return own


def _translated_option(parameter: click.Parameter) -> click.Parameter:
    if not isinstance(parameter, click.Option):
        return parameter
    own = copy.copy(parameter)
    own.help = _(parameter.help) if parameter.help else None
    own.prompt = _(parameter.prompt) if parameter.prompt else None
    return own
