"""Reading a signature that was made elsewhere (.p7s): who signed and when, as the file itself says.

Nothing here proves the signature: qualified ones of Ukraine use algorithms (DSTU 4145, Kupyna, GOST 34.311) and a
trusted list that only an accredited tool checks. What can be told is whether the digest that was signed is that of a
sheet which we issued.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from asn1crypto import cms, pem, x509

from engine.errors import N_, DomainError

SIZE_LIMIT = 1024 * 1024
"""In bytes. With certificates and time stamps a signature has some tens of kilobytes."""

_DIGESTS = frozenset({"sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


class NoSignatureInFile(DomainError):
    code: ClassVar[str] = "no_signature_in_file"
    template: ClassVar[str] = N_("This file holds no signature: choose the .p7s that the signing tool has saved.")


@dataclass(frozen=True, slots=True)
class SignatureFile:
    """What a file says of its first signature. ``signed_at`` is None where it does not say.

    ``digest`` is what was signed, ``algorithm`` how it was made; ``content`` is what was signed if the file holds it.
    """

    signer: str
    issuer: str
    signed_at: datetime | None
    algorithm: str
    digest: bytes
    content: bytes | None

    def covers(self, hashed: str, given: Callable[[], bytes | None]) -> bool:
        """Was the file with the SHA-256 ``hashed``, in hex, signed? ``given`` fetches it where that is not enough."""
        if self.content is not None:
            return hashlib.sha256(self.content).hexdigest() == hashed and self._is_of(self.content)
        if self.algorithm == "sha256":
            return self.digest.hex() == hashed
        found = given() if self.algorithm in _DIGESTS else None
        return found is not None and self._is_of(found)

    def _is_of(self, content: bytes) -> bool:
        if self.algorithm not in _DIGESTS:
            return (
                self.content is not None
            )  # the file holds what it signs; its digest is of an algorithm not known here
        return hashlib.new(self.algorithm, content).digest() == self.digest


def read_signature(content: bytes) -> SignatureFile:
    """Raises NoSignatureInFile."""
    try:
        return _read(pem.unarmor(content)[2] if pem.detect(content) else content)
    except _UNREADABLE:
        raise NoSignatureInFile from None


def holds_what_it_signs(content: bytes) -> bool:
    """Whether the file can be read without what it signs beside it."""
    try:
        return read_signature(content).content is not None
    except NoSignatureInFile:
        return False


def covered(signature: SignatureFile, issued: Iterable[tuple[str, Callable[[], bytes | None]]]) -> str:
    """The SHA-256 of the issued sheet that was signed, or empty."""
    return next((hashed for hashed, given in issued if signature.covers(hashed, given)), "")


def _read(der: bytes) -> SignatureFile:
    info = cms.ContentInfo.load(der)
    if info["content_type"].native != "signed_data":
        raise NoSignatureInFile
    data = info["content"]
    signer = data["signer_infos"][0]
    attributes = {one["type"].native: one["values"] for one in signer["signed_attrs"]}
    certificate = _certificate_of(signer, [one.chosen for one in data["certificates"] or ()])
    inner = data["encap_content_info"]["content"].native
    at = attributes["signing_time"][0].native if "signing_time" in attributes else None
    return SignatureFile(
        signer=_name(certificate.subject) if certificate is not None else "",
        issuer=_name(certificate.issuer) if certificate is not None else "",
        signed_at=at.astimezone(UTC) if isinstance(at, datetime) else None,
        algorithm=str(signer["digest_algorithm"]["algorithm"].native),
        digest=bytes(attributes["message_digest"][0].native),
        content=inner if isinstance(inner, bytes) else None,
    )


def _certificate_of(signer: cms.SignerInfo, known: list[x509.Certificate]) -> x509.Certificate | None:
    wanted = signer["sid"]
    for one in known:
        if wanted.name == "issuer_and_serial_number":
            if one.serial_number == wanted.chosen["serial_number"].native:
                return one
        elif one.key_identifier == wanted.native:
            return one
    return None


def _name(name: x509.Name) -> str:
    """In letters that are seen: anybody writes a certificate, and it must not turn round what stands beside it."""
    said = name.native
    for wanted in ("common_name", "organization_name"):
        if isinstance(said.get(wanted), str):
            return "".join(letter for letter in said[wanted] if letter.isprintable())[:200]
    return ""
