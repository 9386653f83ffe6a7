"""The signatures over the history: a statement per entry, chained over the whole company, and the keys that sign.

The chain of a deal (history_chain) is made with the step. A statement follows within seconds: it gives the entry its
place among all entries, names the statement before, and is signed with Ed25519 (RFC 8032) by a key that neither the
database nor the pages hold. Who alters an entry and all hashes after it still cannot sign what came of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.policy.history_chain import ChainEntry, canonical_json, moment_text

FIRST_PREVIOUS = ""
KEY_ID_LENGTH = 16

_ENTRY_DOMAIN = b"reglament-history-entry-1\x00"
_KEY_DOMAIN = b"reglament-history-key-1\x00"
_LEAF = b"\x00"  # RFC 6962 section 2.1: leaves and nodes must not be mistaken for each other


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A public key in hex and since when it signs.

    ``introduced_by`` is the id of the key that signed ``signature``, its predecessor; empty for the first key, and for
    one that followed a lost key: those sign themselves, and only what was published outside vouches for them.
    """

    key_id: str
    public_key: str
    since: datetime
    introduced_by: str
    signature: str

    def statement(self) -> bytes:
        """What ``signature`` signs."""
        return _KEY_DOMAIN + canonical_json(
            {
                "key": self.key_id,
                "public_key": self.public_key,
                "since": moment_text(self.since),
                "introduced_by": self.introduced_by,
            }
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key_id,
            "public_key": self.public_key,
            "since": moment_text(self.since),
            "introduced_by": self.introduced_by,
            "signature": self.signature,
        }


@dataclass(frozen=True, slots=True)
class EntrySignature:
    """``position`` counts from 1 over the whole company; ``previous`` is the hash of the statement before.

    ``hash`` is what the store claims the statement's hash to be; ``signature`` is in hex.
    """

    position: int
    previous: str
    at: datetime
    key_id: str
    hash: str
    signature: str

    def as_json(self) -> dict[str, Any]:
        return {
            "position": self.position,
            "previous": self.previous,
            "at": moment_text(self.at),
            "key": self.key_id,
            "hash": self.hash,
            "signature": self.signature,
        }


def key_id_of(public_key: str) -> str:
    """The name of a public key in hex: the beginning of its SHA-256. Raises ValueError."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:KEY_ID_LENGTH]


def statement(
    deal: int, number: int, entry_hash: str, *, position: int, previous: str, at: datetime, key_id: str
) -> bytes:
    """The canonical JSON that places and dates an entry of a deal. Events of no deal have deal 0 and number 0."""
    return canonical_json(
        {
            "position": position,
            "deal": deal,
            "number": number,
            "entry_hash": entry_hash,
            "previous": previous,
            "at": moment_text(at),
            "key": key_id,
        }
    )


def statement_hash(stated: bytes) -> str:
    return hashlib.sha256(_LEAF + stated).hexdigest()


def to_sign(stated: bytes) -> bytes:
    """What is signed: the statement under a name of its own, so that no other signature can pass for it."""
    return _ENTRY_DOMAIN + stated


def signature_fits(public_key: str, message: bytes, signature: str) -> bool:
    """Did the owner of ``public_key`` (hex) sign ``message``? Hex in another spelling than ours does not fit."""
    try:
        signed = bytes.fromhex(signature)
        if signed.hex() != signature:
            return False
        _read_key(public_key).verify(signed, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=64)
def _read_key(public_key: str) -> Ed25519PublicKey:
    """Raises ValueError."""
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))


def trusted_keys(keys: Sequence[SigningKey]) -> Mapping[str, str]:
    """Public keys by id, of those that are what they say: named rightly and introduced by a key that is itself one."""
    known: dict[str, str] = {}
    for one in keys:
        if _is_named_rightly(one) and signature_fits(
            known.get(one.introduced_by, "") if one.introduced_by else one.public_key, one.statement(), one.signature
        ):
            known[one.key_id] = one.public_key
    return known


def unintroduced(keys: Iterable[SigningKey]) -> list[str]:
    """Ids of keys that no other vouches for. The first is one of them; any other followed a key that was lost."""
    return [one.key_id for one in keys if not one.introduced_by]


def is_signed(entry: ChainEntry, entry_hash: str, given: EntrySignature, keys: Mapping[str, str]) -> bool:
    """Is ``given`` the signature of this very entry, by one of ``keys`` (public keys by id)?"""
    stated = statement(
        entry.deal,
        entry.number,
        entry_hash,
        position=given.position,
        previous=given.previous,
        at=given.at,
        key_id=given.key_id,
    )
    if statement_hash(stated) != given.hash:
        return False
    return signature_fits(keys.get(given.key_id, ""), to_sign(stated), given.signature)


def _is_named_rightly(one: SigningKey) -> bool:
    try:
        return key_id_of(one.public_key) == one.key_id and bytes.fromhex(one.public_key).hex() == one.public_key
    except ValueError:
        return False
