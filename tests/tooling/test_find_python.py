"""``.venv`` is made of the newest Python that is installed, or of a plainly quicker one."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
SH = shutil.which("sh") or "/bin/sh"
NOT_USABLE = "exit 1"


def found(pythons: dict[str, str], folder: Path, *, wanted: str = "") -> str:
    """What is chosen where PATH has just ``pythons``: what each does when it is asked how fast it is."""
    for name, does in pythons.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!{SH}\n{does}\n")
        path.chmod(0o755)
    folders = list(dict.fromkeys(str((folder / name).parent) for name in pythons))
    environment = {"PATH": ":".join([*folders, str(folder / "tools")])} | ({"PYTHON": wanted} if wanted else {})
    (folder / "tools").mkdir()
    (folder / "tools" / "dirname").symlink_to(shutil.which("dirname") or "")
    done = subprocess.run([SH, TOOLS / "find_python.sh"], env=environment, check=False, capture_output=True, text=True)
    assert (done.returncode == 0) == bool(done.stdout), done.stderr
    return done.stdout.strip().removeprefix(f"{folder}/") if done.stdout else done.stderr


@pytest.mark.parametrize(
    ("pythons", "chosen"),
    [
        ({"a/python3.11": "echo 900", "a/python3.12": "echo 1000"}, "a/python3.12"),
        ({"a/python3.11": "echo 700", "a/python3.12": "echo 1000"}, "a/python3.11"),
        ({"shims/python3": "echo 1600", "usr/python3": "echo 1000"}, "usr/python3"),
        ({"shims/python3.13": NOT_USABLE, "usr/python3": "echo 1000"}, "usr/python3"),
        ({"shims/python3.13": "echo Welcome; echo 5", "own folder/python3": "echo 1000"}, "own folder/python3"),
        ({"*/python3.13": "echo 1000", "usr/python3.13": "echo 700"}, "usr/python3.13"),
    ],
    ids=[
        "the newest, where it is about as quick",
        "a plainly quicker one",
        "one behind a shim",
        "not one that fails",
        "not one that says something else",
        "one of each folder as it is called",
    ],
)
def test_the_newest_is_chosen_unless_another_is_plainly_quicker(
    pythons: dict[str, str], chosen: str, tmp_path: Path
) -> None:
    assert found(pythons, tmp_path) == chosen


def test_the_one_that_is_asked_for_is_taken_though_another_is_quicker(tmp_path: Path) -> None:
    slow = tmp_path / "own" / "python"
    pythons = {"own/python": "echo 5000", "usr/python3": "echo 1000"}
    assert found(pythons, tmp_path, wanted=str(slow)) == "own/python"


def test_one_that_is_asked_for_and_cannot_run_is_named(tmp_path: Path) -> None:
    told = found({"usr/python3": "echo 1000"}, tmp_path, wanted="/opt/own/python")
    assert "PYTHON=/opt/own/python cannot run Reglament" in told
    assert "apt install python3-venv" in told


def test_without_one_it_says_what_to_install(tmp_path: Path) -> None:
    assert "apt install python3-venv" in found({"usr/python3": NOT_USABLE}, tmp_path)


def test_a_python_that_runs_the_product_tells_its_speed() -> None:
    told = subprocess.run([sys.executable, TOOLS / "python_speed.py"], check=True, capture_output=True, text=True)
    assert int(told.stdout) > 0


def test_a_python_without_venv_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "venv.py").write_text("raise ImportError\n")
    told = subprocess.run(
        [sys.executable, TOOLS / "python_speed.py"],
        env={"PYTHONPATH": str(tmp_path)}, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert told.returncode != 0
    assert told.stdout == ""
