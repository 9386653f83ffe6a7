"""The web server: gunicorn, whose master starts a killed worker process again."""

from __future__ import annotations

import gc
import signal
from multiprocessing.sharedctypes import RawArray
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from engine.db.database_clock import installation_clock
from engine.db.session import Database
from engine.settings import Settings
from tasks.app import configure
from tasks.embedded import EmbeddedMachinery
from tasks.relay import relay
from tasks.services import real_services
from webui.app import create_app
from webui.news_desk import NewsDesk, news_desk
from webui.serving.clean_stop import CleanlyStoppedWorker, Master
from webui.serving.large_pages import use_large_pages
from webui.serving.staying_threads import give_place, leave_place
from webui.serving.working_places import WorkingPlaces

WORKING_AT_ONCE = 16
"""Requests that a process works at. The database has more connections than that for each."""
_THREADS = 128
"""Requests that a process has begun: most of them wait for a slow network then."""
_STOP_TIMEOUT_S = 8
_FROZEN_AFTER_S = 60
_COLLECTED_AFTER = (20_000, 20, 50)  # objects: a request makes and drops thousands, and hardly any of them in circles
_KEPT_OPEN_S = 75  # longer than proxies keep their side (nginx: 60 s), or they would write into a closed connection


class WebServer(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Processes that answer requests, each with an embedded worker unless there is Redis and the worker elsewhere.

    Several embedded workers on PostgreSQL do no harm: what is due is claimed by one of them, or by none.

    Everything is imported before the processes fork, so that a restarted one answers at once; connections, threads
    and the embedded worker begin after the fork.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database: Database | None = None
        self._machinery: EmbeddedMachinery | None = None
        self._news: NewsDesk | None = None
        super().__init__(prog="reglament")

    def load_config(self) -> None:
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        for name, value in {
            "bind": [f"{host}:{self._settings.port}"],
            "worker_class": CleanlyStoppedWorker,
            "workers": self._settings.web_processes,
            "threads": _THREADS,
            "timeout": _FROZEN_AFTER_S,
            "graceful_timeout": _STOP_TIMEOUT_S,
            "keepalive": _KEPT_OPEN_S,
            "loglevel": "warning",
            "control_socket_disable": True,
            "forwarded_allow_ips": "*",  # who may name the caller is decided by the application, from BASE_URL
            "forwarder_headers": "",  # else anybody's SCRIPT_NAME would move the pages: nothing of ours is told by one
            "pre_fork": give_place,
            "child_exit": leave_place,
            "post_worker_init": self._begin,
            "worker_exit": self._end,
        }.items():
            self.cfg.set(name, value)
        CleanlyStoppedWorker.held = RawArray("i", self._settings.web_processes)

    def run(self) -> None:
        """Serve until stopped."""
        Master(self).run()

    def load(self) -> Flask:
        self._database = Database(self._settings.database_url)
        app = create_app(self._settings, self._database, installation_clock(self._database))
        app.wsgi_app = WorkingPlaces(app.wsgi_app, WORKING_AT_ONCE)  # type: ignore[method-assign]  # Flask's way
        self._news = news_desk(app)
        _leave_out_of_collections()
        return app

    def _begin(self, worker: Any) -> None:
        if self._database is None or self._news is None or not worker.alive:
            return
        self._news.stop_when(lambda: not worker.alive)
        use_large_pages()
        if self._settings.is_embedded:
            self._machinery = EmbeddedMachinery(real_services(self._settings, self._database))
            self._machinery.start()
        else:
            configure(self._settings)
            relay.listen()

    def _end(self, _server: Any, _worker: Any) -> None:
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # Ctrl-C comes twice, from the terminal and from the master
        if self._machinery is not None:
            self._machinery.stop()
        if self._database is not None:
            self._database.dispose()


def _leave_out_of_collections() -> None:
    """Collections of garbage look at what requests made, not at the program: that stays for good."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)
