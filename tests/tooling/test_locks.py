"""The locks: complete, hashed, in agreement with each other, and naming no host that a company could not reach."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements"
LOCKS = ["runtime", "build", "dev", "services"]


def stated(name: str) -> list[Requirement]:
    """The requirements that people wrote into ``name``.in, with what it includes."""
    found = []
    for line in (REQUIREMENTS / f"{name}.in").read_text().splitlines():
        if line.startswith("-r "):
            found += stated(line.removeprefix("-r ").removesuffix(".in"))
        elif text := line.partition("#")[0].strip():
            found.append(Requirement(text))
    return found


def locked(name: str) -> dict[str, set[str]]:
    """The versions of each package in ``name``.txt: more than one where markers choose."""
    versions: dict[str, set[str]] = {}
    for package, version in re.findall(
        r"^([\w.-]+)==([^\s;]+)", (REQUIREMENTS / f"{name}.txt").read_text(), re.MULTILINE
    ):
        versions.setdefault(canonicalize_name(package), set()).add(version)
    return versions


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_satisfies_what_was_stated(name: str) -> None:
    versions = locked(name)
    for requirement in stated(name):
        of_package = versions.get(canonicalize_name(requirement.name), set())
        assert of_package, f"run `make lock`: {requirement.name} is not in {name}.txt"
        assert all(map(requirement.specifier.contains, of_package)), f"run `make lock`: {requirement} is {of_package}"


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes(name: str) -> None:
    text = (REQUIREMENTS / f"{name}.txt").read_text()
    entries = re.split(r"^(?=[\w])", text, flags=re.MULTILINE)[1:]
    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("name", ["runtime", "build", "services"])
def test_one_version_of_a_package_serves_all_locks(name: str) -> None:
    of_all = locked("dev")
    differing = {package for package, versions in locked(name).items() if versions != of_all.get(package, versions)}
    assert differing == set()


def test_the_npm_lock_belongs_to_package_json() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    locked_root = json.loads((ROOT / "package-lock.json").read_text())["packages"][""]
    for kind in ("dependencies", "devDependencies"):
        assert locked_root[kind] == package[kind], "run `make lock`"


def test_every_npm_package_has_a_hash() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


BUILD_FILES = [
    *(f"requirements/{name}.{kind}" for name in LOCKS for kind in ("in", "txt")),
    *(f"tools/{file.name}" for file in sorted((ROOT / "tools").iterdir()) if file.is_file()),
    "package.json",
    "package-lock.json",
    ".npmrc",
    "pyproject.toml",
    "hatch_build.py",
    "Makefile",
    "Dockerfile",
    "docker-compose.yml",
    ".pre-commit-config.yaml",
    ".ci/run",
    "webui/frontend/build.mjs",
]


@pytest.mark.parametrize("path", BUILD_FILES)
def test_a_build_file_names_no_outside_host(path: str) -> None:
    """Each company has its own mirror of the registries; the clients' own settings say where it is."""
    text = (ROOT / path).read_text()
    # What a page or an image says about itself is no host to install from: the namespace of SVG, our own health check.
    hosts = set(re.findall(r"\b(?:https?|git\+\w+|ssh)://([\w.-]+)", text)) - {"www.w3.org", "127.0.0.1"}
    assert hosts == set()
    assert re.findall(r"--(?:extra-)?index-url|--find-links|^registry=", text, re.MULTILINE) == []
