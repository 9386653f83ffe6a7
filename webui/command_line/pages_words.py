"""The wording of the pages, for a terminal: errors and findings are said once, in one way."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from engine.clock import SystemClock
from engine.db.session import Database
from engine.settings import settings_from
from webui.command_line.language import chosen_language


@contextmanager
def in_pages_words() -> Iterator[None]:
    """Within it, webui.messages speaks the terminal's language. Nothing is read from the installation's database."""
    from flask import Flask  # noqa: PLC0415  # only when something has to be worded

    from webui.i18n import configure_languages  # noqa: PLC0415  # only when something has to be worded
    from webui.request_context import provide_services  # noqa: PLC0415  # only when something has to be worded

    settings = replace(settings_from({}), locale=chosen_language(os.environ))
    nothing = Database("sqlite://")
    app = Flask("webui")
    provide_services(app, settings, nothing, SystemClock())
    configure_languages(app, settings)
    try:
        with app.app_context():
            yield
    finally:
        nothing.dispose()
