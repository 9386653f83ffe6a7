"""Addresses of a letter as people type them."""

from __future__ import annotations

import re

LONGEST_ADDRESS = 254
_SEPARATOR = re.compile(r"[\s,;]+")
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}"
)


def typed_addresses(text: str) -> tuple[str, ...]:
    """What was typed between blanks, commas and semicolons; nothing of it is looked at yet."""
    return tuple(one for one in _SEPARATOR.split(text) if one)


def sendable_address(typed: str) -> str | None:
    """The address as a mail server takes it, a domain of other than Latin letters too; None where it is none."""
    if len(typed) > LONGEST_ADDRESS:
        return None
    local, _, domain = typed.strip().rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode('ascii').lower()}"
    except UnicodeError:
        return None
    return address if len(address) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(address) else None
