"""The request, the application and what is kept for one request, without Flask's stand-ins for them.

A stand-in looks for what it stands for by four calls with each attribute that it is asked for; these do it once, by
two. They are for what every request runs through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, current_app, g, request

this_request: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]  # noqa: SLF001
this_application: Callable[[], Flask] = current_app._get_current_object  # type: ignore[attr-defined]  # noqa: SLF001
request_globals: Callable[[], Any] = g._get_current_object  # noqa: SLF001
