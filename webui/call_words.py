"""What a call does at another system, in words: the methods of HTTP are nobody's words but programmers'."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.errors import N_
from webui.i18n import _

_REQUEST = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE) (\S+)")
_METHODS: Mapping[str, str] = {
    "GET": N_("asks %(host)s"),
    "HEAD": N_("asks %(host)s"),
    "POST": N_("sends to %(host)s"),
    "PUT": N_("writes to %(host)s"),
    "PATCH": N_("changes at %(host)s"),
    "DELETE": N_("deletes at %(host)s"),
}


def target_words(target: str) -> str:
    """``target`` as events and rules have it: of a request in words, anything else as it is."""
    request = _REQUEST.fullmatch(target)
    return _(_METHODS[request[1]], host=request[2]) if request is not None else target
