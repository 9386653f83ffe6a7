"""Ctrl-C that meets a process of the web server while it begins."""

from __future__ import annotations

import socket
import subprocess
import sys
import time

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


_SLOW = """
import sys
from gunicorn.app.base import BaseApplication
from webui.serving.clean_stop import CleanlyStoppedWorker, Master

class Server(BaseApplication):
    def load_config(self):
        for name, value in {"bind": "127.0.0.1:" + sys.argv[1], "worker_class": CleanlyStoppedWorker, "threads": 2,
                            "control_socket_disable": True, "loglevel": "warning", "graceful_timeout": 8,
                            "worker_exit": lambda server, worker: print("ended in order", flush=True)}.items():
            self.cfg.set(name, value)
    def load(self):
        return answer
    def run(self):
        Master(self).run()

def answer(environ, start):
    start("200 OK", [("Content-Length", "100000000")])
    yield b"x" * 100_000_000

Server().run()
"""


def test_a_reader_who_takes_nothing_keeps_a_process_from_no_orderly_end() -> None:
    port = free_port()
    with (
        subprocess.Popen([sys.executable, "-c", _SLOW, str(port)], stdout=subprocess.PIPE, text=True) as server,
        _connected(port) as reader,
    ):
        reader.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert reader.recv(8) == b"HTTP/1.1"
        server.terminate()
        told, _ = server.communicate(timeout=60)
    assert (server.returncode, told) == (0, "ended in order\n")


def _connected(port: int) -> socket.socket:
    until = time.monotonic() + 60
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            assert time.monotonic() < until
            time.sleep(0.05)
