"""Whether a sealed PDF is, to the byte, what was sealed.

A PAdES signature covers the whole file except for itself, and its container has places that nobody signs: padding, the
case of its hexadecimal digits, algorithm names said twice. Readers skip those. Here the container is made once more
from what is signed, and must come out the same.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

import asn1crypto.tsp  # noqa: F401  # teaches cms the attribute that names the signer's certificate
from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

_BYTE_RANGE = re.compile(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+) *\]")
_EMBEDDED = re.compile(rb'stream\r?\n(\{"client":.*?\n\]?[^\n]*\}\n)\r?\n?endstream', re.DOTALL)
_DAMAGED = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
)
"""What reading a damaged container or certificate can end in."""


class NotSealed(ValueError):
    """The file bears no seal of ours, or something in it was changed after sealing."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The certificate that sealed a file: whom it names, who issued it, its SHA-256, and from when to when it holds."""

    owner: str
    issuer: str
    certificate: str
    since: datetime
    until: datetime

    @property
    def is_self_made(self) -> bool:
        """Nobody else vouches for it: only its SHA-256, as the company publishes it, tells whose it is."""
        return self.owner == self.issuer


def seal_of(certificate: x509.Certificate) -> Seal:
    return Seal(
        owner=_common_name(certificate.subject),
        issuer=_common_name(certificate.issuer),
        certificate=certificate.fingerprint(SHA256()).hex(),
        since=certificate.not_valid_before_utc,
        until=certificate.not_valid_after_utc,
    )


def sealed_by(content: bytes) -> Seal:
    """Who sealed this file, which is unchanged since. Raises NotSealed."""
    ranges = _BYTE_RANGE.findall(content)
    if len(ranges) != 1:
        raise NotSealed
    first, length, second, rest = (int(one) for one in ranges[0])
    hole = content[length:second]
    if first != 0 or second + rest != len(content) or second <= length:
        raise NotSealed
    digest = hashlib.sha256(content[:length] + content[second:]).digest()
    try:
        return seal_of(_signed_by(_container(hole), digest))
    except _DAMAGED as failure:
        raise NotSealed from failure


def sheet_in_paper(content: bytes) -> bytes | None:
    """The JSON that a sealed sheet carries, found without reading the PDF, which may be damaged; or None."""
    found = _EMBEDDED.search(content)
    return found[1] if found else None


def _container(hole: bytes) -> bytes:
    """The DER between the angle brackets; behind it only zeros, and nothing in another spelling."""
    if hole[:1] != b"<" or hole[-1:] != b">":
        raise NotSealed
    padded = bytes.fromhex(hole[1:-1].decode("ascii"))
    if padded.hex().upper().encode() != hole[1:-1]:
        raise NotSealed
    der: bytes = core.Any.load(padded).dump()
    if padded != der.ljust(len(padded), b"\x00"):
        raise NotSealed
    return der


def _signed_by(der: bytes, digest: bytes) -> x509.Certificate:
    signed_data = cms.ContentInfo.load(der)["content"]
    (signer,) = signed_data["signer_infos"]
    (embedded,) = signed_data["certificates"]
    attributes = signer["signed_attrs"]
    certificate_der = embedded.chosen.dump()
    certificate = x509.load_der_x509_certificate(certificate_der)
    algorithm = _algorithm(certificate)
    again = _made_again(attributes, embedded.chosen, algorithm, signer["signature"].native)
    if again != der:
        raise NotSealed
    values = {one["type"].native: one["values"] for one in attributes}
    if values["message_digest"][0].native != digest:
        raise NotSealed
    named = values["signing_certificate_v2"][0]["certs"][0]["cert_hash"].native
    if named != hashlib.sha256(certificate_der).digest():
        raise NotSealed
    _verify(certificate, signer["signature"].native, attributes.untag().dump())
    return certificate


def _made_again(
    attributes: cms.CMSAttributes,
    certificate: asn1_x509.Certificate,
    algorithm: algos.SignedDigestAlgorithm,
    signature: bytes,
) -> bytes:
    digest = algos.DigestAlgorithm({"algorithm": "sha256"})
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
                    )
                }
            ),
            "digest_algorithm": digest,
            "signed_attrs": attributes.untag(),
            "signature_algorithm": algorithm,
            "signature": signature,
        }
    )
    signed_data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [digest],
            "encap_content_info": {"content_type": "data"},
            "certificates": [certificate],
            "signer_infos": [signer],
        }
    )
    made: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump()
    return made


def _algorithm(certificate: x509.Certificate) -> algos.SignedDigestAlgorithm:
    is_rsa = isinstance(certificate.public_key(), rsa.RSAPublicKey)
    return algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa" if is_rsa else "sha256_ecdsa"})


def _verify(certificate: x509.Certificate, signature: bytes, signed: bytes) -> None:
    """Raises InvalidSignature, NotSealed."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, signed, padding.PKCS1v15(), SHA256())
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(SHA256()))
    else:
        raise NotSealed


def _common_name(name: x509.Name) -> str:
    """The name, or the organisation, or whatever else is said."""
    for wanted in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        found = name.get_attributes_for_oid(wanted)
        if found:
            return str(found[0].value)
    return name.rfc4514_string()
