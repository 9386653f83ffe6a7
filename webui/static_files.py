"""Built files under the names of today: a page asks for ``site.js`` and gets the file whose name holds its hash."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from flask import Flask, url_for

DIST = Path(__file__).parent / "static" / "dist"


class FrontEndNotBuilt(RuntimeError):
    """The installation is incomplete; its owner runs the build."""

    def __str__(self) -> str:
        return "webui/static/dist/manifest.json is missing: run `make build`"


def asset(name: str) -> str:
    """The address of the built file ``name``. Raises FrontEndNotBuilt."""
    manifest = DIST / "manifest.json"
    try:
        built_at = manifest.stat().st_mtime_ns
    except FileNotFoundError:
        raise FrontEndNotBuilt from None
    return url_for("static", filename=_manifest(manifest, built_at)[name])


@lru_cache(maxsize=4)
def _manifest(file: Path, _built_at: int) -> dict[str, str]:
    names: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return names


def configure_static_files(app: Flask) -> None:
    app.jinja_env.globals["asset"] = asset
