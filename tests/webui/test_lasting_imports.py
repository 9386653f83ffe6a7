from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest
from support.running import environment

from webui import lasting_imports

TELL = "print(gc.isenabled(), gc.get_freeze_count() > 1_000)"


def told_by(program: str, var: Path) -> list[str]:
    """The lines that a fresh process writes which runs ``program``."""
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(var), capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.splitlines()


def test_a_command_collects_garbage_again_but_none_of_what_it_has_imported(tmp_path: Path) -> None:
    program = f"""
import atexit, gc
from webui.command_line import main
atexit.register(lambda: {TELL})
main(["beat"])
"""
    with pytest.raises(subprocess.CalledProcessError) as refused:  # there is no Redis
        told_by(program, tmp_path)
    assert refused.value.stdout == "True True\n"


@pytest.mark.parametrize(
    ("part", "module"),
    [("web", "web_server"), ("worker", "machinery"), ("beat", "hints")],
)
def test_a_part_looks_for_no_garbage_while_it_imports_what_it_begins_with(
    part: str, module: str, tmp_path: Path
) -> None:
    program = f"""
import gc, sys
from types import ModuleType
from engine.settings import settings_from
from webui.serving import parts

class Imported(ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        print("imported", gc.isenabled())
        return Begun

class Begun:
    def __init__(self, *_, **__):
        {TELL}
    def run(self): ...
    __int__ = run

sys.modules["webui.serving.{module}"] = Imported("{module}")
parts.{part}(settings_from())
"""
    assert told_by(program, tmp_path) == ["imported False", "True True"]


def test_in_a_process_that_is_somebody_else_s_collections_go_on_as_they_were() -> None:
    frozen = gc.get_freeze_count()
    lasting_imports.end()
    assert gc.isenabled()
    assert gc.get_freeze_count() == frozen
