from __future__ import annotations

import re
from pathlib import Path

from flask import Flask

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")


def test_every_call_is_documented_and_nothing_else_is(app: Flask) -> None:
    told = app.test_client().get("/api/v1/openapi.json").get_json()
    calls = {
        f"{method.upper()} {path.removeprefix('/api/v1')}" for path, calls in told["paths"].items() for method in calls
    }
    documented = set(re.findall(r"^\| `((?:GET|POST|PUT|PATCH|DELETE) [^`]+)`", TEXT, re.MULTILINE))
    assert documented == calls


def test_every_status_that_calls_may_answer_is_documented(app: Flask) -> None:
    told = app.test_client().get("/api/v1/openapi.json").get_json()
    statuses = {status for calls in told["paths"].values() for call in calls.values() for status in call["responses"]}
    errors = TEXT.partition("## Errors")[2].partition("## Calls")[0]
    assert all(status in errors for status in statuses if status >= "400")
