"""What the server's processes say on standard error."""

from __future__ import annotations

import logging

_OURS = ("engine", "tasks", "webui")
_SCHEDULE = "celery.beat"


def configure_logs() -> None:
    """One line each: our own news, and the warnings of the libraries."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.getLogger(_SCHEDULE).addFilter(without_trace)


def without_trace(record: logging.LogRecord) -> bool:
    """Let each record pass, but a hint that the broker did not take in one line: every few seconds there is another."""
    if record.exc_info and str(record.msg).startswith("Message Error"):
        record.msg, record.args = "%s", (record.exc_info[1],)
        record.exc_info = None
    return True
