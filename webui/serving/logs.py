"""What the server's processes say on standard error."""

from __future__ import annotations

import logging

_OURS = ("engine", "tasks", "webui")


def configure_logs() -> None:
    """One line each: our own news, and the warnings of the libraries."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
