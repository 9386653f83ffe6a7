"""Calls of other systems over https: one request, one answer, both bounded."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from engine.adapters.pinned_https import PinnedConnection, cut_after
from engine.adapters.public_addresses import callable_address
from engine.errors import N_, DomainError

TIMEOUT_S = 10.0
LONGEST_ANSWER = 1024 * 1024


class CallUnreachable(DomainError):
    """Nobody answered, or not to the end; ``problem`` is what the network said."""

    code: ClassVar[str] = "unreachable"
    template: ClassVar[str] = N_("%(host)s does not answer: %(problem)s")


class AnswerLost(CallUnreachable):
    """The connection stood and then broke: whether the request was taken, nobody knows."""


class AnswerTooLarge(DomainError):
    code: ClassVar[str] = "answer_too_large"
    template: ClassVar[str] = N_("the answer is larger than 1 MiB")


@dataclass(frozen=True, slots=True)
class HttpsCall:
    """``target`` is the path with the query. Secrets are in it, in ``headers`` and in ``body``: never log them."""

    method: str
    host: str
    port: int
    target: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HttpsAnswer:
    """``retry_after`` is the header of that name, as it came."""

    status: int
    content_type: str
    body: bytes
    retry_after: str = ""


_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (socket.gaierror, N_("the name of the host is not known")),
    (TimeoutError, N_("it did not answer in time")),
    (ConnectionRefusedError, N_("it refuses connections")),
    (ssl.SSLCertVerificationError, N_("its certificate is not trusted")),
    (http.client.RemoteDisconnected, N_("it hung up without an answer")),
)


def _in_words(failure: Exception) -> str:
    """What happened, in words that are translated later; what has none, in those of the system.

    Of an answer that is no HTTP only that: it may hold what we sent, and what no database holds.
    """
    words = next((words for kind, words in _WORDS if isinstance(failure, kind)), "")
    if not words and isinstance(failure, http.client.HTTPException):
        return type(failure).__name__
    return words or str(failure) or type(failure).__name__


class HttpsCaller(Protocol):
    def call(self, call: HttpsCall) -> HttpsAnswer:
        """Raises CallUnreachable, of which AnswerLost is one; AnswerTooLarge, AddressNotPublic."""


class PublicHttpsCaller:
    """Resolves the name once, calls that address if it is public, and follows no redirect.

    ``allows_private``: also an address of our own network, where whoever runs the server has named the host. ``tls`` is
    for tests on the loopback.
    """

    def __init__(
        self, *, timeout_s: float = TIMEOUT_S, allows_private: bool = False, tls: ssl.SSLContext | None = None
    ) -> None:
        self._timeout_s = timeout_s
        self._allows_private = allows_private
        self._tls = tls or ssl.create_default_context()

    def call(self, call: HttpsCall) -> HttpsAnswer:
        try:
            address = callable_address(call.host, call.port, allows_private=self._allows_private)
            return self._exchange(call, address)
        except (OSError, http.client.HTTPException) as failure:
            raise CallUnreachable(host=call.host, problem=_in_words(failure)) from failure

    def _exchange(self, call: HttpsCall, address: str) -> HttpsAnswer:
        connection = PinnedConnection(call.host, call.port, address=address, timeout=self._timeout_s, context=self._tls)
        connection.connect()
        try:
            with cut_after(self._timeout_s, connection.sock):
                connection.request(call.method, call.target, body=call.body, headers=dict(call.headers))
                answer = connection.getresponse()
                body = answer.read(LONGEST_ANSWER + 1)
        except (OSError, http.client.HTTPException) as failure:
            raise AnswerLost(host=call.host, problem=_in_words(failure)) from failure
        finally:
            connection.close()
        if len(body) > LONGEST_ANSWER:
            raise AnswerTooLarge
        return HttpsAnswer(
            answer.status, answer.getheader("Content-Type", ""), body, answer.getheader("Retry-After", "")
        )
