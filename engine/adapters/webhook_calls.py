"""Webhook calls: an event of history is posted to an address of another system, signed with a shared secret."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar, Protocol
from urllib.parse import urlsplit

from engine.adapters.pinned_https import PinnedConnection, cut_after
from engine.adapters.public_addresses import callable_address
from engine.errors import N_, DomainError

TIMEOUT_S = 10.0
_HTTPS_PORT = 443

_logger = logging.getLogger(__name__)


class WebhookFailed(DomainError):
    """The address did not take the event; it is tried again later."""

    code: ClassVar[str] = "webhook_failed"
    template: ClassVar[str] = N_("%(host)s did not take the event: %(answer)s")


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One event for one address. ``body`` is JSON; ``sent_at`` is signed with it, so that a copy cannot be replayed."""

    url: str
    secret: str
    event_id: int
    kind: str
    body: bytes
    sent_at: datetime


class WebhookCaller(Protocol):
    def call(self, call: WebhookCall) -> None:
        """Return when the address has taken the event. Raises WebhookFailed, AddressNotPublic."""


class HttpsWebhookCaller:
    """Calls over https only, resolves the name once, connects to exactly that address and follows no redirect.

    ``allows_private`` and ``tls`` are for tests on the loopback.
    """

    def __init__(
        self, *, timeout_s: float = TIMEOUT_S, allows_private: bool = False, tls: ssl.SSLContext | None = None
    ) -> None:
        self._timeout_s = timeout_s
        self._allows_private = allows_private
        self._tls = tls or ssl.create_default_context()

    def call(self, call: WebhookCall) -> None:
        parts = urlsplit(call.url)
        if parts.scheme != "https" or not parts.hostname:
            raise WebhookFailed(host=call.url, answer=N_("only https is called"))
        try:
            status = self._post(parts.hostname, parts.port or _HTTPS_PORT, parts.path, parts.query, call)
        except (OSError, http.client.HTTPException) as failure:
            raise WebhookFailed(host=parts.hostname, answer=str(failure) or type(failure).__name__) from failure
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise WebhookFailed(host=parts.hostname, answer=f"HTTP {status}")

    def _post(self, host: str, port: int, path: str, query: str, call: WebhookCall) -> int:
        address = callable_address(host, port, allows_private=self._allows_private)
        connection = PinnedConnection(host, port, address=address, timeout=self._timeout_s, context=self._tls)
        target = (path or "/") + (f"?{query}" if query else "")
        try:
            connection.connect()
            with cut_after(self._timeout_s, connection.sock):
                connection.request("POST", target, body=call.body, headers=headers_of(call))
                return connection.getresponse().status
        finally:
            connection.close()


class ConsoleWebhookCaller:
    """Says in the log what would be sent: for practice runs, which must reach nobody outside."""

    def call(self, call: WebhookCall) -> None:
        _logger.info("Webhook to %s: %s %s", urlsplit(call.url).hostname, call.kind, call.event_id)


def headers_of(call: WebhookCall) -> Mapping[str, str]:
    """What the receiver needs: the signature, and the event's number by which it drops an event that comes twice."""
    moment = int(call.sent_at.timestamp())
    return {
        "Content-Type": "application/json",
        "User-Agent": "Reglament",
        "Reglament-Event": call.kind,
        "Reglament-Event-Id": str(call.event_id),
        "Reglament-Signature": f"t={moment},v1={signature(call.secret, moment, call.body)}",
    }


def signature(secret: str, moment: int, body: bytes) -> str:
    """HMAC-SHA256, in hex, over ``<seconds since 1970>.<body>``."""
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
