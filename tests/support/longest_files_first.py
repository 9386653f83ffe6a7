"""The order of `make test`: which file is the next for a process that has nothing to do."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

_USUAL_S = 0.2
_SLOWER_S = {
    "tests/browser/": 6.0,
    "tests/faults/": 8.0,
    "tests/upgrades/": 5.0,
    "tests/webui/command_line/": 3.0,
}
"""About how long a test takes where tests start processes of their own."""


class LongestFilesFirst(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Pytest-xdist begins with the files of most tests: those of few long ones came last, and one process waited."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        longest = max(self.workqueue, key=lambda file: seconds_of(file, len(self.workqueue[file])))
        self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)


def seconds_of(file: str, tests: int) -> float:
    """How long the file may take."""
    each = next((seconds for folder, seconds in _SLOWER_S.items() if file.startswith(folder)), _USUAL_S)
    return tests * each
