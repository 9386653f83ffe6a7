"""A program that calls the HTTP API with a person's token, and the answers as it reads them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from support.office import Office
from werkzeug.test import TestResponse

from engine.commands.tokens import create_token

PREFIX = "/api/v1"


class ApiClient:
    """``login`` None sends no token. Addresses are those behind /api/v1."""

    def __init__(self, app: Flask, office: Office, login: str | None, locale: str = "en") -> None:
        self.client: FlaskClient = app.test_client()
        self.headers = {"Accept-Language": locale}
        if login is not None:
            person = getattr(office.company, login)
            self.headers["Authorization"] = f"Bearer {office.do(login, create_token, person.id, 'test')}"

    def call(self, method: str, address: str, body: Any = None, **more: Any) -> TestResponse:
        headers = self.headers | more.pop("headers", {})
        if body is not None:
            more["json"] = body
        return self.client.open(f"{PREFIX}{address}", method=method, headers=headers, buffered=True, **more)

    def get(self, address: str, **more: Any) -> TestResponse:
        return self.call("GET", address, **more)

    def post(self, address: str, body: Any = None, *, key: str | None = None, **more: Any) -> TestResponse:
        headers = more.pop("headers", {}) | ({"Idempotency-Key": key} if key is not None else {})
        return self.call("POST", address, body, headers=headers, **more)

    def patch(self, address: str, body: Any) -> TestResponse:
        return self.call("PATCH", address, body)

    def delete(self, address: str) -> TestResponse:
        return self.call("DELETE", address)

    def upload(
        self,
        address: str,
        *files: tuple[str, bytes],
        key: str | None = None,
        fields: Mapping[str, str] = MappingProxyType({}),
    ) -> TestResponse:
        given = [(io.BytesIO(content), name) for name, content in files]
        return self.post(address, key=key, data={"file": given, **fields}, content_type="multipart/form-data")


def read(answer: TestResponse, status: int = 200) -> Any:
    """The JSON of an answer that must have ``status``."""
    assert answer.status_code == status, answer.text
    return answer.get_json()


def problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem of an answer that must be one."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    told: dict[str, Any] = answer.get_json()
    assert (told["code"], told["status"]) == (code, status)
    return told


def faults(answer: TestResponse, code: str = "invalid_input") -> dict[str, str]:
    """The codes of what is wrong, by field, of an answer 422."""
    return {name: one["code"] for name, one in problem(answer, 422, code).get("errors", {}).items()}
