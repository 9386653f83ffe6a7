"""The Flask application that describes itself: flask-openapi3's, with the API's description and error answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import Any

from flask import Flask, Request
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from werkzeug.exceptions import BadHost
from werkzeug.routing import MapAdapter
from werkzeug.sansio.utils import get_host

from webui.api.blueprint import api
from webui.api.caller import identify
from webui.api.docs_pages import docs
from webui.api.models.problems import Problem
from webui.api.problems import configure_problems, refuse_unreadable
from webui.api.request_checks import StrictJson, check_request
from webui.page_environment import PageEnvironment
from webui.routing import RuleBuiltWhenNeeded
from webui.security import open_to_all
from webui.whole_bodies import WholeBodyRequest

_CALLS = (
    "me",
    "definitions",
    "mail_choices",
    "map_questions",
    "step_tables",
    "map_rules",
    "definition_changes",
    "handbooks",
    "clients",
    "client_doubles",
    "contacts",
    "own_fields",
    "erasure",
    "moves",
    "deals",
    "client_imports",
    "deal_imports",
    "deal_files",
    "comments",
    "letters",
    "deal_records",
    "deal_repairs",
    "loss_reasons",
    "incidents",
    "work_items",
    "work_item_actions",
    "consultations",
    "messages",
    "jobs",
    "exchange_rates",
    "reports",
    "forecasts",
    "saved_reports",
    "history",
    "journal",
    "people",
    "substitutions",
    "webhooks",
)

_DESCRIPTION = (
    "Regulated sales, executed. Times are RFC 3339 in UTC; money is a number or its text with at most two decimals. "
    "Every POST takes `Idempotency-Key`: a repetition with the same key changes nothing and is answered again. "
    "What is not open to the caller does not exist: 404."
)

for _name in _CALLS:
    import_module(f"webui.api.{_name}")


class DescribedApplication(OpenAPI):
    """Without what Flask does for views that are coroutines: there are none, and it looks before each hook."""

    request_class = WholeBodyRequest
    url_rule_class = RuleBuiltWhenNeeded
    jinja_environment = PageEnvironment

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Addresses are the same under each name of the server, so that nothing is looked for in it.

        werkzeug asks the environment twice for the name, checks it and spells it for redirects with each request.
        """
        if request is None or "HTTP_UPGRADE" in request.environ:
            return super().create_url_adapter(request)
        scheme = request.environ["wsgi.url_scheme"]
        request.host, spelled = _names_of_server(scheme, request.environ.get("HTTP_HOST"), request.server)
        return MapAdapter(
            self.url_map,
            spelled,
            request.root_path,
            "",
            scheme,
            request.path,
            request.method,
            request.query_string.decode(errors="replace"),
        )

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


@lru_cache(maxsize=64)
def _names_of_server(scheme: str, told: str | None, server: tuple[str, int | None] | None) -> tuple[str, str]:
    """Its name as it is, and as redirects spell it; ``told`` is the header. Raises SecurityError, BadHost."""
    host = get_host(scheme, told, server)
    name, colon, port = host.lower().partition(":")
    try:
        return host, f"{name.encode('idna').decode('ascii')}{colon}{port}"
    except UnicodeError as error:
        raise BadHost from error


def described_application(import_name: str, **flask: Any) -> OpenAPI:
    """A Flask application that knows how to describe the calls that are registered with it."""
    app = DescribedApplication(
        import_name,
        info=Info(title="Reglament", version="1", description=_DESCRIPTION),
        security_schemes={
            "token": {"type": "http", "scheme": "bearer", "description": "`reglament token create --user LOGIN`"},
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": "reglament",
                "description": "The browser's session; writes carry the page's token in `X-CSRFToken`.",
            },
        },
        validation_error_model=Problem,
        validation_error_callback=refuse_unreadable,
        doc_ui=False,
        **flask,
    )
    app.json = StrictJson(app)
    configure_problems(app)
    return app


def register_api(app: OpenAPI) -> None:
    """Add the calls and the pages that describe them. Signing in is asked for here, not by the pages' rule."""
    app.register_api(api)
    app.register_blueprint(docs)
    _leave_sign_in_to_the_api(app)


def _leave_sign_in_to_the_api(app: Flask) -> None:
    for endpoint, view in app.view_functions.items():
        if endpoint.partition(".")[0] in {api.name, docs.name}:
            open_to_all(view)


api.before_request(identify)
api.before_request(check_request)
