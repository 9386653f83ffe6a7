"""Says at the end what became of the foreign maps, and where the compiler judges otherwise than expected."""

from __future__ import annotations

import pytest
from foreign_maps.verdicts import FOLDER, differences, foreign_maps, verdict_on


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    names = foreign_maps()
    if not names:
        terminalreporter.write_line(f"FOREIGN MAPS: none: there is no folder {FOLDER}", red=True)
        return
    walked = sum(verdict_on(name).is_walked for name in names)
    refused = sum(not verdict_on(name).is_accepted for name in names)
    terminalreporter.write_line(
        f"FOREIGN MAPS: of {len(names)}, {walked} accepted and walked to an end, {refused} refused with reasons"
    )
    for difference in differences():
        terminalreporter.write_line(f"  {difference}")
