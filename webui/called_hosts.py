"""Hosts that are entered to be called later: what each call would refuse is said at once, at the field."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from engine.adapters.public_addresses import AddressNotPublic, ensure_will_be_called
from engine.errors import N_, FieldNotUnderstood, InvalidInput

_HTTPS = "https"
_HTTPS_PORT = 443
_OF_A_DOMAIN = re.compile(r"[.:]")
"""A name of one word means something inside a network at most; a colon stands in addresses of IPv6."""


def ensure_may_be_called(address: str, field: str) -> None:
    """Look ``address`` up, outside of any transaction: a name server may be slow.

    What is no address of https is let pass: the command says what is wrong with it. Raises InvalidInput.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or _HTTPS_PORT
    except ValueError:
        return
    if parts.scheme != _HTTPS or not host:
        return
    try:
        ensure_will_be_called(host, port)
    except AddressNotPublic as refused:
        raise InvalidInput({field: refused}) from refused
    if not _OF_A_DOMAIN.search(host):
        expected = N_("the name of a host in the open internet, such as crm.example.com")
        raise InvalidInput({field: FieldNotUnderstood(value=host[:80], expected=expected)})
