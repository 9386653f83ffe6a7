"""Codes of authenticator applications, by the vectors of RFC 6238, appendix B."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from engine.policy.one_time_codes import code_of, counter_at, enrolment_uri, matching_counter, new_secret

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert code_of(SECRET, counter_at(at)) == code
    assert matching_counter(SECRET, f"{code[:3]} {code[3:]}", at) == counter_at(at)


def test_a_code_passes_once_and_half_a_minute_to_either_side() -> None:
    at = datetime(2026, 3, 2, 8, 0, 10, tzinfo=UTC)
    counter = counter_at(at)
    for shift in (-30, 0, 30):
        assert matching_counter(SECRET, code_of(SECRET, counter), at + timedelta(seconds=shift)) == counter
    for shift in (-60, 60):
        assert matching_counter(SECRET, code_of(SECRET, counter), at + timedelta(seconds=shift)) is None
    assert matching_counter(SECRET, code_of(SECRET, counter), at, after=counter) is None
    for typed in ("", "12345", "1234567", "١٢٣٤٥٦", "abcdef"):
        assert matching_counter(SECRET, typed, at) is None


def test_the_application_reads_whose_secret_it_is() -> None:
    secret = new_secret()
    assert len(base64.b32decode(secret)) == 20
    assert enrolment_uri(secret, "iryna", "Reglament") == (
        f"otpauth://totp/Reglament%3Airyna?secret={secret}&issuer=Reglament"
    )
