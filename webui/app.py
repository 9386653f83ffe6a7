"""The web application: pages, their safety, their language."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from flask import Flask

from engine.clock import Clock
from engine.db.session import Database
from engine.settings import Settings
from webui import pages
from webui.api.application import described_application, register_api
from webui.api.caller import provide_call_limits
from webui.csrf import configure_csrf
from webui.error_pages import configure_error_pages
from webui.file_uploads import configure_uploads
from webui.formats import configure_formats
from webui.i18n import configure_languages
from webui.limits import configure_limits
from webui.news_desk import provide_news
from webui.one_currency import configure_one_currency
from webui.pages.health import provide_questioner
from webui.request_context import provide_services, services
from webui.security import configure_security
from webui.sessions import configure_sessions
from webui.static_files import DIST, configure_static_files
from webui.storable_requests import configure_storable_requests
from webui.template_context import configure_templates
from webui.transfers import configure_transfers, provide_room

_PAGES = [import_module(f"{pages.__name__}.{module.name}") for module in iter_modules(pages.__path__)]
"""Every module of webui/pages is a part of the site and names its blueprint ``blueprint``."""


def create_app(settings: Settings, database: Database, clock: Clock) -> Flask:
    """The application over ``database``, reading the time from ``clock`` only."""
    app = described_application(__name__, static_folder=str(DIST), static_url_path="/static")
    answer_from(app, settings, database, clock)
    configure_sessions(app, settings, services)
    configure_languages(app, settings)
    configure_limits(app, settings)
    configure_uploads(app)
    configure_security(app)
    configure_csrf(app)
    configure_storable_requests(app)
    configure_error_pages(app)
    configure_static_files(app)
    configure_formats(app)
    configure_one_currency(app)
    configure_templates(app)
    configure_transfers(app)
    for page in _PAGES:
        app.register_blueprint(page.blueprint)
    register_api(app)
    return app


def answer_from(app: Flask, settings: Settings, database: Database, clock: Clock) -> None:
    """Let ``app`` answer from ``database``: it knows nothing of what it answered from before."""
    provide_services(app, settings, database, clock)
    provide_news(app, database, clock)
    provide_room(app)
    provide_call_limits(app)
    provide_questioner(app)
