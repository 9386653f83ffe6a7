"""Where a request leads to is found as Flask finds it, under whatever name the server is asked."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from gunicorn.http.parser import RequestParser
from support.web import web_settings
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder

from webui.api.application import DescribedApplication
from webui.serving.web_server import WebServer


@pytest.fixture
def application() -> DescribedApplication:
    made = DescribedApplication(__name__)
    made.add_url_rule("/найдено/<int:number>", "found", str)
    return made


@pytest.mark.parametrize("host", ["crm.example", "CRM.example:8080", "угоди.укр", "[::1]:8080", "a b", "x" * 70, ""])
@pytest.mark.parametrize("path", ["/найдено/7", "//найдено/7", "/", "/найдено/7?named=так"])
@pytest.mark.parametrize("more", [{}, {"HTTP_UPGRADE": "websocket", "HTTP_CONNECTION": "Upgrade"}])
def test_a_request_leads_where_flask_would_lead_it(
    application: DescribedApplication, host: str, path: str, more: dict[str, str]
) -> None:
    environ = EnvironBuilder(path, method="POST", base_url="https://elsewhere/within").get_environ()
    environ |= {"HTTP_HOST": host, **more}
    expected = _adapter(super(DescribedApplication, application).create_url_adapter, application, environ)
    assert _adapter(application.create_url_adapter, application, environ) == expected


def _adapter(create: Any, application: Flask, environ: dict[str, Any]) -> Any:
    """All that it knows, and the host that the request was told; or what is wrong with it."""
    request = application.request_class(environ)
    try:
        adapter = create(request)
    except HTTPException as error:
        return type(error)
    return vars(adapter), request.host


def test_no_header_of_a_stranger_moves_the_pages() -> None:
    asked = b"GET /inbox HTTP/1.1\r\nHost: here\r\nSCRIPT_NAME: /inbox\r\nPATH_INFO: /elsewhere\r\n\r\n"
    request = next(RequestParser(WebServer(web_settings()).cfg, [asked], ("127.0.0.1", 1)))
    assert request.headers == [("HOST", "here")]
