"""Ctrl-C that meets a process of the web server while it begins."""

from __future__ import annotations

import subprocess
import sys

import pytest
from support.servers import free_port

_SERVER = """
import os, signal, sys
from gunicorn.app.base import BaseApplication
from webui.serving.clean_stop import CleanlyStoppedWorker, Master

def press(number):
    os.kill(os.getpid(), number)

class Noted:
    def __set_name__(self, owner, name):
        press(signal.Signals[sys.argv[2]])  # Python 3.11 makes another exception of what is raised here

class Server(BaseApplication):
    def load_config(self):
        for name, value in {"bind": "127.0.0.1:" + sys.argv[1], "worker_class": CleanlyStoppedWorker, "threads": 2,
                            "control_socket_disable": True, "loglevel": "warning",
                            "worker_exit": self.stop}.items():
            self.cfg.set(name, value)
    def load(self):
        class Application:
            noted = Noted()
        return lambda environ, start: []
    def stop(self, server, worker):
        print("begun and ended", flush=True)
        os.kill(worker.ppid, signal.SIGTERM)
    def run(self):
        Master(self).run()

Server().run()
"""


@pytest.mark.parametrize("number", ["SIGINT", "SIGQUIT", "SIGTERM"])
def test_a_process_that_is_told_to_stop_while_it_begins_has_not_failed_to_begin(number: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SERVER, str(free_port()), number],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.splitlines()[:1]) == (0, ["begun and ended"]), done.stderr
    assert "Traceback" not in done.stderr
