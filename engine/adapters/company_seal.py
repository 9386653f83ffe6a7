"""The company's seal on paper: a certificate, self-made at first, with which approval sheets are sealed as PAdES."""

from __future__ import annotations

import io
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from engine.errors import N_, DomainError
from engine.policy.sealed_paper import Seal, seal_of

SealKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_FILE = "seal.pem"
_LIFETIME = timedelta(days=3650)
_LONGEST_NAME = 64  # RFC 5280, ub-common-name
_SPACE_FOR_SEAL = 16_384  # in hexadecimal digits: a seal without a time stamp takes a third of it


class SealNotReadable(DomainError):
    """The kept seal, or the file that was given, holds no key and certificate that fit."""

    code: ClassVar[str] = "seal_not_readable"
    template: ClassVar[str] = N_(
        "This is no PKCS#12 file (.p12, .pfx) with an RSA or ECDSA key and its certificate, or the password is another."
    )


class SealExpired(DomainError):
    code: ClassVar[str] = "seal_expired"
    template: ClassVar[str] = N_("The certificate was valid until %(until)s only.")


class CompanySeal:
    """Kept in ``folder``/seal.pem, readable by its owner only. ``owner`` is whom the first certificate names."""

    def __init__(self, folder: Path, *, owner: str) -> None:
        self._file = folder / _FILE
        self._owner = owner

    def about(self, *, at: datetime) -> Seal:
        """Whose seal it is; made at the first question. Raises SealNotReadable."""
        return seal_of(self._opened(at)[1])

    def put(self, pkcs12_file: bytes, password: str, *, at: datetime) -> Seal:
        """Seal with the company's own certificate from now on. Raises SealNotReadable, SealExpired."""
        try:
            key, certificate, _more = pkcs12.load_key_and_certificates(pkcs12_file, password.encode() or None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise SealNotReadable from None
        if certificate is None or not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise SealNotReadable
        if certificate.not_valid_after_utc <= at:
            raise SealExpired(until=certificate.not_valid_after_utc.date().isoformat())
        self._keep(key, certificate)
        return seal_of(certificate)

    def sealed(self, pdf: bytes, *, reason: str, at: datetime) -> bytes:
        """``pdf`` with an invisible signature over all of it (PAdES baseline B). Raises SealNotReadable."""
        # A third of a second to load, and only sheets need it.
        from asn1crypto import keys as asn1_keys  # noqa: PLC0415
        from asn1crypto import x509 as asn1_x509  # noqa: PLC0415
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415
        from pyhanko.sign import fields, signers  # noqa: PLC0415
        from pyhanko_certvalidator.registry import SimpleCertificateStore  # noqa: PLC0415

        key, certificate = self._opened(at)
        own = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        signer = signers.SimpleSigner(
            signing_cert=asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
            signing_key=asn1_keys.PrivateKeyInfo.load(own),
            cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # its author wrote no types
        )
        metadata = signers.PdfSignatureMetadata(
            field_name="Seal",
            md_algorithm="sha256",
            reason=reason,
            subfilter=fields.SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        )
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        signed = signers.sign_pdf(writer, metadata, signer=signer, bytes_reserved=_SPACE_FOR_SEAL)
        return bytes(signed.getvalue())

    def _opened(self, at: datetime) -> tuple[SealKey, x509.Certificate]:
        if not self._file.exists():
            self._make(at)
        try:
            content = self._file.read_bytes()
            key, certificate = load_pem_private_key(content, password=None), x509.load_pem_x509_certificate(content)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
            raise SealNotReadable from None
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise SealNotReadable
        return key, certificate

    def _make(self, at: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self._owner[:_LONGEST_NAME])])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - timedelta(days=1))
            .not_valid_after(at + _LIFETIME)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_for_signatures(), critical=True)
            .sign(key, SHA256())
        )
        self._keep(key, certificate, only_if_none=True)

    def _keep(self, key: SealKey, certificate: x509.Certificate, *, only_if_none: bool = False) -> None:
        """Whole or not at all, and never readable by others."""
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._file.with_name(f"{_FILE}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            stream.write(certificate.public_bytes(Encoding.PEM))
        if not only_if_none:
            draft.replace(self._file)
            return
        try:
            self._file.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was faster: its seal is ours
        finally:
            draft.unlink()


def _for_signatures() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
