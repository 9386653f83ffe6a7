"""What other systems answer is taken as it is, as far as any database can hold it, and our secrets never come back."""

from __future__ import annotations

import json
from decimal import Decimal
from urllib.parse import quote

import pytest

from engine.policy.call_requests import read_answer

SECRET = 'aé/b+c="d'
JSON = "application/json"


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"echo": f"a {SECRET} b"}),
        json.dumps({"echo": f"a {SECRET} b"}, ensure_ascii=False),
        json.dumps({"echo": f"a {SECRET} b"}).replace("/", "\\/"),  # as PHP writes it
        json.dumps({f"a {SECRET} b": [1]}),
        json.dumps({"url": f"https://crm.example.com/?key={quote(SECRET, safe='')}"}),
        json.dumps({"body": json.dumps({"sent": SECRET})}),
        f"you sent {SECRET}",
        f'{{"broken": "{SECRET}',
    ],
)
def test_no_spelling_of_a_secret_comes_back(body: str) -> None:
    read = repr(read_answer(body.encode(), JSON, [SECRET, "crm"]))
    assert "•••" in read
    assert not any(part in read for part in (SECRET, "b+c", "b%2Bc"))


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'{"a": "\\u0000b", "\\ud83d": 1}', {"a": "�b", "�": 1}),
        (b"a\x00b", "a�b"),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"a": 1.50}', {"a": Decimal("1.50")}),
        (b'{"a": 1e99999999999999999999}', '{"a": 1e99999999999999999999}'),
        (b"[" * 900 + b"]" * 900, "[" * 900 + "]" * 900),
    ],
    ids=["nul-and-half-a-character", "nul-in-text", "a-whole-character", "exact", "no-number-at-all", "too-deep"],
)
def test_an_answer_becomes_what_every_database_can_hold(body: bytes, read: object) -> None:
    assert read_answer(body, JSON, []) == read
