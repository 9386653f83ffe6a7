"""The Makefile tells what it can do, and does nothing twice."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.running import is_alive

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
# Under `make test` these would give a child its parent's arguments, and let it believe that it shares jobs with it.
_OF_PARENT = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "ARGS"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in _OF_PARENT}


def make(*arguments: str, **environment: str) -> str:
    """What make prints; a variable that is given as an empty text is not there."""
    given = {name: value for name, value in {**ENVIRONMENT, **environment}.items() if value}
    done = subprocess.run(["make", *arguments], cwd=ROOT, env=given, check=True, capture_output=True, text=True)
    return done.stdout


def caches_of_installers(**environment: str) -> list[str]:
    told = make("-s", "--eval", "caches: ; @printenv XDG_CACHE_HOME npm_config_cache ||:", "caches", **environment)
    return told.splitlines()


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


def test_without_a_home_to_write_to_installers_keep_what_they_fetch_in_the_checkout() -> None:
    """uv, pip and npm would end with an error: each keeps a cache below the home."""
    own = [f"{ROOT}/.venv/.cache", f"{ROOT}/.venv/.cache/npm"]
    for home in ("", "/nonexistent", "/proc/sys"):
        assert caches_of_installers(HOME=home, XDG_CACHE_HOME="", npm_config_cache="") == own


def test_where_there_is_a_home_or_a_cache_is_named_installers_keep_to_it(tmp_path: Path) -> None:
    assert caches_of_installers(HOME=str(tmp_path), XDG_CACHE_HOME="", npm_config_cache="") == []
    assert caches_of_installers(HOME="/nonexistent", XDG_CACHE_HOME="/a", npm_config_cache="/b") == ["/a", "/b"]


NEEDED = (
    *("requirements/runtime.txt", "requirements/build.txt", "requirements/dev.txt", "pyproject.toml", "hatch_build.py"),
    *("package-lock.json", "webui/frontend/build.mjs", "webui/frontend/src/a.ts", "webui/templates/a.html"),
    *("engine/a.py", "processes/a.py", "tasks/a.py", "tests/a.py"),
)
"""What is made of nothing else."""
MADE = (".venv/.installed", ".venv/.installed-dev", ".venv/.compiled", "webui/static/dist/manifest.json")
STUB = """#!/bin/sh
set -f
called="$(basename "$0") $*"
echo "$$ $called" >> journal
for one in $SLOW; do case "$called" in $one) exec sleep 60 ;; esac; done
for one in $FAILING; do case "$called" in $one) exit 1 ;; esac; done
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """With this Makefile and all that it makes but programs that only write down that they were started."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for number, file in enumerate((*NEEDED, *MADE)):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (number, number))
    for program in ("python", "ruff", "mypy", "lint-imports"):
        path = tmp_path / ".venv" / "bin" / program
        path.parent.mkdir(exist_ok=True)
        path.write_text(STUB)
        path.chmod(0o755)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "test_services.sh").touch()
    return tmp_path


def make_test(checkout: Path, *arguments: str, slow: str = "", failing: str = "") -> subprocess.Popen[str]:
    """``slow`` and ``failing``: patterns of a shell's, of the calls of programs that take long or fail."""
    return subprocess.Popen(
        ["make", *arguments, "test"],
        cwd=checkout,
        env={**ENVIRONMENT, "SLOW": slow, "FAILING": failing},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def started(checkout: Path) -> dict[str, int]:
    """The programs with their arguments, and their processes."""
    journal = checkout / "journal"
    lines = journal.read_text().splitlines() if journal.exists() else []
    return {what: int(pid) for pid, _, what in (line.partition(" ") for line in lines)}


COLLECTION, TESTS = "python -m pytest --collect-only -q", "python -m pytest -n 2 --dist loadfile"
LINTED = {"ruff check .", "ruff format --check .", "mypy", "lint-imports"}


def eventually(is_so: Callable[[], bool]) -> bool:
    ends_at = time.monotonic() + 30
    while not (so := is_so()) and time.monotonic() < ends_at:
        time.sleep(0.01)
    return so


@pytest.mark.parametrize("jobs", ["-j1", "-j4"])
def test_tests_are_collected_once_beside_the_lint_and_begin_behind_both(checkout: Path, jobs: str) -> None:
    told, _ = (done := make_test(checkout, jobs)).communicate(timeout=60)
    assert done.returncode == 0, told
    *before, last = (one.strip() for one in started(checkout))
    assert {*before} == {COLLECTION, *LINTED}
    assert last == TESTS
    assert "warning" not in told
    (checkout / "journal").unlink()
    (checkout / "tests" / "__pycache__").mkdir()
    make_test(checkout, jobs).communicate(timeout=60)
    assert {one.strip() for one in started(checkout)} == {TESTS, *LINTED}


def test_no_test_begins_behind_a_lint_that_fails(checkout: Path) -> None:
    told, _ = (done := make_test(checkout, failing="mypy*")).communicate(timeout=60)
    assert done.returncode != 0
    assert not any(one.startswith(TESTS) for one in started(checkout)), told


def test_what_cannot_be_collected_is_told_by_the_tests_themselves(checkout: Path) -> None:
    told, _ = (done := make_test(checkout, failing="*pytest*")).communicate(timeout=60)
    assert done.returncode != 0
    assert any(one.startswith(TESTS) for one in started(checkout)), told


def test_ctrl_c_leaves_no_collection_behind(checkout: Path) -> None:
    done = make_test(checkout, slow="*collect-only* mypy*")
    assert eventually(lambda: {COLLECTION, "mypy "} <= {*started(checkout)})
    os.killpg(done.pid, signal.SIGINT)
    told, _ = done.communicate(timeout=30)
    assert done.returncode != 0
    assert eventually(lambda: not any(is_alive(pid) for pid in started(checkout).values()))
    assert not any(one.startswith(TESTS) for one in started(checkout)), told


def test_to_ask_what_make_test_would_do_does_none_of_it(checkout: Path) -> None:
    told, _ = make_test(checkout, "-n").communicate(timeout=60)
    assert TESTS in told
    assert not started(checkout)
