"""Which addresses may be called from here: those of the public internet, never a machine of our own network."""

from __future__ import annotations

import socket
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import ClassVar

from engine.errors import N_, DomainError

_GIVEN_OUT = IPv6Network("2000::/3")  # RFC 4291: all that the registries give out; outside lie IPv4's disguises
_DOCUMENTATION = IPv6Network("3fff::/20")  # RFC 9637, which Python may be too old to know
_ISATAP = 0x5EFE  # RFC 5214: an IPv4 address stands behind it
_UNIVERSAL = 0x0200_0000  # the bit of an interface's id that says that no other has it


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
    is_given_out = ip in _GIVEN_OUT and ip not in _DOCUMENTATION
    return ip.is_global and is_given_out and not _is_tunnel(ip)


def _is_tunnel(ip: IPv6Address) -> bool:
    """Does another address stand inside, to which the network may carry what is sent?"""
    interface = int(ip) >> 32 & 0xFFFF_FFFF & ~_UNIVERSAL
    return ip.sixtofour is not None or ip.teredo is not None or interface == _ISATAP
