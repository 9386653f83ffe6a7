"""``python -m webui.command_line`` is ``reglament``."""

from __future__ import annotations

from webui.command_line import main

if __name__ == "__main__":
    main(prog_name="reglament")
