"""A call as the request that it is, and its answer as the value that it is. Pure: nothing is sent here."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any, ClassVar, NoReturn
from urllib.parse import quote, quote_plus

from engine.bpmn.compiled import CallRule
from engine.bpmn.template_writing import Filling, NotWritable
from engine.bpmn.templates import is_json
from engine.errors import N_, DomainError

_HTTPS_PORT = 443
_HEADER = "header."
_LONGEST_ADDRESS = 8_000
_SHORTEST_HIDDEN = 4
_DIGITS = 6  # of seconds: eleven days
_HIDDEN = "•••"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, and halves of a character
_MAY_PASS = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


class CallNotWritable(DomainError):
    """A value cannot stand where the map puts it: a line break in a header, ``..`` in an address."""

    code: ClassVar[str] = "call_not_writable"
    template: ClassVar[str] = N_("a value cannot stand in the request where the map puts it")


class SecretMissing(DomainError):
    code: ClassVar[str] = "secret_missing"
    template: ClassVar[str] = N_("a secret that the call needs is not there, or is not for this host")


@dataclass(frozen=True, slots=True)
class Request:
    """``target`` is the path with the query."""

    method: str
    host: str
    port: int
    target: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


def request_of(rule: CallRule, values: Mapping[str, Any], secrets: Mapping[str, str], *, call_id: str) -> Request:
    """The request of a call with the values of its parameters. ``call_id`` tells a repetition from another call.

    Raises CallNotWritable, SecretMissing.
    """
    filling = Filling(values, secrets)
    try:
        target = filling.address(rule.templates["url"])
        headers = {
            key.removeprefix(_HEADER): filling.line(parts)
            for key, parts in rule.templates.items()
            if key.startswith(_HEADER)
        }
        body = _body(rule, filling, headers)
    except NotWritable:
        raise CallNotWritable from None
    except KeyError:
        raise SecretMissing from None
    if len(target) > _LONGEST_ADDRESS:
        raise CallNotWritable
    host, _, port = rule.host.partition(":")
    own = {"user-agent": "Reglament", "accept": "application/json, */*;q=0.5"}
    headers = own | headers | {"idempotency-key": call_id}
    return Request(rule.method, host, int(port or _HTTPS_PORT), target, headers, body)


def _body(rule: CallRule, filling: Filling, headers: dict[str, str]) -> bytes | None:
    parts = rule.templates.get("body")
    if parts is None:
        return None
    kind = headers.setdefault("content-type", "application/json").partition(";")[0].strip().casefold()
    if is_json(kind):
        text = filling.json(parts)
    elif kind == "application/x-www-form-urlencoded":
        text = filling.form(parts)
    elif kind.endswith(("/xml", "+xml", "/html")):
        text = filling.xml(parts)
    else:
        text = filling.text(parts)
    return text.encode()


def read_answer(body: bytes, content_type: str, secrets: Collection[str]) -> Any:
    """What a system answered: JSON as values, numbers exact; anything else as text.

    Our secrets are taken out of it, however they are written there, and so is what no database holds.
    """
    text = body.decode(_charset(content_type), errors="replace")
    hidden = _spellings(secrets)
    if not text.strip():
        return None
    if is_json(content_type) or text.lstrip()[:1] in "{[":
        try:
            return _harmless(json.loads(text, parse_float=_number, parse_constant=_refuse), hidden)
        except (ValueError, RecursionError):
            return _harmless(text, hidden)
    return _harmless(text, hidden)


def _number(digits: str) -> Decimal:
    """Raises ValueError for an exponent that no decimal has."""
    try:
        return Decimal(digits)
    except InvalidOperation:
        raise ValueError(digits) from None


def _spellings(secrets: Collection[str]) -> tuple[str, ...]:
    """How the secrets may come back: as they are, in an address, in a form, in a text of JSON. The longest first."""
    spelled: set[str] = set()
    for secret in secrets:
        if len(secret) >= _SHORTEST_HIDDEN:
            in_json = json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(secret)[1:-1]
            spelled |= {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), *in_json}
            spelled |= {one.replace("/", "\\/") for one in in_json}
    return tuple(sorted(spelled, key=lambda one: (-len(one), one)))


def _harmless(value: Any, hidden: Sequence[str]) -> Any:
    if isinstance(value, str):
        text = _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)
        for secret in hidden:
            text = text.replace(secret, _HIDDEN)
        return text
    if isinstance(value, dict):
        return {_harmless(key, hidden): _harmless(item, hidden) for key, item in value.items()}
    if isinstance(value, list):
        return [_harmless(item, hidden) for item in value]
    return value


def _charset(content_type: str) -> str:
    _, _, named = content_type.partition("charset=")
    wanted = named.partition(";")[0].strip().strip('"').casefold()
    return wanted if wanted in ("windows-1251", "cp1251", "iso-8859-1", "koi8-u") else "utf-8"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def is_done(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def may_pass(status: int) -> bool:
    """Whether the same request may be answered otherwise later."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _MAY_PASS


def wish(retry_after: str) -> timedelta | None:
    """After how long the other system wants to be asked again; None where it says no number of seconds."""
    if not (retry_after.isascii() and retry_after.isdigit()):
        return None
    return timedelta(seconds=int(retry_after[:_DIGITS]))


def error_code(status: int) -> str:
    """The code by which a map catches that answer."""
    return f"http_{status}"
