"""The Makefile tells what it can do, and does nothing twice."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
# Under `make test` these would make a child believe that it shares jobs with its parent.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}}


def make(*arguments: str) -> str:
    done = subprocess.run(["make", *arguments], cwd=ROOT, env=ENVIRONMENT, check=True, capture_output=True, text=True)
    return done.stdout


def test_help_names_every_target() -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)", MAKEFILE, re.MULTILINE))
    helped = dict(re.findall(r"^  make (\S+) +(\S.*)$", make("help"), re.MULTILINE))
    assert {"run", "test", "lint", "bench", "help", "lock", "ordeal", "translations"} <= targets
    assert set(helped) == targets


def test_make_alone_shows_the_help() -> None:
    assert make() == make("help")


def test_a_target_that_is_no_file_is_declared_phony() -> None:
    targets = set(re.findall(r"^([a-z-]+):(?!=)", MAKEFILE, re.MULTILINE))
    assert targets == set(re.findall(r"^\.PHONY: (\S+)", MAKEFILE, re.MULTILINE))


def test_the_second_run_goes_straight_to_the_server() -> None:
    make("build", ".venv/.compiled")
    assert make("-n", "run").splitlines() == ["exec .venv/bin/reglament run"]
