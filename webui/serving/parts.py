"""The processes of a company installation, each loading only what it needs."""

from __future__ import annotations

from engine.settings import Settings
from webui import lasting_imports
from webui.serving.logs import configure_logs


def web(settings: Settings) -> None:
    """Answer people and programs until stopped."""
    lasting_imports.begin()
    from webui.serving.web_server import WebServer  # noqa: PLC0415  # the other processes serve no pages

    lasting_imports.end()
    configure_logs()
    WebServer(settings).run()


def worker(settings: Settings, concurrency: int = 4) -> int:
    """Perform tasks until stopped; the exit status."""
    lasting_imports.begin()
    from webui.serving.machinery import run_worker  # noqa: PLC0415  # the web server may have its worker elsewhere

    lasting_imports.end()
    configure_logs()
    return run_worker(settings, concurrency=concurrency)


def beat(settings: Settings) -> None:
    """Give the schedule's hints until stopped."""
    lasting_imports.begin()
    from webui.serving.hints import run_beat  # noqa: PLC0415  # the web server may have its schedule elsewhere

    lasting_imports.end()
    configure_logs()
    run_beat(settings)
