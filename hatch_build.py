"""What hatchling cannot read from pyproject.toml: the dependencies, and whether the product is complete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface


class RuntimeRequirements(MetadataHookInterface):
    """One list of requirements: requirements/runtime.in makes both the lock and the package's metadata."""

    def update(self, metadata: dict[str, Any]) -> None:
        lines = (Path(self.root) / "requirements" / "runtime.in").read_text(encoding="utf-8").splitlines()
        stated = (line.partition("#")[0].strip() for line in lines)
        metadata["dependencies"] = [requirement for requirement in stated if requirement]


class CompleteWheel(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's configuration class is its own affair
    """Refuse a wheel without the built front end and the compiled translations. An editable install may lack them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  the interface's signature
        if self.target_name != "wheel" or version == "editable":
            return
        webui = Path(self.root) / "webui"
        missing = [webui / "static" / "dist" / "manifest.json"]
        missing += [catalogue.with_suffix(".mo") for catalogue in (webui / "translations").rglob("*.po")]
        missing = [file for file in missing if not file.exists()]
        if missing:
            names = ", ".join(str(file.relative_to(self.root)) for file in missing)
            msg = f"Run `make build` first; not built yet: {names}"
            raise RuntimeError(msg)
