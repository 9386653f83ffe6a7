from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from flask import Flask
from support.office import Office
from support.web import Browser, text_of, web_application

from webui.proven_files import proven_file

SignIn = Callable[[str | None], Browser]


@pytest.fixture
def app(office: Office, tmp_path: Path) -> Flask:
    return web_application(office, REGLAMENT_KEYS=str(tmp_path / "keys"), BASE_URL="https://sales.example.com")


def own_certificate(office: Office, *, days: int = 30) -> bytes:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ТОВ «Промінь»")])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "КНЕДП «Приклад»")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(office.clock.now() - timedelta(days=90))
        .not_valid_after(office.clock.now() + timedelta(days=days))
        .sign(key, SHA256())
    )
    return pkcs12.serialize_key_and_certificates(None, key, certificate, None, BestAvailableEncryption(b"secret"))


def bring(browser: Browser, content: bytes, given: str = "secret") -> int:
    form = {"file": (io.BytesIO(content), "seal.p12"), "password": given}
    return browser.post("/settings/seal", form).status_code


def test_the_companys_own_certificate_seals_from_then_on(browse: SignIn, office: Office, tmp_path: Path) -> None:
    deal = office.open_deal()
    admin, olena = browse("admin"), browse("olena")
    assert "Reglament · sales.example.com" in text_of(admin.get("/settings/seal"))
    assert bring(admin, own_certificate(office)) == 303
    assert "КНЕДП «Приклад»" in text_of(admin.get("/settings/seal"))
    location = olena.post(f"/deals/{deal.id}/approval-sheet/issue").headers["Location"]
    seal = proven_file(olena.get(location).data).seal
    assert seal is not None
    assert (seal.owner, seal.issuer) == ("ТОВ «Промінь»", "КНЕДП «Приклад»")
    (kept,) = (tmp_path / "keys").iterdir()
    assert kept.stat().st_mode & 0o077 == 0


def test_what_cannot_seal_is_refused_and_the_present_seal_stays(browse: SignIn, office: Office) -> None:
    admin = browse("admin")
    before = text_of(admin.get("/settings/seal"))
    good = own_certificate(office)
    assert bring(admin, good, "wrong") == 422
    assert bring(admin, b"no certificate") == 422
    assert bring(admin, own_certificate(office, days=-1)) == 422
    assert admin.post("/settings/seal").status_code == 422
    assert text_of(admin.get("/settings/seal")) == before


@pytest.mark.parametrize("login", ["olena", "bohdan", "owner"])
def test_only_the_administrator_changes_the_seal(browse: SignIn, office: Office, login: str) -> None:
    other = browse(login)
    assert other.get("/settings/seal").status_code == 404
    assert bring(other, own_certificate(office)) == 404
