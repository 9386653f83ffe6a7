"""What a worker does about the history as a process of its own: it signs what is recorded, behind the commands."""

from __future__ import annotations

import time
from multiprocessing.connection import Connection
from pathlib import Path

from engine.adapters.history_keys import HistoryKeys
from engine.clock import SystemClock
from engine.commands.history_signing import sign_new_entries
from engine.db.session import Database


def sign(url: str, keys: Path, beats: Connection) -> None:
    """Until it is killed; beats for each batch."""
    database, own, clock = Database(url), HistoryKeys(keys), SystemClock()
    while True:
        if sign_new_entries(database, own, clock=clock):
            beats.send_bytes(b".")
        else:
            time.sleep(0.05)
