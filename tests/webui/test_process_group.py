"""Several processes as one: who ends is started again."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from support.short_lived import crash, stay

from webui.serving.process_group import ProcessGroup

PATIENCE_S = 60.0


def begun(folder: Path) -> list[list[str]]:
    """The parts in the order in which they began: name and process."""
    notes = folder / "begun"
    return [line.split() for line in notes.read_text().splitlines()] if notes.exists() else []


def test_a_part_that_cannot_begin_does_not_hold_up_another_one(tmp_path: Path) -> None:
    """Its pauses grow: when somebody kills the web server meanwhile, people do not wait for the end of such a pause."""
    seen: list[list[str]] = []

    def kill_who_stays_during_a_long_pause() -> None:
        until = time.monotonic() + PATIENCE_S
        while len(names := [name for name, _pid in begun(tmp_path)]) < 4 or names.count("crash") < 3:
            if time.monotonic() > until:
                break
            time.sleep(0.02)
        time.sleep(0.2)  # it has ended, and the group has noticed
        before = begun(tmp_path)
        os.kill(next(int(pid) for name, pid in before if name == "stay"), signal.SIGKILL)
        while time.monotonic() < until and begun(tmp_path) == before:
            time.sleep(0.02)
        seen.extend(begun(tmp_path)[len(before) :])
        os.kill(os.getpid(), signal.SIGTERM)

    watching = threading.Thread(target=kill_who_stays_during_a_long_pause)
    watching.start()
    ProcessGroup({"crash": crash, "stay": stay}, tmp_path).run()
    watching.join()
    assert [name for name, _pid in seen][:1] == ["stay"]
