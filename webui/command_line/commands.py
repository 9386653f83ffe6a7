"""The commands by name. Each is imported when it is called, so that none waits for what another needs."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from importlib import import_module

import click
from sqlalchemy.exc import SQLAlchemyError

from engine.errors import N_, DomainError
from webui.command_line.failures import Failed, told
from webui.command_line.language import _

_COMMANDS: Mapping[str, str] = {
    "run": "webui.command_line.running:run",
    "web": "webui.command_line.running:web",
    "worker": "webui.command_line.running:worker",
    "beat": "webui.command_line.running:beat",
    "migrate": "webui.command_line.databases:migrate_database",
    "demo": "webui.command_line.databases:demo",
    "map": "webui.command_line.maps:maps",
    "user": "webui.command_line.people:user",
    "token": "webui.command_line.people:token",
    "sheet": "webui.command_line.proofs:sheet",
    "history": "webui.command_line.proofs:history",
    "backup": "webui.command_line.backups:backup",
    "restore": "webui.command_line.backups:restore",
    "doctor": "webui.command_line.doctor:doctor",
}


class Reglament(click.Group):
    __doc__ = N_("Regulated sales, executed.")

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        if cmd_name not in _COMMANDS:
            return None
        module, _colon, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return translated(command)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_(self.help or ""))

    def invoke(self, ctx: click.Context) -> object:
        """Whatever an owner can act on is said in one sentence, never as a traceback."""
        try:
            return super().invoke(ctx)
        except DomainError as error:
            raise Failed(told(error)) from error
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise Failed(_("The database does not answer as it should: %(answer)s", answer=cause)) from error


def translated(command: click.Command) -> click.Command:
    """A copy of ``command`` whose help is in the terminal's language."""
    own = copy.copy(command)
    own.help = _(command.help) if command.help else None
    own.params = [_translated_option(one) for one in command.params]
    if isinstance(own, click.Group):
        own.commands = {name: translated(one) for name, one in own.commands.items()}
    return own


def _translated_option(parameter: click.Parameter) -> click.Parameter:
    if not isinstance(parameter, click.Option) or not parameter.help:
        return parameter
    own = copy.copy(parameter)
    own.help = _(parameter.help)
    return own
