"""What went wrong, told at a terminal."""

from __future__ import annotations

from typing import IO, Any

import click

from engine.errors import DomainError, InvalidInput


class Failed(click.ClickException):
    """The command ends with status 1 and one sentence on standard error."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.format_message(), file=file, err=True)


def told(error: DomainError) -> str:
    """The error, and each field's own, as the pages would word them."""
    from webui.command_line.pages_words import in_pages_words  # noqa: PLC0415  # only when something failed
    from webui.messages import error_text  # noqa: PLC0415  # the pages' libraries load only when something failed

    with in_pages_words():
        if isinstance(error, InvalidInput) and error.errors:
            return "\n".join(error_text(one) for one in error.errors.values())
        return error_text(error)
