"""Which addresses may be called from here: those of the public internet, never a machine of our own network."""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import ClassVar

from engine.errors import N_, DomainError

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in disguise


class AddressNotPublic(DomainError):
    """The name leads into a private network: calling it would lend our position to whoever wrote the name."""

    code: ClassVar[str] = "address_not_public"
    template: ClassVar[str] = N_("%(host)s leads to an address that is not public; it is not called.")


def resolved(host: str, port: int) -> str:
    """The first address of ``host``. Raises OSError when the name is unknown."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return str(found[0][4][0])


def callable_address(host: str, port: int, *, allows_private: bool = False) -> str:
    """The first address of ``host``, where it may be called: the one rule of every call, and of who enters a host.

    Raises AddressNotPublic, and OSError when the name is unknown.
    """
    address = resolved(host, port)
    if not allows_private and not is_public(address):
        raise AddressNotPublic(host=host)
    return address


def ensure_will_be_called(host: str, port: int) -> None:
    """Say at once, to who enters a host, what each call would say later. A name that nobody knows yet is let pass.

    Raises AddressNotPublic.
    """
    with suppress(OSError, UnicodeError):
        callable_address(host, port)


def is_public(address: str) -> bool:
    """Is ``address`` reachable for everybody, and not another address in disguise."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        return _is_public_v6(ip)
    return _is_public_v4(ip)


def _is_public_v4(ip: IPv4Address) -> bool:
    return ip.is_global and not ip.is_multicast


def _is_public_v6(ip: IPv6Address) -> bool:
    if ip.ipv4_mapped is not None:
        return _is_public_v4(ip.ipv4_mapped)
    disguised = ip.sixtofour is not None or ip.teredo is not None or ip in _NAT64
    return ip.is_global and not ip.is_multicast and not ip.is_site_local and not disguised
