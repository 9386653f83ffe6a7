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
