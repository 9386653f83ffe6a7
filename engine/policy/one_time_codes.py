"""One-time codes of an authenticator application: RFC 4226 (HOTP) and RFC 6238 (TOTP), SHA-1, 6 digits, 30 seconds.

SHA-1, because that is what the applications in people's pockets take; HMAC does not need it to resist collisions.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

PERIOD_S = 30
DIGITS = 6
_WINDOW = (0, -1, 1)  # a code of the half minute before or after passes: clocks differ, and people type slowly
_SECRET_BYTES = 20


def new_secret() -> str:
    """160 random bits in Base32, as applications take them."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def counter_at(at: datetime) -> int:
    return int(at.timestamp()) // PERIOD_S


def code_of(secret: str, counter: int) -> str:
    """The code of one half minute: RFC 4226 section 5.3."""
    digest = hmac.digest(base64.b32decode(secret), counter.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def matching_counter(secret: str, typed: str, at: datetime, *, after: int = -1) -> int | None:
    """The half minute whose code was typed, if it is near ``at`` and later than ``after``; else None.

    With the last one used as ``after``, no code passes twice: RFC 6238 section 5.2.
    """
    code = "".join(typed.split())
    if len(code) != DIGITS or not code.isascii() or not code.isdecimal():
        return None
    present = counter_at(at)
    found = None
    for step in _WINDOW:  # all are looked at, so that the time taken tells nothing
        if hmac.compare_digest(code_of(secret, present + step), code) and present + step > after:
            found = present + step
    return found


def enrolment_uri(secret: str, login: str, issuer: str) -> str:
    """What a QR code tells the application."""
    label = quote(f"{issuer}:{login}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer})}"
