from __future__ import annotations

import hashlib
import hmac
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.https_receiver import HttpsReceiver

from engine.adapters.public_addresses import AddressNotPublic, is_public
from engine.adapters.webhook_calls import (
    ConsoleWebhookCaller,
    HttpsWebhookCaller,
    WebhookCall,
    WebhookFailed,
    signature,
)

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[HttpsReceiver]:
    receiver = HttpsReceiver(tmp_path)
    receiver.open()
    yield receiver
    receiver.close()


@pytest.fixture
def caller(receiver: HttpsReceiver) -> HttpsWebhookCaller:
    return HttpsWebhookCaller(timeout_s=2, allows_private=True, tls=receiver.tls)


def call_to(url: str) -> WebhookCall:
    return WebhookCall(url=url, secret="тайна", event_id=7, kind="deal_won", body=b'{"id":7}', sent_at=AT)


def test_an_event_is_posted_with_its_signature(receiver: HttpsReceiver, caller: HttpsWebhookCaller) -> None:
    caller.call(call_to(receiver.url))
    ((headers, body),) = receiver.got
    assert body == b'{"id":7}'
    assert (headers["Reglament-Event"], headers["Reglament-Event-Id"]) == ("deal_won", "7")
    moment = int(AT.timestamp())
    expected = hmac.new("тайна".encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["Reglament-Signature"] == f"t={moment},v1={expected}"
    assert signature("тайна", moment, body) == expected


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500])
def test_any_other_answer_than_success_is_a_failure(
    receiver: HttpsReceiver, caller: HttpsWebhookCaller, status: int
) -> None:
    receiver.status, receiver.location = status, receiver.url
    with pytest.raises(WebhookFailed):
        caller.call(call_to(receiver.url))
    assert len(receiver.got) == 1, "no redirect is followed"


def test_a_certificate_of_somebody_else_is_refused(receiver: HttpsReceiver) -> None:
    with pytest.raises(WebhookFailed):
        HttpsWebhookCaller(allows_private=True, tls=ssl.create_default_context()).call(call_to(receiver.url))
    assert receiver.got == []


def test_only_https_is_called(receiver: HttpsReceiver, caller: HttpsWebhookCaller) -> None:
    with pytest.raises(WebhookFailed):
        caller.call(call_to(receiver.url.replace("https", "http")))
    assert receiver.got == []


def test_our_own_machine_is_not_called(receiver: HttpsReceiver) -> None:
    with pytest.raises(AddressNotPublic):
        HttpsWebhookCaller(tls=receiver.tls).call(call_to(receiver.url))
    assert receiver.got == []


def test_a_receiver_that_never_answers_is_left_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        accepted: list[socket.socket] = []
        thread = threading.Thread(target=lambda: accepted.append(silent.accept()[0]))
        thread.start()
        began = time.monotonic()
        with pytest.raises(WebhookFailed):
            HttpsWebhookCaller(timeout_s=0.3, allows_private=True).call(
                call_to(f"https://127.0.0.1:{silent.getsockname()[1]}/")
            )
        assert time.monotonic() - began < 30
        thread.join()
        accepted[0].close()


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",  # noqa: S104  # an address to refuse, not to bind to
            "224.0.0.1",
        ),
        *("::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1", "::"),
        # IPv4 in the disguises of RFC 4291 2.5.5.1, RFC 2765 and RFC 5214, and what nobody was given.
        *("::127.0.0.1", "::a00:1", "::ffff:0:127.0.0.1", "2a00::5efe:a00:1", "2a00::200:5efe:a00:1"),
        *("3fff::1", "5f00::1", "4000::1"),
    ],
)
def test_addresses_of_private_networks_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


def test_a_practice_run_only_says_what_would_be_sent(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        ConsoleWebhookCaller().call(replace(call_to("https://example.com/hook?token=secret"), kind="deal_lost"))
    assert caplog.messages == ["Webhook to example.com: deal_lost 7"]
