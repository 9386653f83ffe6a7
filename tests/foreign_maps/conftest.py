"""Says at the end what became of the foreign maps, and where the compiler judges otherwise than expected."""

from __future__ import annotations

import pytest
from foreign_maps.verdicts import FOLDER, differences, foreign_maps, share, strata, verdict_on


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.getoption("collectonly"):
        return
    names = foreign_maps()
    if not names:
        terminalreporter.write_line(f"FOREIGN MAPS: none: there is no folder {FOLDER}", red=True)
        return
    terminalreporter.write_line(f"FOREIGN MAPS: {share(names)}")
    for stratum, of_stratum in strata().items():
        terminalreporter.write_line(f"  {stratum}: {share(of_stratum)}")
    for name in names:
        if not verdict_on(name).is_accepted:
            reasons = ", ".join(sorted({one.code for one in verdict_on(name).errors}))
            terminalreporter.write_line(f"  refused: {name}: {reasons}")
    for difference in differences():
        terminalreporter.write_line(f"  {difference}")
