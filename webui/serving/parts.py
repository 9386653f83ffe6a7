"""The processes of a company installation, for the group that keeps them together."""

from __future__ import annotations

from engine.settings import Settings
from webui.serving.logs import configure_logs


def web(settings: Settings) -> None:
    from webui.serving.web_server import WebServer  # noqa: PLC0415  # each process loads its own part only

    configure_logs()
    WebServer(settings).run()


def worker(settings: Settings) -> int:
    from webui.serving.machinery import run_worker  # noqa: PLC0415  # each process loads its own part only

    configure_logs()
    return run_worker(settings)


def beat(settings: Settings) -> None:
    from webui.serving.machinery import run_beat  # noqa: PLC0415  # each process loads its own part only

    configure_logs()
    run_beat(settings)
