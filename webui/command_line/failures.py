"""What went wrong, told at a terminal."""

from __future__ import annotations

from typing import IO, Any

import click

from engine.errors import N_, DomainError, InvalidInput
from webui.command_line.language import _


class Failed(click.ClickException):
    """The command ends with status 1 and one sentence on standard error."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.format_message(), file=file, err=True)


_REASONS = {
    FileNotFoundError: N_("there is no such file or folder"),
    PermissionError: N_("the system does not permit it"),
    IsADirectoryError: N_("it is a folder"),
    NotADirectoryError: N_("a part of its path is no folder"),
}


def reason_of(failure: OSError) -> str:
    """Why the system refused a file, in the terminal's language; what is rare, in the system's own words."""
    known = _REASONS.get(type(failure))
    return _(known) if known else failure.strerror or type(failure).__name__


def told(error: DomainError) -> str:
    """The error, and each field's own, as the pages would word them."""
    from webui.command_line.pages_words import in_pages_words  # noqa: PLC0415  # only when something failed
    from webui.messages import error_text  # noqa: PLC0415  # the pages' libraries load only when something failed

    with in_pages_words():
        if isinstance(error, InvalidInput) and error.errors:
            return "\n".join(error_text(one) for one in error.errors.values())
        return error_text(error)
