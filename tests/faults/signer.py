"""What a worker does about the history as a process of its own: it signs what is recorded, behind the commands."""

from __future__ import annotations

import time
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from engine.adapters.history_keys import HistoryKeys
from engine.clock import SystemClock
from engine.commands.history_signing import sign_new_entries
from engine.db.away import is_away
from engine.db.session import Database


def sign(url: str, keys: Path, beats: Connection) -> None:
    """Until it is killed; beats for each batch. A transaction that was ended while it was frozen is begun anew."""
    database, own, clock = Database(url), HistoryKeys(keys), SystemClock()
    while True:
        try:
            has_signed = sign_new_entries(database, own, clock=clock)
        except DBAPIError as failure:
            if not is_away(failure):
                raise
            has_signed = 0
        if has_signed:
            beats.send_bytes(b".")
        else:
            time.sleep(0.05)
