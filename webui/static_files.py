"""Built files under the names of today: a page asks for ``site.js`` and gets the file whose name holds its hash."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, make_response, url_for

_ADDRESSES = "asset_addresses"
DIST = Path(__file__).parent / "static" / "dist"


class FrontEndNotBuilt(RuntimeError):
    """The installation is incomplete; its owner runs the build."""

    def __str__(self) -> str:
        return "webui/static/dist/manifest.json is missing: run `make build`"


def asset(name: str) -> str:
    """The address of the built file ``name``. Raises FrontEndNotBuilt."""
    known: dict[str, str] = g.setdefault(_ADDRESSES, {})  # a page asks for the file of its icons dozens of times
    address = known.get(name)
    if address is None:
        address = known[name] = url_for("static", filename=_read("manifest.json")[name])
    return address


def imports_of(name: str) -> list[str]:
    """The addresses of the built files without which the script ``name`` does not run. Raises FrontEndNotBuilt."""
    return [url_for("static", filename=one) for one in _read("imports.json")[name]]


def build_stamp() -> str:
    """A word that changes with every build of the front end. Raises FrontEndNotBuilt."""
    return hashlib.sha256(repr(sorted(_read("manifest.json").items())).encode()).hexdigest()[:12]


def _read(name: str) -> dict[str, Any]:
    file = DIST / name
    try:
        built_at = file.stat().st_mtime_ns
    except FileNotFoundError:
        raise FrontEndNotBuilt from None
    return _parsed(file, built_at)


@lru_cache(maxsize=4)
def _parsed(file: Path, _built_at: int) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return read


def configure_static_files(app: Flask) -> None:
    """Browsers keep a built file for good: its name holds the hash of its content."""
    send = app.view_functions["static"]

    def send_for_good(**places: str) -> Response:
        response = make_response(send(**places))
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    app.view_functions["static"] = send_for_good
    app.jinja_env.globals.update(asset=asset, imports_of=imports_of, build_stamp=build_stamp)
