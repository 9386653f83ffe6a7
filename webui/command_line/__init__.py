"""The command ``reglament``: everything an installation needs from a terminal."""

from __future__ import annotations

from webui.command_line.commands import Reglament

main = Reglament(name="reglament", help=Reglament.__doc__)

__all__ = ["main"]
