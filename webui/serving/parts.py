"""The processes of a company installation, each loading only what it needs."""

from __future__ import annotations

import gc

from engine.settings import Settings
from webui.serving.logs import configure_logs


def web(settings: Settings) -> None:
    """Answer people and programs until stopped."""
    gc.disable()  # nothing that is imported is garbage: to look for some was a sixth of all that it takes
    from webui.serving.web_server import WebServer  # noqa: PLC0415  # the other processes serve no pages

    gc.enable()
    configure_logs()
    WebServer(settings).run()


def worker(settings: Settings, concurrency: int = 4) -> int:
    """Perform tasks until stopped; the exit status."""
    from webui.serving.machinery import run_worker  # noqa: PLC0415  # the web server may have its worker elsewhere

    configure_logs()
    return run_worker(settings, concurrency=concurrency)


def beat(settings: Settings) -> None:
    """Give the schedule's hints until stopped."""
    from webui.serving.machinery import run_beat  # noqa: PLC0415  # the web server may have its schedule elsewhere

    configure_logs()
    run_beat(settings)
