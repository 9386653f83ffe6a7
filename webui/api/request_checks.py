"""What every request has to be before its call looks at it: of the right type and size, readable, storable."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any, get_type_hints

import orjson
from flask import Request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from engine.errors import DomainError, InvalidInput
from webui.api.models.values import Given, GivenOrNothing
from webui.api.request_faults import FieldNotStorable, FieldRepeated, FieldUnknown, fault_of, missed_by
from webui.this_request import this_application, this_request

_LARGEST_JSON = 1024 * 1024
_DEEPEST = 20
_LONGEST_NAME = 200
_NESTED = (dict, list)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class StrictJson(DefaultJSONProvider):
    """Reads JSON as its standard says: no NaN, no half of a surrogate pair, no depth without end."""

    def loads(self, s: str | bytes, **_options: Any) -> Any:
        return orjson.loads(s)


def check_request() -> None:
    """Raises BadRequest, UnsupportedMediaType, RequestEntityTooLarge, InvalidInput."""
    asked = this_request()
    view = this_application().view_functions[asked.endpoint or ""]
    faults = _query_faults(asked, view) if asked.query_string else {}
    if asked.method not in _SAFE_METHODS:
        faults |= _body_faults(asked, view)
    if faults:
        raise InvalidInput(faults)


@cache
def _parts_of(view: Any) -> frozenset[str]:
    """Which parts of a request the call has a model for: path, query, body, form."""
    return frozenset(inspect.signature(view).parameters)


def missed_in_body() -> dict[str, DomainError]:
    """What the command would have missed in the body, of a request that it is not asked about."""
    asked = this_request()
    model = _body_of(this_application().view_functions[asked.endpoint or ""])
    return missed_by(model, asked.get_json(silent=True)) if model is not None else {}


@cache
def _body_of(view: Any) -> type[Given] | None:
    """The call's model for a body of JSON."""
    return get_type_hints(inspect.unwrap(view)).get("body")


def _needs_body(view: Any) -> bool:
    """Whether the call has a model for a body, and no body at all would not do."""
    model = _body_of(view)
    return model is not None and not issubclass(model, GivenOrNothing)


@cache
def _several_times(view: Any) -> frozenset[str]:
    """The names that the call's query may hold several times."""
    model = get_type_hints(inspect.unwrap(view)).get("query")
    told = model.model_json_schema()["properties"] if model is not None else {}
    return frozenset(
        name
        for name, schema in told.items()
        if any(one.get("type") == "array" for one in (schema, *schema.get("anyOf", ())))
    )


def _query_faults(asked: Request, view: Any) -> dict[str, DomainError]:
    faults: dict[str, DomainError] = {}
    if "query" not in _parts_of(view):
        faults |= {name: FieldUnknown() for name in asked.args}
    several = _several_times(view)
    for name, texts in asked.args.lists():
        if len(texts) > 1 and name not in several:
            faults[name] = FieldRepeated()
        for text in texts:
            faults |= _unstorable(text, name)
    return faults


def _body_faults(asked: Request, view: Any) -> dict[str, DomainError]:
    takes = _parts_of(view)
    if "form" in takes:
        if asked.mimetype != "multipart/form-data":
            raise UnsupportedMediaType
        return {}
    asked.max_content_length = _LARGEST_JSON
    content = asked.get_data(cache=True)
    # Sent in chunks, a body that is too large is cut at the limit without a word.
    if len(content) >= _LARGEST_JSON and asked.content_length is None:
        raise RequestEntityTooLarge
    if not content and not _needs_body(view):
        return {}
    if not asked.is_json:
        raise UnsupportedMediaType
    try:
        body = asked.get_json()
    except orjson.JSONDecodeError as error:
        raise BadRequest from error
    if not isinstance(body, dict):
        name, fault = fault_of({"type": "dict_type", "loc": (), "input": body})
        return {name: fault}
    if "body" not in takes:
        return {name[:_LONGEST_NAME]: FieldUnknown() for name in body}
    return _unstorable(body, "")


def _unstorable(value: Any, name: str) -> dict[str, DomainError]:
    """The fields that no database could keep, found without recursion: depth is what is being checked."""
    faults: dict[str, DomainError] = {}
    waiting = [(value, name, 0)]
    while waiting:
        one, where, depth = waiting.pop()
        kind = type(one)
        if kind is str:
            if _CONTROL.search(one):
                faults[where] = FieldNotStorable()
        elif kind in _NESTED and depth > _DEEPEST:
            faults[where] = FieldNotStorable()
        elif kind is dict:
            for key, item in one.items():
                inner = f"{where}.{key[:_LONGEST_NAME]}" if where else key[:_LONGEST_NAME]
                if _CONTROL.search(key):
                    faults[where or "body"] = FieldNotStorable()
                waiting.append((item, inner, depth + 1))
        elif kind is list:
            waiting += [(item, f"{where}.{at}", depth + 1) for at, item in enumerate(one)]
    return faults
