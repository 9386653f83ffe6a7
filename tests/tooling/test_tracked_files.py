"""What is committed reads the same on every machine."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:work|root|home|Users)/[\w.]+")


def tracked_files() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this copy is no git checkout")
    # The checkout may belong to another account than the tests', as it does in containers.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    found = {}
    for file in tracked_files():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if paths := MACHINE_PATH.findall(text):
            found[str(file.relative_to(ROOT))] = paths
    assert found == {}


def test_what_is_installed_or_built_is_not_tracked() -> None:
    built = re.compile(r"(^|/)(node_modules|\.venv|static/dist|dist|var)/|\.mo$|\.pyc$|(^|/)\.env$")
    tracked = [file.relative_to(ROOT).as_posix() for file in tracked_files()]
    assert [name for name in tracked if built.search(name)] == []
